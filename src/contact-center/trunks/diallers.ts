import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'

/** A trunk is another, or answers again: diallers on every node look (follow-up's channel of work). */
export async function tellDiallersOfTrunks(tx: GroundTransaction): Promise<void> {
  await sql`select pg_notify('suifang_work', '')`.execute(tx)
}
