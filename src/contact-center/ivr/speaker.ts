import { OperationalError } from '#platform/errors/errors.ts'
import type { PatientLeg } from '#telephony/telephony.ts'
import './flow-errors.ts'

export interface SpeakerEvents {
  /** The first file of a row goes out now. Called before anything is awaited. */
  onBegun(): void
  /** A row was heard to its end. */
  onPlayed(): void
  /** A file could not be played; nothing more will be. */
  onFailed(error: unknown): void
}

/**
 * Speaks rows of files over a leg, one file at a time and never two at once: a new row waits until the one that it
 * replaces has stopped. (Two executes on one channel nest, and FreeSWITCH was seen to spin: telephony-protocols,
 * "Keys". A list of files in one play command is no way either: a break stops only the current one.)
 */
export class Speaker {
  readonly #leg: Pick<PatientLeg, 'play' | 'stopPlaying'>
  readonly #events: SpeakerEvents
  #current: Row | null = null
  #next: Row | null = null
  #speaking: Promise<void> | null = null
  #closed = false

  constructor(leg: Pick<PatientLeg, 'play' | 'stopPlaying'>, events: SpeakerEvents) {
    this.#leg = leg
    this.#events = events
  }

  /** Speaks these files instead of whatever is being spoken. */
  play(paths: readonly string[]): void {
    if (this.#closed) return
    this.#interrupt()
    this.#next = { paths, stopping: null }
    this.#speaking ??= this.#speak()
  }

  /** Falls silent; what was interrupted tells nothing more. */
  stop(): void {
    this.#next = null
    this.#interrupt()
  }

  /** Says and tells nothing more; resolves when nothing is being played, and the leg is another's to speak over. */
  async silenced(): Promise<void> {
    this.stop()
    this.close()
    await this.#speaking
  }

  /** Says and tells nothing more. What is being played ends with the leg, which is not ours. */
  close(): void {
    this.#closed = true
    this.#next = null
  }

  #interrupt(): void {
    if (this.#current === null || this.#current.stopping !== null) return
    this.#current.stopping = this.#leg.stopPlaying()
    // Looked at again where it is awaited; a rejection must not be loose until then.
    this.#current.stopping.catch(() => {})
  }

  async #speak(): Promise<void> {
    for (let row = this.#takeNext(); row !== null; row = this.#takeNext()) {
      this.#current = row
      const heard = await this.#speakRow(row)
      this.#current = null
      if (heard && !this.#closed) this.#events.onPlayed()
    }
    this.#speaking = null
  }

  #takeNext(): Row | null {
    const row = this.#closed ? null : this.#next
    this.#next = null
    return row
  }

  /** @returns whether all of it was heard */
  async #speakRow(row: Row): Promise<boolean> {
    try {
      for (const [index, path] of row.paths.entries()) {
        const playing = this.#leg.play(path)
        if (index === 0) this.#events.onBegun()
        const how = await playing
        if (row.stopping !== null) {
          // Not only the play: a break that is still under way would hit the next one.
          await row.stopping
          return false
        }
        if (how === 'stopped') throw new OperationalError('FLOW_PROMPT_INTERRUPTED')
        if (how === 'ended' || this.#closed) return false
      }
      return true
    } catch (error) {
      this.#current = null
      if (!this.#closed) this.#events.onFailed(error)
      this.close()
      return false
    }
  }
}

interface Row {
  readonly paths: readonly string[]
  /** Set once it is no longer wanted. */
  stopping: Promise<void> | null
}
