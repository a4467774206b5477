import { describe, expect, it } from 'vitest'
import { answerFault, isComplete, nextQuestion, notApplicable, validAnswers } from './questionnaire.ts'
import { bloodPressure, questionnaireOf, scale, symptoms, yesNo } from './questionnaire-fixture.ts'

const ifYes = (question: string) => [{ question, answer: { in: ['yes'] } }]
const wound = questionnaireOf(
  scale('overall'),
  yesNo('wound'),
  bloodPressure('days', { enableWhen: ifYes('wound'), min: 1, max: 30 }),
  scale('last'),
)
const asked = (answers: Parameters<typeof nextQuestion>[1]) => {
  const { question, index, skipped } = nextQuestion(wound, answers)
  return [question?.id, index, skipped.map(({ id }) => id)]
}

describe('the next question', () => {
  it('is the first without an answer', () => {
    expect(asked({})).toEqual(['overall', 0, []])
    expect(asked({ overall: 'best' })).toEqual(['wound', 1, []])
  })

  it('is asked when the answer it depends on was given', () => {
    expect(asked({ overall: 'best', wound: 'yes' })).toEqual(['days', 2, []])
  })

  it('passes over those that do not apply, and names them', () => {
    expect(asked({ overall: 'best', wound: 'no' })).toEqual(['last', 3, ['days']])
  })

  it('does not name them again once they are coded', () => {
    expect(asked({ overall: 'best', wound: 'no', days: notApplicable })).toEqual(['last', 3, []])
  })

  it('applies again when the answer it depends on has changed', () => {
    expect(asked({ overall: 'best', wound: 'yes', days: notApplicable })).toEqual(['days', 2, []])
  })

  it('asks again what was answered with something this version does not have', () => {
    expect(asked({ overall: 'excellent', wound: 'no' })).toEqual(['overall', 0, []])
  })

  it('is none when all are answered', () => {
    expect(asked({ overall: 'best', wound: 'yes', days: 3, last: 'bad' })).toEqual([undefined, 4, []])
  })

  it('does not apply when the one it depends on does not apply itself', () => {
    const chain = questionnaireOf(
      yesNo('a'),
      yesNo('b', { enableWhen: ifYes('a') }),
      yesNo('c', { enableWhen: ifYes('b') }),
    )
    const { question, skipped } = nextQuestion(chain, { a: 'no', b: 'yes' })
    expect([question, skipped.map(({ id }) => id)]).toEqual([null, ['b', 'c']])
  })

  it('may depend on a number’s range', () => {
    const pressure = questionnaireOf(
      bloodPressure('systolic'),
      yesNo('dizzy', { enableWhen: [{ question: 'systolic', answer: { min: 180 } }] }),
    )
    expect(nextQuestion(pressure, { systolic: 180 }).question?.id).toBe('dizzy')
    expect(nextQuestion(pressure, { systolic: 179 }).question).toBeNull()
  })
})

describe('an answer', () => {
  it.each([
    ['one of the codes', scale('q'), 'best', null],
    ['no code', scale('q'), 'splendid', 'not_an_option'],
    ['a key instead of a code', scale('q'), 1, 'not_an_option'],
    ['some of the codes', symptoms('q'), ['fever', 'cough'], null],
    ['an unknown one among them', symptoms('q'), ['fever', 'gout'], 'not_an_option'],
    ['one twice', symptoms('q'), ['fever', 'fever'], 'not_an_option'],
    ['none at all', symptoms('q'), [], 'too_few'],
    ['none where none is allowed', symptoms('q', { minPicks: 0 }), [], null],
    ['more than allowed', symptoms('q', { maxPicks: 1 }), ['fever', 'cough'], 'too_many'],
    ['an exclusive one beside another', symptoms('q'), ['fever', 'none'], 'exclusive'],
    ['an exclusive one alone', symptoms('q'), ['none'], null],
    ['a number in range', bloodPressure('q'), 120, null],
    ['a number out of range', bloodPressure('q'), 261, 'out_of_range'],
    ['a number with too many decimals', bloodPressure('q'), 120.5, 'out_of_range'],
    ['a number as text', bloodPressure('q'), '120', 'not_a_number'],
    ['a date', { ...base('date'), kind: 'date' as const }, '2026-02-28', null],
    ['a date that is none', { ...base('date'), kind: 'date' as const }, '2026-02-29', 'not_a_date'],
    ['text', { ...base('text'), kind: 'text' as const, maxLength: 5 }, '很好', null],
    ['as much text as is allowed', { ...base('text'), kind: 'text' as const, maxLength: 5 }, '非常非常好', null],
    [
      'more text than is allowed',
      { ...base('text'), kind: 'text' as const, maxLength: 5 },
      '非常非常非常好',
      'not_text',
    ],
  ])('%s', (_what, question, value, fault) => {
    expect(answerFault(question, value)).toBe(fault)
  })
})

function base(id: string) {
  return { id, text: { zh: id, en: id }, required: true }
}

describe('a form', () => {
  it('is complete when every required question that applies is answered', () => {
    expect(isComplete(wound, { overall: 'best', wound: 'no', last: 'bad' })).toBe(true)
    expect(isComplete(wound, { overall: 'best', wound: 'yes', last: 'bad' })).toBe(false)
  })

  it('may lack what is not required', () => {
    expect(isComplete(questionnaireOf(yesNo('a'), yesNo('b', { required: false })), { a: 'yes' })).toBe(true)
  })
})

it('answers of another version are left out', () => {
  expect(validAnswers(wound, { overall: 'best', wound: 3, days: notApplicable, gone: 'x' })).toEqual({
    overall: 'best',
    days: notApplicable,
  })
})
