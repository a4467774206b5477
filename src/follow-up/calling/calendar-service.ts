import { readdir, readFile } from 'node:fs/promises'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { type CronEntry, firePayload } from '#platform/jobs/cron.ts'
import { defineJob } from '#platform/jobs/jobs.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import { type CalendarYear, readCalendarYear } from './calendar.ts'
import { addProvisionalDays, calendarYears, replaceCalendarYear, today } from './calendar-store.ts'
import { statutoryDays } from './statutory-days.ts'

const shipped = new URL('holidays/', import.meta.url)

/**
 * Loads the shipped years that the database does not know, and of this year and the next, where they are not known, the
 * days that the law itself gives. Safe at every start; what a hospital imported stays.
 */
export async function seedCalendar(db: Ground): Promise<void> {
  const known = await calendarYears(db)
  for (const name of (await readdir(shipped)).filter((file) => file.endsWith('.json')).sort()) {
    const year = readCalendarYear(await readFile(new URL(name, shipped), 'utf8'))
    if (!known.has(year.year)) await db.transaction().execute((tx) => replaceCalendarYear(tx, year))
  }
  await holdStatutoryDays(db)
}

/** @returns how many days were not there yet */
async function holdStatutoryDays(db: Ground): Promise<number> {
  const year = yearOf(await today(db))
  const known = await calendarYears(db)
  let added = 0
  for (const unknown of [year, year + 1].filter((one) => !known.has(one))) {
    const days = statutoryDays(unknown)
    added += await db.transaction().execute((tx) => addProvisionalDays(tx, { year: unknown, days }))
  }
  return added
}

/**
 * Loads one year from a file of the same format; a year that is known is replaced. Row of the audit trail, diallers and
 * live pages in the same transaction.
 * @param reason as whoever imports it says; null at the server
 * @throws UserError CALENDAR_UNREADABLE, CALENDAR_NOT_ANNOUNCED; nothing is changed then
 */
export async function importCalendarYear(
  db: Ground,
  { text, actor, reason }: { readonly text: string; readonly actor: Actor; readonly reason: string | null },
): Promise<CalendarYear> {
  const year = readCalendarYear(text)
  await db.transaction().execute(async (tx) => {
    await replaceCalendarYear(tx, year)
    const object = { kind: 'calendar_year', id: String(year.year) }
    const detail = { source: year.source, days: year.days.length, reason }
    await writeAudit(tx, { actor, action: 'calendar.imported', object, outcome: 'ok', detail })
    await tellDiallers(tx)
    await tellCallingChanged(tx)
  })
  return year
}

/** Live pages ask anew for what holds. The last statement of its transaction. */
export async function tellCallingChanged(tx: GroundTransaction): Promise<void> {
  await appendToStream(tx, 'live', [{ type: 'calling.changed', payload: {} }])
}

/** The State Council announces the next year in November. */
const announcedIn = 11

/**
 * Years whose holidays should be known by now and are not: this one, and from November on the next. Not the same as
 * years without holidays: of them only the days that the law itself gives are kept free.
 */
export async function missingCalendarYears(db: Ground | GroundTransaction): Promise<readonly number[]> {
  const day = await today(db)
  const known = await calendarYears(db)
  const year = yearOf(day)
  const wanted = Number(day.slice(5, 7)) >= announcedIn ? [year, year + 1] : [year]
  return wanted.filter((one) => !known.has(one))
}

/**
 * Every night: the law's days of years that have come into sight, and open pages learn what is missing by now, since a
 * house may run from spring to spring.
 */
export function calendarRound(db: Ground): CronEntry {
  return {
    name: 'calendar.round',
    schedule: '3 0 * * *',
    job: defineJob({
      name: 'calendar.round',
      payload: firePayload,
      run: async (_fire, { log }) => {
        const added = await holdStatutoryDays(db)
        if (added > 0) log.info({ added }, 'statutory holidays of a year that is not announced are kept free')
        const missing = await missingCalendarYears(db)
        if (missing.length > 0) log.warn({ missing }, 'holidays of these years are to be imported')
        await db.transaction().execute(tellCallingChanged)
      },
    }),
  }
}

function yearOf(day: string): number {
  return Number(day.slice(0, 4))
}
