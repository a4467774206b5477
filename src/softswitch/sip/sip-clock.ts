/**
 * The time that transactions and dialogs live by. Everything in `sip/` that waits, waits here, so that a test can
 * hand in a clock that it advances itself and prove timers A to M without waiting for them.
 */
export interface SipClock {
  /** Milliseconds; only differences matter. */
  now(): number
  /** Runs `run` once after `ms`. The handle clears it; clearing twice, or after it ran, does nothing. */
  after(ms: number, run: () => void): SipTimer
}

export interface SipTimer {
  clear(): void
}

export const systemSipClock: SipClock = {
  now: () => performance.now(),
  after(ms, run) {
    const handle = setTimeout(run, ms)
    return { clear: () => clearTimeout(handle) }
  },
}
