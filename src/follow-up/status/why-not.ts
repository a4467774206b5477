import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { WhyNot } from '../live/live-schema.ts'
import '../follow-up-tables.ts'

/**
 * "Why is nothing dialling?": of a campaign's tasks, how many may be dialled now and what keeps each of the others, by
 * the reasons of the function that also gates (architecture §3); beside them `not_due`.
 *
 * What the gate said of a person stands on the task (`hold`) and is counted from an index. It may be out of date in one
 * way only: a task that fell due while its number was in a call, or called often enough, has not been asked about
 * since. Those are found from the attempts, and the gate is asked.
 */
export async function whyNot(db: Ground | GroundTransaction, campaignId: string): Promise<WhyNot> {
  const { rows } = await sql<{ reason: string | null; count: number }>`
    with way as materialized (
      select p.id, gate_programme(p.id, app_now()) as reason from programme p where p.campaign_id = ${campaignId}
    ), waiting as materialized (
      select way.id, way.reason, n.due, n.later from way
      cross join lateral (
        select count(*) filter (where t.dial_at <= app_now()) as due, count(*) filter (where t.dial_at > app_now()) as later
        from task t where t.programme_id = way.id and t.state in ('scheduled', 'retry_wait', 'callback')
      ) n
    ), held as materialized (
      select t.hold as reason, count(*) as count from way
      join task t on t.programme_id = way.id
      where t.hold is not null and t.due_at <= app_now() and t.hold_until > app_now()
        and t.state in ('scheduled', 'retry_wait', 'callback')
      group by t.hold
    ), expired as materialized (
      select t.id, t.programme_id from task t
      where t.expires_at <= app_now() and t.dial_at <= app_now() and t.programme_id in (select id from way)
        and t.state in ('scheduled', 'retry_wait', 'callback')
    ), busy as materialized (
      select a.phone_number_id from attempt a where a.state <> 'ended'
      union
      select a.phone_number_id from attempt a
      where a.counts_at >= start_of_local_day(local_day(app_now()) - 6)
        and a.result is distinct from 'congestion' and (a.result is distinct from 'cancelled' or a.invited_at is not null)
      group by a.phone_number_id
      having count(*) filter (where a.counts_at >= start_of_local_day(local_day(app_now())))
          >= (select least((s.value ->> 'capPerDay')::integer, 5) from setting s
            where s.key = 'calling' order by s.version desc limit 1)
        or count(*) >= (select (s.value ->> 'capPerWeek')::integer from setting s
            where s.key = 'calling' order by s.version desc limit 1)
    ), suspect as materialized (
      select t.id, t.phone_number_id, t.programme_id from busy
      join task t on t.phone_number_id = busy.phone_number_id
      where t.dial_at <= app_now() and t.expires_at > app_now() and t.programme_id in (select id from way)
        and t.state in ('scheduled', 'retry_wait', 'callback')
      order by t.id
    ), told as (
      select reason, count from held
      union all
      select 'expired', count(*) from expired
      union all
      select g.reason, count(*) from gate(
        array(select id from suspect order by id), array(select phone_number_id from suspect order by id), app_now()) g
      group by g.reason
      union all
      select w.reason, w.due - (select count(*) from expired e where e.programme_id = w.id)
        - (select count(*) from suspect s where s.programme_id = w.id)
      from waiting w
      union all
      select 'not_due', (select sum(later) from waiting) - (select coalesce(sum(count), 0) from held)
    )
    select reason, sum(count)::integer as count from told group by reason having sum(count) > 0 order by count desc, reason
  `.execute(db)
  return {
    callable: rows.find(({ reason }) => reason === null)?.count ?? 0,
    reasons: rows.flatMap(({ reason, count }) => (reason === null ? [] : [{ reason, count }])),
  }
}
