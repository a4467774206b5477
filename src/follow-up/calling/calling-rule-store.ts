import { sql } from 'kysely'
import { Compile } from 'typebox/compile'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UnexpectedError } from '#platform/errors/errors.ts'
import { calendarDays } from './calendar-store.ts'
import { anyHour, CallingRule, type CallingWindow, CampaignCalling, windowOf } from './calling-rule.ts'

const ruleShape = Compile(CallingRule)
const campaignShape = Compile(CampaignCalling)

/**
 * When a programme's campaign may call: what the gate judges by, for planning the next dial.
 * @throws UnexpectedError CALLING_RULE_UNREADABLE
 */
export async function windowOfProgramme(db: Ground | GroundTransaction, programmeId: string): Promise<CallingWindow> {
  const { rows } = await sql<{ rule: unknown; own: unknown; anyHour: boolean | null }>`
    select (select value from setting where key = 'calling' order by version desc limit 1) as rule,
      coalesce(c.calling, '{}') as own, c.any_hour
    from programme p left join campaign c on c.id = p.campaign_id
    where p.id = ${programmeId}
  `.execute(db)
  const [found] = rows
  if (found?.anyHour === true) return anyHour
  if (!ruleShape.Check(found?.rule) || !campaignShape.Check(found.own))
    throw new UnexpectedError('CALLING_RULE_UNREADABLE')
  return windowOf(found.rule, found.own, await calendarDays(db))
}
