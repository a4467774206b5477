/**
 * Calls a function every 20 ms by an absolute schedule: an error of one tick is not carried into the next.
 *
 * After a stall the missed ticks follow at once, so that streams stay in time; a stall of more than `MOST_MISSED` is
 * given up (a laptop that slept), and the schedule begins anew.
 */

export const TICK_MS = 20
/** Samples of a tick at 8 kHz. */
export const TICK_SAMPLES = 160

const MOST_MISSED = 25
/** Lateness is counted in steps of 0.1 ms up to 100 ms. */
const STEPS_PER_MS = 10
const STEPS = 100 * STEPS_PER_MS

export interface TickerClock {
  /** Milliseconds, monotonic, with fractions. */
  now(): number
  /** @returns the cancellation */
  after(ms: number, run: () => void): () => void
}

const systemTicker: TickerClock = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

export interface TickerFigures {
  readonly ticks: number
  /** Ticks given up after a stall. */
  readonly skipped: number
  /** How late ticks began, in ms. */
  readonly lateP50Ms: number
  readonly lateP99Ms: number
  readonly lateMaxMs: number
}

export class MediaTicker {
  readonly #run: () => void
  readonly #clock: TickerClock
  readonly #late = new Uint32Array(STEPS + 1)
  #due = 0
  #cancel: (() => void) | null = null
  #ticks = 0
  #skipped = 0
  #latest = 0

  constructor(run: () => void, clock: TickerClock = systemTicker) {
    this.#run = run
    this.#clock = clock
  }

  start(): void {
    if (this.#cancel !== null) return
    this.#due = this.#clock.now() + TICK_MS
    this.#schedule()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  /** Figures since the last call with `restart`, or since the beginning. */
  figures({ restart = false } = {}): TickerFigures {
    const figures = {
      ticks: this.#ticks,
      skipped: this.#skipped,
      lateP50Ms: this.#percentile(0.5),
      lateP99Ms: this.#percentile(0.99),
      lateMaxMs: this.#latest,
    }
    if (restart) {
      this.#late.fill(0)
      this.#ticks = 0
      this.#skipped = 0
      this.#latest = 0
    }
    return figures
  }

  #schedule(): void {
    this.#cancel = this.#clock.after(Math.max(0, this.#due - this.#clock.now()), () => this.#fire())
  }

  #fire(): void {
    const late = this.#clock.now() - this.#due
    if (late > MOST_MISSED * TICK_MS) {
      const given = Math.floor(late / TICK_MS)
      this.#skipped += given
      this.#due += given * TICK_MS
    }
    do {
      this.#count(this.#clock.now() - this.#due)
      this.#due += TICK_MS
      this.#run()
    } while (this.#cancel !== null && this.#clock.now() >= this.#due)
    if (this.#cancel !== null) this.#schedule()
  }

  #count(lateMs: number): void {
    const late = Math.max(0, lateMs)
    const step = Math.min(STEPS, Math.floor(late * STEPS_PER_MS))
    this.#late[step] = (this.#late[step] ?? 0) + 1
    this.#ticks += 1
    this.#latest = Math.max(this.#latest, late)
  }

  #percentile(share: number): number {
    let left = this.#ticks * share
    if (left === 0) return 0
    for (let step = 0; step <= STEPS; step++) {
      left -= this.#late[step] ?? 0
      if (left <= 0) return (step + 1) / STEPS_PER_MS
    }
    return this.#latest
  }
}
