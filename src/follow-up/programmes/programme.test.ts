import { describe, expect, it } from 'vitest'
import { codeMatches, exclusionOf, matches, type Stay } from './programme.ts'

const stay: Stay = {
  kind: 'inpatient',
  department: '心血管内科',
  disposition: '1',
  payer: '城镇职工基本医疗保险',
  sex: '1',
  age: 67,
  diagnosisCodes: ['I21.900x001', 'E11.900'],
  diagnosisTexts: ['急性心肌梗死', '2型糖尿病'],
  operationCodes: ['36.0601'],
  deceased: false,
  refused: false,
}

describe('whom a programme takes', () => {
  it.each([
    ['I20-I25', 'I21.900x001', true],
    ['I20-I25', 'I25.9', true],
    ['I20-I25', 'I26.0', false],
    ['I20-I25', 'I10.x00', false],
    ['I21', 'I21.900x001', true],
    ['I21.9', 'I21.4', false],
    ['A00-B99', 'B99', true],
  ] as const)('reads %s against %s by category', (rule, code, is) => {
    expect(codeMatches(rule, code)).toBe(is)
  })

  it('takes a stay with any diagnosis of the range', () => {
    expect(matches({ kinds: ['inpatient'], diagnoses: ['I20-I25'] }, stay)).toBe(true)
    expect(matches({ kinds: ['inpatient'], diagnoses: ['C00-C97', 'E11'] }, stay)).toBe(true)
    expect(matches({ kinds: ['inpatient'], diagnoses: ['C00-C97'] }, stay)).toBe(false)
  })

  it('wants every condition that is stated', () => {
    const match = { kinds: ['inpatient'], departments: ['心血管内科'], minAge: 60, maxAge: 70, sexes: ['1'] }
    expect(matches(match, stay)).toBe(true)
    expect(matches({ ...match, maxAge: 66 }, stay)).toBe(false)
    expect(matches({ ...match, departments: ['骨科'] }, stay)).toBe(false)
    expect(matches({ ...match, kinds: ['outpatient'] }, stay)).toBe(false)
  })

  it('matches words of a diagnosis that has no code, and operations', () => {
    expect(matches({ kinds: ['inpatient'], diagnosisWords: ['心肌梗死'] }, { ...stay, diagnosisCodes: [] })).toBe(true)
    expect(matches({ kinds: ['inpatient'], operations: ['36.06'] }, stay)).toBe(true)
    expect(matches({ kinds: ['inpatient'], operations: ['81'] }, stay)).toBe(false)
  })

  it('does not guess an unknown age into a bound', () => {
    expect(matches({ kinds: ['inpatient'], minAge: 0 }, { ...stay, age: null })).toBe(false)
  })
})

describe('whom it leaves out', () => {
  it('names the dead first, by fact or by the leave mode', () => {
    expect(exclusionOf({ dispositions: [] }, { ...stay, deceased: true, refused: true })).toBe('deceased')
    expect(exclusionOf({ dispositions: [] }, { ...stay, disposition: '5' })).toBe('deceased')
  })

  it('names who refused, and the leave modes and ages that the version leaves out', () => {
    expect(exclusionOf({ dispositions: [] }, { ...stay, refused: true })).toBe('opted_out')
    expect(exclusionOf({ dispositions: ['4'] }, { ...stay, disposition: '4' })).toBe('disposition_4')
    expect(exclusionOf({ dispositions: [], minAge: 18 }, { ...stay, age: 17 })).toBe('under_age')
    expect(exclusionOf({ dispositions: ['4'], minAge: 18 }, stay)).toBeNull()
  })
})
