import { type Static, Type } from 'typebox'
import type { AttemptResult } from '#contact-center/calls/call-event.ts'

/** What happens after an attempt that did not complete the task, by its result (requirements C03, C09, §5.2, §5.3). */
export const RetryPlan = Type.Object(
  {
    /** Attempts that count, over all numbers; then the task has failed. */
    maxAttempts: Type.Integer({ minimum: 1, maximum: 20 }),
    rules: Type.Array(
      Type.Object(
        {
          result: Type.String(),
          /** Until the next dial; the calling window may make it later. */
          delayMinutes: Type.Integer({ minimum: 0, maximum: 43_200 }),
          /** How often an attempt that ended so is followed by another. */
          maxTimes: Type.Integer({ minimum: 0, maximum: 20 }),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
)
export type RetryPlan = Static<typeof RetryPlan>

/**
 * Three rounds, at other hours of the day: half a day lies between them, so that who was at work in the morning is
 * asked in the evening (requirements §5.3). Line trouble is tried again at once and does not count.
 */
export const defaultRetryPlan: RetryPlan = {
  maxAttempts: 5,
  rules: [
    { result: 'no_answer', delayMinutes: 300, maxTimes: 3 },
    { result: 'busy', delayMinutes: 25, maxTimes: 3 },
    { result: 'rejected', delayMinutes: 1_440, maxTimes: 1 },
    { result: 'powered_off', delayMinutes: 1_440, maxTimes: 2 },
    { result: 'unreachable', delayMinutes: 1_440, maxTimes: 2 },
    { result: 'machine', delayMinutes: 300, maxTimes: 2 },
    { result: 'partial', delayMinutes: 240, maxTimes: 2 },
    { result: 'abandoned', delayMinutes: 240, maxTimes: 2 },
    { result: 'failed', delayMinutes: 60, maxTimes: 2 },
    { result: 'restart', delayMinutes: 30, maxTimes: 3 },
    { result: 'congestion', delayMinutes: 2, maxTimes: 20 },
    { result: 'cancelled', delayMinutes: 0, maxTimes: 20 },
  ],
}

/** An ended attempt of the task. */
export interface PastAttempt {
  readonly result: AttemptResult
  readonly phoneNumberId: string
}

/** A number of the patient that may be dialled, in dialling order. */
export interface UsablePhone {
  readonly phoneNumberId: string
}

export type NextDial =
  | { readonly type: 'again'; readonly at: Date; readonly phoneNumberId: string }
  /** Nothing more to try; the reason stays with the task. */
  | { readonly type: 'over'; readonly reason: string }

/** Results after which that number is of no more use to this task; another may be dialled at once. */
const numberIsNoUse: ReadonlySet<AttemptResult> = new Set(['invalid_number', 'suspended_line'])
const notCounted: ReadonlySet<AttemptResult> = new Set(['congestion', 'cancelled'])

/**
 * When to dial again after `attempts`, on which number, or why not.
 * @param attempts oldest first, all ended, the last one being the reason to ask; not empty
 * @param phones the numbers that may still be dialled, in order; those found to be of no use are already left out
 */
export function nextDial(
  attempts: readonly PastAttempt[],
  phones: readonly UsablePhone[],
  plan: RetryPlan,
  now: Date,
): NextDial {
  const last = attempts.at(-1)
  if (last === undefined) return { type: 'over', reason: 'no_attempt' }
  const counted = attempts.filter(({ result }) => !notCounted.has(result))
  if (counted.length >= plan.maxAttempts) return { type: 'over', reason: last.result }
  const next = leastTried(phones, counted)
  if (next === undefined) return { type: 'over', reason: numberIsNoUse.has(last.result) ? last.result : 'no_number' }
  if (numberIsNoUse.has(last.result)) return { type: 'again', at: now, phoneNumberId: next }
  const rule = plan.rules.find(({ result }) => result === last.result)
  const times = attempts.filter(({ result }) => result === last.result).length
  if (rule === undefined || times > rule.maxTimes) return { type: 'over', reason: last.result }
  return { type: 'again', at: new Date(now.getTime() + rule.delayMinutes * 60_000), phoneNumberId: next }
}

/** The first in order of those dialled least: number one, then the relative, then number one again (requirements C16). */
function leastTried(phones: readonly UsablePhone[], counted: readonly PastAttempt[]): string | undefined {
  const tries = (id: string) => counted.filter(({ phoneNumberId }) => phoneNumberId === id).length
  return phones.map(({ phoneNumberId }) => phoneNumberId).sort((a, b) => tries(a) - tries(b))[0]
}
