/**
 * What the carrier’s telephones did, one JSON object a line: the independent witness of benches and chaos tests.
 * Written only where a report file is asked for, for it holds the numbers that were called.
 */
import { createWriteStream, type WriteStream } from 'node:fs'

export type CallEvent =
  | { readonly event: 'invite'; readonly behaviour: string }
  | { readonly event: 'ringing' | 'early_media' | 'acknowledged' }
  /** `voiceHz`: the tone on the patient’s channel; 0 for none. */
  | { readonly event: 'answered'; readonly voiceHz: number }
  /** First packet of speech. `afterAnswerMs`: since the 200 was given to the socket. */
  | { readonly event: 'speech'; readonly afterAnswerMs: number }
  /** `listenedMs`: how long the prompt had been heard. `sent` is false when the other side takes no telephone-events. */
  | {
      readonly event: 'key'
      readonly key: string
      readonly listenedMs: number
      readonly slip: boolean
      readonly sent: boolean
    }
  | { readonly event: 'hang_up'; readonly why: string }
  /** `by`: see sip-call.ts, CallEnd. */
  | { readonly event: 'ended'; readonly by: string; readonly status: number | null }

export interface CallIdentity {
  readonly callId: string
  /** Header X-Suifang-Attempt of the INVITE; null without it. */
  readonly attemptId: string | null
  readonly number: string
}

export class CallReport {
  readonly #stream: WriteStream | undefined

  /** @param path undefined: nothing is reported */
  constructor(path: string | undefined) {
    this.#stream = path === undefined ? undefined : createWriteStream(path, { flags: 'a', mode: 0o600 })
    this.#stream?.on('error', () => {})
  }

  write(call: CallIdentity, event: CallEvent): void {
    this.#stream?.write(`${JSON.stringify({ at: Date.now(), ...call, ...event })}\n`)
  }

  close(): Promise<void> {
    const stream = this.#stream
    if (stream === undefined || stream.destroyed) return Promise.resolve()
    return new Promise((resolve) => {
      stream.once('close', () => resolve())
      stream.end()
    })
  }
}
