/**
 * How many calls a trunk may start now: a token bucket of `callsPerSecond` that saves up one call and a tenth of a
 * second's worth. So a carrier's limit on call attempts holds over any second and not only on average, calls start
 * evenly (ten at once would answer, speak and end at once, each in the others' way), and a late timer is made up for.
 */
export interface Pacer {
  readonly callsPerSecond: number
  readonly tokens: number
  /** When `tokens` was true, milliseconds. */
  readonly at: number
}

export function newPacer(callsPerSecond: number, at: number): Pacer {
  return { callsPerSecond, tokens: mostSaved(callsPerSecond), at }
}

function mostSaved(callsPerSecond: number): number {
  return 1 + callsPerSecond / 10
}

/** The bucket as it stands at `now`. A changed rate keeps what is saved up, within the new bound. */
export function refill(pacer: Pacer, callsPerSecond: number, now: number): Pacer {
  const elapsedMs = Math.max(0, now - pacer.at)
  const tokens = Math.min(mostSaved(callsPerSecond), pacer.tokens + (elapsedMs / 1_000) * callsPerSecond)
  return { callsPerSecond, tokens, at: now }
}

export function startable(pacer: Pacer): number {
  // The sum of many refills falls short of a whole token by rounding only.
  return Math.floor(pacer.tokens + 1e-9)
}

export function take(pacer: Pacer, calls: number): Pacer {
  return { ...pacer, tokens: pacer.tokens - calls }
}

/** Milliseconds until the next call may start; 0 when one may start now. */
export function waitMs(pacer: Pacer): number {
  if (startable(pacer) > 0) return 0
  return Math.ceil(((1 - pacer.tokens) / pacer.callsPerSecond) * 1_000)
}
