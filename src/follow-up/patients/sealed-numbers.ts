import { sql } from 'kysely'
import { transacted } from '#platform/database/again.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { Log } from '#platform/log.ts'
import { isUnreadable, type Secrets } from '#platform/secrets.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import { renumberTasks } from './phone-store.ts'

/** Numbers whose ciphertext could not be opened when they were to be dialled (`flag = 'unreadable'`). */

export function opens(secrets: Pick<Secrets, 'decrypt'>, sealed: Buffer): boolean {
  try {
    secrets.decrypt(sealed)
    return true
  } catch (error) {
    if (isUnreadable(error)) return false
    throw error
  }
}

/** Whether nothing is known against opening this number; true of one that is not stored. */
export async function canBeOpened(tx: GroundTransaction, hmac: Buffer): Promise<boolean> {
  const { rows } = await sql`select from phone_number where hmac = ${hmac} and flag = 'unreadable'`.execute(tx)
  return rows.length === 0
}

/**
 * Those that open again (the row was put back, or the key) are dialled again; of the others the log says how many there are.
 * Before the dialler starts.
 */
export async function openSealedNumbers({
  db,
  secrets,
  log,
}: {
  readonly db: Ground
  readonly secrets: Pick<Secrets, 'decrypt'>
  readonly log: Log
}): Promise<void> {
  const { rows } = await sql<{ id: string; sealed: Buffer }>`
    select id, ciphertext as sealed from phone_number where flag = 'unreadable'
  `.execute(db)
  const open = rows.flatMap(({ id, sealed }) => (opens(secrets, sealed) ? [id] : []))
  if (open.length > 0) await transacted(db, (tx) => dialAgain(tx, open))
  const numbers = rows.length - open.length
  if (numbers > 0) log.error({ numbers }, 'stored numbers cannot be opened, and are not dialled: enter them again')
}

async function dialAgain(tx: GroundTransaction, ids: readonly string[]): Promise<void> {
  await sql`
    update phone_number set flag = null, flagged_at = null where id in (
      select id from phone_number where id = any (${ids}::uuid[]) and flag = 'unreadable' order by id for update)
  `.execute(tx)
  const { rows } = await sql<{ patientId: string }>`
    select distinct patient_id from patient_phone where phone_number_id = any (${ids}::uuid[]) and removed_at is null
  `.execute(tx)
  await renumberTasks(
    tx,
    rows.map(({ patientId }) => patientId),
  )
  await tellDiallers(tx)
}
