import { expect, it } from 'vitest'
import { differenceOf } from './questionnaire-difference.ts'
import { bloodPressure, questionnaireOf, scale, yesNo } from './questionnaire-fixture.ts'

const before = questionnaireOf(scale('a'), yesNo('b'), bloodPressure('c'))

it('a version differs from itself in nothing, whatever its number', () => {
  expect(differenceOf(before, { ...before, version: 2 })).toEqual({ fields: [], questions: [] })
})

it('an added, a changed and a removed question are told by name and field', () => {
  const after = questionnaireOf(scale('a', { required: false, weight: 2 }), yesNo('new'), bloodPressure('c'))
  expect(differenceOf(before, after).questions).toEqual([
    { question: 'a', kind: 'changed', fields: ['required', 'weight'] },
    { question: 'new', kind: 'added', fields: [] },
    { question: 'b', kind: 'removed', fields: [] },
  ])
})

it('of a question taken to the end it alone has moved', () => {
  const after = questionnaireOf(yesNo('b'), bloodPressure('c'), scale('a'))
  expect(differenceOf(before, after).questions).toEqual([{ question: 'a', kind: 'moved', fields: [] }])
})

it('another title and new grades are changes of the questionnaire', () => {
  const grades = [{ from: 0, label: { zh: '差', en: 'poor' } }]
  const after = { ...before, title: { zh: '新', en: 'new' }, grades }
  expect(differenceOf(before, after).fields).toEqual(['title', 'grades'])
})
