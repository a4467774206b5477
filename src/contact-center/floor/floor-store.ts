import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import type { SupervisionMode } from '#telephony/telephony.ts'
import type { PhoneKind, SeatState, SeatStatus } from '../acd/seat.ts'
import '../acd/acd-tables.ts'
import '../supervision/supervision-tables.ts'

export interface FloorSeatRow {
  readonly agentId: string
  readonly agentNo: string
  readonly name: string
  readonly teamId: string
  readonly status: SeatStatus
  readonly statusReason: string | null
  readonly statusSince: Date
  readonly state: SeatState
  readonly since: Date
  readonly extension: string | null
  readonly phoneKind: PhoneKind | null
  readonly phoneLive: boolean
  readonly callId: string | null
  readonly attemptId: string | null
  readonly taskId: string | null
  readonly campaignId: string | null
  readonly answeredAt: Date | null
}

/** Every agent of these teams, also one who has never sat down. */
export async function floorSeats(tx: GroundTransaction, teamIds: readonly string[]): Promise<readonly FloorSeatRow[]> {
  const { rows } = await sql<FloorSeatRow>`
    select g.user_id as agent_id, g.agent_no, u.display_name as name, g.team_id,
      coalesce(s.status, 'signed_out') as status, s.status_reason, coalesce(s.status_since, g.created_at) as status_since,
      coalesce(s.state, 'unreachable') as state, coalesce(s.state_since, g.created_at) as since,
      p.extension, p.kind as phone_kind,
      exists (select from registration n where n.phone_id = p.id and n.expires_at > clock_timestamp()) as phone_live,
      r.call_id, r.attempt_id, a.task_id, a.campaign_id, a.answered_at
    from agent g
    join user_account u on u.id = g.user_id
    left join seat s on s.agent_id = g.user_id
    left join phone p on p.id = g.phone_id
    left join reservation r on r.seat_id = s.id and r.state in ('pending', 'accepted', 'wrapping')
    left join attempt a on a.id = r.attempt_id
    where g.team_id = any (${teamIds}::uuid[]) and u.disabled_at is null
    order by g.agent_no
  `.execute(tx)
  return rows
}

export interface FloorSupervisionRow {
  readonly seatId: string
  readonly supervisorId: string
  readonly name: string
  readonly mode: SupervisionMode
  readonly since: Date
}

export async function floorSupervision(
  tx: GroundTransaction,
  teamIds: readonly string[],
): Promise<readonly FloorSupervisionRow[]> {
  const { rows } = await sql<FloorSupervisionRow>`
    select r.seat_id, v.supervisor_id, u.display_name as name, v.mode, v.mode_since as since
    from supervision v join reservation r on r.id = v.reservation_id join agent g on g.user_id = r.seat_id
    join user_account u on u.id = v.supervisor_id
    where v.ended_at is null and g.team_id = any (${teamIds}::uuid[]) order by v.started_at, v.id
  `.execute(tx)
  return rows
}

/** What seats' instants are by. */
export async function serverTime(tx: GroundTransaction): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select app_now() as now`.execute(tx)
  return rows[0]?.now ?? new Date(0)
}
