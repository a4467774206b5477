import type { GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import type { Secrets } from '#platform/secrets.ts'
import { barOf } from '../calling/number-bar.ts'
import { addNumbers } from '../intake/known-store.ts'
import { readPhoneCell } from '../intake/phone-cell.ts'
import './patient-errors.ts'

/**
 * One number as lists write it, with its area code.
 * @throws UserError NUMBER_UNREADABLE
 */
export function e164Of(text: string): string {
  const { phones } = readPhoneCell(text)
  const [phone, ...others] = phones
  if (phone === undefined || others.length > 0) throw new UserError('NUMBER_UNREADABLE')
  return phone.e164
}

/** The number's row, made where no list has brought it yet. */
export async function numberIdOf(secrets: Secrets, tx: GroundTransaction, e164: string): Promise<string> {
  const hmac = secrets.hmacPhone(e164)
  const number = { id: newId(), hmac, ciphertext: secrets.encrypt(e164), last4: e164.slice(-4), bar: barOf(e164) }
  const ids = await addNumbers(tx, [number])
  return ids.get(hmac.toString('hex')) ?? number.id
}
