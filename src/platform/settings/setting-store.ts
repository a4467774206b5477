import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '../database/database.ts'
import type { SettingNowView } from './setting-tables.ts'

/** What stands now, of one key or of all. */
export async function currentSettings(
  db: Ground,
  key?: string,
): Promise<readonly Pick<SettingNowView, 'key' | 'version' | 'value'>[]> {
  return db
    .selectFrom('settingNow')
    .select(['key', 'version', 'value'])
    .$if(key !== undefined, (query) => query.where('key', '=', key ?? ''))
    .execute()
}

/** The next version of a key; two writers at once take turns. `value` is JSON text. */
export async function addVersion(
  tx: GroundTransaction,
  key: string,
  value: string,
  changedBy: string | null,
): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`setting ${key}`}, 0))`.execute(tx)
  const { version } = await tx
    .insertInto('setting')
    .columns(['key', 'version', 'value', 'changedBy'])
    .expression((select) =>
      select
        .selectFrom('setting')
        .where('key', '=', key)
        .select(({ fn, val, lit }) => [
          val(key).as('key'),
          sql<number>`${fn.coalesce(fn.max('version'), lit(0))} + 1`.as('version'),
          sql<string>`${value}::jsonb`.as('value'),
          sql<string | null>`${changedBy}::uuid`.as('changedBy'),
        ]),
    )
    .returning('version')
    .executeTakeFirstOrThrow()
  return version
}
