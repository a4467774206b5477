import type { ColumnType, Generated } from 'kysely'

/** A log of events to people. Its row is the lock under which offsets are given. */
interface StreamTable {
  id: string
  lastOffset: ColumnType<string, number, number>
  /** Events up to here have been dropped. */
  droppedOffset: ColumnType<string, number | undefined, number | string>
}

interface StreamEventTable {
  streamId: string
  /** 1, 2, 3 … within the stream, without gaps, in commit order. */
  eventOffset: ColumnType<string, number, never>
  type: string
  payload: ColumnType<Record<string, unknown>, string, never>
  at: Generated<Date>
}

declare module '#platform/database/tables.ts' {
  interface Tables {
    stream: StreamTable
    streamEvent: StreamEventTable
  }
}
