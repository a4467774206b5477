import { sql } from 'kysely'
import { Compile } from 'typebox/compile'
import type { FlowOutcome } from '#contact-center/calls/call-event.ts'
import type { GroundTransaction } from '#platform/database/database.ts'
import type { TaskMove } from './after-attempt.ts'
import { defaultRetryPlan, type PastAttempt, RetryPlan, type UsablePhone } from './retry.ts'

export interface TaskInHand {
  readonly taskId: string
  readonly patientId: string
  readonly programmeVersionId: string
  /** The number that the attempt dialled. */
  readonly phoneNumberId: string
  readonly outcome: FlowOutcome | null
  readonly refused: boolean
  readonly answers: number
}

/** The task with what its attempt brought; null when the task is no longer in progress (somebody stopped it). */
export async function taskInHand(tx: GroundTransaction, taskId: string, attemptId: string): Promise<TaskInHand | null> {
  const { rows } = await sql<TaskInHand>`
    select t.id as task_id, t.patient_id, t.programme_version_id, a.phone_number_id, a.outcome,
      exists (select from do_not_call d where d.attempt_id = a.id) as refused,
      (select count(*)::integer from response r join answer w on w.response_id = r.id where r.task_id = t.id) as answers
    from task t join attempt a on a.id = ${attemptId}
    where t.id = ${taskId} and t.state = 'in_progress' for update of t
  `.execute(tx)
  return rows[0] ?? null
}

export async function endedAttempts(tx: GroundTransaction, taskId: string): Promise<readonly PastAttempt[]> {
  const { rows } = await sql<PastAttempt>`
    select coalesce(corrected_result, result) as result, phone_number_id from attempt
    where task_id = ${taskId} and state = 'ended' order by created_at, id
  `.execute(tx)
  return rows
}

/** Numbers that may be dialled for this patient: the one that worked last first, then as they were given. */
export async function usablePhones(tx: GroundTransaction, patientId: string): Promise<readonly UsablePhone[]> {
  const { rows } = await sql<UsablePhone>`
    select p.phone_number_id from patient_phone p join phone_number n on n.id = p.phone_number_id
    where p.patient_id = ${patientId} and p.removed_at is null and p.wrong_person_at is null and n.flag is null
    order by p.reached_at desc nulls last, p.position
  `.execute(tx)
  return rows
}

const retryPlanShape = Compile(RetryPlan)

export async function retryPlanOf(tx: GroundTransaction, programmeVersionId: string): Promise<RetryPlan> {
  const { rows } = await sql<{ retry: unknown }>`
    select retry from programme_version where id = ${programmeVersionId}
  `.execute(tx)
  const plan = rows[0]?.retry
  return retryPlanShape.Check(plan) ? plan : defaultRetryPlan
}

export async function moveTaskTo(tx: GroundTransaction, taskId: string, move: TaskMove): Promise<void> {
  if (move.to === 'retry_wait') {
    await sql`
      update task set state = 'retry_wait', due_at = ${move.at}, phone_number_id = ${move.phoneNumberId}
      where id = ${taskId}
    `.execute(tx)
  } else {
    const reason = move.to === 'completed' ? null : move.reason
    await sql`update task set state = ${move.to}, reason = ${reason} where id = ${taskId}`.execute(tx)
  }
}

export async function markWrongPerson(tx: GroundTransaction, task: TaskInHand, at: Date): Promise<void> {
  await sql`
    update patient_phone set wrong_person_at = ${at}
    where patient_id = ${task.patientId} and phone_number_id = ${task.phoneNumberId} and removed_at is null
  `.execute(tx)
}

/** Which number worked is learnt (requirements C16). */
export async function markReached(tx: GroundTransaction, task: TaskInHand, at: Date): Promise<void> {
  await sql`
    update patient_phone set reached_at = ${at}
    where patient_id = ${task.patientId} and phone_number_id = ${task.phoneNumberId} and removed_at is null
  `.execute(tx)
}

export async function flagNumber(
  tx: GroundTransaction,
  phoneNumberId: string,
  flag: 'invalid' | 'suspended',
  at: Date,
): Promise<void> {
  await sql`update phone_number set flag = ${flag}, flagged_at = ${at} where id = ${phoneNumberId} and flag is null`.execute(
    tx,
  )
}

/** A refusal ends all plans of the patient (requirements H31). @returns what was stopped, with its campaign */
export async function stopOtherTasks(tx: GroundTransaction, patientId: string, exceptTaskId: string) {
  const { rows } = await sql<{ taskId: string; campaignId: string; from: string }>`
    with open as (
      select t.id, t.state, p.campaign_id from task t join programme p on p.id = t.programme_id
      where t.patient_id = ${patientId} and t.id <> ${exceptTaskId}
        and t.state in ('scheduled', 'retry_wait', 'callback', 'suspended')
      order by t.id for update of t
    ), stopped as (
      update task set state = 'stopped', reason = 'patient_refused' from open where task.id = open.id
    )
    select id as task_id, campaign_id, state as "from" from open where campaign_id is not null
  `.execute(tx)
  return rows
}
