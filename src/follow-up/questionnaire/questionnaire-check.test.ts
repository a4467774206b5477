import { describe, expect, it } from 'vitest'
import { checkQuestionnaire, parseQuestionnaire } from './questionnaire-check.ts'
import { bloodPressure, questionnaireOf, scale, symptoms, yesNo } from './questionnaire-fixture.ts'

const told = (document: unknown) => checkQuestionnaire(document).findings.map(({ code, path }) => `${code} ${path}`)
const when = (question: string, answer: object) => [{ question, answer }]

it('finds nothing wrong with a sound one', () => {
  expect(told(questionnaireOf(scale('a'), symptoms('b'), bloodPressure('c')))).toEqual([])
})

describe('is told', () => {
  it('two questions of one name', () => {
    expect(told(questionnaireOf(scale('a'), yesNo('a')))).toEqual(['QUESTIONNAIRE_ID_TWICE /questions/1/id'])
  })

  it('a condition on a later question', () => {
    expect(told(questionnaireOf(scale('a', { enableWhen: when('b', { in: ['yes'] }) }), yesNo('b')))).toEqual([
      'QUESTIONNAIRE_CONDITION_FORWARD /questions/0/enableWhen/0/question',
    ])
  })

  it('a condition on an answer that cannot be given', () => {
    expect(told(questionnaireOf(yesNo('a'), yesNo('b', { enableWhen: when('a', { in: ['perhaps'] }) })))).toEqual([
      'QUESTIONNAIRE_CODE_UNKNOWN /questions/1/enableWhen/0/answer/in/0',
    ])
  })

  it.each([
    ['that tests nothing', {}],
    ['with a range for a choice', { min: 1 }],
  ])('a condition %s', (_what, answer) => {
    expect(told(questionnaireOf(yesNo('a'), yesNo('b', { enableWhen: when('a', answer) })))).toEqual([
      'QUESTIONNAIRE_TEST_EMPTY /questions/1/enableWhen/0/answer',
    ])
  })

  it('a rule for a finding that no answer meets', () => {
    const findings = [{ level: 'red' as const, answer: { in: ['pus'] }, text: { zh: '红', en: 'red' } }]
    expect(told(questionnaireOf(yesNo('a', { findings })))).toEqual([
      'QUESTIONNAIRE_CODE_UNKNOWN /questions/0/findings/0/answer/in/0',
    ])
  })

  it('two options of one code, and the code of skipped questions', () => {
    const option = (code: string) => ({ code, label: { zh: code, en: code } })
    const options = [option('x'), option('x'), option('not_applicable')]
    expect(told(questionnaireOf(yesNo('a', { options })))).toEqual([
      'QUESTIONNAIRE_CODE_TWICE /questions/0/options/1/code',
      'QUESTIONNAIRE_CODE_RESERVED /questions/0/options/2/code',
    ])
  })

  it('a question or an option of a name that every object has', () => {
    const option = (code: string) => ({ code, label: { zh: code, en: code } })
    const options = [option('x'), option('constructor')]
    expect(told(questionnaireOf(yesNo('constructor', { options })))).toEqual([
      'QUESTIONNAIRE_NAME_RESERVED /questions/0/id',
      'QUESTIONNAIRE_NAME_RESERVED /questions/0/options/1/code',
    ])
  })

  it('a range without a number in it', () => {
    expect(told(questionnaireOf(bloodPressure('a', { min: 9, max: 1 })))).toEqual([
      'QUESTIONNAIRE_RANGE_EMPTY /questions/0/min',
    ])
  })

  it('scores of which the best is 0', () => {
    const options = [
      { code: 'x', label: { zh: 'x', en: 'x' }, score: 0 },
      { code: 'y', label: { zh: 'y', en: 'y' } },
    ]
    expect(told(questionnaireOf(yesNo('a', { options })))).toEqual(['QUESTIONNAIRE_SCORE_ZERO /questions/0/options'])
  })

  it('weights and scores that no sum can hold', () => {
    const options = [
      { code: 'x', label: { zh: 'x', en: 'x' }, score: 1e308 },
      { code: 'y', label: { zh: 'y', en: 'y' }, score: 0 },
    ]
    expect(told(questionnaireOf(yesNo('a', { options, weight: 1e308 })))).toEqual(
      expect.arrayContaining(['FLOW_SHAPE /questions/0/weight']),
    )
    expect(told(questionnaireOf(yesNo('a', { options })))).toEqual(
      expect.arrayContaining(['FLOW_SHAPE /questions/0/options/0/score']),
    )
  })

  it('more picks wanted than there are', () => {
    expect(told(questionnaireOf(symptoms('a', { minPicks: 4 })))).toEqual([
      'QUESTIONNAIRE_RANGE_EMPTY /questions/0/minPicks',
    ])
  })

  it('a shape that does not fit, in the words of the kind that was meant', () => {
    const document = { ...questionnaireOf(), questions: [{ ...bloodPressure('a'), max: 'high' }, { kind: 'essay' }] }
    expect(told(document)).toEqual(['FLOW_SHAPE /questions/0/max', 'QUESTIONNAIRE_SHAPE /questions/1/kind'])
  })

  it.each([null, 7, {}, { questions: [null] }])('what is no questionnaire at all: %j', (document) => {
    const { questionnaire, findings } = checkQuestionnaire(document)
    expect(questionnaire).toBeNull()
    expect(findings.length).toBeGreaterThan(0)
  })
})

it('is thrown with its first error where it is loaded', () => {
  expect(() => parseQuestionnaire(questionnaireOf(scale('a'), scale('a')))).toThrow(
    expect.objectContaining({ code: 'QUESTIONNAIRE_INVALID', params: expect.objectContaining({ count: 1 }) }),
  )
})
