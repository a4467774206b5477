/** What one stream transport puts up with. Times in milliseconds. */
import type { SipClock } from './sip-clock.ts'

export interface StreamLimits {
  /** Connections open at once; one more is closed at once. */
  readonly connections: number
  /** A connection that was made to us brings its first message within this. */
  readonly firstMessageMs: number
  /** A message that has begun is whole within this (slow or half-open peers). */
  readonly wholeMessageMs: number
  /** A connection on which nothing comes any more, not even a ping, is closed. */
  readonly idleMs: number
  /** Our own connections are up within this. */
  readonly connectMs: number
  /** A WebSocket is asked for a sign of life so often, and closed when none has come by the next time. */
  readonly pingMs: number
  /** A peer that leaves this much unread is dropped. */
  readonly unreadBytes: number
}

export const usualStreamLimits: StreamLimits = {
  connections: 2_000,
  firstMessageMs: 60_000,
  wholeMessageMs: 30_000,
  // A registration is renewed within the hour.
  idleMs: 2 * 3_600_000,
  connectMs: 10_000,
  pingMs: 30_000,
  unreadBytes: 1 << 20,
}

/** Watches over one connection: closes it when one of the time limits is broken. */
export interface StreamWatch {
  /** Bytes came; `unfinished` when a message has begun and is not whole. */
  moved(unfinished: boolean): void
  /** A whole message came. */
  message(): void
  stop(): void
}

/**
 * @param expectFirst the peer made the connection, so it has something to say
 * @param close what a broken limit does
 */
export function watchStream(
  clock: SipClock,
  limits: StreamLimits,
  expectFirst: boolean,
  close: () => void,
): StreamWatch {
  let lastMove = clock.now()
  let first = expectFirst ? clock.after(limits.firstMessageMs, close) : undefined
  let whole: ReturnType<SipClock['after']> | undefined
  const look = () => {
    const left = lastMove + limits.idleMs - clock.now()
    if (left <= 0) close()
    else idle = clock.after(left, look)
  }
  let idle = clock.after(limits.idleMs, look)
  const notWaiting = () => {
    whole?.clear()
    whole = undefined
  }
  return {
    moved(unfinished) {
      lastMove = clock.now()
      if (!unfinished) notWaiting()
      else whole ??= clock.after(limits.wholeMessageMs, close)
    },
    message() {
      first?.clear()
      first = undefined
      notWaiting()
    },
    stop() {
      first?.clear()
      notWaiting()
      idle.clear()
    },
  }
}
