import type { Outcome } from '#contact-center/contact-center-tables.ts'
import { UserError } from '#platform/errors/errors.ts'
import { type CallingWindow, closedBy, nextOpening } from '../calling/calling-rule.ts'
import { dayOf, minuteOfDay } from '../calling/hospital-day.ts'
import { isText } from '../questionnaire/questionnaire.ts'
import './desk-errors.ts'

/** What an agent made of one call: outcome, words and note (requirements D10, §5.2). */
export interface CallSummary {
  readonly outcome: Outcome | null
  /** What is meant by `other`; allowed with every outcome. */
  readonly outcomeText: string | null
  readonly note: string | null
  /** With `callback`, and only then. */
  readonly callbackAt: Date | null
}

export const emptySummary: CallSummary = { outcome: null, outcomeText: null, note: null, callbackAt: null }

/** What is told at once. What is left out: the note stays as it is, the rest is what the new outcome needs. */
export interface SummaryChange {
  readonly outcome: Outcome
  readonly text?: string
  readonly note?: string
  readonly callbackAt?: Date
}

/** @throws UserError DESK_OUTCOME_TEXT_MISSING, DESK_CALLBACK_TIME_MISSING, DESK_TEXT_UNREADABLE */
export function withOutcome(before: CallSummary, change: SummaryChange): CallSummary {
  const outcomeText = textOf(change.text)
  const callbackAt = change.callbackAt ?? null
  if (change.outcome === 'other' && outcomeText === null) throw new UserError('DESK_OUTCOME_TEXT_MISSING')
  if ((change.outcome === 'callback') !== (callbackAt !== null)) throw new UserError('DESK_CALLBACK_TIME_MISSING')
  const note = change.note === undefined ? before.note : textOf(change.note)
  return { outcome: change.outcome, outcomeText, note, callbackAt }
}

/** @throws UserError DESK_TEXT_UNREADABLE */
export function withNote(before: CallSummary, note: string): CallSummary {
  return { ...before, note: textOf(note) }
}

export function sameSummary(a: CallSummary, b: CallSummary): boolean {
  return (
    a.outcome === b.outcome &&
    a.outcomeText === b.outcomeText &&
    a.note === b.note &&
    a.callbackAt?.getTime() === b.callbackAt?.getTime()
  )
}

/** Blank is none. */
function textOf(text: string | undefined): string | null {
  if (text === undefined || text.trim() === '') return null
  if (!isText(text)) throw new UserError('DESK_TEXT_UNREADABLE')
  return text.trim()
}

/**
 * A callback is to come, within the task's time, and when calls may leave: what the gate would put off is not agreed
 * (requirements C08, C14).
 * @throws UserError DESK_CALLBACK_PAST, DESK_CALLBACK_TOO_LATE, DESK_CALLBACK_CLOSED
 */
export function requireCallbackTime(
  at: Date,
  { now, expiresAt, window }: { readonly now: Date; readonly expiresAt: Date; readonly window: CallingWindow },
): void {
  // Also an instant that is none.
  if (!(at > now)) throw new UserError('DESK_CALLBACK_PAST')
  if (at >= expiresAt) throw new UserError('DESK_CALLBACK_TOO_LATE', { day: dayOf(new Date(expiresAt.getTime() - 1)) })
  if (closedBy(window, at) === null) return
  const next = nextOpening(window, at)
  throw new UserError('DESK_CALLBACK_CLOSED', { next: next === null ? '-' : localTime(next) })
}

function localTime(at: Date): string {
  const minutes = minuteOfDay(at)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${dayOf(at)} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
