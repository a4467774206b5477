import { sql } from 'kysely'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { calendarDays } from './calendar-store.ts'
import { anyHour, CallingRule, type CallingWindow, CampaignCalling, windowOf } from './calling-rule.ts'
import type { CallingBoard } from './calling-schema.ts'

const hoursShape = Compile(Type.Pick(CallingRule, ['periods', 'holidays', 'weekends']))
const ownShape = Compile(CampaignCalling)

/**
 * When a programme's campaign may call, by what the gate judges by, for planning the next dial. Hours that cannot be
 * read never open: the plan then goes by its delays alone, and the gate, which cannot read them either, dials nobody.
 */
export async function windowOfProgramme(db: Ground | GroundTransaction, programmeId: string): Promise<CallingWindow> {
  const { rows } = await sql<{ hours: unknown; own: unknown; anyHour: boolean | null }>`
    select (select value from setting where key = 'calling' order by version desc limit 1)
        - array['capPerDay', 'capPerWeek', 'alsoDialled'] as hours, coalesce(c.calling, '{}') as own, c.any_hour
    from programme p left join campaign c on c.id = p.campaign_id
    where p.id = ${programmeId}
  `.execute(db)
  const [found] = rows
  if (found?.anyHour === true) return anyHour
  const calendar = await calendarDays(db)
  if (!hoursShape.Check(found?.hours) || !ownShape.Check(found.own)) {
    return { periods: [], holidays: 'closed', weekends: 'closed', calendar }
  }
  return windowOf(found.hours, found.own, calendar)
}

export async function ruleVersion(db: Ground): Promise<number> {
  const row = await db.selectFrom('settingNow').select('version').where('key', '=', 'calling').executeTakeFirst()
  return row?.version ?? 0
}

/** Waiting tasks that the rule holds by what it says of their numbers. */
export async function heldTasks(db: Ground): Promise<CallingBoard['held']> {
  const { rows } = await sql<CallingBoard['held'][number]>`
    select t.hold as reason, case t.hold when 'number_barred' then n.bar end as bar, count(*)::integer as count
    from task t left join phone_number n on n.id = t.phone_number_id
    where t.hold in ('cap_day', 'cap_week', 'number_barred') and t.state in ('scheduled', 'retry_wait', 'callback')
    group by 1, 2 order by 1, 2
  `.execute(db)
  return rows
}

export async function ownHours(db: Ground): Promise<CallingBoard['campaigns']> {
  const { rows } = await sql<CallingBoard['campaigns'][number]>`
    select name, any_hour, coalesce(calling, '{}') as own from campaign
    where any_hour or calling is not null order by created_at, id
  `.execute(db)
  return rows
}
