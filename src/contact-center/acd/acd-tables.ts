import type { ColumnType, Generated } from 'kysely'
import type { ReservationState } from './reservation.ts'
import type { SeatState, SeatStatus } from './seat.ts'

/** A column that is written once. */
type Fixed<T> = ColumnType<T, T, never>

/**
 * Tables of migration 0005 but the registrar's (telephony declares those), with what 0010 adds to them. Units and meanings
 * of columns stand there.
 */

interface TeamTable {
  id: string
  siteId: Fixed<string>
  name: string
  createdAt: Generated<Date>
}

interface AgentTable {
  userId: string
  agentNo: string
  teamId: string
  phoneId: string | null
  createdAt: Generated<Date>
}

interface SeatTable {
  id: Fixed<string>
  agentId: Fixed<string>
  status: Generated<SeatStatus>
  statusReason: string | null
  statusSince: Generated<Date>
  state: Generated<SeatState>
  stateSince: Generated<Date>
  sipCallId: string | null
  inviteTransaction: string | null
  dialogId: string | null
  localTag: string | null
  remoteTag: string | null
  channelUuid: string | null
  mediaHost: string | null
  wrapUpUntil: Date | null
  pageId: string | null
  pageSince: Date | null
  leaseOwner: string | null
  leaseEpoch: ColumnType<string | null, number | string | null | undefined, number | string | null>
  leaseUntil: Date | null
}

interface ReservationTable {
  id: Fixed<string>
  seatId: Fixed<string>
  attemptId: Fixed<string>
  callId: ColumnType<string, string | undefined, never>
  handedOverAt: Date | null
  state: Generated<ReservationState>
  createdAt: Generated<Date>
  endedAt: Date | null
}

declare module '#platform/database/tables.ts' {
  interface Tables {
    team: TeamTable
    agent: AgentTable
    seat: SeatTable
    reservation: ReservationTable
  }
}
