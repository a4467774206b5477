import type { Purpose } from '../follow-up-tables.ts'
import { exclusionOf, matches, type ProgrammeExclusions, type ProgrammeMatch, type Stay } from './programme.ts'

/** A programme as far as it is asked whether it takes somebody. */
export interface JudgingProgramme {
  readonly programmeId: string
  readonly siteId: string
  readonly purpose: Purpose
  readonly isDefault: boolean
  readonly match: ProgrammeMatch
  readonly exclusions: ProgrammeExclusions
  readonly steps: readonly { readonly fixedOn: string | null }[]
}

export interface JudgedStay extends Omit<Stay, 'refused'> {
  readonly siteId: string
  /** No calls at all. */
  readonly refusedCalls: boolean
  /** Purposes that the patient refused. */
  readonly refusedPurposes: readonly string[]
  /** 'YYYY-MM-DD' */
  readonly dischargedOn: string
}

/** All that match; the site's default programme where none does (requirements G14). */
export function takenBy<P extends JudgingProgramme>(programmes: readonly P[], stay: JudgedStay): readonly P[] {
  const ofSite = programmes.filter(({ siteId, match }) => siteId === stay.siteId && match.kinds.includes(stay.kind))
  const chosen = ofSite.filter(({ isDefault, match }) => !isDefault && matches(match, { ...stay, refused: false }))
  return chosen.length > 0 ? chosen : ofSite.filter(({ isDefault }) => isDefault)
}

/**
 * Why somebody whom it takes is not followed up; null when they are.
 * `dates_past`: all its dates are fixed, and lie before the discharge (requirements C04).
 */
export function reasonLeftOut(programme: JudgingProgramme, stay: JudgedStay): string | null {
  const refused = stay.refusedCalls || stay.refusedPurposes.includes(programme.purpose)
  const reason = exclusionOf(programme.exclusions, { ...stay, refused })
  if (reason !== null) return reason
  const { steps } = programme
  return steps.length > 0 && steps.every((step) => !comesAfter(step, stay.dischargedOn)) ? 'dates_past' : null
}

/** A fixed day before the discharge is none for this stay. */
export function comesAfter({ fixedOn }: { readonly fixedOn: string | null }, dischargedOn: string): boolean {
  return fixedOn === null || fixedOn >= dischargedOn
}
