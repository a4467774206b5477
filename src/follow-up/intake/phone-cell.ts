import { halfWidth, hasFullWidthDigits, saysNothing } from './cell.ts'
import { type Relation, relationIn } from './relation.ts'

export type PhoneWarning =
  | 'several_numbers'
  | 'text_in_phone'
  | 'phone_wrong_length'
  | 'phone_scientific'
  | 'phone_masked'
  | 'phone_not_a_subscriber'
  | 'phone_foreign'
  | 'number_as_float'
  | 'fullwidth_digits'
  | 'landline_without_area_code'
  | 'fictitious_landline_ignored_or_kept'

export interface Phone {
  /** National form as people write it: 13800138000, 07522288288. */
  readonly number: string
  /** What is dialled and stored: +8613800138000. */
  readonly e164: string
  readonly kind: 'mobile' | 'landline'
  /** Behind a switchboard; an automatic call ends at the switchboard, so such numbers come last. */
  readonly extension: string | null
  /** Whose number it is, where the cell says so: `13800138000（女儿）`. */
  readonly relation: Relation | null
}

export interface PhoneCell {
  /** Callable numbers without repetition: mobiles first, then landlines, then extensions; otherwise as written. */
  readonly phones: readonly Phone[]
  readonly warnings: readonly PhoneWarning[]
}

export interface PhoneRules {
  /** Area code of the hospital, such as `0752`, for landlines written without one; absent, such numbers are not callable. */
  readonly areaCode?: string
}

const HARD_SEPARATOR = /[/、，,;；|\\&\n\r\t]+|或者?|以及|和/u

/**
 * The numbers in a phone cell. Cleans +86, 0086, 17951, spaces, dashes, full-width digits; splits several numbers;
 * keeps the relation that stands beside a number. What is no Chinese subscriber number (wrong length, masked,
 * scientific notation, service numbers, foreign) is not callable and told as a warning.
 * @param text the cell, trimmed
 * Source: requirements §8.3
 */
export function readPhoneCell(text: string, rules: PhoneRules = {}): PhoneCell {
  if (saysNothing(text)) return { phones: [], warnings: [] }
  const warnings = new Set<PhoneWarning>()
  if (hasFullWidthDigits(text)) warnings.add('fullwidth_digits')
  const found: Phone[] = []
  for (const piece of halfWidth(text).split(HARD_SEPARATOR)) readPiece(piece, rules, found, warnings)
  const phones = uniqueInDialOrder(found)
  const impossible = warnings.has('fictitious_landline_ignored_or_kept') || warnings.has('phone_wrong_length')
  if (phones.length + Number(impossible) > 1) warnings.add('several_numbers')
  return { phones, warnings: [...warnings] }
}

const MOBILE = String.raw`(?:(?:\+|00)?\s*86|17951|12593|17911|0)?[\s\-.]*(?<mobile>1[3-9]\d(?:[\s\-.]*\d){8})`
// An area code begins with its 0, or stands behind +86 without it: 400-800-8888 and +852 have neither.
const LANDLINE = String.raw`(?:\(?0(?<area>10|2\d|[3-9]\d{2})\)?|(?:\+|00)\s*86[\s\-.]*\(?0?(?<area86>10|2\d|[3-9]\d{2})\)?)[\s\-.]*(?<local>[2-9]\d{2,3}[\s\-.]*\d{4})`
const EXTENSION = String.raw`(?:\s*(?:转|分机|ext\.?|x|#|[-—–])\s*(?<extension>\d{1,6}))?`
const NUMBER = new RegExp(String.raw`(?<![\d*])(?:${MOBILE}|${LANDLINE}${EXTENSION})(?![\d*])`, 'iu')
const LOCAL_ONLY = new RegExp(String.raw`^(?<local>[2-9]\d{2,3}[\s\-.]*\d{4})${EXTENSION}$`, 'iu')

function readPiece(piece: string, rules: PhoneRules, found: Phone[], warnings: Set<PhoneWarning>): void {
  let rest = piece.trim()
  if (saysNothing(rest)) return
  rest = withoutFloat(rest, warnings)
  rest = withSplitPair(rest)
  const before = found.length
  for (let bound = 0; bound < 10; bound++) {
    const match = NUMBER.exec(rest)
    if (!match) break
    const phone = phoneOf(match)
    const around = `${wordsBefore(rest.slice(0, match.index))} ${wordsAfter(rest.slice(match.index + match[0].length))}`
    if (phone) found.push({ ...phone, relation: relationIn(around) })
    rest = `${rest.slice(0, match.index)} ~ ${rest.slice(match.index + match[0].length)}`
  }
  tellOfRest(rest, rules, found, warnings, found.length > before)
}

/** `19900001229.0` is a number that went through a spreadsheet; `1.9900001229E10` still has all its digits. */
function withoutFloat(text: string, warnings: Set<PhoneWarning>): string {
  const float = /^(\d{7,15})\.0+$/.exec(text)
  if (float) {
    warnings.add('number_as_float')
    return float[1] ?? text
  }
  const scientific = /^(\d)\.(\d+)E\+?(\d{1,2})$/i.exec(text)
  if (scientific && (scientific[2] ?? '').length === Number(scientific[3]) && scientific[3] === '10') {
    warnings.add('number_as_float')
    return `${scientific[1]}${scientific[2]}`
  }
  return text
}

/** Two mobiles written without anything between them. */
function withSplitPair(text: string): string {
  const pair = /^(1[3-9]\d{9})(1[3-9]\d{9})$/.exec(text.replace(/\s/g, ''))
  return pair ? `${pair[1]} ${pair[2]}` : text
}

function phoneOf(match: RegExpExecArray): Omit<Phone, 'relation'> | null {
  const { mobile, area = match.groups?.area86, local, extension } = match.groups ?? {}
  if (mobile !== undefined) {
    const number = digits(mobile)
    return { number, e164: `+86${number}`, kind: 'mobile', extension: null }
  }
  if (area === undefined || local === undefined) return null
  return landline(`0${area}`, digits(local), extension)
}

/** @param code with its 0 */
function landline(code: string, local: string, extension: string | undefined): Omit<Phone, 'relation'> | null {
  // Only 010 and 02x have eight digits everywhere; other cities have seven or eight.
  if (code.length === 3 ? local.length !== 8 : local.length < 7) return null
  return {
    number: code + local,
    e164: `+86${code.slice(1)}${local}`,
    kind: 'landline',
    extension: extension ?? null,
  }
}

/** What is left after the numbers were taken out: words are told, and digits that are no number are told. */
function tellOfRest(
  rest: string,
  rules: PhoneRules,
  found: Phone[],
  warnings: Set<PhoneWarning>,
  tookSome: boolean,
): void {
  const leftover = rest.replaceAll('~', ' ').trim()
  if (/\p{L}/u.test(leftover.replace(/\d[\d.]*e\+?\d+/i, ''))) warnings.add('text_in_phone')
  if (/\d[\d.]*e\+?\d+/i.test(leftover)) {
    warnings.add('phone_scientific')
    return
  }
  if (/\d[\d\s-]*\*+/.test(leftover) || /\*{2,}/.test(leftover)) {
    warnings.add('phone_masked')
    return
  }
  if (!tookSome && localNumber(leftover.replace(/[^\d\s\-.#x转分机]/giu, '').trim(), rules, found, warnings)) return
  for (const run of leftover.split(/[^\d+-]+/u)) tellOfDigits(run, warnings)
}

function localNumber(text: string, rules: PhoneRules, found: Phone[], warnings: Set<PhoneWarning>): boolean {
  const match = LOCAL_ONLY.exec(text)
  const local = digits(match?.groups?.local ?? '')
  if (local === '' || /^(400|800|95\d|96\d)/.test(local)) return false
  warnings.add('landline_without_area_code')
  if (rules.areaCode === undefined) return true
  const phone = landline(rules.areaCode, local, match?.groups?.extension)
  if (phone) found.push({ ...phone, relation: relationIn(text) })
  return true
}

function tellOfDigits(run: string, warnings: Set<PhoneWarning>): void {
  const count = digits(run).length
  if (count === 0) return
  if (/^\+(?!86)/.test(run) || /^00(?!86)\d{8,}$/.test(run)) warnings.add('phone_foreign')
  else if (/^0\d{2,3}-?[01]\d{6,7}$/.test(run)) warnings.add('fictitious_landline_ignored_or_kept')
  else if (/^(400|800)-?\d/.test(run) || /^(1[012]\d{1,4}|9[56]\d{3,6})$/.test(digits(run))) {
    warnings.add('phone_not_a_subscriber')
  } else if (count >= 5) warnings.add('phone_wrong_length')
}

/** Words that stand directly before a number (`女儿：138…`) or behind it (`138…（女儿）`), not those of its neighbour. */
function wordsBefore(text: string): string {
  return /[\p{L}()（）:：\s]*$/u.exec(text)?.[0] ?? ''
}

function wordsAfter(text: string): string {
  return /^\s*[(（[]?[\p{L}\s]*[)）\]]?/u.exec(text)?.[0] ?? ''
}

function digits(text: string): string {
  return text.replace(/\D/g, '')
}

function uniqueInDialOrder(found: readonly Phone[]): Phone[] {
  const unique = new Map<string, Phone>()
  for (const phone of found) {
    const known = unique.get(phone.e164)
    if (!known || (known.relation === null && phone.relation !== null)) unique.set(phone.e164, phone)
  }
  const rank = (phone: Phone) => (phone.kind === 'mobile' ? 0 : phone.extension === null ? 1 : 2)
  return [...unique.values()].sort((a, b) => rank(a) - rank(b))
}
