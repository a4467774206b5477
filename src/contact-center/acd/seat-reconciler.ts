import type { Ground } from '#platform/database/database.ts'
import type { Log } from '#platform/log.ts'
import type { Telephony } from '#telephony/telephony.ts'
import { stateLease } from '../calls/attempt-store.ts'
import type { Lease } from '../work-source.ts'
import { wrapUpSeconds } from './seat.ts'
import { SeatNews } from './seat-news.ts'
import { beginWrapUp, loseSeatLeg, moveReservation, moveSeat, seatsLeftInCalls, seatsOfTheDead } from './seat-store.ts'

export interface SeatReconcilerParts {
  readonly db: Ground
  readonly lease: Lease
  readonly telephony: Pick<Telephony, 'up' | 'endLeg'>
  readonly log: Log
}

/**
 * Seats whose node died: their legs are ended, then they cannot be reached until their agents sign in again, who are as
 * available as before. After-call work goes on to its deadline. Offers whose attempt has ended are closed with what is
 * known, so that no seat is stuck and no task waits for a call that is over.
 * Source: architecture §3 (reconcile, don't reset).
 */
export async function reconcileSeats({ db, lease, telephony, log }: SeatReconcilerParts): Promise<void> {
  // Without the servers their legs could not be ended: they wait for the next round.
  if (!telephony.up) return
  const dead = await seatsOfTheDead(db, lease)
  for (const seat of dead) {
    await telephony.endLeg(seat)
    await db.transaction().execute(async (tx) => {
      await stateLease(tx, lease)
      const news = new SeatNews()
      if (await loseSeatLeg(tx, seat.id, { channelUuid: seat.channelUuid, keepLease: false })) news.add(seat.id)
      await news.tell(tx)
    })
  }
  if (dead.length > 0) log.warn({ seats: dead.length }, 'seats of a process that died cannot be reached now')
  await closeLeftOffers(db, lease)
}

async function closeLeftOffers(db: Ground, lease: Lease): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await stateLease(tx, lease)
    const news = new SeatNews()
    for (const { seatId, reservationId, reservation, state } of await seatsLeftInCalls(tx)) {
      if (reservation === 'pending') {
        await moveReservation(tx, reservationId, 'rescinded')
        if (state !== 'wrap_up') await moveSeat(tx, seatId, 'unreachable')
      } else {
        await moveReservation(tx, reservationId, 'wrapping')
        if (state !== 'wrap_up') await beginWrapUp(tx, seatId, wrapUpSeconds)
      }
      news.add(seatId)
    }
    await news.tell(tx)
  })
}
