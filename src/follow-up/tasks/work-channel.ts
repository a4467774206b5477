import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'

/** Channel on which a dialler hears that there may be something to do, or nothing any more. */
export const workChannel = 'suifang_work'

/** Diallers on every node look for work once this transaction is committed. */
export async function tellDiallers(tx: GroundTransaction): Promise<void> {
  await sql`select pg_notify(${workChannel}, '')`.execute(tx)
}
