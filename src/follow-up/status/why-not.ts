import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { WhyNot } from '../live/live-schema.ts'

/**
 * "Why is nothing dialling?": of a campaign's due tasks, how many may be dialled now and what keeps the others, by
 * reasons of the function that also gates (architecture §3).
 */
export async function whyNot(db: Ground | GroundTransaction, campaignId: string): Promise<WhyNot> {
  const { rows } = await sql<{ reason: string | null; count: number }>`
    with programme_reason as materialized (
      select p.id, gate_programme(p.id, app_now()) as reason from programme p where p.campaign_id = ${campaignId}
    ), held as (
      select t.programme_id, t.hold as reason, count(*) as count from task t
      where t.programme_id in (select id from programme_reason) and t.hold is not null
        and t.state in ('scheduled', 'retry_wait', 'callback') and t.due_at <= app_now() and t.hold_until > app_now()
        and t.expires_at > app_now()
      group by 1, 2
    ), due as (
      select t.programme_id, count(*) as count from task t
      where t.programme_id in (select id from programme_reason) and t.dial_at <= app_now()
        and t.state in ('scheduled', 'retry_wait', 'callback') and t.expires_at > app_now()
      group by 1
    ), waiting as (
      select count(*) as count from task t
      where t.programme_id in (select id from programme_reason) and t.state in ('scheduled', 'retry_wait', 'callback')
        and t.due_at > app_now()
    )
    select reason, sum(count)::integer as count from (
      select reason, count from held
      union all select r.reason, d.count from due d join programme_reason r on r.id = d.programme_id
      union all select 'not_due', count from waiting where count > 0
    ) told group by reason order by count desc, reason
  `.execute(db)
  return {
    callable: rows.find(({ reason }) => reason === null)?.count ?? 0,
    reasons: rows.flatMap(({ reason, count }) => (reason === null ? [] : [{ reason, count }])),
  }
}
