import { sql } from 'kysely'
import '../../src/follow-up/follow-up-tables.ts'
import type { Ground } from '#platform/database/database.ts'

/** One attempt of a seat as the database has it when all is over; milliseconds of the wall clock. */
export interface SeatRow {
  readonly attemptId: string
  readonly result: string | null
  /** The application knew of the answer, or of the room that has both. */
  readonly answeredAt: number | null
  readonly bridgedAt: number | null
  /** The seat's stream had its line of the answer. */
  readonly toldAt: number | null
}

export async function seatRows(db: Ground): Promise<ReadonlyMap<string, SeatRow>> {
  const { rows } = await sql<SeatRow>`
    select a.id as attempt_id, a.result, answered.at as answered_at, bridged.at as bridged_at, told.at as told_at
    from attempt a
    left join lateral (select extract(epoch from e.at)::float8 * 1000 as at from call_event e
      where e.attempt_id = a.id and e.type = 'answered') answered on true
    left join lateral (select extract(epoch from min(e.at))::float8 * 1000 as at from call_event e
      where e.attempt_id = a.id and e.type = 'bridged') bridged on true
    left join (
      select s.payload->>'attemptId' as attempt_id, extract(epoch from s.at)::float8 * 1000 as at
      from stream_event s where s.stream_id like 'seat:%' and s.type = 'call.answered'
    ) told on told.attempt_id = a.id::text
  `.execute(db)
  return new Map(rows.map((row) => [row.attemptId, row]))
}
