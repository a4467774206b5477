import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'

/** A trunk is another or answers again, the database is confirmed: diallers on every node look (follow-up's channel of work). */
export async function wakeDiallers(tx: GroundTransaction): Promise<void> {
  await sql`select pg_notify('suifang_work', '')`.execute(tx)
}
