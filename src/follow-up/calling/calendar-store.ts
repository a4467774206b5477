import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import '../follow-up-tables.ts'
import type { Calendar, CalendarYear } from './calendar.ts'

/** Every day that is not as its weekday says. */
export async function calendarDays(db: Ground | GroundTransaction): Promise<Calendar> {
  const rows = await db.selectFrom('calendarDay').select(['day', 'kind']).execute()
  return new Map(rows.map(({ day, kind }) => [day, kind]))
}

export async function calendarYears(db: Ground | GroundTransaction): Promise<ReadonlySet<number>> {
  const rows = await db.selectFrom('calendarYear').select('year').execute()
  return new Set(rows.map(({ year }) => year))
}

/** Puts a year's days in the place of what was known of it. */
export async function replaceCalendarYear(tx: GroundTransaction, { year, days, source }: CalendarYear): Promise<void> {
  await sql`
    insert into calendar_year (year, source) values (${year}, ${source})
    on conflict (year) do update set source = excluded.source, imported_at = app_now()
  `.execute(tx)
  await sql`delete from calendar_day where extract(year from day) = ${year}`.execute(tx)
  await sql`
    insert into calendar_day (day, kind, name)
    select * from unnest(${days.map(({ day }) => day)}::date[], ${days.map(({ kind }) => kind)}::text[],
      ${days.map(({ name }) => name)}::text[])
    on conflict (day) do update set kind = excluded.kind, name = excluded.name
  `.execute(tx)
}
