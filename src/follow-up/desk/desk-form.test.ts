import { describe, expect, it } from 'vitest'
import { readJson } from '#contact-center/ivr/flow-files.ts'
import { checkQuestionnaire, parseQuestionnaire } from '../questionnaire/questionnaire-check.ts'
import { questionnaireOf, symptoms, yesNo } from '../questionnaire/questionnaire-fixture.ts'
import { findingsOf, progressOf, shownAnswers } from './desk-form.ts'
import { ageOn } from './person-card.ts'
import { openingFile, scriptFor, shippedOpening } from './script.ts'

const text = { zh: '疼痛', en: 'Pain' }

describe('a form', () => {
  it('tells of each answer that needs somebody by its first rule', () => {
    const form = questionnaireOf(
      yesNo('pain', {
        findings: [
          { level: 'red', answer: { in: ['yes'] }, text },
          { level: 'yellow', answer: { in: ['yes', 'no'] }, text },
        ],
      }),
      symptoms('ill', { findings: [{ level: 'yellow', answer: { in: ['fever'] }, text }] }),
    )
    expect(findingsOf(form, { pain: 'yes', ill: ['cough', 'fever'] }).map(({ level }) => level)).toEqual([
      'red',
      'yellow',
    ])
    expect(findingsOf(form, { ill: ['cough'] })).toEqual([])
  })

  it('goes on at the first question that applies and has no answer, as a keypress survey does', () => {
    const form = questionnaireOf(
      yesNo('pain'),
      yesNo('much', { enableWhen: [{ question: 'pain', answer: { in: ['yes'] } }] }),
      yesNo('visit'),
    )
    expect(progressOf(form, { pain: 'no' })).toMatchObject({ next: 'visit', complete: false })
    expect(progressOf(form, { pain: 'yes', visit: 'no' })).toMatchObject({ next: 'much', complete: false })
    expect(progressOf(form, { pain: 'no', much: 'yes', visit: 'no' })).toMatchObject({ next: null, complete: true })
  })

  it('shows what was given, without the marks of skipped questions', () => {
    expect(shownAnswers({ pain: 'no', much: 'not_applicable' })).toEqual({ pain: 'no' })
  })
})

describe('the shipped opening', () => {
  const opening = parseQuestionnaire(readJson(openingFile))

  it('is a questionnaire without a fault, with the four questions and more where one is answered badly', () => {
    expect(checkQuestionnaire(readJson(openingFile)).findings).toEqual([])
    expect(opening.questions.map(({ id }) => id)).toEqual(['medicine', 'health', 'health-detail', 'help', 'service'])
    expect(progressOf(opening, { medicine: 'on_time', health: 'well', service: 'satisfied' }).complete).toBe(true)
    expect(progressOf(opening, { medicine: 'on_time', health: 'worse', service: 'satisfied' })).toMatchObject({
      complete: false,
      next: 'health-detail',
      findings: [{ level: 'red' }],
    })
  })

  it('is said with the names filled in, whatever characters they have', () => {
    const { zh, en } = scriptFor(null, { name: '$& 张', site: '总院' })
    expect(zh).toContain('$& 张')
    expect(zh + en).not.toMatch(/\{\w+\}/)
    expect(shippedOpening().zh).toContain('{name}')
  })
})

it.each([
  ['1950-11-24', 75],
  ['1950-11-23', 76],
  ['2024-02-29', 2],
  ['2026-11-23', 0],
  ['2027-01-01', null],
  [null, null],
])('somebody born %s is %s on 23 November 2026', (birthDate, age) => {
  expect(ageOn('2026-11-23', birthDate)).toBe(age)
})
