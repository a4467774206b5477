import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { SupervisionMode } from '#telephony/telephony.ts'
import type { SeatStatus } from '../acd/seat.ts'
import type { SupervisionEnd } from './supervision.ts'

/** A column that is written once. */
type Fixed<T> = ColumnType<T, T, never>

/** Tables of migration 0010. Units and meanings of columns stand there. */

interface TeamSupervisorTable {
  teamId: Fixed<string>
  userId: Fixed<string>
  createdAt: Generated<Date>
}

interface SupervisionTable {
  id: Fixed<string>
  supervisorId: Fixed<string>
  reservationId: Fixed<string>
  mode: SupervisionMode
  startedAt: Generated<Date>
  modeSince: GeneratedAlways<Date>
  endedAt: Date | null
  endReason: SupervisionEnd | null
  statusBefore: Fixed<SeatStatus>
  statusReasonBefore: Fixed<string | null>
  toldMode: SupervisionMode | null
  changedXact: GeneratedAlways<string>
}

declare module '#platform/database/tables.ts' {
  interface Tables {
    teamSupervisor: TeamSupervisorTable
    supervision: SupervisionTable
  }
}
