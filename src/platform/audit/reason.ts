import { Type } from 'typebox'
import { UserError } from '../errors/errors.ts'
import './reason-errors.ts'

/**
 * Why somebody does what is audited, in their own words. It stays in the trail for years and is read by people who see
 * nothing of patients, so that it holds no number of a person: the format refuses it as REASON_HOLDS_NUMBER. It has a letter
 * or a digit: signs that nobody sees are no reason.
 */
export const Reason = Type.String({ minLength: 1, maxLength: 200, pattern: '[\\p{L}\\p{N}]', format: 'reason' })

/**
 * Texts that hold what looks like a telephone number (mobile, or landline with its area code, with or without country code
 * and separators) or an identity card's, old or new. Digits of other lengths are dates, contracts and amounts.
 */
const numbersOfPersons: readonly RegExp[] = [
  /(?<!\d)(?:\d{17}[\dx]|\d{15})(?!\d)/i,
  /(?<!\d)(?:(?:\+|00)?86[-\s]?)?1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}(?!\d)/,
  /(?<!\d)\(?0\d{2,3}\)?[-\s]?\d{7,8}(?!\d)/,
  /\+\d[\d\s-]{7,17}\d/,
]

export function holdsNumberOfPerson(text: string): boolean {
  // Full-width digits and signs are the same to who reads them, and so are the many dashes.
  const plain = text.normalize('NFKC').replace(/[\u2010-\u2015\u2212]/g, '-')
  return numbersOfPersons.some((shape) => shape.test(plain))
}

/** For reasons that come by a command at the server. @throws UserError REASON_HOLDS_NUMBER */
export function checkReason(text: string): void {
  if (holdsNumberOfPerson(text)) throw new UserError('REASON_HOLDS_NUMBER')
}
