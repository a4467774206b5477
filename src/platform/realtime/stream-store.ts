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
  /** True when there were more than asked for: only then is another look due before the stream's next news. */
  readonly more: boolean
}

/**
 * Writes events at the end of a stream, in this transaction. The offset is given under the stream's row lock, so that
 * order is commit order; therefore let this be the last thing a transaction does. Listeners hear only the stream's id.
 */
export function appendToStream(
  tx: GroundTransaction,
  streamId: string,
  events: readonly NewStreamEvent[],
): Promise<void> {
  return appendToStreams(tx, [[streamId, events]])
}

/**
 * The same for several streams, each named once. They are locked in the order in which they are named: let it be one
 * order everywhere.
 */
export async function appendToStreams(
  tx: GroundTransaction,
  written: readonly (readonly [streamId: string, events: readonly NewStreamEvent[]])[],
): Promise<void> {
  const asked = written.flatMap(([id, events]) => (events.length === 0 ? [] : [{ id, events }]))
  if (asked.length === 0) return
  await sql`/* prepared: append-to-streams */
    with asked as (
      select one.value ->> 'id' as id, one.value -> 'events' as events,
        jsonb_array_length(one.value -> 'events') as count, one.ordinality as turn
      from jsonb_array_elements(${JSON.stringify(asked)}::jsonb) with ordinality as one
    ), head as (
      insert into stream (id, last_offset) select id, count from asked order by turn
      on conflict (id) do update set last_offset = stream.last_offset + excluded.last_offset
      returning id, last_offset
    ), written as (
      insert into stream_event (stream_id, event_offset, type, payload)
      select head.id, head.last_offset - asked.count + event.ordinality, event.value ->> 'type', event.value -> 'payload'
      from head join asked on asked.id = head.id, jsonb_array_elements(asked.events) with ordinality as event
    )
    select pg_notify(${streamChannel}, id) from asked
  `.execute(tx)
}

/** A stream's head beside each event that was asked for, or beside none. */
interface Row {
  /** Which of those that were asked for, from 1. */
  readonly turn: number
  readonly droppedOffset: string
  readonly lastOffset: string
  readonly eventOffset: string | null
  readonly type: string | null
  readonly payload: StreamEvent['payload'] | null
  readonly at: Date | null
}

/** A place in a stream: what follows the offset `after`. */
export interface StreamPlace {
  readonly stream: string
  readonly after: number
}

/** Up to `limit` events after the offset `after`, in order. A stream nobody has written to yet is empty. */
export async function readStream(
  db: Ground | GroundTransaction,
  stream: string,
  after: number,
  limit: number,
): Promise<StreamPage> {
  const [page] = await readStreams(db, [{ stream, after }], limit)
  return page ?? { events: [], gap: after > 0, more: false }
}

/** The same for several places in one look, up to `limit` events each. @returns a page for each, in their order */
export async function readStreams(
  db: Ground | GroundTransaction,
  places: readonly StreamPlace[],
  limit: number,
): Promise<readonly StreamPage[]> {
  const { rows } = await sql<Row>`/* prepared: read-streams */
    select a.turn::integer as turn, s.dropped_offset, s.last_offset, e.event_offset, e.type, e.payload, e.at
    from unnest(${places.map(({ stream }) => stream)}::text[], ${places.map(({ after }) => after)}::bigint[])
      with ordinality as a (id, after, turn)
    join stream s on s.id = a.id
    left join lateral (
      select event_offset, type, payload, at from stream_event
      where stream_id = s.id and event_offset > a.after order by event_offset limit ${limit}
    ) e on true
    order by a.turn, e.event_offset
  `.execute(db)
  const found = Map.groupBy(rows, ({ turn }) => turn)
  return places.map(({ after }, index) => pageOf(found.get(index + 1) ?? [], after, limit))
}

function pageOf(rows: readonly Row[], after: number, limit: number): StreamPage {
  const [stream] = rows
  const lastOffset = Number(stream?.lastOffset ?? 0)
  // An offset that was never given comes from another database: its reader starts over.
  if (stream === undefined || after >= lastOffset) return { events: [], gap: after > lastOffset, more: false }
  if (after < Number(stream.droppedOffset)) return { events: [], gap: true, more: false }
  const events = rows.flatMap(({ eventOffset, type, payload, at }) =>
    eventOffset === null || type === null || payload === null || at === null
      ? []
      : [{ offset: Number(eventOffset), type, payload, at }],
  )
  return { events, gap: false, more: events.length === limit }
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
