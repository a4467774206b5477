/** The keys of a channel: queued until the innermost application wants them, and told as events when they are taken. */
import type { HeldDigit } from '../media/telephone-event.ts'
import type { Channel } from './channel.ts'

/** Shorter and longer keys are told with these lengths, in samples at 8 kHz, as the real server does. */
const SHORTEST_DIGIT = 400
const LONGEST_DIGIT = 192_000
const MOST_DIGITS_QUEUED = 100

interface QueuedDigit extends HeldDigit {
  readonly source: 'RTP' | 'APP' | 'INBAND_AUDIO'
}

export class ChannelKeys {
  readonly #channel: Channel
  readonly #queued: QueuedDigit[] = []

  constructor(channel: Channel) {
    this.#channel = channel
  }

  /** A key, from the far end or (`uuid_recv_dtmf`) from a client. */
  receive(digit: QueuedDigit): void {
    const durationSamples = Math.min(Math.max(digit.durationSamples, SHORTEST_DIGIT), LONGEST_DIGIT)
    this.#queued.push({ ...digit, durationSamples })
    if (this.#queued.length > MOST_DIGITS_QUEUED) this.#queued.shift()
    this.offer()
  }

  flush(): void {
    this.#queued.length = 0
  }

  /**
   * Hands queued digits to the innermost application; without one that wants them they are taken and dropped, or pressed
   * for the other side of a bridge.
   */
  offer(): void {
    const channel = this.#channel
    const top = channel.running
    if (top === undefined && channel.bridge === null && !channel.route.parked) return
    while (top === channel.running) {
      const digit = this.#queued[0]
      if (digit === undefined || (top !== undefined && (top.interruption !== null || top.opening))) return
      const taker = top?.onDigit ?? null
      if (taker !== null && !taker(digit.digit)) return
      this.#queued.shift()
      if (taker === null) channel.bridge?.passDigit(channel, digit)
      channel.fire('DTMF', (event) => {
        event.add('DTMF-Digit', digit.digit)
        event.add('DTMF-Duration', digit.durationSamples)
        event.add('DTMF-Source', digit.source)
      })
    }
  }
}
