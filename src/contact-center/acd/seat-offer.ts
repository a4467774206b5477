import type { GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import type { Lease, SeatOffer } from '../work-source.ts'
import { SeatNews } from './seat-news.ts'
import { type FreeSeat, lockFreeSeats, reserveSeats } from './seat-store.ts'

/** A seat that an attempt was promised before it is dialled. */
export interface ReservedSeat {
  readonly seatId: string
  readonly agentId: string
  /** The reservation's id is the call's. */
  readonly callId: string
  /** Where the seat's leg is: the patient's is to be made there too. */
  readonly mediaHost: string | null
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
    const order = { campaignId: this.#campaignId, seatIds: this.#seatIds, atMost }
    this.#locked = atMost > 0 ? await lockFreeSeats(tx, this.#lease, order) : []
    return this.#locked.length
  }

  async reserve(tx: GroundTransaction, attempts: readonly { attemptId: string; taskId: string }[]): Promise<void> {
    const made = attempts.map(({ attemptId, taskId }, index) => {
      const seat = this.#locked[index]
      if (seat === undefined) throw new RangeError('more attempts than locked seats')
      const callId = newId()
      this.#reserved.set(attemptId, { ...seat, callId })
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
