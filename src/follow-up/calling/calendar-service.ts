import { readdir, readFile } from 'node:fs/promises'
import type { Ground } from '#platform/database/database.ts'
import { type CalendarYear, readCalendarYear } from './calendar.ts'
import { calendarYears, replaceCalendarYear } from './calendar-store.ts'
import { addDays, dayOf } from './hospital-day.ts'

const shipped = new URL('holidays/', import.meta.url)

/** Loads the shipped years that the database does not know. Safe at every start; what a hospital imported stays. */
export async function seedCalendar(db: Ground): Promise<void> {
  const known = await calendarYears(db)
  for (const name of (await readdir(shipped)).filter((file) => file.endsWith('.json')).sort()) {
    const year = readCalendarYear(await readFile(new URL(name, shipped), 'utf8'))
    if (!known.has(year.year)) await db.transaction().execute((tx) => replaceCalendarYear(tx, year))
  }
}

/**
 * Loads one year from a file of the same format; a year that is known is replaced.
 * @throws UserError CALENDAR_UNREADABLE, CALENDAR_NOT_ANNOUNCED; nothing is changed then
 */
export async function importCalendarYear(db: Ground, text: string): Promise<CalendarYear> {
  const year = readCalendarYear(text)
  await db.transaction().execute((tx) => replaceCalendarYear(tx, year))
  return year
}

/** Tasks are planned this far ahead and more; a holiday not known by then is dialled on. */
const knownAheadDays = 30

/**
 * Years whose holidays should be known by now and are not. Not the same as years without holidays: whoever reads this
 * shows it, since calls would leave on holidays.
 */
export async function missingCalendarYears(db: Ground, now: Date): Promise<readonly number[]> {
  const known = await calendarYears(db)
  const today = dayOf(now)
  const wanted = new Set([today, addDays(today, knownAheadDays)].map((day) => Number(day.slice(0, 4))))
  return [...wanted].filter((year) => !known.has(year))
}
