/**
 * How good an incoming stream is, in FreeSWITCH's own figures: what its variables `rtp_audio_in_…` say at the end of a
 * call (switch_rtp.c: check_jitter, do_mos, burstr_calculate). Ours are reckoned the same way, so that a call reads the
 * same on both servers; but silence of more than two seconds, which lowers the figures there, does not here.
 */

/** Packets at the beginning, and behind each key, that are not judged. */
const LEAD_PACKETS = 10
const BURSTS = 500
const BURST_CHECK_MS = 5_000

export interface QualityFigures {
  readonly flaws: number
  /** 0–100. */
  readonly percentage: number
  /** 1.0–4.5. */
  readonly mos: number
  /** Of the times between packets, ms². */
  readonly minVariance: number
  readonly maxVariance: number
  readonly meanIntervalMs: number
  /** As of the last full five seconds. */
  readonly lossRate: number
  readonly burstRate: number
}

export class StreamQuality {
  #lead = 0
  #lastMs = 0
  #received = 0
  #lastSequence = 0
  #lossesInRow = 0
  readonly #losses = new Map<number, number>()
  #nextCheckMs = 0
  #lossRate = 0
  #burstRate = 0
  #flaws = 0
  #flawsBefore = 0
  #flawedInRow = 0
  #intervals = 0
  #intervalSum = 0
  #squareSum = 0
  #meanMs = 0
  #minVariance = 0
  #maxVariance = 0

  /** One packet of speech. @param nowMs whole milliseconds */
  take(sequence: number, nowMs: number): void {
    this.#lead += 1
    if (this.#lead < LEAD_PACKETS || this.#lastMs === 0) {
      this.#lastMs = nowMs
      return
    }
    this.#received += 1
    this.#count(sequence)
    if (nowMs > this.#nextCheckMs) {
      this.#nextCheckMs = nowMs + BURST_CHECK_MS
      this.#judgeBursts()
    }
    this.#penalize()
    this.#time(nowMs)
  }

  /** A key, or another interruption, that says nothing of the stream's evenness. */
  interrupt(): void {
    this.#lastMs = 0
    this.#lastSequence = 0
    this.#lead = 0
    this.#flawedInRow = 0
    this.#flawsBefore = 0
  }

  figures(): QualityFigures {
    const received = this.#received
    const share = received === 0 ? 100 : Math.trunc(((received - this.#flaws) / received) * 100)
    const percentage = share < 0 || share > 100 ? 100 : share
    return {
      flaws: this.#flaws,
      percentage,
      mos: 1 + 0.035 * percentage + 0.000007 * percentage * (percentage - 60) * (100 - percentage),
      minVariance: this.#minVariance,
      maxVariance: this.#maxVariance,
      meanIntervalMs: this.#meanMs,
      lossRate: this.#lossRate,
      burstRate: this.#burstRate,
    }
  }

  #count(sequence: number): void {
    const lost = this.#lastSequence > 0 ? sequence - this.#lastSequence - 1 : 0
    this.#lastSequence = sequence
    if (lost <= 0) {
      this.#lossesInRow = 0
      return
    }
    this.#lossesInRow += 1
    this.#flaws += lost
    // Longer rows are not judged: a sender that leaves out every other number would have one more counted each time.
    if (this.#lossesInRow >= BURSTS) return
    this.#losses.set(this.#lossesInRow, (this.#losses.get(this.#lossesInRow) ?? 0) + lost)
  }

  #judgeBursts(): void {
    let lost = 0
    let bursts = 0
    for (const [inRow, packets] of this.#losses) {
      lost += inRow * packets
      bursts += packets
    }
    this.#lossRate = lost / this.#received
    this.#burstRate = bursts === 0 ? 0 : Math.abs((lost / bursts) * (1 - lost / this.#received))
  }

  /** A stream that goes on being flawed is worse than its losses. */
  #penalize(): void {
    if (this.#received < this.#flaws) this.#flaws = 0
    if (this.#flaws === 0 || this.#flaws === this.#flawsBefore) {
      this.#flawedInRow = 0
      return
    }
    this.#flawedInRow += 1
    if (this.#flawedInRow === 1) return
    this.#flaws += this.#flawedInRow
    this.#flawsBefore = this.#flaws
  }

  #time(nowMs: number): void {
    const interval = Math.abs(nowMs - this.#lastMs)
    const difference = this.#meanMs === 0 ? 0 : Math.trunc(interval - this.#meanMs)
    this.#lastMs = nowMs
    this.#intervals += 1
    this.#intervalSum += interval
    this.#squareSum += difference * difference
    this.#meanMs = this.#intervalSum / this.#intervals
    const variance = this.#squareSum / this.#intervals
    if (variance < this.#minVariance || this.#minVariance === 0) this.#minVariance = variance
    if (variance > this.#maxVariance) this.#maxVariance = variance
  }
}
