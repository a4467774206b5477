import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { FolderFault } from './retention-tables.ts'

/** A node that has said nothing for so long is not there. */
const silentAfter = sql`interval '5 minutes'`

/** What the folder of recordings is to be marked with. */
export async function folderMark(db: Ground): Promise<string> {
  const row = await db.selectFrom('retentionGuard').select('folderId').executeTakeFirstOrThrow()
  return row.folderId
}

/** @returns whether it is another than the node last said */
export async function saveFolder(
  tx: GroundTransaction,
  { node, fault }: { readonly node: string; readonly fault: FolderFault | null },
): Promise<boolean> {
  const before = await tx
    .selectFrom('recordingsFolder')
    .select('fault')
    .where('node', '=', node)
    .forUpdate()
    .executeTakeFirst()
  await sql`
    insert into recordings_folder (node, fault) values (${node}, ${fault})
    on conflict (node) do update set fault = excluded.fault, seen_at = excluded.seen_at,
      since = case when recordings_folder.fault is not distinct from excluded.fault
        then recordings_folder.since else excluded.since end
  `.execute(tx)
  return (before?.fault ?? null) !== fault
}

/** Whether no node has the folder that its recordings belong into: then nothing is dialled. */
export async function everyFolderIsAway(db: Ground | GroundTransaction): Promise<boolean> {
  const { rows } = await sql<{ away: boolean }>`
    select coalesce(bool_and(fault is not null), false) as away from recordings_folder
    where seen_at > clock_timestamp() - ${silentAfter}
  `.execute(db)
  return rows[0]?.away ?? false
}
