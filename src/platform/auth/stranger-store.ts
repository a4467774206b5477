import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import './auth-tables.ts'

export interface StrangerRules {
  readonly failuresToLock: number
  readonly lockMs: number
}

/** Rows that say nothing any more go a few at a time, with those that come. */
const forgottenAtOnce = 20

/**
 * A failed sign-in under a name that may not sign in, counted as an account's failures are.
 * @returns for how long the name is locked, 0 for not; `isNew`: by this failure
 */
export async function strangerFailed(
  tx: GroundTransaction,
  name: string,
  { failuresToLock, lockMs }: StrangerRules,
): Promise<{ readonly lockedForMs: number; readonly isNew: boolean }> {
  const key = createHash('sha256').update(name.trim().toLowerCase()).digest()
  const window = sql`${lockMs}::float8 * interval '1 millisecond'`
  await sql`insert into sign_in_stranger (name_hash) values (${key}) on conflict do nothing`.execute(tx)
  const locked = await sql<{ ms: number }>`
    select coalesce(extract(epoch from locked_until - app_now()) * 1000, 0)::float8 as ms
    from sign_in_stranger where name_hash = ${key} for update
  `.execute(tx)
  const ms = locked.rows[0]?.ms ?? 0
  if (ms > 0) return { lockedForMs: ms, isNew: false }
  const { rows } = await sql<{ failures: number }>`
    update sign_in_stranger set last_at = app_now(), failed_at = array(
      select f from unnest(failed_at || app_now()) f
      where f > app_now() - ${window} and f > coalesce(locked_until - ${window}, '-infinity'))
    where name_hash = ${key} returning cardinality(failed_at) as failures
  `.execute(tx)
  await sql`
    delete from sign_in_stranger where name_hash in (
      select name_hash from sign_in_stranger where last_at < app_now() - 2 * ${window}
      order by last_at limit ${forgottenAtOnce} for update skip locked)
  `.execute(tx)
  if ((rows[0]?.failures ?? 0) < failuresToLock) return { lockedForMs: 0, isNew: false }
  await sql`update sign_in_stranger set locked_until = app_now() + ${window} where name_hash = ${key}`.execute(tx)
  return { lockedForMs: lockMs, isNew: true }
}
