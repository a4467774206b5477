/** What has come of a stream and what has not: sequence numbers, loss and jitter by RFC 3550 (A.1, A.3, A.8). */

/** RFC 3550 A.1: a jump so far ahead is another stream, one so far back is a packet out of order. */
const MOST_DROPPED = 3_000
const MOST_MISORDERED = 100
const SEQUENCES = 0x10000
const MOST_LOST = 0x7fffff

export interface ReceptionReport {
  /** Lost of those expected since the last report, in 256ths: 0–255. */
  readonly fractionLost: number
  /** Since the stream began; copies count against it. */
  readonly lost: number
  /** With the cycles of the sequence number in the upper half. */
  readonly highestSequence: number
  /** Of the arrival times, in units of the RTP clock. */
  readonly jitter: number
}

export class Reception {
  #ssrc: number | null = null
  #base = 0
  #highest = 0
  #cycles = 0
  #received = 0
  #badSequence = -1
  #expectedBefore = 0
  #receivedBefore = 0
  #transit: number | null = null
  #jitter = 0
  /** Of streams that this one has replaced. */
  #expectedOfOthers = 0
  #receivedOfOthers = 0

  /** Of the stream; null before its first packet. */
  get ssrc(): number | null {
    return this.#ssrc
  }

  /** Expected since the first packet, with those of streams that this one replaced. */
  get expected(): number {
    return this.#expectedOfOthers + this.#expected
  }

  get lost(): number {
    return Math.max(0, this.expected - this.#receivedOfOthers - this.#received)
  }

  /** In units of the RTP clock. */
  get jitter(): number {
    return this.#jitter
  }

  /**
   * @param arrival in units of the RTP clock, from any beginning
   * @param timed false for packets whose timestamp is not of their own moment (keys)
   */
  take(ssrc: number, sequence: number, timestamp: number, arrival: number, timed: boolean): void {
    if (ssrc !== this.#ssrc) this.#begin(ssrc, sequence)
    const ahead = (sequence - this.#highest) & (SEQUENCES - 1)
    if (ahead < MOST_DROPPED) {
      if (sequence < this.#highest) this.#cycles += SEQUENCES
      this.#highest = sequence
    } else if (ahead <= SEQUENCES - MOST_MISORDERED) {
      // Two packets in a row after a jump: the sender has begun anew.
      if (sequence !== this.#badSequence) {
        this.#badSequence = (sequence + 1) & (SEQUENCES - 1)
        return
      }
      this.#begin(ssrc, sequence)
    }
    this.#received += 1
    if (timed) this.#time((arrival - timestamp) | 0)
  }

  /** The figures of now; the next report's fraction begins here. Null before the first packet. */
  report(): ReceptionReport | null {
    if (this.#ssrc === null) return null
    const expected = this.#expected - this.#expectedBefore
    const lost = expected - (this.#received - this.#receivedBefore)
    this.#expectedBefore = this.#expected
    this.#receivedBefore = this.#received
    return {
      fractionLost: expected <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected)),
      lost: Math.max(-MOST_LOST, Math.min(MOST_LOST, this.#expected - this.#received)),
      highestSequence: (this.#cycles + this.#highest) >>> 0,
      jitter: Math.floor(this.#jitter),
    }
  }

  get #expected(): number {
    return this.#ssrc === null ? 0 : this.#cycles + this.#highest - this.#base + 1
  }

  #begin(ssrc: number, sequence: number): void {
    this.#expectedOfOthers += this.#expected
    this.#receivedOfOthers += this.#received
    this.#ssrc = ssrc
    this.#base = sequence
    this.#highest = sequence
    this.#cycles = 0
    this.#received = 0
    this.#badSequence = -1
    this.#expectedBefore = 0
    this.#receivedBefore = 0
    this.#transit = null
    this.#jitter = 0
  }

  #time(transit: number): void {
    if (this.#transit !== null) {
      const difference = Math.abs((transit - this.#transit) | 0)
      this.#jitter += (difference - this.#jitter) / 16
    }
    this.#transit = transit
  }
}
