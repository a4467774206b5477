import type { AutoSaver } from './auto-saver.ts'
import { callbackInstant, dayAndTime } from './callback-times.ts'
import { type DeskRecord, type OutcomeReport, outcomes } from './seat-api.ts'

/** What the agent has chosen and written, complete or not. */
export interface OutcomeFields {
  readonly outcome: OutcomeReport['outcome'] | null
  /** What `other` stands for. */
  readonly text: string
  readonly note: string
  readonly day: string | null
  readonly time: string | null
}

export function outcomeFields({
  outcome,
  outcomeText,
  note,
  callbackAt,
}: Pick<DeskRecord, 'outcome' | 'outcomeText' | 'note' | 'callbackAt'>): OutcomeFields {
  const { day, time } = callbackAt === null ? { day: null, time: null } : dayAndTime(callbackAt)
  return {
    outcome: outcomes.find((one) => one === outcome) ?? null,
    text: outcomeText ?? '',
    note: note ?? '',
    day,
    time,
  }
}

/** What is missing before the outcome can be sent; null when nothing is. */
export function outcomeFault({
  outcome,
  text,
  day,
  time,
}: OutcomeFields): 'choose' | 'textPlease' | 'callbackPlease' | null {
  if (outcome === null) return 'choose'
  if (outcome === 'other' && text.trim() === '') return 'textPlease'
  return outcome === 'callback' && (day === null || time === null) ? 'callbackPlease' : null
}

/** As it is sent; null while something is missing. Of another outcome's fields nothing is sent. */
export function reportOf(fields: OutcomeFields): OutcomeReport | null {
  const { outcome, text, day, time } = fields
  if (outcome === null || outcomeFault(fields) !== null) return null
  return {
    outcome,
    ...(outcome === 'other' ? { text: text.trim() } : {}),
    ...(outcome === 'callback' && day !== null && time !== null ? { callbackAt: callbackInstant(day, time) } : {}),
  }
}

/** The outcome on the page, saved whenever it is complete, and the note, saved as it is written. */
export class OutcomeDraft {
  readonly saver: AutoSaver<OutcomeReport | string>
  readonly #listeners = new Set<() => void>()
  #fields: OutcomeFields

  constructor(fields: OutcomeFields, saver: AutoSaver<OutcomeReport | string>) {
    this.#fields = fields
    this.saver = saver
  }

  /** For useSyncExternalStore. */
  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly fields = (): OutcomeFields => this.#fields

  change(change: Partial<OutcomeFields>): void {
    this.#fields = { ...this.#fields, ...change }
    const { note, ...ofOutcome } = change
    if (note !== undefined) this.saver.give('note', note)
    const report = Object.keys(ofOutcome).length > 0 ? reportOf(this.#fields) : null
    if (report !== null) this.saver.give('outcome', report)
    for (const listener of this.#listeners) listener()
  }
}
