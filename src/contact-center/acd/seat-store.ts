import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { LegRefs } from '../calls/call-event.ts'
import type { Outcome } from '../contact-center-tables.ts'
import { supervisingReason } from '../supervision/supervision.ts'
import type { Lease } from '../work-source.ts'
import type { ReservationState } from './reservation.ts'
import type { PhoneKind, SeatState, SeatStatus } from './seat.ts'
import '../supervision/supervision-tables.ts'
import './acd-tables.ts'

/** Channel of a seat's news: `<id> <state> <status>` (migration 0005). */
export const seatChannel = 'suifang_seat'

export async function moveSeat(tx: GroundTransaction, seatId: string, state: SeatState): Promise<void> {
  await sql`/* prepared: move-seat */ update seat set state = ${state} where id = ${seatId} and state <> ${state}`.execute(
    tx,
  )
}

/** Deadlines run on the clock of the database, whatever `app_now()` is made to say. */
export async function beginWrapUp(tx: GroundTransaction, seatId: string, seconds: number): Promise<void> {
  await sql`/* prepared: begin-wrap-up */
    update seat set state = 'wrap_up', wrap_up_until = clock_timestamp() + make_interval(secs => ${seconds})
    where id = ${seatId}
  `.execute(tx)
}

/** The leg is up; whether the seat is free with it, the caller says. Nothing happens to a seat that nobody has leased. */
export async function setSeatLeg(tx: GroundTransaction, seatId: string, ref: LegRefs): Promise<void> {
  await sql`/* prepared: set-seat-leg */
    update seat set sip_call_id = ${ref.sipCallId}, invite_transaction = ${ref.inviteTransaction},
      dialog_id = ${ref.dialogId}, local_tag = ${ref.localTag}, remote_tag = ${ref.remoteTag},
      channel_uuid = ${ref.channelUuid}, media_host = ${ref.mediaHost}
    where id = ${seatId} and channel_uuid is distinct from ${ref.channelUuid} and lease_until is not null
  `.execute(tx)
}

/**
 * The leg is gone: the seat cannot be reached, but after-call work goes on without a phone.
 * @param lost.channelUuid of the leg that ended: another that has come up meanwhile is left alone; null for whichever
 * @param lost.keepLease while its call waits for the phone to come back
 */
export async function loseSeatLeg(
  tx: GroundTransaction,
  seatId: string,
  lost: { readonly channelUuid: string | null; readonly keepLease: boolean },
): Promise<boolean> {
  const done = await sql`
    update seat set sip_call_id = null, invite_transaction = null, dialog_id = null, local_tag = null,
      remote_tag = null, channel_uuid = null, media_host = null,
      state = case when state = 'wrap_up' then state else 'unreachable' end,
      lease_owner = case when ${lost.keepLease} then lease_owner end,
      lease_epoch = case when ${lost.keepLease} then lease_epoch end,
      lease_until = case when ${lost.keepLease} then lease_until end
    where id = ${seatId} and (${lost.channelUuid}::text is null or channel_uuid = ${lost.channelUuid})
  `.execute(tx)
  return Number(done.numAffectedRows ?? 0) > 0
}

/** A seat by its agent, as its page and its commands need it. */
export interface SeatRow {
  readonly id: string
  readonly teamId: string
  readonly status: SeatStatus
  readonly statusReason: string | null
  readonly statusSince: Date
  readonly state: SeatState
  readonly since: Date
  readonly wrapUpUntil: Date | null
  /** Its time has passed, by the database's clock. */
  readonly wrapUpOver: boolean
  readonly extension: string | null
  readonly phoneKind: PhoneKind | null
  readonly phoneLive: boolean
  readonly reachable: boolean
  /** The page that has the seat; null before the first. */
  readonly pageId: string | null
  readonly reservationId: string | null
  readonly reservation: ReservationState | null
  /** Another seat has the call now. */
  readonly handedOver: boolean
  readonly callId: string | null
  readonly attemptId: string | null
  readonly taskId: string | null
  readonly campaignId: string | null
  readonly answeredAt: Date | null
  readonly outcome: Outcome | null
  /** This transaction has changed who supervises the call. */
  readonly supervisionChanged: boolean
}

/** @param seats where the seats are taken from: the table, or what a statement has made of some of its rows */
export const seatRowFrom = (seats: ReturnType<typeof sql.raw>) => sql`
  select s.id, g.team_id, s.status, s.status_reason, s.status_since, s.state, s.state_since as since, s.wrap_up_until,
    coalesce(s.wrap_up_until <= clock_timestamp(), false) as wrap_up_over, p.extension, p.kind as phone_kind,
    exists (select from registration n where n.phone_id = p.id and n.expires_at > clock_timestamp()) as phone_live,
    s.channel_uuid is not null as reachable, s.page_id,
    r.id as reservation_id, r.state as reservation, coalesce(r.handed_over_at is not null, false) as handed_over,
    r.call_id, r.attempt_id, a.task_id, a.campaign_id, a.answered_at, a.outcome,
    exists (select from supervision v join reservation o on o.id = v.reservation_id
      where v.changed_xact = pg_current_xact_id_if_assigned() and s.id in (o.seat_id, v.supervisor_id)
    ) as supervision_changed
  from ${seats} s
  join agent g on g.user_id = s.agent_id
  left join phone p on p.id = g.phone_id
  left join reservation r on r.seat_id = s.id and r.state in ('pending', 'accepted', 'wrapping')
  left join attempt a on a.id = r.attempt_id
`

const seatRow = seatRowFrom(sql.raw('seat'))

export async function seatsById(db: Ground | GroundTransaction, ids: readonly string[]): Promise<readonly SeatRow[]> {
  const { rows } =
    await sql<SeatRow>`/* prepared: seats-by-id */ ${seatRow} where s.id = any (${ids}::uuid[]) order by s.id`.execute(
      db,
    )
  return rows
}

export async function seatOfAgent(db: Ground | GroundTransaction, agentId: string): Promise<SeatRow | null> {
  const { rows } = await sql<SeatRow>`/* prepared: seat-of-agent */ ${seatRow} where s.agent_id = ${agentId}`.execute(
    db,
  )
  return rows[0] ?? null
}

export async function lockSeatOfAgent(tx: GroundTransaction, agentId: string): Promise<SeatRow | null> {
  const { rows } =
    await sql<SeatRow>`/* prepared: lock-seat-of-agent */ ${seatRow} where s.agent_id = ${agentId} for update of s`.execute(
      tx,
    )
  return rows[0] ?? null
}

export async function lockSeat(tx: GroundTransaction, seatId: string): Promise<SeatRow | null> {
  const { rows } =
    await sql<SeatRow>`/* prepared: lock-seat */ ${seatRow} where s.id = ${seatId} for update of s`.execute(tx)
  return rows[0] ?? null
}

/** @param reason null for none; a status without one loses the one before */
export async function moveStatus(
  tx: GroundTransaction,
  seatId: string,
  status: SeatStatus,
  reason: string | null = null,
): Promise<void> {
  await sql`/* prepared: move-status */ update seat set status = ${status}, status_reason = ${reason} where id = ${seatId}`.execute(
    tx,
  )
}

/**
 * The status of an agent's seat, where one legal move leads to it and nothing else is to be judged or done.
 * @param move.page that asks; absent: nobody asks which
 * @returns the seat as it stands now; null when it was left as it was, for whoever looks more closely
 */
export async function moveStatusDirectly(
  tx: GroundTransaction,
  agentId: string,
  move: {
    readonly from: readonly SeatStatus[]
    readonly to: SeatStatus
    readonly reason: string | null
    readonly page: string | null | undefined
  },
): Promise<SeatRow | null> {
  const { rows } = await sql<SeatRow>`/* prepared: move-status-directly */
    with moved as (update seat set status = ${move.to}, status_reason = ${move.reason}
    where agent_id = ${agentId} and status = any (${move.from}::text[]) and state <> 'previewing'
      and status_reason is distinct from ${supervisingReason}
      and (page_id is null or ${move.page === undefined}::boolean or page_id::text = ${move.page ?? null}::text)
    returning *)
    ${seatRowFrom(sql.raw('moved'))}
  `.execute(tx)
  return rows[0] ?? null
}

export async function extendWrapUp(tx: GroundTransaction, seatId: string, seconds: number): Promise<void> {
  await sql`
    update seat set wrap_up_until = greatest(wrap_up_until, clock_timestamp()) + make_interval(secs => ${seconds})
    where id = ${seatId}
  `.execute(tx)
}

/** The seat of an agent, made where there is none. Its id is the agent's. */
export async function ensureSeat(tx: GroundTransaction, agentId: string): Promise<void> {
  await sql`insert into seat (id, agent_id) values (${agentId}, ${agentId}) on conflict do nothing`.execute(tx)
}

/**
 * Takes the lease of a seat for the writer, unless another node that lives has it.
 * @returns false when it has
 */
export async function leaseSeat(
  tx: GroundTransaction,
  seatId: string,
  lease: Lease,
  seconds: number,
): Promise<boolean> {
  const taken = await sql`
    update seat set lease_owner = ${lease.owner}, lease_epoch = ${lease.epoch},
      lease_until = clock_timestamp() + make_interval(secs => ${seconds})
    where id = ${seatId} and (lease_until is null or lease_allows(lease_owner, lease_epoch, lease_until))
  `.execute(tx)
  return Number(taken.numAffectedRows ?? 0) > 0
}

/** Keeps this node's seats leased; one that is being written at this moment keeps the lease it has. */
export async function renewSeatLeases(tx: GroundTransaction, lease: Lease, seconds: number): Promise<void> {
  await sql`
    update seat set lease_until = clock_timestamp() + make_interval(secs => ${seconds})
    where id in (
      select id from seat where lease_owner = ${lease.owner} and lease_epoch = ${lease.epoch} for update skip locked)
  `.execute(tx)
}

/** True for seats that this node may bring to their next state: its own, nobody's, and those of the dead. */
export function movableBy(lease: Lease) {
  return sql`(s.lease_until is null or s.lease_until < clock_timestamp()
    or (s.lease_owner = ${lease.owner} and s.lease_epoch <= ${lease.epoch}))`
}

/** Seats whose after-call work is over by the clock, and those that wait to be signed out. */
export async function seatsDue(
  db: Ground,
  lease: Lease,
  atMost: number,
): Promise<readonly { readonly id: string; readonly due: 'wrap_up' | 'sign_out' }[]> {
  const { rows } = await sql<{ id: string; due: 'wrap_up' | 'sign_out' }>`
    select s.id, case when s.state = 'wrap_up' then 'wrap_up' else 'sign_out' end as due from seat s
    where ${movableBy(lease)} and (s.wrap_up_until <= clock_timestamp()
      or (s.status = 'signing_out' and s.state in ('idle', 'unreachable') and not exists (
        select from reservation r where r.seat_id = s.id and r.state in ('pending', 'accepted', 'wrapping'))))
    order by s.wrap_up_until nulls first limit ${atMost}
  `.execute(db)
  return rows
}

/** Milliseconds until the next after-call work is over; null when there is none. */
export async function nextWrapUpMs(db: Ground, lease: Lease): Promise<number | null> {
  const { rows } = await sql<{ ms: number | null }>`
    select ceil(extract(epoch from min(s.wrap_up_until) - clock_timestamp()) * 1000)::float8 as ms from seat s
    where s.wrap_up_until is not null and ${movableBy(lease)}
  `.execute(db)
  return rows[0]?.ms ?? null
}

export interface DeadSeat extends LegRefs {
  readonly id: string
}

/** Seats whose node died: their lease has run out or belongs to an earlier start of this node. */
export async function seatsOfTheDead(db: Ground, lease: Lease): Promise<readonly DeadSeat[]> {
  const { rows } = await sql<DeadSeat>`
    select id, sip_call_id, invite_transaction, dialog_id, local_tag, remote_tag, channel_uuid, media_host from seat
    where (lease_owner = ${lease.owner} and lease_epoch < ${lease.epoch}) or lease_until < clock_timestamp()
    order by id
  `.execute(db)
  return rows
}

/** Seats that nobody holds although an offer stands on them whose attempt is over. */
export async function seatsLeftInCalls(
  tx: GroundTransaction,
): Promise<readonly { seatId: string; reservationId: string; reservation: ReservationState; state: SeatState }[]> {
  const { rows } = await sql<{
    seatId: string
    reservationId: string
    reservation: ReservationState
    state: SeatState
  }>`
    select s.id as seat_id, r.id as reservation_id, r.state as reservation, s.state
    from reservation r join seat s on s.id = r.seat_id join attempt a on a.id = r.attempt_id
    where r.state in ('pending', 'accepted') and a.state = 'ended' and s.lease_until is null
    for update of r, s skip locked
  `.execute(tx)
  return rows
}

/** The channels of these seats by their rows, and whether another node that lives has the seat. */
export async function seatChannels(
  db: Ground,
  lease: Lease,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly channelUuid: string | null; readonly elsewhere: boolean }[]> {
  const { rows } = await sql<{ id: string; channelUuid: string | null; elsewhere: boolean }>`
    select s.id, s.channel_uuid, not ${movableBy(lease)} as elsewhere from seat s where s.id = any (${ids}::uuid[])
  `.execute(db)
  return rows
}
