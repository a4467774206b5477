import { sql } from 'kysely'
import { Compile } from 'typebox/compile'
import type { Outcome } from '#contact-center/contact-center-tables.ts'
import type { GroundTransaction } from '#platform/database/database.ts'
import '../follow-up-tables.ts'
import type { TaskState } from '../follow-up-tables.ts'
import type { TaskMove } from './after-attempt.ts'
import { defaultRetryPlan, type PastAttempt, RetryPlan } from './retry.ts'
import type { MovedTask } from './task-change.ts'

export interface TaskInHand {
  readonly taskId: string
  readonly patientId: string
  readonly programmeId: string
  readonly programmeVersionId: string
  /** The number that the attempt dialled. */
  readonly phoneNumberId: string
  readonly outcome: Outcome | null
  /** In this attempt by key, or meanwhile by whatever way. */
  readonly refused: boolean
  /** Told while the call ran. */
  readonly deceased: boolean
  readonly answers: number
}

/** The task with what its attempt brought; null when the task is no longer in progress (somebody stopped it). */
export async function taskInHand(tx: GroundTransaction, taskId: string, attemptId: string): Promise<TaskInHand | null> {
  const { rows } = await sql<TaskInHand>`
    select t.id as task_id, t.patient_id, t.programme_id, t.programme_version_id, a.phone_number_id, a.outcome,
      exists (select from do_not_call d where (d.attempt_id = a.id or d.patient_id = t.patient_id)
        and d.lifted_at is null and d.until is null) as refused,
      p.deceased_at is not null as deceased,
      (select count(*)::integer from response r join answer w on w.response_id = r.id where r.task_id = t.id) as answers
    from task t join attempt a on a.id = ${attemptId} join patient p on p.id = t.patient_id
    where t.id = ${taskId} and t.state = 'in_progress' for update of t
  `.execute(tx)
  return rows[0] ?? null
}

/** Oldest first. */
export async function endedAttempts(tx: GroundTransaction, taskId: string): Promise<readonly PastAttempt[]> {
  const { rows } = await sql<PastAttempt>`
    select coalesce(corrected_result, result) as result, phone_number_id, counts_at as at, invited_at is not null as invited
    from attempt where task_id = ${taskId} and state = 'ended' order by created_at, id
  `.execute(tx)
  return rows
}

const retryPlanShape = Compile(RetryPlan)

/** The plan of the version the patient was enrolled under; the defaults where it states none. */
export async function retryPlanOf(tx: GroundTransaction, programmeVersionId: string): Promise<RetryPlan> {
  const { rows } = await sql<{ retry: unknown }>`
    select retry from programme_version where id = ${programmeVersionId}
  `.execute(tx)
  const plan = rows[0]?.retry
  return retryPlanShape.Check(plan) ? plan : defaultRetryPlan
}

export async function moveTaskTo(tx: GroundTransaction, taskId: string, move: TaskMove): Promise<void> {
  switch (move.to) {
    case 'retry_wait':
      await sql`
        update task set state = 'retry_wait', due_at = ${move.at}, phone_number_id = ${move.phoneNumberId}
        where id = ${taskId}
      `.execute(tx)
      return
    case 'callback':
      await sql`update task set state = 'callback', due_at = ${move.at} where id = ${taskId}`.execute(tx)
      return
    case 'completed':
      await sql`update task set state = 'completed', reason = null where id = ${taskId}`.execute(tx)
      return
    default:
      await sql`update task set state = ${move.to}, reason = ${move.reason} where id = ${taskId}`.execute(tx)
  }
}

/** Which tasks, and where they go. States that may not move there are left alone by the caller's choice of `from`. */
export interface TaskBatch {
  readonly where: ReturnType<typeof sql>
  readonly from: readonly TaskState[]
  readonly to: TaskState
  readonly reason: string | null
  readonly limit?: number
}

/** Moves tasks, locked in order of id, so that two of these never wait for each other. @returns those that moved */
export async function moveTasks(tx: GroundTransaction, batch: TaskBatch): Promise<readonly MovedTask[]> {
  const { rows } = await sql<MovedTask>`
    with chosen as materialized (
      select t.id, t.state, p.campaign_id from task t join programme p on p.id = t.programme_id
      where ${batch.where} and t.state = any (${batch.from}::text[])
      order by t.id limit ${batch.limit ?? null}::bigint for update of t
    ), moved as (
      update task set state = ${batch.to}, reason = ${batch.reason} from chosen where task.id = chosen.id
    )
    select id as task_id, campaign_id, state as "from", ${batch.to}::text as "to" from chosen order by id
  `.execute(tx)
  return rows
}

/** Attempts of these tasks that are claimed and not dialled. */
export async function createdAttemptsOf(tx: GroundTransaction, which: ReturnType<typeof sql>): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select a.id from attempt a join task t on t.id = a.task_id
    where ${which} and a.state = 'created' order by a.id for update of a
  `.execute(tx)
  return rows.map(({ id }) => id)
}
