import { sql } from 'kysely'
import { everyFolderIsAway } from '#contact-center/retention/folder-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { everyDiskIsFull } from '#platform/disk/disk-store.ts'
import type { WhyNot } from '../live/live-schema.ts'
import '../follow-up-tables.ts'

/**
 * "Why is nothing dialling?": of a campaign's tasks, how many may be dialled now and what keeps each of the others, by
 * the reasons of the function that also gates (architecture §3); beside them `not_due`.
 *
 * What the gate said of a person stands on the task (`hold`) and is counted from an index. It may be out of date in two
 * ways only: the hold has ended and nobody has asked since, or a claim has taken the number this moment. There the gate
 * is asked.
 *
 * What may be dialled waits all the same while there is no room for its recording, `disk_full`, or not the folder that it
 * belongs into, `recordings_folder`, and where the campaign dials for seats and none is free, `no_free_seat`.
 */
export async function whyNot(db: Ground | GroundTransaction, campaignId: string): Promise<WhyNot> {
  // Asked first and given as a value: the planner then knows how few of a million rows it leaves, and no row asks for it.
  const { rows: now } = await sql<{ at: string }>`select app_now()::text as at`.execute(db)
  const at = sql`${now[0]?.at}::timestamptz`
  const waiting = sql`t.state in ('scheduled', 'retry_wait', 'callback')`
  const { rows } = await sql<{ reason: string | null; count: number }>`
    with way as materialized (
      select p.id, gate_programme(p.id, ${at}) as reason from programme p where p.campaign_id = ${campaignId}
    ), waiting as materialized (
      select way.id, way.reason, n.due, n.later from way
      cross join lateral (
        select count(*) filter (where t.dial_at <= ${at}) as due,
          count(*) filter (where t.dial_at > ${at}) as later
        from task t where t.programme_id = way.id and ${waiting}
      ) n
    ), held as materialized (
      select t.hold as reason, count(*) as count from way
      join task t on t.programme_id = way.id
      where t.hold is not null and t.due_at <= ${at} and t.hold_until > ${at}
        and ${waiting}
      group by t.hold
    ), expired as materialized (
      select t.id, t.programme_id from task t
      where t.expires_at <= ${at} and t.dial_at <= ${at}
        and t.programme_id in (select id from way) and ${waiting}
    ), unsure as materialized (
      select t.id, t.programme_id from way
      join task t on t.programme_id = way.id
      where t.hold is not null and t.due_at <= ${at} and t.hold_until <= ${at} and t.expires_at > ${at} and ${waiting}
      union
      select t.id, t.programme_id from attempt a
      join task t on t.phone_number_id = a.phone_number_id
      where a.state = 'created' and t.dial_at <= ${at} and t.expires_at > ${at}
        and t.programme_id in (select id from way) and ${waiting}
    ), told as (
      select reason, count from held
      union all
      select 'expired', count(*) from expired
      union all
      select g.reason, count(*) from gate(array(select id from unsure), null, ${at}) g group by g.reason
      union all
      select w.reason, w.due - (select count(*) from expired e where e.programme_id = w.id)
        - (select count(*) from unsure u where u.programme_id = w.id)
      from waiting w
      union all
      select 'not_due', (select sum(later) from waiting) - (select coalesce(sum(count), 0) from held)
    )
    select reason, sum(count)::integer as count from told group by reason having sum(count) > 0 order by count desc, reason
  `.execute(db)
  const callable = rows.find(({ reason }) => reason === null)?.count ?? 0
  const reasons = rows.flatMap(({ reason, count }) => (reason === null ? [] : [{ reason, count }]))
  if (callable === 0) return { callable, reasons }
  const kept = (reason: string) => ({ callable: 0, reasons: [{ reason, count: callable }, ...reasons] })
  if (await everyDiskIsFull(db)) return kept('disk_full')
  if (await everyFolderIsAway(db)) return kept('recordings_folder')
  return (await isWithoutSeat(db, campaignId)) ? kept('no_free_seat') : { callable, reasons }
}

async function isWithoutSeat(db: Ground | GroundTransaction, campaignId: string): Promise<boolean> {
  const { rows } = await sql`
    select from campaign c
    where c.id = ${campaignId} and c.pacing in ('progressive', 'preview') and not exists (
      select from seat s join agent g on g.user_id = s.agent_id
      where g.team_id = c.team_id and s.state = 'idle' and s.status = 'available')
  `.execute(db)
  return rows.length > 0
}
