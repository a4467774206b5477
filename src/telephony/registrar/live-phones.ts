import type { Clock, Timer } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import type { Listener, Subscription } from '#platform/database/listen.ts'
import { type Log, logError } from '#platform/log.ts'
import type { LivePhone } from '../telephony.ts'
import { livePhones, registrationChannel } from './registration-store.ts'

/** A phone that has registered anew or elsewhere, or one that is no longer there. */
export type PhoneChange = LivePhone | { readonly extension: string; readonly gone: true }

export interface LivePhonesParts {
  readonly db: Ground
  readonly listener: Listener
  /** Only to be woken when the next registration runs out; whether it has is the database's word. */
  readonly clock: Clock
  readonly log: Log
}

/** After a look at the database that failed. */
const retryMs = 2_000
/** Past the instant, so that the database surely agrees. */
const marginMs = 50
const longestSleepMs = 60_000

/**
 * Which phones are registered, on whichever node: told by NOTIFY, and by the time at which the next one runs out. What is
 * known here only serves to tell changes apart; the rows are the truth.
 */
export class LivePhones {
  readonly #parts: LivePhonesParts
  readonly #known = new Map<string, LivePhone & { readonly endsAt: number }>()
  readonly #listeners: ((change: PhoneChange) => void)[] = []
  #subscription: Subscription | null = null
  #timer: Timer | undefined
  #reading: Promise<void> = Promise.resolve()
  #closed = false

  constructor(parts: LivePhonesParts) {
    this.#parts = parts
  }

  onChange(listener: (change: PhoneChange) => void): void {
    this.#listeners.push(listener)
  }

  /** Begins to listen and tells of every phone that is there. */
  async start(): Promise<void> {
    this.#subscription = await this.#parts.listener.listen(registrationChannel, {
      onPayload: (extension) => void this.look([extension]),
      onResync: () => void this.look(),
    })
    await this.look()
  }

  /** Reads the rows of these phones, or of all, and tells what has changed. Never rejects. */
  look(extensions?: readonly string[]): Promise<void> {
    const turn = this.#reading.then(() => this.#look(extensions))
    this.#reading = turn.catch((error: unknown) => {
      logError(this.#parts.log, error, 'the registered phones could not be read')
      this.#sleep(retryMs)
    })
    return this.#reading
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#parts.clock.clearTimeout(this.#timer)
    await this.#subscription?.close()
    await this.#reading
  }

  async #look(extensions?: readonly string[]): Promise<void> {
    if (this.#closed) return
    const rows = await livePhones(this.#parts.db, extensions)
    const now = this.#parts.clock.now().getTime()
    const live = new Set(rows.map(({ extension }) => extension))
    for (const extension of extensions ?? [...this.#known.keys()]) {
      if (!live.has(extension) && this.#known.delete(extension)) this.#tell({ extension, gone: true })
    }
    for (const { msLeft, ...phone } of rows) {
      const before = this.#known.get(phone.extension)
      this.#known.set(phone.extension, { ...phone, endsAt: now + msLeft })
      const same = before?.contact === phone.contact && before.expiresAt.getTime() === phone.expiresAt.getTime()
      if (!same) this.#tell(phone)
    }
    this.#sleepUntilNextEnd()
  }

  #sleepUntilNextEnd(): void {
    const ends = [...this.#known.values()].map(({ endsAt }) => endsAt)
    if (ends.length === 0) this.#parts.clock.clearTimeout(this.#timer)
    else this.#sleep(Math.min(...ends) - this.#parts.clock.now().getTime() + marginMs)
  }

  #sleep(ms: number): void {
    const { clock } = this.#parts
    clock.clearTimeout(this.#timer)
    if (this.#closed) return
    this.#timer = clock.setTimeout(() => void this.look(), Math.min(Math.max(ms, marginMs), longestSleepMs))
    this.#timer.unref()
  }

  #tell(change: PhoneChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        logError(this.#parts.log, error, 'a change of a phone could not be taken in')
      }
    }
  }
}
