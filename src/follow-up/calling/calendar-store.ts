import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import '../follow-up-tables.ts'
import type { Calendar, CalendarDay, CalendarYear } from './calendar.ts'

/** Every day that is not as its weekday says. */
export async function calendarDays(db: Ground | GroundTransaction): Promise<Calendar> {
  const rows = await db.selectFrom('calendarDay').select(['day', 'kind']).execute()
  return new Map(rows.map(({ day, kind }) => [day, kind]))
}

export async function calendarYears(db: Ground | GroundTransaction): Promise<ReadonlySet<number>> {
  const rows = await db.selectFrom('calendarYear').select('year').execute()
  return new Set(rows.map(({ year }) => year))
}

/** The hospital's day by the database's clock, which is the gate's. */
export async function today(db: Ground | GroundTransaction): Promise<string> {
  const { rows } = await sql<{ day: string }>`select local_day(app_now()) as day`.execute(db)
  return rows[0]?.day ?? ''
}

/** A year as it is known; one without source has only the days that the law itself gives. */
export interface KnownYear {
  readonly year: number
  readonly source: string | null
  readonly importedAt: Date | null
  readonly days: readonly CalendarDay[]
}

/** From this year on, also those of which only the law's days stand. */
export async function knownYears(db: Ground, from: number): Promise<readonly KnownYear[]> {
  const { rows } = await sql<KnownYear>`
    select coalesce(y.year, d.year) as year, y.source, y.imported_at, coalesce(d.days, '[]') as days
    from calendar_year y
    full join (
      select extract(year from day)::integer as year,
        jsonb_agg(jsonb_build_object('day', day, 'kind', kind, 'name', name) order by day) as days
      from calendar_day group by 1
    ) d on d.year = y.year
    where coalesce(y.year, d.year) >= ${from}
    order by 1
  `.execute(db)
  return rows
}

/** Puts a year's days in the place of what was known of it. */
export async function replaceCalendarYear(tx: GroundTransaction, { year, days, source }: CalendarYear): Promise<void> {
  await oneAtATime(tx)
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

/** Holidays of a year that is not known; of one that is, nothing. @returns how many were not there yet */
export async function addProvisionalDays(
  tx: GroundTransaction,
  { year, days }: { readonly year: number; readonly days: readonly CalendarDay[] },
): Promise<number> {
  await oneAtATime(tx)
  const { rows } = await sql<{ day: string }>`
    insert into calendar_day (day, kind, name)
    select * from unnest(${days.map(({ day }) => day)}::date[], ${days.map(({ kind }) => kind)}::text[],
      ${days.map(({ name }) => name)}::text[])
    where not exists (select from calendar_year where year = ${year})
    on conflict (day) do nothing
    returning day
  `.execute(tx)
  return rows.length
}

/** Who adds the law's days must not miss a year that is being imported. */
async function oneAtATime(tx: GroundTransaction): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('suifang.calendar', 0))`.execute(tx)
}
