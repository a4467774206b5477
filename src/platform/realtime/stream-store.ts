import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import './stream-tables.ts'

/** Channel on which the id of a stream is told after new events in it were committed. */
export const streamChannel = 'suifang_stream'

export interface NewStreamEvent {
  readonly type: string
  /** No names, no numbers: ids, states and counts (what a page shows of a person it asks for, and is checked). */
  readonly payload: Readonly<Record<string, unknown>>
}

export interface StreamEvent extends NewStreamEvent {
  /** 1, 2, 3 … within the stream, without gaps, in commit order. */
  readonly offset: number
  readonly at: Date
}

export interface StreamPage {
  readonly events: readonly StreamEvent[]
  /** True when events after the asked offset have been dropped: the reader needs a fresh snapshot. */
  readonly gap: boolean
}

/**
 * Writes events at the end of a stream, in this transaction. The offset is given under the stream's row lock, so that
 * order is commit order; therefore let this be the last thing a transaction does. Listeners hear only the stream's id.
 */
export async function appendToStream(
  tx: GroundTransaction,
  streamId: string,
  events: readonly NewStreamEvent[],
): Promise<void> {
  if (events.length === 0) return
  const count = events.length
  await sql`/* prepared: append-to-stream */
    with head as (
      insert into stream (id, last_offset) values (${streamId}, ${count})
      on conflict (id) do update set last_offset = stream.last_offset + ${count}
      returning last_offset
    ), written as (
      insert into stream_event (stream_id, event_offset, type, payload)
      select ${streamId}, head.last_offset - ${count} + event.ordinality, event.value ->> 'type', event.value -> 'payload'
      from head, jsonb_array_elements(${JSON.stringify(events)}::jsonb) with ordinality as event
    )
    select pg_notify(${streamChannel}, ${streamId})
  `.execute(tx)
}

/** Up to `limit` events after the offset `after`, in order. A stream nobody has written to yet is empty. */
export async function readStream(
  db: Ground | GroundTransaction,
  streamId: string,
  after: number,
  limit: number,
): Promise<StreamPage> {
  const stream = await db
    .selectFrom('stream')
    .select(['droppedOffset', 'lastOffset'])
    .where('id', '=', streamId)
    .executeTakeFirst()
  if (!stream || after >= Number(stream.lastOffset)) {
    // An offset that was never given comes from another database: its reader starts over.
    return { events: [], gap: after > Number(stream?.lastOffset ?? 0) }
  }
  if (after < Number(stream.droppedOffset)) return { events: [], gap: true }
  const rows = await db
    .selectFrom('streamEvent')
    .selectAll()
    .where('streamId', '=', streamId)
    .where('eventOffset', '>', String(after))
    .orderBy('eventOffset')
    .limit(limit)
    .execute()
  const events = rows.map((row) => ({
    offset: Number(row.eventOffset),
    type: row.type,
    payload: row.payload,
    at: row.at,
  }))
  // Dropped between the two statements.
  return { events, gap: events[0] !== undefined && events[0].offset !== after + 1 }
}

/** The last offset given in a stream, 0 when there is none. */
export async function lastOffset(db: Ground | GroundTransaction, streamId: string): Promise<number> {
  const row = await db.selectFrom('stream').select('lastOffset').where('id', '=', streamId).executeTakeFirst()
  return Number(row?.lastOffset ?? 0)
}

/**
 * Drops a stream's events from before `before`. Readers that were not there yet are told of the gap.
 * @returns how many were dropped
 */
export async function dropStreamEvents(tx: GroundTransaction, streamId: string, before: Date): Promise<number> {
  const dropped = await sql<{ droppedOffset: string }>`
    update stream set dropped_offset = old.last
    from (select max(event_offset) as last from stream_event where stream_id = ${streamId} and at < ${before}) as old
    where id = ${streamId} and old.last is not null
    returning dropped_offset
  `.execute(tx)
  const upTo = dropped.rows[0]?.droppedOffset
  if (upTo === undefined) return 0
  const gone = await tx
    .deleteFrom('streamEvent')
    .where('streamId', '=', streamId)
    .where('eventOffset', '<=', upTo)
    .executeTakeFirst()
  return Number(gone.numDeletedRows)
}
