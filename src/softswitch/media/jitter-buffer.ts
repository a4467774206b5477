/**
 * Puts the samples of a voice stream in order by their RTP timestamps and gives them out at an even pace.
 *
 * A ring of samples, not of packets: packets of any length fit, a stream that pauses (keys, silence suppression) needs
 * no special case, and what is missing is told for each read, so that it can be concealed.
 *
 * The delay follows the stream. How much later than the fastest packet of the last seconds each one comes is its jitter;
 * the worst of the last 5 to 10 s and one packet more is what is held back, never less than `floor` nor more than
 * `ceiling`. A packet that comes too late makes it grow at once. It shrinks by 20 ms at a time, when it has been longer
 * than needed for a second and what would be left out is silence, or after three seconds whatever it is. What has piled
 * up beyond the ceiling is cut at once.
 */
import { timestampDistance } from './rtp-packet.ts'

/** Power of two, about one second: more than that ahead is a clock that jumped. */
const RING_SAMPLES = 8192
const RING_MASK = RING_SAMPLES - 1
/** What was read stays for so long: concealment looks back, and copies of what was heard are known by it. */
const KEPT_SAMPLES = 2048
/** What no decoder yields stands where no sample has come: G.711 ends at 32256, and others are cut off at −32767. */
const HOLE = -32_768
/** Late packets in a row, with others still queued, after which the sender's clock must have moved. */
const LATE_IN_A_ROW = 10
/** Held back beyond the worst jitter, and the step in which the delay shrinks: 20 ms. */
const STEP_SAMPLES = 160
/** Jitter is remembered for one to two of these. */
const WINDOW_SAMPLES = 40_000
/** A delay longer than needed for so long is cut in silence, for so long anywhere. */
const SURPLUS_SAMPLES = 8_000
const SURPLUS_ANYWHERE_SAMPLES = 24_000
/** Then it is cut again after so many. */
const AGAIN_SAMPLES = 1_600
/** Loudest sample of what counts as silence. */
const QUIET = 256
/** Over which two pieces of speech are joined. */
const JOINT_SAMPLES = 40
/** Later than any transit. */
const NONE = 0x3fffffff

export interface JitterCounts {
  /** Packets that came too late to be heard. */
  late: number
  /** Times the stream had to begin anew. */
  restarts: number
}

export interface JitterLimits {
  /** The delay when a stream begins, and the least: samples at 8 kHz (320 = 40 ms). */
  readonly floor: number
  readonly ceiling: number
}

export class JitterBuffer {
  readonly counts: JitterCounts = { late: 0, restarts: 0 }
  readonly #ring = new Int16Array(RING_SAMPLES)
  readonly #limits: JitterLimits
  #running = false
  /** Samples given out since it was made: the clock against which packets are early or late. */
  #now = 0
  #readAt = 0
  /** Timestamp behind the newest sample, never before `#readAt`. */
  #newest = 0
  #lateInRow = 0
  /** Samples of silence to be given out before reading goes on. */
  #hold = 0
  /** The last read was such silence: nothing of the ring was given out. */
  #held = false
  /** `#now` less timestamp of the first packet: transits are told relative to it. */
  #origin = 0
  #target: number
  #longest = 0
  /** Fastest transit and worst jitter, of this window and the one before. */
  #low = 0
  #lowBefore = 0
  #worst = 0
  #worstBefore = 0
  #windowEnds = 0
  #surplusFor = 0
  /** Holes of the last read, in its first half and altogether. */
  #holesFirst = 0

  constructor(limits: JitterLimits) {
    this.#limits = limits
    this.#target = limits.floor
  }

  /** What is held back, in samples: how long the fastest packet waits. */
  get delay(): number {
    return this.#running ? ((this.#now - this.#readAt - this.#origin) | 0) - this.#fastest + this.#hold : 0
  }

  /** The longest delay that was wanted, in samples. */
  get longestDelay(): number {
    return this.#longest
  }

  /** Of the last read: how many samples its first half lacked. */
  get holesInFirstHalf(): number {
    return this.#holesFirst
  }

  /**
   * Takes the decoded samples of one packet: `samples[0, count)`.
   * @param fresh the sender begins to talk (the RTP marker): its clock may have stood still
   */
  write(timestamp: number, samples: Int16Array, count: number, fresh = false): void {
    if (!this.#running) this.#begin(timestamp)
    const offset = timestampDistance(this.#readAt, timestamp)
    if (offset + count > RING_SAMPLES - KEPT_SAMPLES) this.#begin(timestamp)
    else if (offset < 0 && !this.#admitLate(timestamp, samples, fresh)) return
    else this.#measure(timestamp)
    this.#lateInRow = 0
    const behind = (timestamp + count) >>> 0
    const gap = timestampDistance(this.#newest, timestamp)
    if (gap > 0) this.#blank(this.#newest, gap)
    for (let i = 0; i < count; i++) this.#ring[(timestamp + i) & RING_MASK] = samples[i] ?? 0
    if (timestampDistance(this.#newest, behind) > 0) this.#newest = behind
  }

  /**
   * Takes the next `count` samples; silence where there are none.
   * @returns how many were missing
   */
  read(into: Int16Array, count: number): number {
    this.#now += count
    this.#held = !this.#running || this.#hold > 0
    if (this.#held) {
      this.#hold = Math.max(0, this.#hold - count)
      into.fill(0, 0, count)
      this.#holesFirst = count >> 1
      return count
    }
    if (this.#now >= this.#windowEnds) this.#turnWindow()
    this.#shrink(timestampDistance(this.#readAt, this.#newest), count)
    const queued = timestampDistance(this.#readAt, this.#newest)
    if (queued < count) {
      // Time goes on: a sender that keeps its clock through a pause is then still in time.
      this.#blank(this.#newest, count - queued)
      this.#newest = (this.#readAt + count) >>> 0
    }
    const first = this.#copy(into, 0, count >> 1)
    const second = this.#copy(into, count >> 1, count)
    this.#readAt = (this.#readAt + count) >>> 0
    this.#holesFirst = first
    return first + second
  }

  /** Copies what was given out (0 where it was missing) up to `back` samples before the end of the last read. */
  history(into: Float64Array, back: number): void {
    const from = this.#readAt - (this.#held ? 0 : back) - into.length
    for (let i = 0; i < into.length; i++) {
      const sample = this.#ring[(from + i) & RING_MASK] ?? 0
      into[i] = sample === HOLE ? 0 : sample
    }
  }

  /** What was given out in the end for `samples[at, at + count)` of the last read, which had `of` samples. */
  amend(samples: Int16Array, at: number, count: number, of: number): void {
    if (this.#held) return
    const from = this.#readAt - of
    for (let i = at; i < at + count; i++) this.#ring[(from + i) & RING_MASK] = samples[i] ?? 0
  }

  /** Forgets the stream: its source has changed. */
  reset(): void {
    this.#running = false
    this.#hold = 0
  }

  get #fastest(): number {
    return Math.min(this.#low, this.#lowBefore)
  }

  #copy(into: Int16Array, from: number, to: number): number {
    let holes = 0
    for (let i = from; i < to; i++) {
      const sample = this.#ring[(this.#readAt + i) & RING_MASK] ?? HOLE
      if (sample === HOLE) {
        holes += 1
        into[i] = 0
      } else into[i] = sample
    }
    return holes
  }

  #blank(from: number, count: number): void {
    for (let i = 0; i < count; i++) this.#ring[(from + i) & RING_MASK] = HOLE
  }

  #begin(timestamp: number): void {
    if (this.#running) this.counts.restarts += 1
    this.#running = true
    this.#ring.fill(HOLE)
    this.#origin = (this.#now - timestamp) | 0
    this.#readAt = (timestamp - this.#target) >>> 0
    this.#newest = this.#readAt
    this.#hold = 0
    this.#low = 0
    this.#lowBefore = 0
    this.#worst = 0
    this.#windowEnds = this.#now + WINDOW_SAMPLES
    this.#surplusFor = 0
    this.#longest = Math.max(this.#longest, this.#target)
  }

  /** How late a packet comes, and what must be held back for it. */
  #measure(timestamp: number): void {
    const transit = (this.#now - timestamp - this.#origin) | 0
    if (transit < this.#low) this.#low = transit
    const jitter = transit - this.#fastest
    if (jitter > this.#worst) {
      this.#worst = jitter
      this.#aim()
    }
  }

  #aim(): void {
    const wanted = Math.max(this.#worst, this.#worstBefore) + STEP_SAMPLES
    this.#target = Math.min(Math.max(wanted, this.#limits.floor), this.#limits.ceiling)
    if (this.#running) this.#longest = Math.max(this.#longest, this.#target)
  }

  #turnWindow(): void {
    this.#windowEnds = this.#now + WINDOW_SAMPLES
    if (this.#low !== NONE) this.#lowBefore = this.#low
    this.#low = NONE
    this.#worstBefore = this.#worst
    this.#worst = 0
    this.#aim()
  }

  /**
   * A packet whose turn has begun. When nothing is queued the stream itself is late: it is heard after all, and so are
   * those behind it. Else it was overtaken, and only those behind it gain.
   * @returns whether it can be heard
   */
  #admitLate(timestamp: number, samples: Int16Array, fresh: boolean): boolean {
    if (this.#isThere(timestamp, samples)) return false
    this.#lateInRow += 1
    const dry = this.#newest === this.#readAt
    const jitter = ((this.#now - timestamp - this.#origin) | 0) - this.#fastest
    const moved = fresh || jitter > this.#limits.ceiling
    if (!dry && this.#lateInRow < LATE_IN_A_ROW) {
      this.counts.late += 1
      if (!moved) this.#grow(timestamp)
      return false
    }
    if (moved || !dry) {
      this.#begin(timestamp)
      return true
    }
    const grown = this.#grow(timestamp)
    this.#hold -= grown
    this.#readAt = (this.#readAt - grown) >>> 0
    this.#newest = this.#readAt
    if (timestampDistance(this.#readAt, timestamp) >= 0) return true
    this.counts.late += 1
    return false
  }

  /** @returns how much longer the delay has become; `#hold` has it */
  #grow(timestamp: number): number {
    this.#measure(timestamp)
    const grown = Math.max(0, this.#target - this.delay)
    this.#hold += grown
    return grown
  }

  /** A copy of what was heard already. */
  #isThere(timestamp: number, samples: Int16Array): boolean {
    if (timestampDistance(timestamp, this.#readAt) > KEPT_SAMPLES) return false
    for (let i = 0; i < 8; i++) if (this.#ring[(timestamp + i) & RING_MASK] !== samples[i]) return false
    return true
  }

  #shrink(queued: number, count: number): void {
    // The clock is ahead by this read.
    const delay = this.delay - count
    if (delay - this.#target < STEP_SAMPLES || queued < STEP_SAMPLES + count) {
      this.#surplusFor = 0
      return
    }
    this.#surplusFor += count
    if (this.#surplusFor < SURPLUS_SAMPLES) return
    if (delay > this.#limits.ceiling) this.#cutPile(delay)
    else if (!this.#isQuiet()) {
      if (this.#surplusFor < SURPLUS_ANYWHERE_SAMPLES) return
      this.#join()
      this.#surplusFor = SURPLUS_ANYWHERE_SAMPLES - AGAIN_SAMPLES
    } else this.#surplusFor = SURPLUS_SAMPLES - AGAIN_SAMPLES
    this.#readAt = (this.#readAt + STEP_SAMPLES) >>> 0
  }

  /** All but the last step of what is too much. */
  #cutPile(delay: number): void {
    const surplus = delay - this.#target - STEP_SAMPLES
    this.#readAt = (this.#readAt + surplus - (surplus % STEP_SAMPLES)) >>> 0
    this.#surplusFor = 0
  }

  #isQuiet(): boolean {
    for (let i = 0; i < STEP_SAMPLES; i++) {
      const sample = this.#ring[(this.#readAt + i) & RING_MASK] ?? 0
      if (sample !== HOLE && (sample > QUIET || sample < -QUIET)) return false
    }
    return true
  }

  /** Fades from what would have come next to what comes 20 ms later. */
  #join(): void {
    for (let i = 0; i < JOINT_SAMPLES; i++) {
      const left = this.#ring[(this.#readAt + i) & RING_MASK] ?? HOLE
      const at = (this.#readAt + STEP_SAMPLES + i) & RING_MASK
      const right = this.#ring[at] ?? HOLE
      if (left === HOLE || right === HOLE) continue
      this.#ring[at] = left + ((right - left) * i) / JOINT_SAMPLES
    }
  }
}
