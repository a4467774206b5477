import { UserError } from '#platform/errors/errors.ts'
import { isCodeRange } from './programme.ts'
import './programme-errors.ts'
import type { ProgrammeContent, StepContent } from './programme-schema.ts'
import type { ProgrammeStepDraft } from './publish-programme.ts'

/** What is published, as far as a step names it. */
export interface Known {
  readonly questionnaires: ReadonlySet<string>
  readonly flows: ReadonlySet<string>
}

/**
 * A version that can be published: what it says is possible, and what it names is there.
 * @returns its steps
 * @throws UserError PROGRAMME_DEFAULT_CONDITIONS, PROGRAMME_CODE_RANGE, PROGRAMME_AGES_CROSSED, PROGRAMME_STEP_TIME,
 *   PROGRAMME_STEPS_SAME_DAY, PROGRAMME_QUESTIONNAIRE_UNKNOWN, PROGRAMME_FLOW_UNKNOWN
 */
export function checkContent(
  { match, steps }: ProgrammeContent,
  { isDefault, known }: { readonly isDefault: boolean; readonly known: Known },
): readonly ProgrammeStepDraft[] {
  if (isDefault && Object.keys(match).some((key) => key !== 'kinds'))
    throw new UserError('PROGRAMME_DEFAULT_CONDITIONS')
  const crossed = [...(match.diagnoses ?? []), ...(match.operations ?? [])].find((rule) => !isCodeRange(rule))
  if (crossed !== undefined) throw new UserError('PROGRAMME_CODE_RANGE', { rule: crossed })
  if (match.minAge !== undefined && match.maxAge !== undefined && match.minAge > match.maxAge) {
    throw new UserError('PROGRAMME_AGES_CROSSED')
  }
  const days = new Set<string>()
  return steps.map((step, index) => {
    const place = { step: index + 1 }
    const day = dayOfStep(step)
    if (day === null) throw new UserError('PROGRAMME_STEP_TIME', place)
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

function dayOfStep({ afterDays, fixedOn }: StepContent): string | null {
  if (afterDays === null) return fixedOn
  return fixedOn === null ? `D+${afterDays}` : null
}
