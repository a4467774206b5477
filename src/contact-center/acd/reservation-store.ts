import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { Lease } from '../work-source.ts'
import { maySit } from './may-sit.ts'
import type { ReservationState } from './reservation.ts'
import type { SeatState } from './seat.ts'
import { type SeatRow, seatRowFrom } from './seat-store.ts'
import '../supervision/supervision-tables.ts'
import './acd-tables.ts'

/** Somebody waits for this team whom no seat has been given: people on the line come before those still to be dialled. */
const isAwaited = sql`exists (
  select from queue_entry e join queue q on q.id = e.queue_id
  where q.team_id = g.team_id and e.left_at is null
    and not exists (select from reservation w where w.attempt_id = e.attempt_id))`

/** Running campaigns of a trunk and of one pacing for which this process has a free seat. */
export async function campaignsWithFreeSeats(
  db: Ground,
  lease: Lease,
  order: {
    readonly trunkId: string
    readonly seatIds: readonly string[]
    readonly pacing?: 'progressive' | 'preview'
  },
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`/* prepared: campaigns-with-free-seats */
    select c.id from campaign c
    where c.trunk_id = ${order.trunkId} and c.state = 'running' and c.pacing = ${order.pacing ?? 'progressive'} and exists (
      select from seat s join agent g on g.user_id = s.agent_id
      where s.state = 'idle' and s.status = 'available' and g.team_id = c.team_id and s.id = any (${order.seatIds}::uuid[])
        and s.lease_owner = ${lease.owner} and s.lease_epoch = ${lease.epoch} and ${maySit} and not ${isAwaited})
    order by c.id
  `.execute(db)
  return rows.map(({ id }) => id)
}

export interface FreeSeat {
  readonly seatId: string
  readonly agentId: string
  readonly mediaHost: string | null
}

/**
 * Locks free seats of the campaign's team, longest idle first, those that another claim has locked left out; none while
 * patients wait for the team in a queue.
 * @param order.seatIds whose legs this process holds
 */
export async function lockFreeSeats(
  tx: GroundTransaction,
  lease: Lease,
  order: { readonly campaignId: string; readonly seatIds: readonly string[] },
): Promise<readonly FreeSeat[]> {
  const { rows } = await sql<FreeSeat>`
    select s.id as seat_id, s.agent_id, s.media_host
    from seat s join agent g on g.user_id = s.agent_id
    where s.state = 'idle' and s.status = 'available' and s.id = any (${order.seatIds}::uuid[])
      and s.lease_owner = ${lease.owner} and s.lease_epoch = ${lease.epoch} and ${maySit}
      and g.team_id = (select c.team_id from campaign c where c.id = ${order.campaignId}) and not ${isAwaited}
    order by s.state_since, s.id
    for update of s skip locked
  `.execute(tx)
  return rows
}

export interface NewReservation {
  readonly reservationId: string
  readonly seatId: string
  readonly attemptId: string
}

/** One reservation a seat, and the seat `reserved`. */
export async function reserveSeats(tx: GroundTransaction, made: readonly NewReservation[]): Promise<void> {
  await sql`
    insert into reservation (id, seat_id, attempt_id)
    select * from unnest(${made.map((one) => one.reservationId)}::uuid[], ${made.map((one) => one.seatId)}::uuid[],
      ${made.map((one) => one.attemptId)}::uuid[])
  `.execute(tx)
  await sql`update seat set state = 'reserved' where id = any (${made.map((one) => one.seatId)}::uuid[])`.execute(tx)
}

/** The flow that asks for a rating after the campaign's calls; null: none. */
export async function ratingFlowOf(tx: GroundTransaction, campaignId: string): Promise<string | null> {
  const { rows } = await sql<{ ratingFlow: string | null }>`
    select rating_flow from campaign where id = ${campaignId}
  `.execute(tx)
  return rows[0]?.ratingFlow ?? null
}

export interface SeatOfAttempt {
  readonly reservationId: string
  readonly reservation: ReservationState
  readonly seatId: string
  readonly agentId: string
  readonly state: SeatState
  /** A leg is up. */
  readonly reachable: boolean
}

/** The seat that has the attempt's call, or was offered it, with its reservation, both locked; null for a call without one. */
export async function lockSeatOfAttempt(tx: GroundTransaction, attemptId: string): Promise<SeatOfAttempt | null> {
  const { rows } = await sql<SeatOfAttempt>`/* prepared: lock-seat-of-attempt */
    select r.id as reservation_id, r.state as reservation, s.id as seat_id, s.agent_id, s.state,
      s.channel_uuid is not null as reachable
    from reservation r join seat s on s.id = r.seat_id
    where r.attempt_id = ${attemptId} and r.handed_over_at is null for update of r, s
  `.execute(tx)
  return rows[0] ?? null
}

export async function moveReservation(tx: GroundTransaction, id: string, state: ReservationState): Promise<void> {
  await sql`/* prepared: move-reservation */ update reservation set state = ${state} where id = ${id}`.execute(tx)
}

/**
 * The patient has answered: the offer that waits for it is accepted, and a seat that waits for the call rings. One statement,
 * since an agent waits for the record.
 * @returns null where no offer waits; `seat` is as it stands then, null for one that has not moved
 */
export async function acceptOffer(
  tx: GroundTransaction,
  { attemptId, at }: { readonly attemptId: string; readonly at: Date },
): Promise<{ readonly seatId: string; readonly seat: SeatRow | null } | null> {
  const { rows } = await sql<
    { acceptedSeatId: string } & (SeatRow | { readonly id: null })
  >`/* prepared: accept-offer */
    with accepted as (
      update reservation set state = 'accepted'
      where attempt_id = ${attemptId} and handed_over_at is null and state = 'pending' returning seat_id
    ), rung as (
      update seat s set state = 'ringing' from accepted where s.id = accepted.seat_id and s.state = 'reserved' returning s.*
    )
    select accepted.seat_id as accepted_seat_id, now.* from accepted
    left join (${seatRowFrom(sql.raw('rung'))}) now on now.id = accepted.seat_id
  `.execute(tx)
  const [row] = rows
  if (row === undefined) return null
  const { acceptedSeatId: seatId, ...seat } = row
  // What this statement and the one before it have changed is not to be seen in it.
  return { seatId, seat: seat.id === null ? null : { ...seat, reservation: 'accepted', answeredAt: at } }
}

/**
 * The call goes on at another free seat: this one's reservation is left with the after-call work, that one's begins as
 * accepted. Both seats are locked.
 */
export async function handOverReservation(
  tx: GroundTransaction,
  to: { readonly from: string; readonly reservationId: string; readonly seatId: string },
): Promise<void> {
  await sql`
    update reservation set handed_over_at = app_now(), state = 'wrapping' where id = ${to.from}
  `.execute(tx)
  await sql`
    insert into reservation (id, seat_id, attempt_id, call_id)
    select ${to.reservationId}, ${to.seatId}, attempt_id, call_id from reservation where id = ${to.from}
  `.execute(tx)
  await moveReservation(tx, to.reservationId, 'accepted')
}
