import { expect, it } from 'vitest'
import { notApplicable } from './questionnaire.ts'
import { questionnaireOf, scale, yesNo } from './questionnaire-fixture.ts'
import { scoreOf } from './score.ts'

const two = questionnaireOf(scale('a'), scale('b'), yesNo('c'))

it('is 100 when every answer is the best', () => {
  expect(scoreOf(two, { a: 'best', b: 'best' })).toEqual({ score: 100, counted: 2, grade: null })
})

it('is the sum over what could be had', () => {
  expect(scoreOf(two, { a: 'best', b: 'good' }).score).toBe(87.5)
})

it('leaves out what does not apply', () => {
  expect(scoreOf(two, { a: 'fair', b: notApplicable })).toMatchObject({ score: 50, counted: 1 })
})

it('leaves out answers without a score: "do not know" is not dissatisfied', () => {
  const options = [
    { code: 'good', label: { zh: '好', en: 'good' }, score: 10 },
    { code: 'unknown', label: { zh: '不知道', en: 'unknown' }, score: null },
  ]
  expect(scoreOf(questionnaireOf(scale('a', { options }), scale('b')), { a: 'unknown', b: 'bad' })).toMatchObject({
    score: 0,
    counted: 1,
  })
})

it('counts a heavier question more', () => {
  expect(scoreOf(questionnaireOf(scale('a', { weight: 3 }), scale('b')), { a: 'best', b: 'bad' }).score).toBe(75)
})

it('is none where nothing counts', () => {
  expect(scoreOf(two, { c: 'yes' })).toEqual({ score: null, counted: 0, grade: null })
})

it('is rounded to two decimals', () => {
  const three = questionnaireOf(scale('a'), scale('b'), scale('c'))
  expect(scoreOf(three, { a: 'best', b: 'best', c: 'bad' }).score).toBe(66.67)
})

it('has the name of the highest step it reaches', () => {
  const grade = (from: number, zh: string) => ({ from, label: { zh, en: zh } })
  const graded = { ...two, grades: [grade(60, '中'), grade(90, '优'), grade(75, '良')] }
  expect(scoreOf(graded, { a: 'best', b: 'good' }).grade?.zh).toBe('良')
  expect(scoreOf(graded, { a: 'bad' }).grade).toBeNull()
})
