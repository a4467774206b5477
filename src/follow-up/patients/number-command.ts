import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import { systemActor, writeAudit } from '#platform/audit/audit-store.ts'
import type { GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import type { GroundFloor } from '#platform/ground.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import { instantAt } from '../calling/hospital-day.ts'
import { taskChanges } from '../tasks/task-change.ts'
import { moveTasks } from '../tasks/task-store.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import { addDoNotCall, liftDoNotCall } from './do-not-call.ts'
import { e164Of, numberIdOf } from './number-by-text.ts'
import './patient-errors.ts'
import { renumberTasks } from './phone-store.ts'

/** What an administrator says of numbers at the server: who is not to be called, and what the network said wrongly. */

type Parts = Pick<GroundFloor, 'db' | 'secrets'>

/** An entry that stands, without anybody's data but the last four digits. */
export interface ListedRefusal {
  readonly id: string
  /** Null: a patient on any number. */
  readonly last4: string | null
  readonly source: string
  readonly reason: string | null
  /** ISO 8601. */
  readonly since: string
  readonly until: string | null
}

/**
 * `do-not-call [--number <number>]` lists what stands; `do-not-call --add --number <number> [--reason …] [--until
 * 2026-12-31]` adds a number, also one that no list has brought yet; `do-not-call --lift <id>` takes an entry off.
 * @throws UserError NUMBER_UNREADABLE, DAY_UNREADABLE, DO_NOT_CALL_UNKNOWN
 * Source: requirements C10
 */
export async function doNotCallCommand(parts: Parts, argv: readonly string[]): Promise<readonly ListedRefusal[]> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...argv],
    options: { add: { type: 'boolean' }, lift: text, number: text, reason: text, until: text },
  })
  const { db } = parts
  if (values.lift !== undefined) {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(values.lift)) throw new UserError('DO_NOT_CALL_UNKNOWN')
    await liftDoNotCall(db, values.lift, systemActor)
    return []
  }
  if (values.add === true) {
    const number = e164Of(values.number ?? '')
    // Of the day that is named: the list holds until it is over.
    const until = values.until === undefined ? {} : { until: instantAt(dayOf(values.until), '24:00') }
    const phoneNumberId = await db.transaction().execute((tx) => numberIdOf(parts.secrets, tx, number))
    const reason = values.reason === undefined ? {} : { reason: values.reason }
    const id = await addDoNotCall(db, { phoneNumberId, source: 'supervisor', ...reason, ...until }, systemActor)
    return listed(parts, sql`d.id = ${id}`)
  }
  const { number } = values
  return listed(parts, number === undefined ? sql`true` : sql`n.hmac = ${parts.secrets.hmacPhone(e164Of(number))}`)
}

async function listed({ db }: Parts, which: ReturnType<typeof sql>): Promise<readonly ListedRefusal[]> {
  const { rows } = await sql<Omit<ListedRefusal, 'since' | 'until'> & { since: Date; until: Date | null }>`
    select d.id, n.last4, d.source, d.reason, d.created_at as since, d.until
    from do_not_call d left join phone_number n on n.id = d.phone_number_id
    where ${which} and d.lifted_at is null and (d.until is null or d.until > app_now())
    order by d.created_at desc, d.id
  `.execute(db)
  return rows.map(({ since, until, ...row }) => ({
    ...row,
    since: since.toISOString(),
    until: until?.toISOString() ?? null,
  }))
}

export interface UsableAgain {
  /** Numbers that had been called invalid or out of service and may be dialled again. */
  readonly numbers: number
  /** Tasks that had failed by that and are due again. */
  readonly reopened: number
}

/**
 * `number-usable --number <number>` or `--flagged-since 2026-11-22`: the network called numbers invalid or out of service
 * that are not (a trunk that was set up wrongly refuses all with 404). They may be dialled again, and the tasks that
 * failed by it are opened again, as far as their time has not run out.
 * @throws UserError NUMBER_UNREADABLE, DAY_UNREADABLE
 */
export async function numberUsableCommand({ db, secrets }: Parts, argv: readonly string[]): Promise<UsableAgain> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ args: [...argv], options: { number: text, 'flagged-since': text } })
  const since = values['flagged-since']
  const which =
    since === undefined
      ? sql`n.hmac = ${secrets.hmacPhone(e164Of(values.number ?? ''))}`
      : sql`n.flagged_at >= ${instantAt(dayOf(since), '00:00')}`
  return db.transaction().execute(async (tx) => {
    const { rows: cleared } = await sql<{ id: string }>`
      update phone_number n set flag = null, flagged_at = null where n.flag is not null and ${which} returning n.id
    `.execute(tx)
    const ids = cleared.map(({ id }) => id)
    const reopened = await reopenFailedBy(tx, ids)
    const { rows: patients } = await sql<{ id: string }>`
      select distinct patient_id as id from patient_phone where phone_number_id = any (${ids}::uuid[])
    `.execute(tx)
    await renumberTasks(
      tx,
      patients.map(({ id }) => id),
    )
    const detail = { numbers: ids.length, reopened: reopened.length, ...(since === undefined ? {} : { since }) }
    await writeAudit(tx, { actor: systemActor, action: 'number.usable', outcome: 'ok', detail })
    await tellDiallers(tx)
    await appendToStream(tx, 'live', taskChanges(reopened))
    return { numbers: ids.length, reopened: reopened.length }
  })
}

/** Tasks whose last word from the network was that these numbers do not exist. Each leaves its audit row, which the database wants. */
async function reopenFailedBy(tx: GroundTransaction, numberIds: readonly string[]) {
  const { rows } = await sql<{ id: string }>`
    select t.id from task t
    where t.state = 'failed' and t.reason in ('invalid_number', 'suspended_line', 'no_number') and t.expires_at > app_now()
      and exists (select from attempt a where a.task_id = t.id and a.phone_number_id = any (${numberIds}::uuid[])
        and a.result in ('invalid_number', 'suspended_line'))
    order by t.id for update
  `.execute(tx)
  const ids = rows.map(({ id }) => id)
  for (const id of ids) {
    const object = { kind: 'task', id }
    await writeAudit(tx, {
      actor: systemActor,
      action: 'task.reopen',
      object,
      outcome: 'ok',
      detail: { reason: 'number_usable' },
    })
  }
  return moveTasks(tx, { where: sql`t.id = any (${ids}::uuid[])`, from: ['failed'], to: 'scheduled', reason: null })
}

function dayOf(text: string): string {
  const at = new Date(`${text}T00:00:00Z`)
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || !at.toISOString().startsWith(text))
    throw new UserError('DAY_UNREADABLE', { text })
  return text
}
