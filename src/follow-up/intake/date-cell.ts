import { type Cell, cellText, halfWidth, saysNothing } from './cell.ts'

/** A moment as the list tells it, in hospital time. A date without an hour stays a date. */
export interface ListTime {
  /** 'YYYY-MM-DD' */
  readonly date: string
  /** 'HH:mm', or null where the list gives no hour. */
  readonly time: string | null
}

export type DateCell =
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'time'; readonly value: ListTime }
  /** Only a time of day, for lists that have date and time in two columns. */
  | { readonly kind: 'clock'; readonly time: string }

const none: DateCell = { kind: 'none' }
const unreadable: DateCell = { kind: 'unreadable' }

const STILL_IN_HOSPITAL = /^(在院|未出院|住院中|待出院|尚未出院|未办理)$/

/**
 * Reads a date or a date with time: 2026-10-22 16:51, 2026/10/22 4:53:07, 20261022, 202610221651, 2026年10月22日下午4时51分,
 * 2026.10.22, ISO with T and offset, day numbers of a worksheet (also as text). A day that does not exist is unreadable.
 * Seconds are dropped; a day number is rounded to the nearest minute, since it carries rounding.
 */
export function readDateCell(cell: Cell | undefined): DateCell {
  if (cell === undefined) return none
  if (typeof cell !== 'string' && cell.kind === 'number') {
    const compact = compactDate(cellText(cell))
    if (compact) return compact
    return fromDayNumber(cell.value, cell.date1904 === true, cell.format === 'datetime')
  }
  const text = halfWidth(cellText(cell)).trim()
  if (saysNothing(text) || STILL_IN_HOSPITAL.test(text)) return none
  return (
    compactDate(text) ??
    isoWithOffset(text) ??
    written(text) ??
    dayNumberAsText(text) ??
    clockOnly(text) ??
    englishOrder(text) ??
    unreadable
  )
}

function compactDate(text: string): DateCell | null {
  const match = /^(\d{4})(\d{2})(\d{2})(?:[ T]?(\d{2}):?(\d{2})(?::?(\d{2}))?)?(?:\.0+)?$/.exec(text)
  if (!match) return null
  return made(match[1], match[2], match[3], match[4], match[5])
}

/** An instant with its offset is turned into hospital time (UTC+8, no summer time since 1991). */
function isoWithOffset(text: string): DateCell | null {
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?(\.\d+)?\s?(Z|[+-]\d{2}:?\d{2})$/i.exec(text)
  if (!match) return null
  const zone = match[5] === undefined || /z/i.test(match[5]) ? 'Z' : match[5].replace(/^(...)(\d\d)$/, '$1:$2')
  const instant = Date.parse(`${match[1]}T${match[2]}${match[3] ?? ':00'}${zone}`)
  if (Number.isNaN(instant)) return unreadable
  const local = new Date(instant + 8 * 3_600_000).toISOString()
  return { kind: 'time', value: { date: local.slice(0, 10), time: local.slice(11, 16) } }
}

const WRITTEN =
  /^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?(?:\s*(?:星期|周)[一二三四五六日天])?(?:[\sT,]*(上午|下午|晚上|晚|早上|凌晨|中午|AM|PM)?\s*(\d{1,2})\s*[:：时点](?:\s*(\d{1,2})\s*(?:[:：分](?:\s*(\d{1,2})(?:\.\d+)?\s*秒?)?)?)?\s*(AM|PM)?)?$/i

function written(text: string): DateCell | null {
  const match = WRITTEN.exec(text)
  if (!match) return null
  const half = (match[4] ?? match[8] ?? '').toUpperCase()
  return made(
    match[1],
    match[2],
    match[3],
    hourOf(match[5], half),
    match[6] ?? (match[5] === undefined ? undefined : '0'),
  )
}

function hourOf(hour: string | undefined, half: string): string | undefined {
  if (hour === undefined) return undefined
  const number = Number(hour)
  if (/下午|晚|PM/.test(half) && number < 12) return String(number + 12)
  if (/AM|凌晨|上午|早/.test(half) && number === 12) return '0'
  return hour
}

/** 22-10-2026 has one meaning and 10/11/2026 has two: only the first is read. */
function englishOrder(text: string): DateCell | null {
  const match = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:\s+(\d{1,2}):(\d{2})(?::\d{2})?)?$/.exec(text)
  if (!match) return null
  const [first, second] = [Number(match[1]), Number(match[2])]
  if (first > 12 && second <= 12) return made(match[3], match[2], match[1], match[4], match[5])
  if (second > 12 && first <= 12) return made(match[3], match[1], match[2], match[4], match[5])
  return unreadable
}

function clockOnly(text: string): DateCell | null {
  const match = /^(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?$/.exec(text)
  if (!match || Number(match[1]) > 23 || Number(match[2]) > 59) return null
  return { kind: 'clock', time: `${(match[1] ?? '').padStart(2, '0')}:${match[2]}` }
}

/** A list exported without formats: 46301.36666667. Whole day numbers are days only where they can be recent ones. */
function dayNumberAsText(text: string): DateCell | null {
  if (!/^\d{4,5}(\.\d+)?$/.test(text)) return null
  return fromDayNumber(Number(text), false, text.includes('.'))
}

function fromDayNumber(value: number, date1904: boolean, statesTime: boolean): DateCell {
  if (value > 0 && value < 1) {
    const minute = Math.round(value * 1440) % 1440
    return { kind: 'clock', time: clock(minute) }
  }
  const days = value + (date1904 ? 1462 : 0)
  // 1900-03-01 (before it the sheet's calendar is wrong by a day) to 2120.
  if (!(days >= 61 && days < 80_400)) return unreadable
  const minutes = Math.round(days * 1440)
  const midnight = minutes % 1440 === 0
  const date = new Date((minutes - 25_569 * 1440) * 60_000).toISOString().slice(0, 10)
  return { kind: 'time', value: { date, time: midnight && !statesTime ? null : clock(minutes % 1440) } }
}

function clock(minuteOfDay: number): string {
  return `${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}`
}

function made(
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
  hour: string | undefined,
  minute: string | undefined,
): DateCell {
  const [y, m, d] = [Number(year), Number(month), Number(day)]
  if (y < 1900 || y > 2120 || m < 1 || m > 12 || d < 1 || d > daysInMonth(y, m)) return unreadable
  const date = `${y}-${two(m)}-${two(d)}`
  if (hour === undefined) return { kind: 'time', value: { date, time: null } }
  const [h, min] = [Number(hour), Number(minute ?? 0)]
  if (h === 24 && min === 0) {
    const next = new Date(Date.UTC(y, m - 1, d + 1)).toISOString().slice(0, 10)
    return { kind: 'time', value: { date: next, time: '00:00' } }
  }
  if (h > 23 || min > 59) return unreadable
  return { kind: 'time', value: { date, time: `${two(h)}:${two(min)}` } }
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number)
}

/** 'YYYY-MM-DDTHH:mm', or 'YYYY-MM-DD' for a date without an hour. */
export function listTimeText(value: ListTime): string {
  return value.time === null ? value.date : `${value.date}T${value.time}`
}

/** True when `a` is certainly earlier than `b`; a date without an hour is the whole day. */
export function isBefore(a: ListTime, b: ListTime): boolean {
  if (a.date !== b.date) return a.date < b.date
  return a.time !== null && b.time !== null && a.time < b.time
}
