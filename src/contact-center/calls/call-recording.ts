import { codeOf } from '#platform/errors/errors.ts'
import { type Log, logError } from '#platform/log.ts'
import type { PatientLeg } from '#telephony/telephony.ts'
import type { RecordingPlace } from '../recording/recording-place.ts'
import type { CallEvents } from './call-events.ts'

/**
 * The recording of one call. Its start is commanded at once and awaited only at the end: what is said to the leg next
 * leaves over the same connection, in this order, so that the patient does not wait for an answer in between.
 */
export class CallRecording {
  readonly #leg: PatientLeg
  readonly #events: CallEvents
  readonly #log: Log
  readonly #started: Promise<string | null>
  /** Of the file that was stopped. */
  #name: string | null = null

  /** @param place where it is to be recorded; a failure to make it, or to start, leaves the call without a recording */
  constructor(leg: PatientLeg, place: RecordingPlace | null, events: CallEvents, log: Log) {
    this.#leg = leg
    this.#events = events
    this.#log = log
    this.#started = place === null ? Promise.resolve(null) : this.#start(place)
  }

  /** The file is complete. */
  async stop(): Promise<void> {
    this.#name = await this.#started
    if (this.#name === null) return
    await this.#leg.stopRecording().catch((error: unknown) => logError(this.#log, error, 'recording not stopped'))
  }

  /**
   * Tells of the file, if there is one; after `stop` and the leg's end. In one breath with the call's last event it is in
   * one write to the journal with it, and in one transaction.
   * @param at when it was closed
   * @param onDurable runs once the event has been fsynced
   */
  tellClosed(at: Date, onDurable?: () => void): void {
    const name = this.#name
    if (name !== null) this.#events.write({ type: 'recording_closed', path: name }, onDurable, at)
  }

  /** @returns null when no recording could be started: the row then ends as `missing`, with an alarm */
  async #start({ name, path }: RecordingPlace): Promise<string | null> {
    try {
      await this.#leg.startRecording(path)
      this.#events.write({ type: 'recording_started', path: name })
      return name
    } catch (error) {
      if (this.#leg.end === null) {
        this.#log.error({ code: codeOf(error), err: error }, 'the call goes on without a recording')
      }
      return null
    }
  }
}

/** Awaits the place that was being made while it rang. */
export async function placeOrNone(place: Promise<RecordingPlace>, log: Log): Promise<RecordingPlace | null> {
  return place.catch((error: unknown) => {
    log.error({ code: codeOf(error), err: error }, 'the call goes on without a recording')
    return null
  })
}
