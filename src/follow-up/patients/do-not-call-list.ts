import { sql } from 'kysely'
import type { Actor } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import type { Secrets } from '#platform/secrets.ts'
import { openedPhone, shownName } from '../live/person-mask.ts'
import { addDoNotCall } from './do-not-call.ts'
import type { RefusalItem, RefusalPage, RefusalSearch } from './do-not-call-schema.ts'
import { departmentOf } from './known-by-number.ts'
import { e164Of, numberIdOf } from './number-by-text.ts'

interface RefusalRow extends Omit<RefusalItem, 'phone' | 'patient' | 'since' | 'until'> {
  readonly sealed: Buffer | null
  readonly name: string | null
  readonly since: Date
  readonly until: Date | null
}

/** Where numbers are, and whether who looks may see them whole. */
export interface NumberSight {
  readonly db: Ground
  readonly secrets: Secrets
  readonly clear: boolean
}

const stands = sql`d.lifted_at is null and (d.until is null or d.until > app_now())`

/**
 * Entries that stand, newest first, people masked as everywhere. A whole number finds those of the number, and those of
 * patients who have it and are not called anywhere.
 * @throws UserError NUMBER_UNREADABLE
 */
export async function listRefusals(
  { db, secrets, clear }: NumberSight,
  { number, offset, limit }: RefusalSearch,
): Promise<RefusalPage> {
  const which =
    number === undefined
      ? stands
      : sql`${stands} and exists (select from phone_number f where f.hmac = ${secrets.hmacPhone(e164Of(number))}
          and (d.phone_number_id = f.id or d.patient_id in (select p.patient_id from patient_phone p
            where p.phone_number_id = f.id and p.removed_at is null)))`
  const [{ rows }, counted] = await Promise.all([
    sql<RefusalRow>`
      select d.id, n.ciphertext as sealed, p.name, ${departmentOf(sql`d.patient_id`, sql`d.phone_number_id`)} as department,
        d.source, u.display_name as by, d.reason, d.created_at as since, d.until, d.attempt_id
      from do_not_call d
      left join phone_number n on n.id = d.phone_number_id
      left join patient p on p.id = d.patient_id
      left join user_account u on u.id = d.created_by
      where ${which} order by d.created_at desc, d.id desc offset ${offset} limit ${limit}
    `.execute(db),
    sql<{ total: number }>`select count(*)::int as total from do_not_call d where ${which}`.execute(db),
  ])
  return {
    total: counted.rows[0]?.total ?? 0,
    entries: rows.map(({ sealed, name, since, until, ...row }) => ({
      ...row,
      phone: sealed === null ? null : openedPhone(secrets.decrypt, sealed, { clear }),
      patient: name === null ? null : shownName(name, { clear }),
      since: since.toISOString(),
      until: until?.toISOString() ?? null,
    })),
  }
}

/**
 * Nobody is called on this number from now on, also where no list has brought it yet.
 * @returns the entry's id
 * @throws UserError NUMBER_UNREADABLE, DO_NOT_CALL_STANDS
 */
export async function refuseNumber(
  { db, secrets }: { readonly db: Ground; readonly secrets: Secrets },
  { number, reason }: { readonly number: string; readonly reason: string },
  by: Actor,
): Promise<string> {
  const e164 = e164Of(number)
  const phoneNumberId = await db.transaction().execute((tx) => numberIdOf(secrets, tx, e164))
  const { rows } = await sql`
    select from do_not_call d where d.phone_number_id = ${phoneNumberId} and d.lifted_at is null and d.until is null
    limit 1
  `.execute(db)
  if (rows.length > 0) throw new UserError('DO_NOT_CALL_STANDS')
  return addDoNotCall(db, { phoneNumberId, source: 'supervisor', reason }, by)
}
