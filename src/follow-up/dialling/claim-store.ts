import { sql } from 'kysely'
import type { Lease } from '#contact-center/work-source.ts'
import type { GroundTransaction } from '#platform/database/database.ts'
import '#contact-center/contact-center-tables.ts'
import '../follow-up-tables.ts'

/** Most attempts that one claim makes. A constant in the statement, so that its plan is made for it. */
export const claimAtMost = 50

/**
 * A task that a claim looked at: with its attempt, or without where the number was not to be had; and what its call
 * needs, as the rows have it (numbers and passwords still sealed).
 */
export interface Considered {
  readonly taskId: string
  readonly campaignId: string
  /** State that the task was in. */
  readonly from: string
  readonly attemptId: string | null
  readonly host: string
  readonly port: number
  readonly callerNumber: string
  readonly username: string | null
  readonly passwordCiphertext: Buffer | null
  readonly numberCiphertext: Buffer
  readonly ringTimeoutMs: number
  readonly flowVersionId: string
  /** Null for a step without a form. */
  readonly questionnaireVersionId: string | null
  /** Whom a callback was agreed with. */
  readonly preferredAgentId: string | null
  /** Answers of earlier attempts by question id. */
  readonly answers: Record<string, unknown>
}

/** Of so many tasks in a row the first that nobody else has locked are taken; `wide`, where many claim at once. */
const window = { near: claimAtMost, wide: 10 * claimAtMost } as const

/** A trunk as it is at this moment: nothing of it is locked. */
export interface TrunkInView {
  readonly lines: number
  readonly inUse: number
}

/**
 * States the lease and looks at the trunk without locking it. The plans of this transaction's prepared statements are the
 * general ones: planning them anew costs more than they do.
 * @returns null when there is no such trunk or it is switched off
 */
export async function lookAtTrunk(tx: GroundTransaction, lease: Lease, trunkId: string): Promise<TrunkInView | null> {
  const { rows } = await sql<TrunkInView>`/* prepared: look-at-trunk */
    select k.lines, (select count(*)::integer from attempt a where a.trunk_id = k.id and a.state <> 'ended') as in_use,
      set_config('suifang.lease', ${`${lease.owner}#${lease.epoch}`}, true),
      set_config('plan_cache_mode', 'force_generic_plan', true)
    from trunk k where k.id = ${trunkId} and k.enabled
  `.execute(tx)
  return rows[0] ?? null
}

/**
 * Locks the trunk, so that its lines are counted by one claim at a time, over all nodes, and counts the free ones: this
 * transaction's attempts are among the taken. Whoever locks tasks or seats as well, and waits for them, does so before:
 * claims of whole campaigns come here with tasks locked.
 * @returns null when there is no such trunk or it is switched off; below zero when this transaction took too many
 */
export async function freeLines(tx: GroundTransaction, trunkId: string): Promise<number | null> {
  const { rows } = await sql<{ free: number | null }>`/* prepared: free-lines */
    select free_lines(${trunkId}) as free
  `.execute(tx)
  return rows[0]?.free ?? null
}

/**
 * Gate, claim and attempt row together (architecture §3; invariants 1–3): the next tasks of the trunk in order of
 * priority and time, locked; their attempts; and the tasks of those attempts moved to `claimed`. Tasks that something
 * holds are not looked at; the gate's trigger judges the attempts that are made.
 * @param order.attemptIds ids of the attempts to be made, in dialling order; at most {@link claimAtMost}
 * @param order.passed tasks that an earlier round of this claim could not have
 * @param order.look `near` at the very next tasks, which is cheap; `wide` past those that other claims have locked
 * @returns every task looked at, in dialling order
 * @throws SF002 when the gate refuses one of them (a fact committed meanwhile): nothing is claimed
 */
export async function claimDue(
  tx: GroundTransaction,
  lease: Lease,
  order: {
    readonly trunkId: string
    /** One campaign with agents; null for all that have none. */
    readonly campaignId: string | null
    readonly attemptIds: readonly string[]
    readonly passed: readonly string[]
    readonly look: keyof typeof window
    readonly leaseSeconds: number
  },
): Promise<readonly Considered[]> {
  const { trunkId, campaignId, attemptIds, passed, look, leaseSeconds } = order
  const { rows } = await sql<Considered>`/* prepared: claim-due-${sql.raw(look)} */
    with running as materialized (
      select p.id, c.id as campaign_id, c.ring_timeout_ms
      from campaign c join programme p on p.campaign_id = c.id
      where c.trunk_id = ${trunkId} and c.state = 'running' and p.state = 'running'
        and case when ${campaignId}::uuid is null then c.pacing = 'agentless' else c.id = ${campaignId} end
    ), open_programme as materialized (
      select r.id, r.campaign_id, r.ring_timeout_ms
      from running r join gate_programmes(array(select id from running), app_now()) g on g.programme_id = r.id
      where g.reason is null
    ), candidate as materialized (
      select t.id, o.campaign_id, o.ring_timeout_ms, t.priority, t.dial_at
      from open_programme o
      cross join generate_series(0, 9) as rank (priority)
      cross join lateral (
        select task.id, task.priority, task.dial_at from task
        where task.programme_id = o.id and task.priority = rank.priority and task.dial_at <= app_now()
          and task.state in ('scheduled', 'retry_wait', 'callback')
          and task.expires_at > app_now() and task.id <> all (${passed}::uuid[])
        order by task.dial_at limit ${sql.lit(window[look])}
      ) t
      order by t.priority, t.dial_at, t.id limit ${sql.lit(window[look])}
    ), locked as materialized (
      select t.id, t.state, t.phone_number_id, t.callback_agent_id, s.flow_version_id, s.questionnaire_version_id,
        c.campaign_id, c.ring_timeout_ms, c.priority, c.dial_at
      from candidate c
      join task t on t.id = c.id
      join programme_step s on s.id = t.step_id
      where t.state in ('scheduled', 'retry_wait', 'callback') and t.dial_at <= app_now()
      order by c.priority, c.dial_at, c.id
      limit ${attemptIds.length}
      for update of t skip locked
    ), placed as materialized (
      select (${attemptIds}::uuid[])[row_number() over (order by priority, dial_at, id)] as attempt_id, locked.*
      from locked
    ), made as (
      insert into attempt (id, task_id, campaign_id, trunk_id, phone_number_id, flow_version_id,
        lease_owner, lease_epoch, lease_until)
      select attempt_id, id, campaign_id, ${trunkId}::uuid, phone_number_id, flow_version_id,
        ${lease.owner}, ${lease.epoch}::bigint, clock_timestamp() + make_interval(secs => ${leaseSeconds})
      from placed order by priority, dial_at, id
      on conflict do nothing
      returning id, task_id
    ), moved as (
      -- With what the trigger task_changes would say of each (0008).
      update task set state = 'claimed', hold = null, hold_until = null, changed_at = app_now()
      from made where task.id = made.task_id
    ), filled as materialized (
      select r.task_id, r.questionnaire_version_id, jsonb_object_agg(w.question_id, w.value) as answers
      from response r join answer w on w.response_id = r.id
      where r.task_id = any (array(select id from placed)) and w.value <> 'null'
      group by r.id
    )
    select p.id as task_id, p.campaign_id, p.state as "from",
      -- Not a join: for the few rows that are expected it would be made by comparing each with each.
      case when p.attempt_id in (select id from made) then p.attempt_id end as attempt_id, k.host, k.port,
      k.caller_number, k.username, k.password_ciphertext, n.ciphertext as number_ciphertext, p.ring_timeout_ms,
      p.flow_version_id, p.questionnaire_version_id, p.callback_agent_id as preferred_agent_id,
      coalesce(f.answers, '{}') as answers
    from placed p
    left join filled f on f.task_id = p.id and f.questionnaire_version_id = p.questionnaire_version_id
    join trunk k on k.id = ${trunkId}
    join phone_number n on n.id = p.phone_number_id
    order by p.priority, p.dial_at, p.id
  `.execute(tx)
  return rows
}

/**
 * Has the gate asked about tasks that could not be claimed, so that what blocks them stands on them and no later claim
 * walks over them (migration 0003, `hold`).
 */
export async function holdRefused(tx: GroundTransaction, taskIds: readonly string[]): Promise<void> {
  await sql`select rehold(${taskIds}::uuid[])`.execute(tx)
}
