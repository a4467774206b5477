import { sql } from 'kysely'
import type { Ground } from '#platform/database/database.ts'
import type { LivePhone } from '../telephony.ts'
import './registrar-tables.ts'

/** Channel on which an extension is told whose registration has changed. */
export const registrationChannel = 'suifang_registration'

export interface PhoneRow {
  readonly id: string
  readonly kind: 'desk' | 'browser'
  readonly secretCiphertext: Buffer
  /** Order of the last nonce used. */
  readonly lastNonce: string | null
}

export function phoneOf(db: Ground, extension: string): Promise<PhoneRow | undefined> {
  return db
    .selectFrom('phone')
    .leftJoin('registration', 'registration.phoneId', 'phone.id')
    .select(['phone.id', 'phone.kind', 'phone.secretCiphertext', 'registration.nonce as lastNonce'])
    .where('phone.extension', '=', extension)
    .executeTakeFirst()
}

export interface NonceUse {
  readonly order: string
  readonly count: number
}

/** What a REGISTER makes of the phone's one binding. */
export type BindingChange =
  | { readonly kind: 'bind'; readonly contact: string; readonly seconds: number; readonly userAgent: string | null }
  /** Gives back this contact; `*` is whichever there is. */
  | { readonly kind: 'unbind'; readonly contact: string }
  | { readonly kind: 'ask' }

export interface Binding {
  readonly contact: string
  readonly secondsLeft: number
}

/**
 * Uses a nonce and changes the binding, in one statement: of two uses of one nonce and count one wins, on whichever node.
 * @param phone as it was when it was proved
 * @returns null when nonce and count do not follow what has been used before, or the phone has another password by now,
 * and nothing is changed; else the binding that stands now
 */
export async function registerOnce(
  db: Ground,
  phone: Pick<PhoneRow, 'id' | 'secretCiphertext'> & { readonly extension: string },
  nonce: NonceUse,
  change: BindingChange,
): Promise<{ readonly binding: Binding | null } | null> {
  const contact = change.kind === 'ask' ? '' : change.contact
  const seconds = change.kind === 'bind' ? change.seconds : 0
  const userAgent = change.kind === 'bind' ? change.userAgent : null
  const binds = change.kind === 'bind'
  const unbinds = change.kind === 'unbind'
  return await db.transaction().execute(async (tx) => {
    const { rows } = await sql<Binding>`
      insert into registration as r (phone_id, contact, user_agent, expires_at, nonce, nonce_count)
      select p.id, ${contact}, ${userAgent}, clock_timestamp() + ${seconds} * interval '1 second',
        ${nonce.order}, ${nonce.count}::bigint
      from (
        select id from phone where id = ${phone.id} and secret_ciphertext = ${phone.secretCiphertext} for share
      ) p
      on conflict (phone_id) do update set
        contact = case when ${binds} then excluded.contact else r.contact end,
        user_agent = case when ${binds} then excluded.user_agent else r.user_agent end,
        registered_at = case when ${binds} and r.expires_at <= clock_timestamp() then clock_timestamp()
          else r.registered_at end,
        expires_at = case
          when ${binds} then excluded.expires_at
          when ${unbinds} and excluded.contact in ('*', r.contact) then least(r.expires_at, clock_timestamp())
          else r.expires_at end,
        nonce = excluded.nonce,
        nonce_count = excluded.nonce_count
      where r.nonce is null or (r.nonce, r.nonce_count) < (excluded.nonce, excluded.nonce_count)
      returning contact, ceil(extract(epoch from expires_at - clock_timestamp()))::int as "secondsLeft"
    `.execute(tx)
    const [row] = rows
    if (row === undefined) return null
    if (change.kind !== 'ask') await sql`select pg_notify(${registrationChannel}, ${phone.extension})`.execute(tx)
    return { binding: row.secondsLeft > 0 ? row : null }
  })
}

export interface LivePhoneRow extends LivePhone {
  /** By the database's clock. */
  readonly msLeft: number
}

/** Phones that are registered now: all, or those of these extensions. */
export async function livePhones(db: Ground, extensions?: readonly string[]): Promise<readonly LivePhoneRow[]> {
  const { rows } = await sql<LivePhoneRow>`
    select p.extension, r.contact, r.expires_at as "expiresAt",
      (extract(epoch from r.expires_at - clock_timestamp()) * 1000)::int as "msLeft"
    from registration r join phone p on p.id = r.phone_id
    where r.expires_at > clock_timestamp()
      ${extensions === undefined ? sql`` : sql`and p.extension = any (${extensions})`}
  `.execute(db)
  return rows
}
