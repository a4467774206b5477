import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { nextOpening } from '../calling/calling-rule.ts'
import { windowOfProgramme } from '../calling/calling-rule-store.ts'
import '../follow-up-tables.ts'

/**
 * When a programme dials again by itself: the first instant at which its hours are open and the time of one of its waiting
 * tasks has come, the end of a hold among them. What else holds a call, somebody has to mend.
 * @returns now, where both hold already; null where nothing waits, or the hours do not open in two months
 */
export async function goesOnAt(db: Ground | GroundTransaction, programmeId: string): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select case when count(*) > 0 then greatest(min(t.dial_at), app_now()) end as at from task t
    where t.programme_id = ${programmeId} and t.state in ('scheduled', 'retry_wait', 'callback')
      and t.expires_at > app_now()
  `.execute(db)
  const at = rows[0]?.at ?? null
  return at === null ? null : nextOpening(await windowOfProgramme(db, programmeId), at)
}
