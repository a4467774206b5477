import { sessionChannel } from '#platform/auth/session-store.ts'
import type { Clock } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import type { Listener, Subscription } from '#platform/database/listen.ts'
import { type Log, logError } from '#platform/log.ts'
import { Rounds } from '#platform/rounds.ts'
import type { Lease } from '../work-source.ts'
import type { SeatService } from './seat-service.ts'
import { nextSessionEndMs, seatsWithoutSession } from './seat-session-store.ts'

export interface SeatSessionsParts {
  readonly db: Ground
  readonly lease: Lease
  readonly listener: Pick<Listener, 'listen'>
  readonly seats: Pick<SeatService, 'signOut' | 'vacate'>
  /** Without activity for so long a session ends. */
  readonly idleMs: number
  readonly clock: Clock
  readonly log: Log
}

/** Activity moves ends on, and people sign in: so long at most it sleeps. */
const longestMs = 60_000
/** Past the instant, so that the database surely agrees. */
const marginMs = 50

/**
 * Signs seats out whose agent has no session any more, wherever its phone stands: nobody is at the page, and patients
 * would go on being offered to the desk phone beside it. At once, or after the call and its after-call work; who is only
 * being dialled for it yet is not called on. A page that reloads and a network that breaks end no session.
 */
export class SeatSessions {
  readonly #parts: SeatSessionsParts
  readonly #rounds: Rounds
  #subscription: Subscription | null = null

  constructor(parts: SeatSessionsParts) {
    this.#parts = parts
    this.#rounds = new Rounds({ clock: parts.clock, look: () => this.#look() })
  }

  async start(): Promise<void> {
    const wake = () => this.wake()
    this.#subscription = await this.#parts.listener.listen(sessionChannel, { onPayload: wake, onResync: wake })
    this.wake()
  }

  /** A session may have ended: look. */
  wake(): void {
    this.#rounds.wake()
  }

  /** Resolves when what it was woken for is done. */
  rest(): Promise<void> {
    return this.#rounds.rest()
  }

  async close(): Promise<void> {
    await Promise.all([this.#rounds.close(), this.#subscription?.close()])
  }

  async #look(): Promise<number> {
    const { db, lease, idleMs, seats, log } = this.#parts
    try {
      for (const agentId of await seatsWithoutSession(db, lease, idleMs)) {
        await seats.signOut(agentId)
        seats.vacate(agentId)
        log.info({ agentId }, 'a seat is signed out: its agent has no session any more')
      }
      return Math.min(((await nextSessionEndMs(db, lease, idleMs)) ?? longestMs) + marginMs, longestMs)
    } catch (error) {
      logError(log, error, 'seats could not be compared with sessions')
      return longestMs
    }
  }
}
