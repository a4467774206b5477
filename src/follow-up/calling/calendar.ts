import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { UserError } from '#platform/errors/errors.ts'
import { isDay, weekdayOf } from './hospital-day.ts'
import './calling-errors.ts'

/** Days that are not as their weekday says (calendar_day): statutory holidays, and the working days that make up for them. */
export type Calendar = ReadonlyMap<string, 'holiday' | 'workday'>

export interface CalendarDay {
  readonly day: string
  readonly kind: 'holiday' | 'workday'
  readonly name: string
}

/** One year as the State Council announced it. */
export interface CalendarYear {
  readonly year: number
  readonly days: readonly CalendarDay[]
  /** Where the announcement stands. */
  readonly source: string
}

/** The file format of the shipped years (holiday-cn, MIT), which a hospital may import itself each November. */
const HolidayFile = Type.Object({
  year: Type.Integer({ minimum: 2000, maximum: 2200 }),
  papers: Type.Array(Type.String()),
  days: Type.Array(
    Type.Object({
      name: Type.String({ minLength: 1 }),
      date: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
      isOffDay: Type.Boolean(),
    }),
  ),
})
type HolidayFile = Static<typeof HolidayFile>
const holidayFile = Compile(HolidayFile)

/**
 * Reads one year's file.
 * @throws UserError CALENDAR_UNREADABLE; CALENDAR_NOT_ANNOUNCED when it lists no day, which is no year without holidays
 */
export function readCalendarYear(text: string): CalendarYear {
  const file = parse(text)
  if (file.days.length === 0) throw new UserError('CALENDAR_NOT_ANNOUNCED', { year: file.year })
  const days = file.days.map(({ date, isOffDay, name }): CalendarDay => {
    if (!isDay(date)) throw new UserError('CALENDAR_UNREADABLE', { at: date })
    return { day: date, kind: isOffDay ? 'holiday' : 'workday', name }
  })
  return { year: file.year, days, source: file.papers[0] ?? 'import' }
}

function parse(text: string): HolidayFile {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw new UserError('CALENDAR_UNREADABLE', { at: 'JSON' }, { cause: error })
  }
  if (!holidayFile.Check(document)) {
    const [fault] = holidayFile.Errors(document)
    throw new UserError('CALENDAR_UNREADABLE', { at: fault?.instancePath || '/' })
  }
  return document
}

/** Saturdays, Sundays and holidays rest, but not the days that make up for a holiday. */
export function isRestDay(day: string, calendar: Calendar): boolean {
  const said = calendar.get(day)
  return said === undefined ? weekdayOf(day) >= 6 : said === 'holiday'
}

/** Holidays that stand on a date by law (since 2025) and that a year does not have: its file may not be whole. */
export function lackingHolidays({ year, days }: CalendarYear): readonly string[] {
  const off = new Set(days.flatMap(({ day, kind }) => (kind === 'holiday' ? [day] : [])))
  const fixed = ['01-01', '05-01', '05-02', '10-01', '10-02', '10-03'].map((day) => `${year}-${day}`)
  return year < 2025 ? [] : fixed.filter((day) => !off.has(day))
}
