import { sql } from 'kysely'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { missingCalendarYears, tellCallingChanged } from '../calling/calendar-service.ts'
import type { FirstStep } from '../live/live-schema.ts'
import '../follow-up-tables.ts'

/**
 * What an empty hospital still has to do before its first real call. Read from what is there, so that a step counts by
 * whatever way it was done; only that somebody has looked at the calling rule must be said.
 * @returns none in a demonstration (a simulated trunk), and none once all are done
 */
export async function firstSteps(db: Ground | GroundTransaction): Promise<FirstStep[]> {
  const { rows } = await sql<Record<'demo' | 'trunk' | 'import' | 'rule' | 'accounts' | 'start', boolean>>`
    select exists (select from trunk where kind = 'simulated') as demo,
      exists (select from trunk where kind = 'sip' and enabled) as trunk,
      exists (select from patient) as import,
      exists (select from setting where key = 'calling' and version > 1)
        or exists (select from audit_row where action = 'calling.reviewed' and object_kind = 'setting') as rule,
      -- Of the first start's own accounts none is only for the work.
      exists (select from user_role r where r.role_code in ('supervisor', 'agent') and not exists (
        select from user_role a where a.user_account_id = r.user_account_id and a.role_code = 'system_admin')) as accounts,
      exists (select from campaign where state = 'running') as start
  `.execute(db)
  const [found] = rows
  if (found === undefined || found.demo) return []
  const calendar = (await missingCalendarYears(db)).length === 0
  const done = { ...found, calendar }
  const steps = (['trunk', 'import', 'rule', 'calendar', 'accounts', 'start'] as const).map((step) => ({
    step,
    done: done[step],
  }))
  return steps.every((step) => step.done) ? [] : steps
}

/** Somebody who may change the calling rule has looked at it and leaves it as it is. */
export async function callingReviewed(db: Ground, actor: Actor): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const object = { kind: 'setting', id: 'calling' }
    await writeAudit(tx, { actor, action: 'calling.reviewed', object, outcome: 'ok' })
    await tellCallingChanged(tx)
  })
}
