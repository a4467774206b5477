import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '../database/database.ts'
import { type DiskPlace, type DiskSpace, daysLeft, type RoomState } from './disk-room.ts'
import './disk-tables.ts'

/** Rooms that no look has renewed for so long are of a node that is gone. Ten looks. */
const silentAfter = sql`interval '5 minutes'`

export interface SeenRoom extends DiskSpace {
  readonly node: string
  readonly place: DiskPlace
  readonly state: RoomState
}

/** @returns whether that is another state than was known */
export async function saveRoom(tx: GroundTransaction, seen: SeenRoom): Promise<boolean> {
  const { node, place, state, freeBytes, totalBytes } = seen
  const before = await tx
    .selectFrom('diskRoom')
    .select('state')
    .where('node', '=', node)
    .where('place', '=', place)
    .forUpdate()
    .executeTakeFirst()
  await sql`
    insert into disk_room (node, place, state, free_bytes, total_bytes)
    values (${node}, ${place}, ${state}, ${freeBytes}, ${totalBytes})
    on conflict (node, place) do update set state = excluded.state, free_bytes = excluded.free_bytes,
      total_bytes = excluded.total_bytes, seen_at = excluded.seen_at,
      since = case when disk_room.state = excluded.state then disk_room.since else excluded.since end
  `.execute(tx)
  await sql`
    insert into disk_day (node, place, day, used_bytes)
    values (${node}, ${place}, (clock_timestamp() at time zone 'Asia/Shanghai')::date, ${totalBytes - freeBytes})
    on conflict do nothing
  `.execute(tx)
  await sql`delete from disk_day where node = ${node} and seen_at < clock_timestamp() - interval '30 days'`.execute(tx)
  return (before?.state ?? 'ok') !== state
}

export interface DiskNow extends SeenRoom {
  readonly since: Date
  /** At the last week's growth; null while that is not known, or nothing grows. */
  readonly daysLeft: number | null
}

/** The disks of the nodes that are there. */
export async function disksNow(db: Ground | GroundTransaction): Promise<readonly DiskNow[]> {
  const { rows } = await sql<{
    node: string
    place: DiskPlace
    state: RoomState
    freeBytes: string
    totalBytes: string
    since: Date
    seenAt: Date
    earlier: readonly { readonly used: number; readonly at: string }[] | null
  }>`
    select r.node, r.place, r.state, r.free_bytes, r.total_bytes, r.since, r.seen_at,
      (select json_agg(json_build_object('used', d.used_bytes, 'at', d.seen_at)) from disk_day d
        where d.node = r.node and d.place = r.place) as earlier
    from disk_room r where r.seen_at > clock_timestamp() - ${silentAfter} order by r.node, r.place
  `.execute(db)
  return rows.map(({ freeBytes, totalBytes, earlier, seenAt, ...row }) => {
    const space = { freeBytes: Number(freeBytes), totalBytes: Number(totalBytes) }
    const uses = (earlier ?? []).map(({ used, at }) => ({ usedBytes: used, at: new Date(at) }))
    return { ...row, ...space, daysLeft: daysLeft(space, uses, seenAt) }
  })
}

/** Whether no node has room for another call's recording: then nothing is dialled. */
export async function everyDiskIsFull(db: Ground | GroundTransaction): Promise<boolean> {
  const { rows } = await sql<{ full: boolean }>`
    select coalesce(bool_and(full_one), false) as "full" from (
      select bool_or(state = 'full') as full_one from disk_room
      where seen_at > clock_timestamp() - ${silentAfter} group by node
    ) as node
  `.execute(db)
  return rows[0]?.full ?? false
}
