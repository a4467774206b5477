import { UserError } from '#platform/errors/errors.ts'
import { addDays } from '../calling/hospital-day.ts'
import { isCodeRange } from './programme.ts'
import './programme-errors.ts'
import type { ProgrammeContent, StepContent } from './programme-schema.ts'
import type { ProgrammeStepDraft } from './publish-programme.ts'

/** What is published, as far as a step names it. */
export interface Known {
  readonly questionnaires: ReadonlySet<string>
  readonly flows: ReadonlySet<string>
  /** 'YYYY-MM-DD' */
  readonly today: string
  /** Fixed days of the version in force: a round that is over may stay in its place. */
  readonly fixedDays: ReadonlySet<string>
}

/** What stays and patients are written down with; of another word nobody is. Without 5: who died is followed up by nobody. */
const words = {
  kinds: ['inpatient', 'outpatient', 'checkup', 'emergency'],
  sexes: ['0', '1', '2', '9'],
  dispositions: ['1', '2', '3', '4', '9'],
} as const

/** The longest that a round waits, and that it may lie ahead. */
const farthest = { backDays: 365, aheadDays: 1_825 }

/**
 * A version that can be published: what it says is possible, and what it names is there.
 * @returns its steps
 * @throws UserError PROGRAMME_DEFAULT_CONDITIONS, PROGRAMME_CODE_RANGE, PROGRAMME_AGES_CROSSED, PROGRAMME_WORD_UNKNOWN,
 *   PROGRAMME_STEP_TIME, PROGRAMME_DATE_FAR, PROGRAMME_STEPS_SAME_DAY, PROGRAMME_QUESTIONNAIRE_UNKNOWN, PROGRAMME_FLOW_UNKNOWN
 */
export function checkContent(
  { match, steps }: ProgrammeContent,
  { isDefault, known }: { readonly isDefault: boolean; readonly known: Known },
): readonly ProgrammeStepDraft[] {
  if (isDefault && Object.keys(match).some((key) => key !== 'kinds'))
    throw new UserError('PROGRAMME_DEFAULT_CONDITIONS')
  for (const field of ['diagnoses', 'operations'] as const) {
    const crossed = match[field]?.find((rule) => !isCodeRange(rule))
    if (crossed !== undefined) throw new UserError('PROGRAMME_CODE_RANGE', { rule: crossed, field })
  }
  for (const field of ['kinds', 'sexes', 'dispositions'] as const) {
    const known: readonly string[] = words[field]
    const unknown = match[field]?.find((word) => !known.includes(word))
    if (unknown !== undefined) throw new UserError('PROGRAMME_WORD_UNKNOWN', { word: unknown, field })
  }
  if (match.minAge !== undefined && match.maxAge !== undefined && match.minAge > match.maxAge) {
    throw new UserError('PROGRAMME_AGES_CROSSED')
  }
  const days = new Set<string>()
  return steps.map((step, index) => {
    const place = { step: index + 1 }
    const day = dayOfStep(step)
    if (day === null) throw new UserError('PROGRAMME_STEP_TIME', place)
    if (step.fixedOn !== null) checkDate(step.fixedOn, { ...place, known })
    if (days.has(day)) throw new UserError('PROGRAMME_STEPS_SAME_DAY', place)
    days.add(day)
    const { questionnaireVersionId, flowVersionId } = step
    if (questionnaireVersionId === null || !known.questionnaires.has(questionnaireVersionId)) {
      throw new UserError('PROGRAMME_QUESTIONNAIRE_UNKNOWN', place)
    }
    if (flowVersionId === null || !known.flows.has(flowVersionId)) throw new UserError('PROGRAMME_FLOW_UNKNOWN', place)
    return { ...step, questionnaireVersionId, flowVersionId }
  })
}

/** A day on which nothing can come to be due, or that nobody lives to see, is a slip of the hand. */
function checkDate(day: string, { step, known }: { readonly step: number; readonly known: Known }): void {
  const [from, to] = [addDays(known.today, -farthest.backDays), addDays(known.today, farthest.aheadDays)]
  if (known.fixedDays.has(day) || (day >= from && day <= to)) return
  throw new UserError('PROGRAMME_DATE_FAR', { step, day, from, to })
}

function dayOfStep({ afterDays, fixedOn }: StepContent): string | null {
  if (afterDays === null) return fixedOn
  return fixedOn === null ? `D+${afterDays}` : null
}
