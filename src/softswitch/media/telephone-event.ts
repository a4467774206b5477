/**
 * Keys as RTP events, RFC 4733 section 2: the sender's packets of one key, and a receiver that tells each key once.
 */
import { sequenceDistance, timestampDistance } from './rtp-packet.ts'

/** A key with how long it was held, in samples of the 8 kHz clock (800 = 100 ms). */
export interface HeldDigit {
  /** 0–9, *, #, A–D. */
  readonly digit: string
  readonly durationSamples: number
}

/** Bytes of an event payload. */
export const EVENT_BYTES = 4

/** Longest event that one duration field can tell (RFC 4733 section 2.5.1.3): 8.19 s. Senders here stop there. */
export const LONGEST_EVENT_SAMPLES = 0xffff

const KEYS = '0123456789*#ABCD'
/** Packets that tell a key's end (RFC 4733 section 2.5.1.4: the last one SHOULD be sent three times). */
const END_PACKETS = 3
/** Pause between two keys of one sender, in ticks of 20 ms. */
const PAUSE_TICKS = 2
/** −10 dBm0, what telephones send. */
const VOLUME = 10
/** A key whose end packets were all lost is told when nothing of it came for so many ticks of 20 ms. */
const LOST_END_TICKS = 10

/** @returns 0–15, or null when this is no key */
export function eventCodeOf(digit: string): number | null {
  const code = digit.length === 1 ? KEYS.indexOf(digit.toUpperCase()) : -1
  return code < 0 ? null : code
}

/** One packet of a key, as the sender wants it to leave in this tick. */
export interface OutgoingEvent {
  eventCode: number
  /** First packet of the key: the RTP marker bit. */
  first: boolean
  end: boolean
  /** RTP timestamp of the key's beginning: the same in all its packets. */
  timestamp: number
  durationSamples: number
}

/** Sends queued keys one after the other, one packet a tick. While `next` returns a packet, no audio goes out. */
export class TelephoneEventSender {
  readonly #queue: { eventCode: number; durationSamples: number }[] = []
  readonly #packet: OutgoingEvent = { eventCode: 0, first: false, end: false, timestamp: 0, durationSamples: 0 }
  #target = 0
  #endsLeft = 0
  #pause = 0
  #sending = false

  get idle(): boolean {
    return !this.#sending && this.#queue.length === 0
  }

  /** Queues a key. @returns false when it is none, and nothing is sent */
  press({ digit, durationSamples }: HeldDigit): boolean {
    const eventCode = eventCodeOf(digit)
    if (eventCode === null) return false
    this.#queue.push({ eventCode, durationSamples: Math.min(Math.max(durationSamples, 1), LONGEST_EVENT_SAMPLES) })
    return true
  }

  /** Drops what has not begun yet. */
  flush(): void {
    this.#queue.length = 0
  }

  /**
   * The packet of this tick. The object is used again by the next call.
   * @param now RTP timestamp of the tick's audio
   * @param tickSamples samples a tick (160)
   */
  next(now: number, tickSamples: number): OutgoingEvent | null {
    const packet = this.#packet
    if (this.#pause > 0) {
      this.#pause -= 1
      return null
    }
    if (!this.#sending) {
      const key = this.#queue.shift()
      if (key === undefined) return null
      this.#sending = true
      this.#target = key.durationSamples
      this.#endsLeft = END_PACKETS
      packet.eventCode = key.eventCode
      packet.timestamp = now
      packet.first = true
    } else {
      packet.first = false
    }
    const elapsed = timestampDistance(packet.timestamp, now) + tickSamples
    packet.durationSamples = Math.min(elapsed, this.#target)
    packet.end = elapsed >= this.#target
    if (packet.end) {
      this.#endsLeft -= 1
      if (this.#endsLeft === 0) {
        this.#sending = false
        this.#pause = PAUSE_TICKS
      }
    }
    return packet
  }
}

/** Writes the payload of an event packet. */
export function writeEvent(event: OutgoingEvent, into: Uint8Array, at: number): void {
  into[at] = event.eventCode
  into[at + 1] = (event.end ? 0x80 : 0) | VOLUME
  into[at + 2] = (event.durationSamples >> 8) & 0xff
  into[at + 3] = event.durationSamples & 0xff
}

/** A packet so far behind the newest one is no late packet: the sender has begun to count anew. */
const SEQUENCE_RESTART = -100

/**
 * Makes one digit out of a key's packets, when it ends. Copies of the end packet, packets that come late and events
 * other than keys are ignored; a key of which every end packet was lost is told when the next key begins or nothing
 * of it came for 200 ms.
 */
export class TelephoneEventReceiver {
  #active = false
  #timestamp = 0
  #code = 0
  #duration = 0
  /** Samples of earlier segments of one long key (RFC 4733 section 2.5.1.3). */
  #earlier = 0
  #silentTicks = 0
  /** Timestamp of the key told last: more end packets of it are copies. */
  #told: number | null = null
  #sequence: number | null = null

  /**
   * Takes one event packet.
   * @param payload the datagram, the event in `[start, end)`
   * @returns the key that it ends, else null
   */
  receive(
    header: { readonly timestamp: number; readonly sequence: number },
    payload: Uint8Array,
    start: number,
    end: number,
  ): HeldDigit | null {
    const { timestamp, sequence } = header
    if (end - start < EVENT_BYTES) return null
    const code = payload[start] ?? 0
    if (code >= KEYS.length) return null
    const isEnd = ((payload[start + 1] ?? 0) & 0x80) !== 0
    const duration = ((payload[start + 2] ?? 0) << 8) | (payload[start + 3] ?? 0)

    const ahead = this.#sequence === null ? 1 : sequenceDistance(this.#sequence, sequence)
    if (ahead <= 0 && ahead > SEQUENCE_RESTART) return null
    this.#sequence = sequence
    if (isEnd && !this.#active && timestamp === this.#told) return null

    let finished: HeldDigit | null = null
    if (!this.#active) this.#begin(timestamp, code)
    else if (timestamp !== this.#timestamp) {
      if (code === this.#code && timestamp === (this.#timestamp + this.#duration) >>> 0) {
        this.#earlier += this.#duration
        this.#timestamp = timestamp
        this.#duration = 0
      } else {
        finished = this.#finish()
        this.#begin(timestamp, code)
      }
    }
    this.#silentTicks = 0
    this.#duration = Math.max(this.#duration, duration)
    // When one packet ends two keys (the first one's end was lost), the first is told now and the second by the
    // copies of its end packet, or a moment later.
    if (!isEnd || finished !== null) return finished
    return this.#finish()
  }

  /** Once a tick of 20 ms. @returns a key whose end was lost */
  elapse(): HeldDigit | null {
    if (!this.#active) return null
    this.#silentTicks += 1
    return this.#silentTicks > LOST_END_TICKS ? this.#finish() : null
  }

  /** Forgets everything: the stream's source has changed. */
  reset(): void {
    this.#active = false
    this.#told = null
    this.#sequence = null
  }

  #begin(timestamp: number, code: number): void {
    this.#active = true
    this.#timestamp = timestamp
    this.#code = code
    this.#duration = 0
    this.#earlier = 0
  }

  #finish(): HeldDigit {
    this.#active = false
    this.#told = this.#timestamp
    return { digit: KEYS[this.#code] ?? '0', durationSamples: this.#earlier + this.#duration }
  }
}
