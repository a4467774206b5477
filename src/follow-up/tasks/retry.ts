import { type Static, Type } from 'typebox'
import type { AttemptResult } from '#contact-center/calls/call-event.ts'
import { type CallingWindow, endOfPeriod, nextOpening, periodAt } from '../calling/calling-rule.ts'
import { addDays, dayOf, startOfDay } from '../calling/hospital-day.ts'

const minuteMs = 60_000

/** What follows an attempt that ended so. */
const RetryRule = Type.Object(
  {
    result: Type.String(),
    /** Until the next dial; the calling window may make it later. */
    delayMinutes: Type.Integer({ minimum: 0, maximum: 43_200 }),
    /** How often a task's attempt that ended so is followed by another; null: as often as the plan's limits allow. One type with two names: of a union the door would make 0 of null. */
    maxTimes: Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum: 0, maximum: 20 }),
    /** The same number again, the next in order, or never again this one. */
    number: Type.Union([Type.Literal('same'), Type.Literal('next'), Type.Literal('drop')]),
    /** The same number is dialled at another time of day than before, where the window has more than one. */
    otherPeriod: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)

/** What happens after attempts that did not complete the task (requirements C03, C09, C16, §5.2, §5.3). */
export const RetryPlan = Type.Object(
  {
    /** Hospital days on which a task is dialled: rounds. */
    maxRounds: Type.Integer({ minimum: 1, maximum: 20 }),
    /** Attempts of a task in one hospital day, over all its numbers. */
    maxPerDay: Type.Integer({ minimum: 1, maximum: 5 }),
    /** Attempts altogether, over all numbers; then the task has failed. */
    maxAttempts: Type.Integer({ minimum: 1, maximum: 20 }),
    /** Between a number that failed and the next in order. */
    nextNumberMinutes: Type.Integer({ minimum: 0, maximum: 1_440 }),
    rules: Type.Array(RetryRule),
  },
  { additionalProperties: false },
)
export type RetryPlan = Static<typeof RetryPlan>

/** The defaults of requirements §5.2 and §5.3. */
export const defaultRetryPlan: RetryPlan = {
  maxRounds: 3,
  maxPerDay: 2,
  maxAttempts: 5,
  nextNumberMinutes: 10,
  rules: [
    { result: 'no_answer', delayMinutes: 120, maxTimes: null, number: 'next', otherPeriod: true },
    { result: 'busy', delayMinutes: 25, maxTimes: null, number: 'same' },
    { result: 'rejected', delayMinutes: 1_440, maxTimes: 1, number: 'same' },
    { result: 'powered_off', delayMinutes: 1_440, maxTimes: null, number: 'next', otherPeriod: true },
    { result: 'unreachable', delayMinutes: 1_440, maxTimes: null, number: 'next', otherPeriod: true },
    { result: 'machine', delayMinutes: 240, maxTimes: null, number: 'next', otherPeriod: true },
    { result: 'suspended_line', delayMinutes: 0, maxTimes: 0, number: 'drop' },
    { result: 'invalid_number', delayMinutes: 0, maxTimes: 0, number: 'drop' },
    { result: 'partial', delayMinutes: 240, maxTimes: 2, number: 'same' },
    // Answered to its end and yet not done: the flow ended it (uncooperative), or a wrong person (see after-attempt).
    { result: 'completed', delayMinutes: 240, maxTimes: 2, number: 'same' },
    { result: 'abandoned', delayMinutes: 60, maxTimes: 2, number: 'same' },
    { result: 'failed', delayMinutes: 60, maxTimes: 2, number: 'same' },
    { result: 'restart', delayMinutes: 15, maxTimes: 3, number: 'same' },
    { result: 'congestion', delayMinutes: 2, maxTimes: null, number: 'same' },
    { result: 'cancelled', delayMinutes: 0, maxTimes: null, number: 'same' },
  ],
}

/** An ended attempt of the task. */
export interface PastAttempt {
  readonly result: AttemptResult
  readonly phoneNumberId: string
  /** When it was dialled. */
  readonly at: Date
  /** Its INVITE had left. */
  readonly invited: boolean
}

/** A number of the patient that may be dialled. */
export interface UsablePhone {
  readonly phoneNumberId: string
}

export type NextDial =
  | { readonly type: 'again'; readonly at: Date; readonly phoneNumberId: string }
  /** Nothing more to try; the reason stays with the task. */
  | { readonly type: 'over'; readonly reason: string }

/** Whether an attempt counts, for the task's limits as for the caps: trouble of the line does not, nor what never left. */
export function counts({ result, invited }: Pick<PastAttempt, 'result' | 'invited'>): boolean {
  return result !== 'congestion' && (result !== 'cancelled' || invited)
}

/** A plan pushes a dial from day to day; this many steps are more than any plan can need. */
const furthestSteps = 400

/**
 * When to dial again after `attempts`, on which number, or why not.
 * @param attempts oldest first, all ended, the last one being the reason to ask; not empty
 * @param phones the numbers that may still be dialled, in order
 * @returns the earliest instant inside `window` that keeps the plan's limits; `now` plus the delay when the window never
 *   opens, since a window may be changed and the gate decides anyway
 */
export function nextDial(
  attempts: readonly PastAttempt[],
  phones: readonly UsablePhone[],
  plan: RetryPlan,
  window: CallingWindow,
  now: Date,
): NextDial {
  const last = attempts.at(-1)
  if (last === undefined) return { type: 'over', reason: 'no_attempt' }
  const counted = attempts.filter(counts)
  const over: NextDial = { type: 'over', reason: last.result }
  const rule = plan.rules.find(({ result }) => result === last.result)
  if (rule === undefined || counted.length >= plan.maxAttempts) return over
  const dropped = droppedNumbers(attempts, plan)
  const usable = phones.map(({ phoneNumberId }) => phoneNumberId).filter((id) => !dropped.has(id))
  const phoneNumberId =
    rule.number === 'same' && usable.includes(last.phoneNumberId) ? last.phoneNumberId : leastTried(usable, counted)
  if (phoneNumberId === undefined) return rule.number === 'drop' ? over : { type: 'over', reason: 'no_number' }
  const times = attempts.filter(({ result }) => result === last.result).length
  if (rule.number !== 'drop' && rule.maxTimes !== null && times > rule.maxTimes) return over

  const movesOn = phoneNumberId !== last.phoneNumberId
  const waitMinutes = counts(last) ? rule.delayMinutes : longerEachTime(rule.delayMinutes, uncountedInARow(attempts))
  const delayMinutes = movesOn ? Math.min(waitMinutes, plan.nextNumberMinutes) : waitMinutes
  const earliest = new Date(now.getTime() + delayMinutes * minuteMs)
  const otherThan = rule.otherPeriod === true && !movesOn ? periodAt(window, last.at) : null
  const at = freeSlot(counted, plan, window, earliest, otherThan)
  return at === null ? over : { type: 'again', at, phoneNumberId }
}

/** @returns null when the plan's rounds are used up */
function freeSlot(
  counted: readonly PastAttempt[],
  plan: RetryPlan,
  window: CallingWindow,
  earliest: Date,
  otherThan: number | null,
): Date | null {
  const days = new Map<string, number>()
  for (const { at } of counted) days.set(dayOf(at), (days.get(dayOf(at)) ?? 0) + 1)
  let from = earliest
  for (let step = 0; step < furthestSteps; step += 1) {
    const at = nextOpening(window, from)
    if (at === null) return earliest
    const day = dayOf(at)
    const onDay = days.get(day) ?? 0
    if (onDay === 0 && days.size >= plan.maxRounds) return null
    if (onDay >= plan.maxPerDay) from = startOfDay(addDays(day, 1))
    else if (otherThan !== null && window.periods.length > 1 && periodAt(window, at) === otherThan) {
      from = endOfPeriod(window, at)
    } else return at
  }
  return earliest
}

/** The line's trouble counts for nothing, so nothing else would end trying: a carrier that refuses one number would be asked all day. */
const longestUncountedMinutes = 60

function longerEachTime(minutes: number, times: number): number {
  return Math.max(minutes, Math.min(minutes * 2 ** (times - 1), longestUncountedMinutes))
}

function uncountedInARow(attempts: readonly PastAttempt[]): number {
  return attempts.length - 1 - attempts.findLastIndex(counts)
}

function droppedNumbers(attempts: readonly PastAttempt[], plan: RetryPlan): ReadonlySet<string> {
  const drops = new Set(plan.rules.filter(({ number }) => number === 'drop').map(({ result }) => result))
  return new Set(attempts.filter(({ result }) => drops.has(result)).map(({ phoneNumberId }) => phoneNumberId))
}

/** The first in order of those dialled least: number one, then the relative, then number one again (requirements C16). */
function leastTried(usable: readonly string[], counted: readonly PastAttempt[]): string | undefined {
  const tries = (id: string) => counted.filter(({ phoneNumberId }) => phoneNumberId === id).length
  return [...usable].sort((a, b) => tries(a) - tries(b))[0]
}
