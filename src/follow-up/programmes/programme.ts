import { type Static, Type } from 'typebox'

const Words = Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })
/** `I21`, `I21.9`: codes that begin so; `I20-I25`: every category from one to the other. */
const CodeRule = Type.String({ pattern: '^[A-Z0-9][A-Za-z0-9.]*(-[A-Z0-9][A-Za-z0-9.]*)?$' })
const Years = Type.Integer({ minimum: 0, maximum: 150 })

/** A range that ends before it begins takes nobody, and a category is compared as far as both ends are written. */
export function isCodeRange(rule: string): boolean {
  const [from = '', to] = rule.split('-')
  return to === undefined || (from.length === to.length && from <= to)
}

/** Whom a programme takes (requirements G14, G15): every condition that is stated must hold. */
export const ProgrammeMatch = Type.Object(
  {
    kinds: Words,
    /** Names of departments as the site writes them. */
    departments: Type.Optional(Words),
    /** Any of the diagnoses, by code. */
    diagnoses: Type.Optional(Type.Array(CodeRule, { minItems: 1 })),
    /** Any of the diagnoses, by words in their text. */
    diagnosisWords: Type.Optional(Words),
    /** Any of the operations, by code (ICD-9-CM-3). */
    operations: Type.Optional(Type.Array(CodeRule, { minItems: 1 })),
    /** Full years on the day of the discharge; a patient of unknown age matches no bound. */
    minAge: Type.Optional(Years),
    maxAge: Type.Optional(Years),
    sexes: Type.Optional(Words),
    payers: Type.Optional(Words),
    dispositions: Type.Optional(Words),
  },
  { additionalProperties: false },
)
export type ProgrammeMatch = Static<typeof ProgrammeMatch>

/** Whom it leaves out although they match (requirements G22). The dead and who refused are left out always. */
export const ProgrammeExclusions = Type.Object(
  {
    /** 离院方式: 2 transferred, 3 to the community, 4 against advice, 9 other. */
    dispositions: Type.Array(Type.String()),
    /** Younger ones are left out. */
    minAge: Type.Optional(Years),
  },
  { additionalProperties: false },
)
export type ProgrammeExclusions = Static<typeof ProgrammeExclusions>

/** A stay, as far as a programme asks about it. */
export interface Stay {
  readonly kind: string
  readonly department: string | null
  readonly disposition: string | null
  readonly payer: string | null
  readonly sex: string | null
  /** Full years on the day of the discharge. */
  readonly age: number | null
  readonly diagnosisCodes: readonly string[]
  readonly diagnosisTexts: readonly string[]
  readonly operationCodes: readonly string[]
  readonly deceased: boolean
  readonly refused: boolean
}

export function matches(match: ProgrammeMatch, stay: Stay): boolean {
  return (
    match.kinds.includes(stay.kind) &&
    among(match.departments, stay.department) &&
    among(match.dispositions, stay.disposition) &&
    among(match.payers, stay.payer) &&
    among(match.sexes, stay.sex) &&
    anyCode(match.diagnoses, stay.diagnosisCodes) &&
    anyCode(match.operations, stay.operationCodes) &&
    (match.diagnosisWords?.some((word) => stay.diagnosisTexts.some((text) => text.includes(word))) ?? true) &&
    (match.minAge === undefined || (stay.age !== null && stay.age >= match.minAge)) &&
    (match.maxAge === undefined || (stay.age !== null && stay.age <= match.maxAge))
  )
}

/** Why somebody who matches is not followed up; null when they are. The reason stands on the enrolment. */
export function exclusionOf(exclusions: ProgrammeExclusions, stay: Stay): string | null {
  if (stay.deceased || stay.disposition === '5') return 'deceased'
  if (stay.refused) return 'opted_out'
  if (stay.disposition !== null && exclusions.dispositions.includes(stay.disposition)) {
    return `disposition_${stay.disposition}`
  }
  if (exclusions.minAge !== undefined && stay.age !== null && stay.age < exclusions.minAge) return 'under_age'
  return null
}

function among(allowed: readonly string[] | undefined, value: string | null): boolean {
  return allowed === undefined || (value !== null && allowed.includes(value))
}

function anyCode(rules: readonly string[] | undefined, codes: readonly string[]): boolean {
  return rules === undefined || rules.some((rule) => codes.some((code) => codeMatches(rule, code)))
}

/**
 * Codes are matched by category, not by the full code, since hospitals extend them differently (`I10.x00x002`).
 * Source: requirements §8.3, G14.
 */
export function codeMatches(rule: string, code: string): boolean {
  const [from = '', to] = rule.split('-')
  if (to === undefined) return code.startsWith(from)
  return code.slice(0, from.length) >= from && code.slice(0, to.length) <= to
}
