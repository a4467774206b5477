import { sql } from 'kysely'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import { transacted } from '#platform/database/again.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import type { Secrets } from '#platform/secrets.ts'
import { openedPhone } from '../live/person-mask.ts'
import { taskChanges } from '../tasks/task-change.ts'
import { moveTasks } from '../tasks/task-store.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import type { NumberSight } from './do-not-call-list.ts'
import type { FlaggedItem, FlaggedPage, FlaggedSearch, UsableAgain } from './flagged-schema.ts'
import { departmentOf } from './known-by-number.ts'
import { e164Of } from './number-by-text.ts'
import './patient-errors.ts'
import { renumberTasks } from './phone-store.ts'
import { opens } from './sealed-numbers.ts'

/** One number, as a row or in E.164, or those that the network has closed since a moment. */
export type FlaggedNumbers =
  | { readonly id: string }
  | { readonly e164: string }
  | { readonly since: Date; readonly asOf?: Date; readonly trunkId?: string }

const closing = sql`('invalid_number', 'suspended_line')`

/** The attempts at a number that closed it. The first two conditions are those of the index by number. */
const closedBy = sql`a.phone_number_id = n.id and a.state = 'ended' and a.result is distinct from 'congestion'
  and (a.result is distinct from 'cancelled' or a.invited_at is not null) and a.result in ${closing}`

const overTrunk = (trunkId: string) => sql`exists (select from attempt a where ${closedBy} and a.trunk_id = ${trunkId})`

/**
 * What the network has closed and what cannot be opened, newest first, masked as everywhere.
 * @throws UserError NUMBER_UNREADABLE
 */
export async function listFlagged(
  { db, secrets, clear }: NumberSight,
  { number, since, trunkId, offset, limit }: FlaggedSearch,
): Promise<FlaggedPage> {
  const which = sql.join(
    [
      sql`n.flag is not null`,
      ...(number === undefined ? [] : [sql`n.hmac = ${secrets.hmacPhone(e164Of(number))}`]),
      ...(since === undefined ? [] : [sql`n.flagged_at >= ${new Date(since)}`]),
      ...(trunkId === undefined ? [] : [overTrunk(trunkId)]),
    ],
    sql` and `,
  )
  const [{ rows }, counted, trunks] = await Promise.all([
    sql<Omit<FlaggedItem, 'phone' | 'at'> & { sealed: Buffer; last4: string; at: Date }>`
      select n.id, n.ciphertext as sealed, n.last4, n.flag, n.flagged_at as at,
        ${departmentOf(sql`null::uuid`, sql`n.id`)} as department,
        (select k.name from attempt a join trunk k on k.id = a.trunk_id where ${closedBy}
          order by a.counts_at desc limit 1) as trunk
      from phone_number n where ${which} order by n.flagged_at desc, n.id desc offset ${offset} limit ${limit}
    `.execute(db),
    sql<{ total: number; byNetwork: number; asOf: Date }>`
      select count(*)::int as total, count(*) filter (where n.flag <> 'unreadable')::int as by_network, app_now() as as_of
      from phone_number n where ${which}
    `.execute(db),
    db.selectFrom('trunk').select(['id', 'name']).orderBy('name').orderBy('id').execute(),
  ])
  const [{ total, byNetwork, asOf } = { total: 0, byNetwork: 0, asOf: new Date(0) }] = counted.rows
  return {
    numbers: rows.map(({ sealed, last4, at, ...row }) => ({
      ...row,
      phone: row.flag === 'unreadable' ? `***${last4}` : openedPhone(secrets.decrypt, sealed, { clear }),
      at: at.toISOString(),
    })),
    total,
    byNetwork,
    asOf: asOf.toISOString(),
    trunks,
  }
}

/**
 * The network called numbers invalid or out of service that are not (a trunk that was set up wrongly refuses all with
 * 404). They may be dialled again at once, and the tasks that failed by it are opened again, as far as their time has
 * not run out. One that could not be opened is not held by the network: it must open now, or be told in full.
 * @param reason goes into the audit trail; null at the server
 * @throws UserError NUMBER_NOT_FLAGGED for one that is not, NUMBER_SEALED for one that still cannot be opened
 */
export async function clearFlags(
  { db, secrets }: { readonly db: Ground; readonly secrets: Secrets },
  which: FlaggedNumbers,
  { actor, reason }: { readonly actor: Actor; readonly reason: string | null },
): Promise<UsableAgain> {
  return transacted(db, async (tx) => {
    if ('id' in which) await mustOpen(tx, secrets, which.id)
    const anew = 'e164' in which ? secrets.encrypt(which.e164) : null
    const { rows: cleared } = await sql<{ id: string }>`
      with chosen as materialized (
        select n.id from phone_number n where n.flag is not null and ${meant(which, secrets)} order by n.id for update
      )
      update phone_number n set flag = null, flagged_at = null,
        ciphertext = case when n.flag = 'unreadable' then coalesce(${anew}, n.ciphertext) else n.ciphertext end
      from chosen where n.id = chosen.id returning n.id
    `.execute(tx)
    if ('id' in which && cleared.length === 0) throw new UserError('NUMBER_NOT_FLAGGED')
    const ids = cleared.map(({ id }) => id)
    const reopened = await reopenFailedBy(tx, ids, actor)
    const { rows: patients } = await sql<{ id: string }>`
      select distinct patient_id as id from patient_phone where phone_number_id = any (${ids}::uuid[])
    `.execute(tx)
    await renumberTasks(
      tx,
      patients.map(({ id }) => id),
    )
    const counts = { numbers: ids.length, reopened: reopened.length }
    await writeAudit(tx, {
      actor,
      action: 'number.usable',
      ...('id' in which ? { object: { kind: 'phone_number', id: which.id } } : {}),
      outcome: 'ok',
      detail: { ...counts, ...('since' in which ? which : {}), reason },
    })
    await tellDiallers(tx)
    await appendToStream(tx, 'live', taskChanges(reopened))
    return counts
  })
}

/** @throws UserError NUMBER_SEALED */
async function mustOpen(tx: GroundTransaction, secrets: Secrets, id: string): Promise<void> {
  const { rows } = await sql<{ sealed: Buffer }>`
    select ciphertext as sealed from phone_number where id = ${id} and flag = 'unreadable' for update
  `.execute(tx)
  if (rows.some(({ sealed }) => !opens(secrets, sealed))) throw new UserError('NUMBER_SEALED')
}

function meant(which: FlaggedNumbers, secrets: Secrets) {
  if ('id' in which) return sql`n.id = ${which.id}`
  if ('e164' in which) return sql`n.hmac = ${secrets.hmacPhone(which.e164)}`
  const { since, asOf, trunkId } = which
  const from = sql`n.flag <> 'unreadable' and n.flagged_at >= ${since} and (${asOf ?? null}::timestamptz is null or n.flagged_at <= ${asOf ?? null})`
  return trunkId === undefined ? from : sql`${from} and ${overTrunk(trunkId)}`
}

/** Tasks whose last word from the network was that these numbers do not exist. Each leaves its audit row, which the database wants. */
async function reopenFailedBy(tx: GroundTransaction, numberIds: readonly string[], actor: Actor) {
  const { rows } = await sql<{ id: string }>`
    select t.id from task t
    where t.state = 'failed' and t.reason in ('invalid_number', 'suspended_line', 'no_number') and t.expires_at > app_now()
      and exists (select from attempt a where a.task_id = t.id and a.phone_number_id = any (${numberIds}::uuid[])
        and a.result in ${closing})
    order by t.id for update
  `.execute(tx)
  const ids = rows.map(({ id }) => id)
  for (const id of ids) {
    const object = { kind: 'task', id }
    await writeAudit(tx, { actor, action: 'task.reopen', object, outcome: 'ok', detail: { reason: 'number_usable' } })
  }
  return moveTasks(tx, { where: sql`t.id = any (${ids}::uuid[])`, from: ['failed'], to: 'scheduled', reason: null })
}
