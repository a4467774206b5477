import type { Generated } from 'kysely'
import type { DiskPlace, RoomState } from './disk-room.ts'

/** What a node last saw of a disk (migration 0022). Bytes are texts: they may be beyond a number's precision. */
interface DiskRoomTable {
  node: string
  place: DiskPlace
  state: RoomState
  freeBytes: string
  totalBytes: string
  /** When it came into this state. */
  since: Generated<Date>
  seenAt: Generated<Date>
}

/** The first look of each day. */
interface DiskDayTable {
  node: string
  place: DiskPlace
  day: string
  usedBytes: string
  seenAt: Generated<Date>
}

declare module '#platform/database/tables.ts' {
  interface Tables {
    diskRoom: DiskRoomTable
    diskDay: DiskDayTable
  }
}
