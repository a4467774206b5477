import { type Static, Type } from 'typebox'

/** Whom a programme takes (requirements G14, G15): every condition that is stated must hold. */
export const ProgrammeMatch = Type.Object(
  {
    kinds: Type.Array(Type.String(), { minItems: 1 }),
    /** Names of departments as the site writes them; absent: all. */
    departments: Type.Optional(Type.Array(Type.String())),
    /** Beginnings of diagnosis codes, such as `I21`; absent: all. */
    diagnoses: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
  },
  { additionalProperties: false },
)
export type ProgrammeMatch = Static<typeof ProgrammeMatch>

/** Whom it leaves out although they match (requirements G22). The dead and who refused are left out always. */
export const ProgrammeExclusions = Type.Object(
  {
    /** 离院方式: 2 transferred, 3 to the community, 4 against advice, 9 other. */
    dispositions: Type.Array(Type.String()),
  },
  { additionalProperties: false },
)
export type ProgrammeExclusions = Static<typeof ProgrammeExclusions>

/** A stay, as far as a programme asks about it. */
export interface Stay {
  readonly kind: string
  readonly department: string | null
  readonly disposition: string | null
  readonly diagnosisCodes: readonly string[]
  readonly deceased: boolean
  readonly refused: boolean
}

export function matches(match: ProgrammeMatch, stay: Stay): boolean {
  return (
    match.kinds.includes(stay.kind) &&
    (match.departments === undefined || (stay.department !== null && match.departments.includes(stay.department))) &&
    (match.diagnoses?.some((start) => stay.diagnosisCodes.some((code) => code.startsWith(start))) ?? true)
  )
}

/** Why somebody who matches is not followed up; null when they are. */
export function exclusionOf(exclusions: ProgrammeExclusions, stay: Stay): string | null {
  if (stay.deceased || stay.disposition === '5') return 'deceased'
  if (stay.refused) return 'opted_out'
  if (stay.disposition !== null && exclusions.dispositions.includes(stay.disposition)) {
    return `disposition_${stay.disposition}`
  }
  return null
}
