import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import { systemActor } from '#platform/audit/audit-store.ts'
import { UserError } from '#platform/errors/errors.ts'
import type { GroundFloor } from '#platform/ground.ts'
import { dayOf, instantAt, isDay } from '../calling/hospital-day.ts'
import { addDoNotCall, liftDoNotCall } from './do-not-call.ts'
import { clearFlags } from './flagged-numbers.ts'
import type { UsableAgain } from './flagged-schema.ts'
import { e164Of, numberIdOf } from './number-by-text.ts'
import './patient-errors.ts'

/** What an administrator says of numbers at the server: who is not to be called, and what the network said wrongly. */

type Parts = Pick<GroundFloor, 'db' | 'secrets' | 'clock'>

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
 * @throws UserError NUMBER_UNREADABLE, DAY_UNREADABLE, DAY_OVER, DO_NOT_CALL_UNKNOWN
 * Source: requirements C10
 */
export async function doNotCallCommand(parts: Parts, argv: readonly string[]): Promise<readonly ListedRefusal[]> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...argv],
    options: { add: { type: 'boolean' }, lift: text, number: text, reason: text, until: text },
  })
  const { db, clock } = parts
  if (values.lift !== undefined) {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(values.lift)) throw new UserError('DO_NOT_CALL_UNKNOWN')
    await liftDoNotCall(db, values.lift, systemActor)
    return []
  }
  if (values.add === true) {
    const number = e164Of(values.number ?? '')
    // Of the day that is named: the list holds until it is over.
    const until = values.until === undefined ? {} : { until: instantAt(dayNamed(values.until), '24:00') }
    if (values.until !== undefined && values.until < dayOf(clock.now())) {
      throw new UserError('DAY_OVER', { text: values.until })
    }
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

/**
 * `number-usable --number <number>` or `--flagged-since 2026-11-22`: the network called numbers invalid or out of service
 * that are not (a trunk that was set up wrongly refuses all with 404). They may be dialled again, and the tasks that
 * failed by it are opened again, as far as their time has not run out. A number told in full is written anew where its row
 * could not be opened.
 * @throws UserError NUMBER_UNREADABLE, DAY_UNREADABLE
 */
export async function numberUsableCommand({ db, secrets }: Parts, argv: readonly string[]): Promise<UsableAgain> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ args: [...argv], options: { number: text, 'flagged-since': text } })
  const since = values['flagged-since']
  const which =
    since === undefined ? { e164: e164Of(values.number ?? '') } : { since: instantAt(dayNamed(since), '00:00') }
  return clearFlags({ db, secrets }, which, { actor: systemActor, reason: null })
}

/** @throws UserError DAY_UNREADABLE */
function dayNamed(text: string): string {
  if (!isDay(text)) throw new UserError('DAY_UNREADABLE', { text })
  return text
}
