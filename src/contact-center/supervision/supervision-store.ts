import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { SupervisionMode } from '#telephony/telephony.ts'
import type { SupervisionEnd } from './supervision.ts'
import './supervision-tables.ts'

export interface ActiveSupervision {
  readonly id: string
  readonly supervisorId: string
  readonly mode: SupervisionMode
  /** The agent's seat, and the call at it. */
  readonly seatId: string
  readonly callId: string
  readonly reservationId: string
}

export async function supervisionOf(
  db: Ground | GroundTransaction,
  supervisorId: string,
): Promise<ActiveSupervision | null> {
  const { rows } = await sql<ActiveSupervision>`
    select v.id, v.supervisor_id, v.mode, r.seat_id, r.call_id, r.id as reservation_id
    from supervision v join reservation r on r.id = v.reservation_id
    where v.supervisor_id = ${supervisorId} and v.ended_at is null
  `.execute(db)
  return rows[0] ?? null
}

/** Supervisions that go on although their supervisor may not be in that call any more: without the right, or the team. */
export async function supervisionsNotAllowed(db: Ground): Promise<readonly ActiveSupervision[]> {
  const { rows } = await sql<ActiveSupervision>`
    select v.id, v.supervisor_id, v.mode, r.seat_id, r.call_id, r.id as reservation_id
    from supervision v join reservation r on r.id = v.reservation_id join agent g on g.user_id = r.seat_id
    join user_account u on u.id = v.supervisor_id
    where v.ended_at is null and (u.disabled_at is not null
      or not exists (select from team_supervisor t where t.user_id = u.id and t.team_id = g.team_id)
      or not exists (select from user_role o join role_right w on w.role_code = o.role_code
        where o.user_account_id = u.id and w.right_code = 'call.supervise'))
    order by v.id
  `.execute(db)
  return rows
}

/** The answered call at a seat: it is not over before this transaction is. */
export async function lockCallAt(
  tx: GroundTransaction,
  seatId: string,
): Promise<{ readonly reservationId: string; readonly callId: string } | null> {
  const { rows } = await sql<{ reservationId: string; callId: string }>`
    select id as reservation_id, call_id from reservation where seat_id = ${seatId} and state = 'accepted' for share
  `.execute(tx)
  return rows[0] ?? null
}

export interface NewSupervision {
  readonly id: string
  readonly supervisorId: string
  readonly reservationId: string
  readonly mode: SupervisionMode
}

/** From here on the supervisor's seat is on a break for it, and goes back to its status with the end. */
export async function beginSupervision(tx: GroundTransaction, one: NewSupervision, reason: string): Promise<void> {
  const { id, supervisorId, reservationId, mode } = one
  await sql`
    insert into supervision (id, supervisor_id, reservation_id, mode, status_before, status_reason_before)
    select ${id}, s.agent_id, ${reservationId}, ${mode}, s.status, s.status_reason
    from seat s where s.agent_id = ${supervisorId}
  `.execute(tx)
  await sql`
    update seat set status = 'on_break', status_reason = ${reason}
    where agent_id = ${supervisorId} and status in ('available', 'on_break', 'away')
  `.execute(tx)
}

export async function setSupervisionMode(tx: GroundTransaction, id: string, mode: SupervisionMode): Promise<void> {
  await sql`
    update supervision set mode = ${mode} where id = ${id} and ended_at is null and mode <> ${mode}
  `.execute(tx)
}

/**
 * The supervisor's seat is locked first, as its lost leg does it, which ends the supervision by a trigger (0014).
 * @returns false when it was over already
 */
export async function endSupervision(tx: GroundTransaction, id: string, reason: SupervisionEnd): Promise<boolean> {
  await sql`
    select from seat where agent_id = (select supervisor_id from supervision where id = ${id} and ended_at is null)
    for update
  `.execute(tx)
  const done = await sql`
    update supervision set ended_at = app_now(), end_reason = ${reason} where id = ${id} and ended_at is null
  `.execute(tx)
  return Number(done.numAffectedRows ?? 0) > 0
}

/** A supervision that this transaction has begun, changed or ended. */
export interface ChangedSupervision extends ActiveSupervision {
  readonly name: string
  readonly over: boolean
  readonly toldMode: SupervisionMode | null
  /** Of the agent's seat. */
  readonly teamId: string
}

export async function supervisionsChanged(tx: GroundTransaction): Promise<readonly ChangedSupervision[]> {
  const { rows } = await sql<ChangedSupervision>`
    select v.id, v.supervisor_id, v.mode, r.seat_id, r.call_id, r.id as reservation_id, u.display_name as name,
      v.ended_at is not null as over, v.told_mode, g.team_id
    from supervision v join reservation r on r.id = v.reservation_id join agent g on g.user_id = r.seat_id
    join user_account u on u.id = v.supervisor_id
    where v.changed_xact = pg_current_xact_id_if_assigned() order by v.id
  `.execute(tx)
  return rows
}

/** The agent's page has been told so, or of nothing. */
export async function tellSupervision(tx: GroundTransaction, id: string, mode: SupervisionMode | null): Promise<void> {
  await sql`update supervision set told_mode = ${mode} where id = ${id}`.execute(tx)
}

/** Who is in the call, as far as its agent's page has been told. */
export async function supervisorsTold(
  db: Ground | GroundTransaction,
  reservationId: string,
): Promise<readonly { readonly name: string; readonly mode: SupervisionMode }[]> {
  const { rows } = await sql<{ name: string; mode: SupervisionMode }>`
    select u.display_name as name, v.told_mode as mode from supervision v join user_account u on u.id = v.supervisor_id
    where v.reservation_id = ${reservationId} and v.ended_at is null and v.told_mode is not null order by v.started_at
  `.execute(db)
  return rows
}
