import type { Clock } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import { type Log, logError } from '#platform/log.ts'
import { Rounds } from '#platform/rounds.ts'
import { stateLease } from '../calls/attempt-store.ts'
import type { Lease } from '../work-source.ts'
import { lockLongestIdle, lockWaiting } from './queue-store.ts'
import { moveReservation, ratingFlowOf, reserveSeats } from './reservation-store.ts'
import { SeatNews } from './seat-news.ts'
import type { ReservedSeat } from './seat-offer.ts'
import { moveSeat } from './seat-store.ts'

export interface QueueMatcherParts {
  readonly db: Ground
  readonly lease: Lease
  /** Whose legs this process holds: others' rooms are elsewhere. */
  readonly seatIds: () => readonly string[]
  readonly clock: Clock
  readonly log: Log
}

/** A call of this process whose patient waits. */
export interface WaitingCall {
  readonly attemptId: string
  /** A seat is reserved for the patient, and committed. */
  readonly offer: (seat: ReservedSeat) => void
  /** Nobody of the team is signed in. @param atOnce and nobody was when the patient came */
  readonly nobody: (atOnce: boolean) => void
}

/** After a refusal of the database. */
const retryMs = 1_000

type Match = { readonly seat: ReservedSeat } | 'wait' | 'nobody' | 'not_waiting'

/**
 * Brings patients who wait and free seats together, first come first served, longest idle first: each pair in one
 * transaction that reserves the seat. It never polls: it looks when an entry is made or a seat changes.
 * Source: issue "the agent's seat" (matching in one transaction on events, not polling).
 */
export class QueueMatcher {
  readonly #parts: QueueMatcherParts
  readonly #rounds: Rounds
  /** In the order in which they came. */
  readonly #waiting = new Map<string, { readonly call: WaitingCall; looked: boolean }>()

  constructor(parts: QueueMatcherParts) {
    this.#parts = parts
    this.#rounds = new Rounds({ clock: parts.clock, look: () => this.#look() })
  }

  /** How many patients wait here. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** @returns how to stop waiting */
  enter(call: WaitingCall): () => void {
    const place = { call, looked: false }
    this.#waiting.set(call.attemptId, place)
    this.wake()
    return () => {
      if (this.#waiting.get(call.attemptId) === place) this.#waiting.delete(call.attemptId)
    }
  }

  /** An entry was made or a seat has changed: look. Cheap, and safe to call at any moment. */
  wake(): void {
    if (this.#waiting.size > 0) this.#rounds.wake()
  }

  /** Resolves when what it was woken for is done. */
  rest(): Promise<void> {
    return this.#rounds.rest()
  }

  close(): Promise<void> {
    return this.#rounds.close()
  }

  async #look(): Promise<number | null> {
    let failed = false
    for (const place of [...this.#waiting.values()]) {
      const { attemptId } = place.call
      if (this.#rounds.closed || this.#waiting.get(attemptId) !== place) continue
      try {
        const match = await this.#match(attemptId)
        if (match === 'not_waiting') continue
        if (match === 'nobody') place.call.nobody(!place.looked)
        else if (match !== 'wait') place.call.offer(match.seat)
        place.looked = true
      } catch (error) {
        // The database is away, or refused: the call's own limit runs on.
        logError(this.#parts.log, error, 'a patient who waits could not be matched', { attemptId })
        failed = true
      }
    }
    return failed ? retryMs : null
  }

  #match(attemptId: string): Promise<Match> {
    const { db, lease, seatIds } = this.#parts
    return db.transaction().execute(async (tx): Promise<Match> => {
      await stateLease(tx, lease)
      const patient = await lockWaiting(tx, attemptId)
      if (patient === null) return 'not_waiting'
      if (!patient.staffed) return 'nobody'
      const { callId, taskId, teamId, mediaHost, campaignId } = patient
      const seat = await lockLongestIdle(tx, lease, { teamId, mediaHost, seatIds: seatIds() })
      if (seat === null) return 'wait'
      const { seatId } = seat
      await reserveSeats(tx, [{ reservationId: callId, seatId, attemptId }])
      // The patient is there already: the call is the seat's at once.
      await moveReservation(tx, callId, 'accepted')
      await moveSeat(tx, seatId, 'ringing')
      const ratingFlow = await ratingFlowOf(tx, campaignId)
      const news = new SeatNews()
      const payload = { callId, attemptId, taskId }
      news.add(seatId, { type: 'call.reserved', payload }, { type: 'call.answered', payload })
      await news.tell(tx)
      return { seat: { ...seat, callId, ratingFlow } }
    })
  }
}
