import type { Outcome } from '#contact-center/contact-center-tables.ts'
import type { CallingWindow } from '../calling/calling-rule.ts'
import { nextDial, type PastAttempt, type RetryPlan, type UsablePhone } from './retry.ts'

/** Where a task goes when its attempt has ended (vocabulary: task). */
export type TaskMove =
  | { readonly to: 'completed' }
  | { readonly to: 'retry_wait'; readonly at: Date; readonly phoneNumberId: string }
  | { readonly to: 'callback'; readonly at: Date }
  | { readonly to: 'refused' | 'partial' | 'failed' | 'stopped'; readonly reason: string }

/** What the call told of the patient, beyond this task (requirements H31, H32). */
export type PatientNews = 'refused' | 'deceased' | 'readmitted' | 'moved'

export interface AfterAttempt {
  readonly move: TaskMove
  readonly news: PatientNews | null
}

export interface EndedAttempt {
  /** What the flow or the agent said; null when the far end left first or nobody answered. */
  readonly outcome: Outcome | null
  /** The patient asked for no more calls, in this attempt or while it ran. */
  readonly refused: boolean
  /** It became known while the call ran. */
  readonly deceased: boolean
  /** With the outcome `callback`: when. */
  readonly callbackAt: Date | null
  /** Questions with an answer, over all attempts. */
  readonly answers: number
  /** Ended attempts of the task, oldest first, this one last. */
  readonly attempts: readonly PastAttempt[]
  readonly phones: readonly UsablePhone[]
  readonly plan: RetryPlan
  readonly window: CallingWindow
  readonly now: Date
}

/**
 * What becomes of the task, and of the patient's other plans. Death and refusal always win; an interview that was finished is
 * finished, whoever hung up; a move away ends this plan only; else the retry plan says, and
 * what was answered until then keeps a given-up task from counting as failed.
 * Source: requirements C03, C14, E08, H31, H32, §5.2; vocabulary (outcome).
 */
export function afterAttempt(ended: EndedAttempt): AfterAttempt {
  if (ended.deceased) return { move: { to: 'stopped', reason: 'deceased' }, news: 'deceased' }
  if (ended.refused) return { move: { to: 'refused', reason: 'patient_refused' }, news: 'refused' }
  switch (ended.outcome) {
    case 'refused':
      return { move: { to: 'refused', reason: 'patient_refused' }, news: 'refused' }
    case 'done':
    case 'proxy':
      return { move: { to: 'completed' }, news: null }
    case 'deceased':
      return { move: { to: 'stopped', reason: 'deceased' }, news: 'deceased' }
    case 'moved':
      return { move: { to: 'stopped', reason: 'moved' }, news: 'moved' }
    case 'other':
      return { move: { to: 'failed', reason: 'other' }, news: null }
    case 'callback':
      return { move: calledBack(ended), news: null }
    case 'readmitted':
      return { move: again(ended), news: 'readmitted' }
    case 'wrong_person':
      // Its number is no longer among `phones`: the next in order may be dialled at once.
      return { move: again({ ...ended, attempts: likeInvalidNumber(ended.attempts) }, 'wrong_person'), news: null }
    case 'uncooperative':
      return { move: again(ended, 'uncooperative'), news: null }
    default:
      return { move: again(ended), news: null }
  }
}

/** Agreed for an instant; or only promised, when no agent was to be had: then when the retry plan dials again. */
function calledBack(ended: EndedAttempt): TaskMove {
  if (ended.callbackAt !== null) return { to: 'callback', at: ended.callbackAt }
  const move = again(ended)
  return move.to === 'retry_wait' ? { to: 'callback', at: move.at } : move
}

function again({ attempts, phones, plan, window, now, answers }: EndedAttempt, reason?: string): TaskMove {
  const next = nextDial(attempts, phones, plan, window, now)
  if (next.type === 'again') return { to: 'retry_wait', at: next.at, phoneNumberId: next.phoneNumberId }
  return { to: answers > 0 ? 'partial' : 'failed', reason: reason ?? next.reason }
}

function likeInvalidNumber(attempts: readonly PastAttempt[]): readonly PastAttempt[] {
  return attempts.map((attempt, index) =>
    index === attempts.length - 1 ? { ...attempt, result: 'invalid_number' as const } : attempt,
  )
}
