import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import '../contact-center-tables.ts'
import './retention-tables.ts'
import type { SettledFile } from './recording-files.ts'

/** Why a file belongs to no call: its name is none of a recording, its call is unknown here, or has another recording. */
export type StrayCause = 'not_a_recording' | 'no_such_call' | 'call_has_another'

/** Names of files that no recording's row names. */
export async function unknownNames(db: Ground, names: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from unnest(${[...names]}::text[]) as name
    except select path from recording where path = any(${[...names]}) order by name
  `.execute(db)
  return rows.map(({ name }) => name)
}

/**
 * Gives a call that is over the file that was recorded of it, where it has none: its node died before it could say that
 * the recording had begun. It is closed then, and judged as others are.
 * @returns `call_goes_on` for one that is not over: look again later
 */
export async function attachFile(
  tx: GroundTransaction,
  file: { readonly attemptId: string; readonly name: string; readonly modifiedAt: Date },
): Promise<'attached' | 'call_goes_on' | Exclude<StrayCause, 'not_a_recording'>> {
  const { attemptId, name, modifiedAt } = file
  const { rows } = await sql<{ state: string }>`select state from attempt where id = ${attemptId} for update`.execute(
    tx,
  )
  const [attempt] = rows
  if (attempt === undefined) return 'no_such_call'
  if (attempt.state !== 'ended') return 'call_goes_on'
  // Its answer was not told either.
  await sql`
    insert into recording (id, attempt_id, expected_at)
    values (${newId()}, ${attemptId}, least(${modifiedAt}, app_now())) on conflict do nothing
  `.execute(tx)
  await sql`
    update recording set state = 'missing' where attempt_id = ${attemptId} and part = 1 and state = 'expected'
  `.execute(tx)
  const closed = await sql`
    update recording set state = 'closed', path = ${name}, closed_at = ${modifiedAt}, judged_at = null
    where attempt_id = ${attemptId} and part = 1 and state = 'missing' and path is null
  `.execute(tx)
  return Number(closed.numAffectedRows ?? 0) > 0 ? 'attached' : 'call_has_another'
}

export async function listStray(
  tx: GroundTransaction,
  stray: SettledFile & { readonly name: string; readonly cause: StrayCause },
): Promise<boolean> {
  const { name, cause, bytes, modifiedAt } = stray
  const listed = await sql<{ isNew: boolean }>`
    insert into stray_recording (id, name, cause, bytes, modified_at)
    values (${newId()}, ${name}, ${cause}, ${bytes}, ${modifiedAt})
    on conflict (name) where removed_at is null and settled_at is null
      do update set cause = excluded.cause, bytes = excluded.bytes, modified_at = excluded.modified_at
    returning xmax = 0 as is_new
  `.execute(tx)
  return listed.rows[0]?.isNew ?? false
}

/** Those listed that a search has not met again. */
export async function settleStraysBut(db: Ground, names: readonly string[]): Promise<void> {
  await sql`
    update stray_recording set settled_at = app_now()
    where removed_at is null and settled_at is null and name <> all (${[...names]}::text[])
  `.execute(db)
}

export interface Stray {
  readonly id: string
  readonly name: string
  readonly cause: StrayCause
  readonly bytes: number
  readonly modifiedAt: Date
  readonly foundAt: Date
}

/** Oldest first. */
export async function listedStrays(
  db: Ground | GroundTransaction,
  atMost: number,
): Promise<{ readonly count: number; readonly first: readonly Stray[] }> {
  const { rows } = await sql<Stray & { count: number }>`
    select id, name, cause, bytes::float8 as bytes, modified_at, found_at, (count(*) over ())::integer as count
    from stray_recording where removed_at is null and settled_at is null order by modified_at, name limit ${atMost}
  `.execute(db)
  return { count: rows[0]?.count ?? 0, first: rows.map(({ count: _all, ...stray }) => stray) }
}

/** @returns the file's name, or null for one that is not listed any more, or that a row names by now */
export async function markStrayRemoved(
  tx: GroundTransaction,
  id: string,
  { by, reason }: { readonly by: string | null; readonly reason: string },
): Promise<string | null> {
  const { rows } = await sql<{ name: string }>`
    update stray_recording s set removed_at = app_now(), removed_by = ${by}, reason = ${reason}
    where s.id = ${id} and s.removed_at is null and s.settled_at is null
      and not exists (select from recording r where r.path = s.name)
    returning s.name
  `.execute(tx)
  return rows[0]?.name ?? null
}

/** Sound files only, of that age: what else lies there waits for a person. */
const oldStray = (days: number) => sql`
  s.removed_at is null and s.settled_at is null and s.name like '%.wav'
  and s.modified_at < least(app_now(), clock_timestamp()) - make_interval(days => ${days}::integer)
  and not exists (select from recording r where r.path = s.name)`

export async function straysDue(db: Ground | GroundTransaction, days: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from stray_recording s where ${oldStray(days)}
  `.execute(db)
  return rows[0]?.count ?? 0
}

/** The rule removes those as old as the recordings that it removes. @returns names of the files */
export async function expireStrays(
  tx: GroundTransaction,
  run: { readonly id: string; readonly recordingDays: number },
  atMost: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    update stray_recording set removed_at = app_now(), removed_run = ${run.id}
    where id in (select s.id from stray_recording s where ${oldStray(run.recordingDays)}
      order by s.modified_at limit ${atMost} for update skip locked)
    returning name
  `.execute(tx)
  await sql`update retention_run set strays = strays + ${rows.length} where id = ${run.id}`.execute(tx)
  return rows.map(({ name }) => name)
}
