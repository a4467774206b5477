import { sql } from 'kysely'
import type { SeenMark } from '#contact-center/restored/database-mark.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'

/** What is published under these ids, of flows and of questionnaires; it never changes. */
export async function publishedVersions(
  db: Ground | GroundTransaction,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly definition: unknown }[]> {
  const { rows } = await sql<{ id: string; definition: unknown }>`
    select id, definition from flow_version where id = any (${ids}::uuid[])
    union all
    select id, definition from questionnaire_version where id = any (${ids}::uuid[])
  `.execute(db)
  return rows
}

/** What the call of an attempt needs, as the rows have it (number and password still sealed). */
export interface CallFacts {
  /** The database is behind what this node has seen of it, or another. */
  readonly isEarlier: boolean
  readonly host: string
  readonly port: number
  readonly callerNumber: string
  readonly username: string | null
  readonly passwordCiphertext: Buffer | null
  readonly numberId: string
  readonly numberCiphertext: Buffer
  readonly ringTimeoutMs: number
  readonly flowVersionId: string
  /** Null for a step without a form. */
  readonly questionnaireVersionId: string | null
  /** Answers of earlier attempts by question id. */
  readonly answers: Readonly<Record<string, unknown>>
}

/**
 * `created → dialing`. The gate is asked by a trigger (SF002), which is told what a person dials by hand.
 * @param seen what this node has seen of the database; null: nothing
 * @returns what to dial, or null when it was taken back
 */
export async function beginAttempt(
  tx: GroundTransaction,
  attemptId: string,
  seen: SeenMark | null,
): Promise<CallFacts | null> {
  const { rows } = await sql<CallFacts>`/* prepared: begin-attempt */
    with begun as (
      update attempt set state = 'dialing' where id = ${attemptId} and state = 'created'
        and set_config('suifang.by_hand', case when by_hand then 'on' else 'off' end, true) <> ''
      returning task_id, campaign_id, trunk_id, phone_number_id, flow_version_id
    )
    select coalesce((select m.id <> ${seen?.id ?? null}::uuid or m.mark < ${seen?.mark ?? null}::bigint from database_mark m), false)
        as is_earlier, k.host, k.port, k.caller_number, k.username, k.password_ciphertext, n.id as number_id,
      n.ciphertext as number_ciphertext,
      c.ring_timeout_ms, b.flow_version_id, s.questionnaire_version_id,
      coalesce((select jsonb_object_agg(a.question_id, a.value) from response r join answer a on a.response_id = r.id
        where r.task_id = t.id and r.questionnaire_version_id = s.questionnaire_version_id and a.value <> 'null'), '{}') as answers
    from begun b
    join trunk k on k.id = b.trunk_id
    join campaign c on c.id = b.campaign_id
    join phone_number n on n.id = b.phone_number_id
    join task t on t.id = b.task_id
    join programme_step s on s.id = t.step_id
  `.execute(tx)
  return rows[0] ?? null
}

/** The task of an attempt that is dialled now. */
export async function enterCall(tx: GroundTransaction, taskId: string): Promise<void> {
  await sql`update task set state = 'in_progress' where id = ${taskId} and state = 'claimed'`.execute(tx)
}

/** Attempts of a campaign that are claimed and not dialled. */
export async function createdAttempts(tx: GroundTransaction, campaignId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from attempt where campaign_id = ${campaignId} and state = 'created' order by id for update
  `.execute(tx)
  return rows.map(({ id }) => id)
}

/**
 * The earliest instant to come at which something of this trunk's running campaigns may be dialled: when a task falls
 * due or its hold ends, and not before the programme's hour opens. What may be dialled already does not count: it waits
 * for a line, and the end of a call tells.
 */
export async function earliestDial(db: Ground, trunkId: string): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`/* prepared: earliest-dial */
    with way as (
      select p.id, gate_programme(p.id, app_now()) is null as open,
        (select s.value from setting s where s.key = 'calling' order by s.version desc limit 1) as calling,
        coalesce(c.calling, '{}') as own
      from campaign c join programme p on p.campaign_id = c.id
      where c.trunk_id = ${trunkId} and c.state = 'running' and p.state = 'running'
    ), opening as (
      select way.id, case when way.open then app_now() else (
        select min(o.at) from (
          select (local_day(app_now()) + day + (period ->> 'opens')::time) at time zone 'Asia/Shanghai' as at
          from generate_series(0, 62) as day,
            jsonb_array_elements((way.calling -> 'periods') || coalesce(way.own -> 'periods', '[]')) as period
        ) o, lateral (select (select d.kind from calendar_day d where d.day = local_day(o.at)) as kind_of_day) c
        where o.at > app_now() and gate_hour(way.calling, c.kind_of_day, o.at) is null
          and gate_hour(way.calling || way.own, c.kind_of_day, o.at) is null)
        end as at
      from way
    )
    select min(greatest(next.dial_at, opening.at)) as at from opening
    cross join generate_series(0, 9) as rank (priority)
    cross join lateral (
      select t.dial_at from task t
      where t.programme_id = opening.id and t.priority = rank.priority
        and t.state in ('scheduled', 'retry_wait', 'callback') and t.dial_at < 'infinity'
        -- Where the programme is open, only what is still to come; where it is closed, also what waits for the opening.
        and t.dial_at > case when opening.at > app_now() then '-infinity' else app_now() end
      order by t.dial_at limit 1
    ) next
    where opening.at is not null
  `.execute(db)
  return rows[0]?.at ?? null
}
