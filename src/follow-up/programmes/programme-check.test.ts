import { describe, expect, it } from 'vitest'
import { checkContent } from './programme-check.ts'
import type { ProgrammeContent } from './programme-schema.ts'

const known = {
  questionnaires: new Set(['form']),
  flows: new Set(['flow']),
  today: '2026-11-23',
  fixedDays: new Set(['2020-05-01']),
}
const step: ProgrammeContent['steps'][number] = {
  afterDays: 7,
  fixedOn: null,
  dueTime: null,
  restDayRule: 'keep',
  expiresAfterDays: 30,
  priority: 5,
  questionnaireVersionId: 'form',
  flowVersionId: 'flow',
}
const good: ProgrammeContent = { match: { kinds: ['inpatient'] }, exclusions: { dispositions: [] }, steps: [step] }
const matching = (more: object): ProgrammeContent => ({ ...good, match: { kinds: ['inpatient'], ...more } })
const steps = (...all: Partial<typeof step>[]): ProgrammeContent => ({
  ...good,
  steps: all.map((one) => ({ ...step, ...one })),
})

describe('what can be published', () => {
  it('is rounds on different days, of what is published', () => {
    const rounds = steps({}, { afterDays: 30 }, { afterDays: null, fixedOn: '2027-01-10' })
    expect(checkContent(rounds, { isDefault: false, known })).toHaveLength(3)
    const codes = matching({ diagnoses: ['I21.9', 'I20-I25'], minAge: 18, maxAge: 18 })
    expect(checkContent(codes, { isDefault: false, known })).toHaveLength(1)
  })

  it.each<[what: string, content: ProgrammeContent, code: string]>([
    ['a code range that ends before it begins', matching({ diagnoses: ['I25-I20'] }), 'PROGRAMME_CODE_RANGE'],
    ['a code range of uneven ends', matching({ operations: ['36-37.1'] }), 'PROGRAMME_CODE_RANGE'],
    ['crossed ages', matching({ minAge: 70, maxAge: 60 }), 'PROGRAMME_AGES_CROSSED'],
    ['a round of no day', steps({ afterDays: null }), 'PROGRAMME_STEP_TIME'],
    ['a round of two days', steps({ fixedOn: '2027-01-01' }), 'PROGRAMME_STEP_TIME'],
    ['two rounds of one day', steps({}, { dueTime: '09:00' }), 'PROGRAMME_STEPS_SAME_DAY'],
    ['a date of the year 1', steps({ afterDays: null, fixedOn: '0001-01-01' }), 'PROGRAMME_DATE_FAR'],
    ['a date of the year 9999', steps({ afterDays: null, fixedOn: '9999-12-31' }), 'PROGRAMME_DATE_FAR'],
    ['a kind of stay that there is not', matching({ kinds: ['hospice'] }), 'PROGRAMME_WORD_UNKNOWN'],
    ['a leave mode that there is not', matching({ dispositions: ['7'] }), 'PROGRAMME_WORD_UNKNOWN'],
    ['only for the dead', matching({ dispositions: ['5'] }), 'PROGRAMME_WORD_UNKNOWN'],
    ['a sex that there is not', matching({ sexes: ['男'] }), 'PROGRAMME_WORD_UNKNOWN'],
    ['a questionnaire that is none', steps({ questionnaireVersionId: 'draft' }), 'PROGRAMME_QUESTIONNAIRE_UNKNOWN'],
    ['no flow', steps({ flowVersionId: null }), 'PROGRAMME_FLOW_UNKNOWN'],
  ])('is not %s', (_what, content, code) => {
    expect(() => checkContent(content, { isDefault: false, known })).toThrow(expect.objectContaining({ code }))
  })

  it('keeps a round whose day is long over, where it stood before', () => {
    const rounds = steps({}, { afterDays: null, fixedOn: '2020-05-01' })
    expect(checkContent(rounds, { isDefault: false, known })).toHaveLength(2)
  })

  it('is of a default programme nothing but kinds of stay', () => {
    expect(() => checkContent(matching({ sexes: ['2'] }), { isDefault: true, known })).toThrow(
      expect.objectContaining({ code: 'PROGRAMME_DEFAULT_CONDITIONS' }),
    )
    expect(checkContent(good, { isDefault: true, known })).toHaveLength(1)
  })
})
