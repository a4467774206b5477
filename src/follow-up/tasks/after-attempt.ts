import type { FlowOutcome } from '#contact-center/calls/call-event.ts'
import { nextDial, type PastAttempt, type RetryPlan, type UsablePhone } from './retry.ts'

/** Where a task in progress goes when its attempt has ended (vocabulary: task). */
export type TaskMove =
  | { readonly to: 'completed' }
  | { readonly to: 'retry_wait'; readonly at: Date; readonly phoneNumberId: string }
  | { readonly to: 'refused' | 'partial' | 'failed'; readonly reason: string }

export interface EndedAttempt {
  /** What the flow said; null when the far end left first or nobody answered. */
  readonly outcome: FlowOutcome | null
  /** The patient asked for no more calls in this attempt. */
  readonly refused: boolean
  /** Questions with an answer, over all attempts. */
  readonly answers: number
  /** Ended attempts of the task, oldest first, this one last. */
  readonly attempts: readonly PastAttempt[]
  readonly phones: readonly UsablePhone[]
  readonly plan: RetryPlan
  readonly now: Date
}

/**
 * What becomes of the task. A refusal always wins; an interview that was finished is finished, whoever hung up; else
 * the retry plan says, and what was answered until then keeps a given-up task from counting as failed.
 * Source: requirements C03, E08, H31, I11; vocabulary.
 */
export function afterAttempt(ended: EndedAttempt): TaskMove {
  const { outcome, refused, attempts, phones, plan, now, answers } = ended
  if (refused || outcome === 'refused') return { to: 'refused', reason: 'patient_refused' }
  if (outcome === 'done') return { to: 'completed' }
  // A wrong person's number has been taken out of `phones`: the next one may be dialled at once.
  const past = outcome === 'wrong_person' ? wrongPerson(attempts) : attempts
  const next = nextDial(past, phones, plan, now)
  if (next.type === 'again') return { to: 'retry_wait', at: next.at, phoneNumberId: next.phoneNumberId }
  if (answers > 0) return { to: 'partial', reason: next.reason }
  return { to: 'failed', reason: outcome === 'wrong_person' ? 'wrong_person' : next.reason }
}

/** The retry plan treats such a number like one that does not exist. */
function wrongPerson(attempts: readonly PastAttempt[]): readonly PastAttempt[] {
  return attempts.map((attempt, index) =>
    index === attempts.length - 1 ? { ...attempt, result: 'invalid_number' as const } : attempt,
  )
}
