/**
 * Time as the code may know it. Nobody calls `Date.now()` or the global `setTimeout` for something that decides:
 * a test must be able to let an hour pass in no time.
 */
export interface Clock {
  now(): Date
  /** Milliseconds that have passed since some beginning, whatever the machine's clock is set to meanwhile. */
  uptimeMs(): number
  /** Like the global one; in a virtual clock the callback runs when time is advanced over its instant. */
  setTimeout(callback: () => void, ms: number): Timer
  clearTimeout(timer: Timer | undefined): void
}

/** An opaque handle; `unref` lets the process end although the timer runs (no effect on a virtual clock). */
export interface Timer {
  unref(): void
}

export const systemClock: Clock = clockOf(() => new Date())

/** Timers run, but `now()` stands still: what `SUIFANG_NOW` means, the same as SQL's `app_now()` under it. */
export function frozenClock(instant: Date): Clock {
  return clockOf(() => new Date(instant))
}

/**
 * The time of one thing that lasts, as a call: begins at the clock's instant and runs on evenly from there. Its lengths
 * are right although the machine's clock is set in the middle of it.
 */
export function evenTime(clock: Clock): () => Date {
  const begunAtMs = clock.now().getTime()
  const begunUptimeMs = clock.uptimeMs()
  return () => new Date(begunAtMs + clock.uptimeMs() - begunUptimeMs)
}

/** Resolves after `ms` of the clock's time; rejects with the signal's reason when aborted. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    const onAbort = () => {
      clock.clearTimeout(timer)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

export interface VirtualClock extends Clock {
  /** Lets `ms` pass: every timer due runs at its instant, in order, with the promises it settles run in between. */
  advance(ms: number): Promise<void>
  /** How many timers wait. */
  readonly pending: number
}

/** A clock that moves only by `advance`. */
export function virtualClock(start: Date | string = '2026-01-01T00:00:00.000Z'): VirtualClock {
  return new ScriptedClock(new Date(start))
}

class ScriptedClock implements VirtualClock {
  #nowMs: number
  readonly #timers = new Set<ScriptedTimer>()

  constructor(start: Date) {
    this.#nowMs = start.getTime()
  }

  get pending(): number {
    return this.#timers.size
  }

  now(): Date {
    return new Date(this.#nowMs)
  }

  uptimeMs(): number {
    return this.#nowMs
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const timer = { atMs: this.#nowMs + Math.max(0, ms), callback, unref() {} }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout(timer: Timer | undefined): void {
    for (const known of this.#timers) if (known === timer) this.#timers.delete(known)
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settle()
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#timers.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.callback()
      await settle()
    }
    this.#nowMs = untilMs
  }

  /** The earliest timer due; of several at one instant the one set first. */
  #next(untilMs: number): ScriptedTimer | undefined {
    let earliest: ScriptedTimer | undefined
    for (const timer of this.#timers) {
      if (timer.atMs <= untilMs && (earliest === undefined || timer.atMs < earliest.atMs)) earliest = timer
    }
    return earliest
  }
}

interface ScriptedTimer extends Timer {
  readonly atMs: number
  readonly callback: () => void
}

/** One turn of the event loop: every promise already settled has run its followers. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function clockOf(now: () => Date): Clock {
  const running = new Map<Timer, NodeJS.Timeout>()
  return {
    now,
    uptimeMs: () => performance.now(),
    setTimeout(callback, ms) {
      const handle = setTimeout(() => {
        running.delete(timer)
        callback()
      }, ms)
      const timer: Timer = { unref: () => void handle.unref() }
      running.set(timer, handle)
      return timer
    },
    clearTimeout(timer) {
      if (timer === undefined) return
      clearTimeout(running.get(timer))
      running.delete(timer)
    },
  }
}
