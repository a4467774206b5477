import type { Ground } from '#platform/database/database.ts'
import type { Log } from '#platform/log.ts'
import { type LiveLeg, type Telephony, unknownLeg } from '#telephony/telephony.ts'
import { stateLease } from '../calls/attempt-store.ts'
import type { Lease } from '../work-source.ts'
import { moveReservation } from './reservation-store.ts'
import { wrapUpSeconds } from './seat.ts'
import { SeatNews } from './seat-news.ts'
import { beginWrapUp, loseSeatLeg, moveSeat, seatChannels, seatsLeftInCalls, seatsOfTheDead } from './seat-store.ts'

export interface SeatReconcilerParts {
  readonly db: Ground
  readonly lease: Lease
  readonly telephony: Pick<Telephony, 'up' | 'endLeg' | 'liveLegs'>
  /** Seats whose phone this process rings or holds. */
  readonly isOurs: (seatId: string) => boolean
  readonly log: Log
}

/**
 * Seats whose node died: their legs are ended, then they cannot be reached until their agents sign in again, who are as
 * available as before. After-call work goes on to its deadline. Offers whose attempt has ended are closed with what is
 * known, so that no seat is stuck and no task waits for a call that is over.
 * Source: architecture §3 (reconcile, don't reset).
 */
export async function reconcileSeats(parts: SeatReconcilerParts): Promise<void> {
  const { db, lease, telephony, log } = parts
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
  await endStrays(parts)
}

/** Phones that a process was ringing when it died and that were lifted since: no row knows of the leg. */
async function endStrays({ db, lease, telephony, isOurs, log }: SeatReconcilerParts): Promise<void> {
  const found = new Map<string, LiveLeg>()
  for (const leg of await telephony.liveLegs()) {
    if (leg.seatId !== null && !isOurs(leg.seatId)) found.set(leg.channelUuid, leg)
  }
  if (found.size === 0) return
  const known = await seatChannels(
    db,
    lease,
    [...found.values()].flatMap(({ seatId }) => seatId ?? []),
  )
  for (const { channelUuid, mediaHost, seatId } of found.values()) {
    if (known.some((seat) => seat.id === seatId && (seat.elsewhere || seat.channelUuid === channelUuid))) continue
    log.warn({ seatId, channelUuid }, 'a phone’s channel without a seat was ended')
    await telephony.endLeg({ ...unknownLeg, channelUuid, mediaHost })
  }
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
