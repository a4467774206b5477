/**
 * Puts the samples of a voice stream in order by their RTP timestamps and gives them out at an even pace.
 *
 * A ring of samples, not of packets: packets of any length fit, a lost packet is silence, and a stream that pauses
 * (keys, silence suppression) needs no special case. The delay is `delaySamples` when the stream begins; it begins
 * anew when the buffer runs dry or the sender's clock jumps, and what has piled up is cut when it stays too long.
 */
import { timestampDistance } from './rtp-packet.ts'

/** Power of two, about one second: more than that ahead is a clock that jumped. */
const RING_SAMPLES = 8192
const RING_MASK = RING_SAMPLES - 1
/** Late packets in a row, with others still queued, after which the sender's clock must have moved. */
const LATE_IN_A_ROW = 10
/** Reads over which a surplus must have stood before it is cut (50 reads = 1 s). */
const SURPLUS_READS = 50

export interface JitterCounts {
  /** Packets that came too late to be heard. */
  late: number
  /** Times the stream had to begin anew. */
  restarts: number
}

export class JitterBuffer {
  readonly counts: JitterCounts = { late: 0, restarts: 0 }
  readonly #ring = new Int16Array(RING_SAMPLES)
  readonly #delay: number
  #running = false
  #readAt = 0
  /** Timestamp behind the newest sample. */
  #newest = 0
  #lateInRow = 0
  #readsCounted = 0
  #leastQueued = RING_SAMPLES

  /** @param delaySamples what is held back to even out jitter, at 8 kHz (320 = 40 ms) */
  constructor(delaySamples: number) {
    this.#delay = delaySamples
  }

  /** Takes the decoded samples of one packet: `samples[0, count)`. */
  write(timestamp: number, samples: Int16Array, count: number): void {
    if (!this.#running) this.#begin(timestamp)
    let offset = timestampDistance(this.#readAt, timestamp)
    if (offset < 0) {
      const dry = timestampDistance(this.#readAt, this.#newest) <= 0
      this.#lateInRow += 1
      if (!dry && this.#lateInRow < LATE_IN_A_ROW) {
        this.counts.late += 1
        return
      }
      this.#begin(timestamp)
      offset = this.#delay
    } else if (offset + count > RING_SAMPLES) {
      this.#begin(timestamp)
      offset = this.#delay
    }
    this.#lateInRow = 0
    for (let i = 0; i < count; i++) this.#ring[(timestamp + i) & RING_MASK] = samples[i] ?? 0
    const behind = (timestamp + count) >>> 0
    if (timestampDistance(this.#newest, behind) > 0) this.#newest = behind
  }

  /**
   * Takes the next `count` samples; silence where there are none.
   * @returns true when the stream had something queued for this stretch
   */
  read(into: Int16Array, count: number): boolean {
    const queued = this.#running ? timestampDistance(this.#readAt, this.#newest) : 0
    if (queued <= 0) {
      into.fill(0, 0, count)
      // Time goes on: a sender that keeps its clock through a pause is then still in time.
      if (this.#running) this.#readAt = (this.#readAt + count) >>> 0
      return false
    }
    for (let i = 0; i < count; i++) {
      const at = (this.#readAt + i) & RING_MASK
      into[i] = this.#ring[at] ?? 0
      this.#ring[at] = 0
    }
    this.#readAt = (this.#readAt + count) >>> 0
    this.#cutSurplus(queued - count, count)
    return true
  }

  /** Forgets the stream: its source has changed. */
  reset(): void {
    this.#running = false
    this.#ring.fill(0)
  }

  #begin(timestamp: number): void {
    if (this.#running) this.counts.restarts += 1
    this.#running = true
    this.#ring.fill(0)
    this.#readAt = (timestamp - this.#delay) >>> 0
    this.#newest = timestamp
    this.#lateInRow = 0
    this.#readsCounted = 0
    this.#leastQueued = RING_SAMPLES
  }

  /** A sender whose clock runs fast, or a burst after a stall, must not become a delay that stays. */
  #cutSurplus(queued: number, count: number): void {
    this.#leastQueued = Math.min(this.#leastQueued, queued)
    this.#readsCounted += 1
    if (this.#readsCounted < SURPLUS_READS) return
    const surplus = this.#leastQueued - this.#delay
    if (surplus >= count) {
      for (let i = 0; i < surplus; i++) this.#ring[(this.#readAt + i) & RING_MASK] = 0
      this.#readAt = (this.#readAt + surplus) >>> 0
    }
    this.#readsCounted = 0
    this.#leastQueued = RING_SAMPLES
  }
}
