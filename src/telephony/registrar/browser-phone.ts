import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import { UnexpectedError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import type { Secrets } from '#platform/secrets.ts'
import { registrationChannel } from './registration-store.ts'
import '../telephony-errors.ts'
import './registrar-tables.ts'

export interface BrowserPhoneAccount {
  readonly phoneId: string
  readonly extension: string
  /** For its digest; told only here, kept sealed. */
  readonly password: string
}

/** Extensions of browser phones: nobody types them. */
const firstExtension = 90_001
const lastExtension = 99_999

/**
 * A browser phone with a free extension and its first password.
 * @throws UnexpectedError EXTENSIONS_USED_UP
 */
export async function makeBrowserPhone(
  tx: GroundTransaction,
  secrets: Pick<Secrets, 'encrypt'>,
  siteId: string,
): Promise<BrowserPhoneAccount> {
  await sql`select pg_advisory_xact_lock(hashtextextended('suifang.browser-phone', 0))`.execute(tx)
  const phoneId = newId()
  const password = newPassword()
  const { rows } = await sql<{ extension: string }>`
    insert into phone (id, site_id, extension, kind, secret_ciphertext)
    select ${phoneId}, ${siteId}, free::text, 'browser', ${secrets.encrypt(password)}
    from generate_series(${firstExtension}::int, ${lastExtension}::int) as free
    where not exists (select from phone where extension = free::text)
    order by free limit 1
    returning extension
  `.execute(tx)
  const [row] = rows
  if (row === undefined) throw new UnexpectedError('EXTENSIONS_USED_UP')
  return { phoneId, extension: row.extension, password }
}

/**
 * A new password for a browser phone, and the end of its registration: the page that knew the old one can neither
 * register nor call any more. Whoever issues it ends the leg that this page may still have up.
 * @returns null when there is no such browser phone
 */
export async function issueBrowserSecret(
  tx: GroundTransaction,
  secrets: Pick<Secrets, 'encrypt'>,
  phoneId: string,
): Promise<BrowserPhoneAccount | null> {
  const password = newPassword()
  const phone = await tx
    .updateTable('phone')
    .set({ secretCiphertext: secrets.encrypt(password) })
    .where('id', '=', phoneId)
    .where('kind', '=', 'browser')
    .returning('extension')
    .executeTakeFirst()
  if (phone === undefined) return null
  // Kept, and only run out: it remembers which nonces have been used.
  await sql`
    update registration set expires_at = least(expires_at, clock_timestamp()) where phone_id = ${phoneId}
  `.execute(tx)
  await sql`select pg_notify(${registrationChannel}, ${phone.extension})`.execute(tx)
  return { phoneId, extension: phone.extension, password }
}

/** 192 random bits: nobody guesses it, so that locking the extension would only help who wants an agent off duty. */
function newPassword(): string {
  return randomBytes(24).toString('base64url')
}
