import { sql } from 'kysely'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import './call-errors.ts'

/**
 * How often in an hour somebody who sees people masked may ask for one by a whole number. Four masked digits of a
 * telephone number are ten thousand guesses.
 */
export const lookUpsPerHour = 30

/**
 * Counts a search for one person by somebody who sees people masked: what is found, or not, confirms what was typed.
 * Written down before it is answered, and counted by what is written down.
 * @throws UserError CALL_LOOK_UP_TOO_OFTEN
 */
export async function countLookUp(db: Ground, actor: Actor, by: 'number' | 'record'): Promise<void> {
  const allowed = await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`suifang.look-up ${actor.accountId}`}, 0))`.execute(tx)
    const { rows } = await sql<{ count: number }>`
      select count(*)::int from audit_row where at > clock_timestamp() - interval '1 hour'
        and action = 'call.looked_up' and outcome = 'ok' and actor_id = ${actor.accountId}::uuid
    `.execute(tx)
    const free = (rows[0]?.count ?? 0) < lookUpsPerHour
    const detail = free ? { by } : { by, code: 'CALL_LOOK_UP_TOO_OFTEN' }
    await writeAudit(tx, { actor, action: 'call.looked_up', outcome: free ? 'ok' : 'denied', detail })
    return free
  })
  if (!allowed) throw new UserError('CALL_LOOK_UP_TOO_OFTEN', { times: lookUpsPerHour })
}
