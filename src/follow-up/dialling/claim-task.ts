import { sql } from 'kysely'
import type { Lease } from '#contact-center/work-source.ts'
import type { GroundTransaction } from '#platform/database/database.ts'
import type { Made } from './claim-store.ts'
import '#contact-center/acd/queue-tables.ts'
import '#contact-center/contact-center-tables.ts'
import '../follow-up-tables.ts'

/** A task that a person wants to dial, and by which way it is dialled. */
export interface TaskAtHand {
  readonly taskId: string
  readonly campaignId: string | null
  readonly trunkId: string | null
}

/** Not locked: only to know over which trunk it is dialled. */
export async function taskAtHand(tx: GroundTransaction, taskId: string): Promise<TaskAtHand | null> {
  const { rows } = await sql<TaskAtHand>`
    select t.id as task_id, p.campaign_id, c.trunk_id
    from task t join programme p on p.id = t.programme_id left join campaign c on c.id = p.campaign_id
    where t.id = ${taskId}
  `.execute(tx)
  return rows[0] ?? null
}

/**
 * Locks the task and asks the gate about it and one number; this transaction dials by hand, for which no sounds are needed.
 * @param order.phoneId null for the number that the task is to dial next
 * @returns the gate's reason, null for none; `previewed` while another seat looks at the task
 */
export async function whyNotTask(
  tx: GroundTransaction,
  order: { readonly taskId: string; readonly phoneId: string | null; readonly seatId: string },
): Promise<string | null> {
  await sql`
    select set_config('suifang.by_hand', 'on', true) from task where id = ${order.taskId} for update of task
  `.execute(tx)
  const { rows } = await sql<{ reason: string | null }>`
    select case when exists (select from preview v where v.task_id = t.id and v.ended_at is null
        and v.seat_id <> ${order.seatId}) then 'previewed'
      else gate_reason(t.id, coalesce(${order.phoneId}::uuid, t.phone_number_id), app_now()) end as reason
    from task t where t.id = ${order.taskId}
  `.execute(tx)
  return rows[0]?.reason ?? null
}

/**
 * Attempt and claim of one task, as `claimDue` makes them for many. The gate's trigger judges it once more.
 * @returns null when the task or the number has an attempt already
 */
export async function claimOne(
  tx: GroundTransaction,
  lease: Lease,
  order: {
    readonly attemptId: string
    readonly taskId: string
    readonly phoneId: string | null
    readonly campaignId: string
    readonly trunkId: string
    readonly leaseSeconds: number
  },
): Promise<Made | null> {
  const { attemptId, taskId, phoneId, campaignId, trunkId, leaseSeconds } = order
  const { rows } = await sql<Made>`
    with wanted as materialized (
      select t.id, t.state, t.callback_agent_id, coalesce(${phoneId}::uuid, t.phone_number_id) as phone_number_id,
        s.flow_version_id
      from task t join programme_step s on s.id = t.step_id
      where t.id = ${taskId} and t.state in ('scheduled', 'retry_wait', 'callback')
    ), made as (
      insert into attempt (id, task_id, campaign_id, trunk_id, phone_number_id, flow_version_id, by_hand,
        lease_owner, lease_epoch, lease_until)
      select ${attemptId}, id, ${campaignId}::uuid, ${trunkId}::uuid, phone_number_id, flow_version_id, true,
        ${lease.owner}, ${lease.epoch}::bigint, clock_timestamp() + make_interval(secs => ${leaseSeconds})
      from wanted on conflict do nothing returning id, task_id
    ), moved as (
      update task set state = 'claimed' from made where task.id = made.task_id
    )
    select made.id as attempt_id, w.id as task_id, ${campaignId}::uuid as campaign_id, w.state as "from",
      w.callback_agent_id as preferred_agent_id
    from made join wanted w on w.id = made.task_id
  `.execute(tx)
  return rows[0] ?? null
}

/** A task whose record may be shown before it is dialled. */
export interface TaskToPreview {
  readonly taskId: string
  /** Whom a callback was agreed with. */
  readonly preferredAgentId: string | null
}

/** The campaign's next tasks in order of dialling, locked, that nobody looks at; none while its hour is closed. */
export async function nextToPreview(
  tx: GroundTransaction,
  order: { readonly campaignId: string; readonly atMost: number },
): Promise<readonly TaskToPreview[]> {
  const { rows } = await sql<TaskToPreview>`
    select t.id as task_id, t.callback_agent_id as preferred_agent_id
    from programme p join campaign c on c.id = p.campaign_id join task t on t.programme_id = p.id
    where p.campaign_id = ${order.campaignId} and p.state = 'running' and c.state = 'running'
      and gate_programme(p.id, app_now()) is null
      and t.state in ('scheduled', 'retry_wait', 'callback') and t.dial_at <= app_now() and t.expires_at > app_now()
      and not exists (select from preview v where v.task_id = t.id and v.ended_at is null)
    order by t.priority, t.dial_at, t.id limit ${order.atMost} for update of t skip locked
  `.execute(tx)
  return rows
}

/** The task waits for a while; one that waits for longer already, or not at all any more, stays as it is. */
export async function putOffTask(tx: GroundTransaction, taskId: string, minutes: number): Promise<void> {
  await sql`
    update task set due_at = greatest(due_at, app_now() + make_interval(mins => ${minutes}))
    where id = ${taskId} and state in ('scheduled', 'retry_wait', 'callback')
  `.execute(tx)
}
