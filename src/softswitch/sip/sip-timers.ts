/**
 * The timers of RFC 3261 table 4 and RFC 6026 for an unreliable transport, in milliseconds.
 * All follow from T1, T2 and T4, so a test that shortens T1 shortens the whole stack.
 */
export interface SipTimers {
  /** Round-trip estimate; first retransmission interval of A, E and G. */
  readonly t1: number
  /** Longest interval between retransmissions of E, G and of a 2xx. */
  readonly t2: number
  /** How long a message may stay in the network; I and K. */
  readonly t4: number
  /** B, D, F, H, J, L, M: 64 × T1. */
  readonly giveUp: number
  /** C (RFC 3261 §16.6 step 11): an INVITE that only ever rings is cancelled after this. */
  readonly c: number
}

export interface SipTimerSettings {
  readonly t1?: number
  readonly t2?: number
  readonly t4?: number
  readonly c?: number
}

/** The timers of a network that is faster or slower than usual by the same factor as its T1. */
export function scaledTimers(t1: number): SipTimerSettings {
  return { t1, t2: 8 * t1, t4: 10 * t1 }
}

/** Defaults of RFC 3261 §17: T1 500 ms, T2 4 s, T4 5 s; C a little over three minutes. */
export function sipTimers(settings: SipTimerSettings = {}): SipTimers {
  const t1 = settings.t1 ?? 500
  return { t1, t2: settings.t2 ?? 4_000, t4: settings.t4 ?? 5_000, giveUp: 64 * t1, c: settings.c ?? 185_000 }
}
