import { describe, expect, it } from 'vitest'
import { contentOf, fieldsOf, isCode, nextStep, type ProgrammeFields, repeated, tidyCode } from './programme-fields.ts'

const content = {
  match: { kinds: ['inpatient'], diagnoses: ['I20-I25'], minAge: 18 },
  exclusions: { dispositions: ['4'], minAge: 14 },
  steps: [
    {
      afterDays: 7,
      fixedOn: null,
      dueTime: '09:00',
      restDayRule: 'after' as const,
      expiresAfterDays: 14,
      priority: 3,
      questionnaireVersionId: 'form',
      flowVersionId: 'flow',
    },
  ],
}
const fields: ProgrammeFields = {
  name: '冠心病',
  siteId: 'main',
  legalBasis: 'duty',
  purpose: 'clinical',
  isDefault: false,
  ...fieldsOf(content),
}

describe('a version in the form', () => {
  it('is sent as it came where nothing is changed', () => {
    expect(contentOf(fields)).toEqual(content)
  })

  it('says nothing of what is left empty', () => {
    const emptied = contentOf({ ...fields, diagnoses: [], minAge: null, outMinAge: null, outDispositions: [] })
    expect(emptied).toMatchObject({ match: { kinds: ['inpatient'] }, exclusions: { dispositions: [] } })
    expect(emptied.match).not.toHaveProperty('diagnoses')
  })

  it('has of a default programme no condition but the kinds of stay', () => {
    expect(contentOf({ ...fields, isDefault: true }).match).toEqual({ kinds: ['inpatient'] })
  })

  it('has a round by its days or by its date, whatever stands in the other field', () => {
    const [step] = fields.steps
    if (step === undefined) throw new Error('no step')
    const fixed = contentOf({ ...fields, steps: [{ ...step, timing: 'fixed', fixedOn: '2027-01-10', dueTime: ' ' }] })
    expect(fixed.steps).toMatchObject([{ afterDays: null, fixedOn: '2027-01-10', dueTime: null }])
  })
})

it('makes three rounds thirty days apart of the first', () => {
  const [first] = fields.steps
  if (first === undefined) throw new Error('no step')
  expect(repeated(first, 3, 30).map(({ afterDays }) => afterDays)).toEqual([30, 60, 90])
  expect(repeated(first, 3, 30)[2]).toMatchObject({ priority: 3, questionnaireVersionId: 'form' })
})

it('begins a round a week after the last and never asks by a form that has no keys where there is another', () => {
  const one = { kind: 'questionnaire', name: { zh: '', en: '' }, version: 1, latest: true } as const
  const published = [
    { ...one, id: 'agents', byKeys: false },
    { ...one, id: 'keys', byKeys: true },
  ]
  expect(nextStep([], published)).toMatchObject({ afterDays: 7, questionnaireVersionId: 'keys', flowVersionId: null })
  expect(nextStep(fields.steps, published)).toMatchObject({ afterDays: 14, questionnaireVersionId: 'form' })
})

it.each([
  ['i20－i25', 'I20-I25', true],
  [' I21.9 ', 'I21.9', true],
  ['I20 至 I25', 'I20-I25', true],
  ['i10.x00x002', 'I10.x00x002', true],
  ['冠心病', '冠心病', false],
])('reads %s as %s', (typed, code, is) => {
  expect(tidyCode(typed)).toBe(code)
  expect(isCode(tidyCode(typed))).toBe(is)
})
