import { halfWidth } from './cell.ts'

export type IdWarning =
  | 'id_15_digits'
  | 'id_scientific'
  | 'id_stored_as_number_precision_lost'
  | 'id_check_digit'
  | 'id_birth_date_impossible'
  | 'id_wrong_length'
  | 'id_age_implausible'
  | 'id_other_document'

/** What an identity cell says. `value` is null where the number cannot be trusted: the row is kept, the number is not. */
export interface IdNumber {
  /** `resident`: GB 11643 or the residence card of 港澳台 (81, 82, 83); `foreigner`: the card with 18 digits from 9. */
  readonly kind: 'resident' | 'foreigner' | 'other' | null
  /** 18 characters for a resident or foreigner, X upper case; the cleaned text of another document. */
  readonly value: string | null
  readonly birthDate: string | null
  readonly sex: 'male' | 'female' | null
  readonly warnings: readonly IdWarning[]
}

const nothing: IdNumber = { kind: null, value: null, birthDate: null, sex: null, warnings: [] }

/**
 * Reads a Chinese identity number: 18 characters with check digit and a date that exists, or the old 15 digits, which
 * are upgraded by inserting 19 and computing the check digit. Passports and other papers are kept as they are, never
 * forced into an identity card.
 * @param text the cell, trimmed; empty for none
 * @param today 'YYYY-MM-DD' in hospital time, for the warning on an age above 120 or a birth to come
 * Source: GB 11643-1999; requirements §8.3
 */
export function readIdNumber(text: string, today: string): IdNumber {
  const id = halfWidth(text)
    .replace(/[\s\-_.·]/g, '')
    .toUpperCase()
  if (id === '') return nothing
  if (/^\d[\d.]*E\+?\d+$/i.test(halfWidth(text).trim())) return { ...nothing, warnings: ['id_scientific'] }
  if (/^\d{15}$/.test(id)) return upgraded(id, today)
  if (/^\d{17}[\dX]$/.test(id)) return checked(id, today, [])
  // Letters in front are other papers: passport E12345678, Hong Kong permit H1234567890, military 军字第…
  if (/^(?=.*[A-Z\p{Script=Han}])[A-Z\d\p{Script=Han}()]{6,30}$/u.test(id) && !/^\d{15,}/.test(id)) {
    return { ...nothing, kind: 'other', value: id, warnings: ['id_other_document'] }
  }
  return { ...nothing, warnings: ['id_wrong_length'] }
}

/** The number that a worksheet stored as a number: 15 digits survive that, 18 never do. */
export function readIdFromNumber(value: number, today: string): IdNumber {
  if (Number.isSafeInteger(value) && String(value).length <= 15) return readIdNumber(String(value), today)
  return { ...nothing, warnings: ['id_stored_as_number_precision_lost'] }
}

const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

/** Check character of the first 17 digits (ISO 7064 MOD 11-2). */
export function checkCharacter(first17: string): string {
  let sum = 0
  for (let i = 0; i < weights.length; i++) sum += Number(first17[i]) * (weights[i] ?? 0)
  return '10X98765432'.charAt(sum % 11)
}

function checked(id: string, today: string, warnings: readonly IdWarning[]): IdNumber {
  if (checkCharacter(id) !== id[17]) return { ...nothing, warnings: [...warnings, 'id_check_digit'] }
  const birthDate = existingDate(id.slice(6, 14))
  if (birthDate === null) return { ...nothing, warnings: [...warnings, 'id_birth_date_impossible'] }
  const age = Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4))
  return {
    kind: id.startsWith('9') ? 'foreigner' : 'resident',
    value: id,
    birthDate,
    sex: Number(id[16]) % 2 === 1 ? 'male' : 'female',
    warnings: age > 120 || birthDate > today ? [...warnings, 'id_age_implausible'] : warnings,
  }
}

function upgraded(id: string, today: string): IdNumber {
  const first17 = `${id.slice(0, 6)}19${id.slice(6)}`
  return checked(first17 + checkCharacter(first17), today, ['id_15_digits'])
}

function existingDate(yyyymmdd: string): string | null {
  const [year, month, day] = [yyyymmdd.slice(0, 4), yyyymmdd.slice(4, 6), yyyymmdd.slice(6, 8)]
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  date.setUTCFullYear(Number(year))
  const exists = Number(year) >= 1800 && date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
  return exists ? `${year}-${month}-${day}` : null
}
