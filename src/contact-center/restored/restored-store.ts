import { type Generated, sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { DatabaseMark, Doubt } from './database-mark.ts'

/** Of migration 0032: one row. */
interface DatabaseMarkTable {
  one: Generated<boolean>
  id: string
  mark: string
  movedAt: Date | null
  doubt: Doubt | null
  doubtedAt: Date | null
}

declare module '#platform/database/tables.ts' {
  interface Tables {
    databaseMark: DatabaseMarkTable
  }
}

/** A node that has not counted on for so long is not there. */
const silentAfter = sql`interval '5 minutes'`

export async function databaseMark(db: Ground): Promise<DatabaseMark> {
  const { rows } = await sql<Omit<DatabaseMark, 'mark'> & { mark: string }>`
    select id, mark, moved_at,
      coalesce(moved_at > clock_timestamp() - ${silentAfter}, false) as moving,
      exists (select from attempt) as has_called
    from database_mark
  `.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('the database has no mark')
  return { ...row, mark: Number(row.mark) }
}

/**
 * Counts on. Kept on the disk before anybody remembers it, whatever the server is set to.
 * @returns how far it is
 */
export async function moveMark(db: Ground): Promise<number> {
  return db.transaction().execute(async (tx) => {
    await sql`set local synchronous_commit = on`.execute(tx)
    const { rows } = await sql<{ mark: string }>`
      update database_mark set mark = mark + 1, moved_at = clock_timestamp() returning mark
    `.execute(tx)
    return Number(rows[0]?.mark)
  })
}

/** @returns whether nobody had doubted it before */
export async function doubtDatabase(tx: GroundTransaction, doubt: Doubt): Promise<boolean> {
  const { rows } = await sql`
    update database_mark set doubt = ${doubt}, doubted_at = clock_timestamp() where doubt is null returning one
  `.execute(tx)
  return rows.length > 0
}

/** @returns what was doubted; null: nothing was */
export async function trustDatabase(tx: GroundTransaction): Promise<{ doubt: Doubt; doubtedAt: Date } | null> {
  const { rows } = await sql<{ doubt: Doubt; doubtedAt: Date }>`
    with before as (select doubt, doubted_at from database_mark where doubt is not null for update)
    update database_mark set doubt = null, doubted_at = null from before returning before.doubt, before.doubted_at
  `.execute(tx)
  return rows[0] ?? null
}

/** How many of these attempts the database does not know. */
export async function unknownAttempts(db: Ground, ids: readonly string[]): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from unnest(${ids}::uuid[]) as seen (id)
    where not exists (select from attempt a where a.id = seen.id)
  `.execute(db)
  return rows[0]?.count ?? 0
}

/** Why nobody is called by this database, and since when; null: nothing is doubted. */
export async function databaseDoubt(db: Ground): Promise<{ why: Doubt; since: Date } | null> {
  const { rows } = await sql<{ why: Doubt; since: Date }>`
    select doubt as why, doubted_at as since from database_mark where doubt is not null
  `.execute(db)
  return rows[0] ?? null
}
