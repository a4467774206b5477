import type { GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import type { AttemptForSeat, Lease, SeatOffer } from '../work-source.ts'
import { type FreeSeat, lockFreeSeats, ratingFlowOf, reserveSeats } from './reservation-store.ts'
import { SeatNews } from './seat-news.ts'

/** A seat that an attempt was promised before it is dialled. */
export interface ReservedSeat {
  readonly seatId: string
  readonly agentId: string
  /** The reservation's id is the call's. */
  readonly callId: string
  /** Where the seat's leg is: the patient's is to be made there too. */
  readonly mediaHost: string | null
  /** The flow that asks the patient for a rating once the agent has hung up; null: nobody is asked. */
  readonly ratingFlow: string | null
}

/** The free seats of one campaign's team, for one claim. */
export class CampaignSeats implements SeatOffer {
  readonly #lease: Lease
  readonly #campaignId: string
  readonly #seatIds: readonly string[]
  readonly #news = new SeatNews()
  #locked: readonly FreeSeat[] = []
  #reserved = new Map<string, ReservedSeat>()

  /** @param seatIds whose legs this process holds: others' rooms are elsewhere */
  constructor(lease: Lease, campaignId: string, seatIds: readonly string[]) {
    this.#lease = lease
    this.#campaignId = campaignId
    this.#seatIds = seatIds
  }

  async lock(tx: GroundTransaction, atMost: number): Promise<number> {
    this.#reserved = new Map()
    this.#news.clear()
    // All that are free, also those beyond what may be dialled now: one of them may be the preferred agent's.
    const order = { campaignId: this.#campaignId, seatIds: this.#seatIds }
    this.#locked = atMost > 0 ? await lockFreeSeats(tx, this.#lease, order) : []
    return Math.min(this.#locked.length, atMost)
  }

  async reserve(tx: GroundTransaction, attempts: readonly AttemptForSeat[]): Promise<void> {
    const seats = seatsFor(attempts, this.#locked)
    const ratingFlow = attempts.length > 0 ? await ratingFlowOf(tx, this.#campaignId) : null
    const made = attempts.map(({ attemptId, taskId }) => {
      const seat = seats.get(attemptId)
      if (seat === undefined) throw new RangeError('more attempts than locked seats')
      const callId = newId()
      this.#reserved.set(attemptId, { ...seat, callId, ratingFlow })
      this.#news.add(seat.seatId, { type: 'call.reserved', payload: { callId, attemptId, taskId } })
      return { reservationId: callId, seatId: seat.seatId, attemptId }
    })
    if (made.length > 0) await reserveSeats(tx, made)
  }

  tell(tx: GroundTransaction): Promise<void> {
    return this.#news.tell(tx)
  }

  /** After the claim: whose seat an attempt has. */
  seatOf(attemptId: string): ReservedSeat | undefined {
    return this.#reserved.get(attemptId)
  }
}

/** Each attempt its seat: callbacks first with whom they were agreed, then the rest with whoever has been free longest. */
export function seatsFor<Seat extends { readonly agentId: string }>(
  attempts: readonly Pick<AttemptForSeat, 'attemptId' | 'preferredAgentId'>[],
  free: readonly Seat[],
): ReadonlyMap<string, Seat> {
  const left = [...free]
  const seats = new Map<string, Seat>()
  const take = (attemptId: string, index: number) => {
    const [seat] = index === -1 ? [] : left.splice(index, 1)
    if (seat !== undefined) seats.set(attemptId, seat)
  }
  for (const { attemptId, preferredAgentId } of attempts) {
    take(attemptId, preferredAgentId === null ? -1 : left.findIndex(({ agentId }) => agentId === preferredAgentId))
  }
  for (const { attemptId } of attempts) if (!seats.has(attemptId)) take(attemptId, 0)
  return seats
}
