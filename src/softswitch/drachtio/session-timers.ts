/**
 * Session timers (RFC 4028) of applications' dialogs, kept as drachtio-server keeps them: one begins with a 200 that
 * has `Session-Expires` (or answers an INVITE that says who refreshes), and again with each refresh. Who refreshes does
 * so at half time; who waits ends the session when nothing has come. An INVITE that leaves open who refreshes gets no
 * timer from a server that is not told otherwise by its application.
 */
import type { SipClock, SipTimer } from '#softswitch/sip/sip-clock.ts'
import type { SipRequest, SipResponse } from '#softswitch/sip/sip-message.ts'
import { parseParams } from '#softswitch/sip/sip-uri.ts'
import type { AppDialog } from './app-dialog.ts'

export interface Session {
  readonly seconds: number
  readonly refresher: 'us' | 'them'
  readonly timer: SipTimer
}

/** Refreshes are spread over so much of the interval, at most five seconds. */
const spread = 0.1
const mostSpreadMs = 5_000

export class SessionTimers {
  /** Below this a session is not agreed to (Min-SE). */
  readonly leastSeconds: number
  /** It is time to refresh the session, or to end it. */
  onDue: (dialog: AppDialog, session: Session) => void = () => {}
  readonly #clock: SipClock

  constructor(clock: SipClock, leastSeconds: number) {
    this.#clock = clock
    this.leastSeconds = leastSeconds
  }

  /**
   * The application answers the INVITE that begins a dialog with 200.
   * @param given the application's own Session-Expires
   * @returns the header that the answer needs besides
   */
  answering(dialog: AppDialog, invite: SipRequest, given: string | undefined): string | undefined {
    const offered = sessionExpires(given ?? invite.headers.get('Session-Expires'))
    if (offered === undefined || (given === undefined && offered.refresher === undefined)) return undefined
    const seconds = Math.max(this.leastSeconds, offered.seconds)
    this.#start(dialog, seconds, offered.refresher === 'uas' ? 'us' : 'them')
    return given === undefined ? `${seconds};refresher=${offered.refresher}` : undefined
  }

  /**
   * The far end sends a re-INVITE or UPDATE: the old timer is over.
   * @returns false when it wants a session that is too short (422)
   */
  asked(dialog: AppDialog, request: SipRequest): boolean {
    const refreshed = dialog.session?.refresher === 'us'
    stopSession(dialog)
    const wanted = sessionExpires(request.headers.get('Session-Expires'))
    if (wanted === undefined) return true
    if (wanted.seconds < this.leastSeconds) return false
    const them = wanted.refresher === undefined ? refreshed : wanted.refresher === 'uac'
    this.#start(dialog, wanted.seconds, them ? 'them' : 'us')
    return true
  }

  /** A 2xx to an INVITE of ours, the first or a later one. */
  answered(dialog: AppDialog, response: SipResponse): void {
    const agreed = sessionExpires(response.headers.get('Session-Expires'))
    if (agreed !== undefined) this.#start(dialog, agreed.seconds, agreed.refresher === 'uas' ? 'them' : 'us')
  }

  /** Our refresh met one of theirs (491): once more after the same time. */
  again(dialog: AppDialog, seconds: number): void {
    this.#start(dialog, seconds, 'us')
  }

  #start(dialog: AppDialog, seconds: number, refresher: Session['refresher']): void {
    stopSession(dialog)
    const wholeMs = seconds * 1_000
    const early = Math.min(mostSpreadMs, wholeMs * spread) * Math.random()
    const timer = this.#clock.after(refresher === 'us' ? wholeMs / 2 - early : wholeMs, () => {
      const due = dialog.session
      dialog.session = undefined
      if (due !== undefined) this.onDue(dialog, due)
    })
    dialog.session = { seconds, refresher, timer }
  }
}

export function stopSession(dialog: AppDialog): void {
  dialog.session?.timer.clear()
  dialog.session = undefined
}

function sessionExpires(
  value: string | undefined,
): { seconds: number; refresher: 'uac' | 'uas' | undefined } | undefined {
  const match = /^\s*(\d{1,9})\s*(;.*)?$/s.exec(value ?? '')
  if (match === null) return undefined
  const named = parseParams(match[2] ?? '')
    ?.get('refresher')
    ?.toLowerCase()
  return { seconds: Number(match[1]), refresher: named === 'uac' || named === 'uas' ? named : undefined }
}
