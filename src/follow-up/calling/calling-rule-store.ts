import { sql } from 'kysely'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { calendarDays } from './calendar-store.ts'
import { anyHour, CallingRule, type CallingWindow } from './calling-rule.ts'

const hoursShape = Compile(Type.Pick(CallingRule, ['periods', 'holidays', 'weekends']))

/**
 * When a programme's campaign may call, by what the gate judges by, for planning the next dial. Hours that cannot be
 * read never open: the plan then goes by its delays alone, and the gate, which cannot read them either, dials nobody.
 */
export async function windowOfProgramme(db: Ground | GroundTransaction, programmeId: string): Promise<CallingWindow> {
  const { rows } = await sql<{ hours: unknown; anyHour: boolean | null }>`
    select (select value from setting where key = 'calling' order by version desc limit 1) || coalesce(c.calling, '{}')
        - array['capPerDay', 'capPerWeek', 'alsoDialled'] as hours, c.any_hour
    from programme p left join campaign c on c.id = p.campaign_id
    where p.id = ${programmeId}
  `.execute(db)
  const [found] = rows
  if (found?.anyHour === true) return anyHour
  const calendar = await calendarDays(db)
  if (!hoursShape.Check(found?.hours)) return { periods: [], holidays: 'closed', weekends: 'closed', calendar }
  const { periods, holidays, weekends } = found.hours
  return { periods, holidays, weekends, calendar }
}
