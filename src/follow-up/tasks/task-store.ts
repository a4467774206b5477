import { sql } from 'kysely'
import { Compile } from 'typebox/compile'
import type { AttemptResult } from '#contact-center/calls/call-event.ts'
import type { Outcome } from '#contact-center/contact-center-tables.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import '../follow-up-tables.ts'
import type { Respondent, TaskState } from '../follow-up-tables.ts'
import { type Answers, questionnaireShape } from '../questionnaire/questionnaire.ts'
import { stands } from '../responses/response-store.ts'
import type { TaskMove } from './after-attempt.ts'
import type { FilledForm } from './agent-outcome.ts'
import { defaultRetryPlan, type PastAttempt, RetryPlan } from './retry.ts'
import type { MovedTask } from './task-change.ts'

export interface TaskInHand {
  readonly taskId: string
  readonly attemptId: string
  readonly campaignId: string
  readonly state: 'in_progress' | 'wrapping'
  readonly patientId: string
  readonly programmeId: string
  readonly programmeVersionId: string
  /** The number that the attempt dialled. */
  readonly phoneNumberId: string
  /** What the telephone did, as a person corrected it. */
  readonly result: AttemptResult
  /** What the flow said, or the agent last. */
  readonly outcome: Outcome | null
  readonly callbackAt: Date | null
  /** Whose seat the call was offered to. */
  readonly agentId: string | null
  /** Somebody talked with the patient, or should have. */
  readonly withAgent: boolean
  /** The agent's phone was lost, and the patient was told that we call again. */
  readonly agentLost: boolean
  /** An agent talks, or is at the after-call work. */
  readonly agentAtWork: boolean
  /** In this attempt by key, or meanwhile by whatever way. */
  readonly refused: boolean
  /** Told while the call ran. */
  readonly deceased: boolean
  readonly answers: number
}

/** The agent's phone was lost for good while the patient waited, and the patient was told so. */
const agentNotBack = sql`exists (
  select from call_event e where e.attempt_id = a.id and e.type = 'agent_left' and e.body ->> 'reason' = 'not_back')`

/** The task with what its attempt brought; null when it is in no call any more (somebody stopped it, it has moved). */
export async function taskInHand(tx: GroundTransaction, taskId: string, attemptId: string): Promise<TaskInHand | null> {
  const { rows } = await sql<TaskInHand>`/* prepared: task-in-hand */
    select t.id as task_id, a.id as attempt_id, a.campaign_id, t.state, t.patient_id, t.programme_id,
      t.programme_version_id, a.phone_number_id, coalesce(a.corrected_result, a.result) as result,
      coalesce(said.outcome, a.outcome) as outcome, said.callback_at, s.agent_id,
      a.bridged_at is not null or said.outcome is not null or ${agentNotBack} as with_agent, ${agentNotBack} as agent_lost,
      coalesce(r.state in ('accepted', 'wrapping'), false) as agent_at_work,
      exists (select from do_not_call d where (d.attempt_id = a.id or d.patient_id = t.patient_id)
        and d.lifted_at is null and d.until is null) as refused,
      p.deceased_at is not null as deceased,
      (select count(*)::integer from response f join answer w on w.response_id = f.id
        where f.task_id = t.id and ${stands}) as answers
    from task t join attempt a on a.id = ${attemptId} join patient p on p.id = t.patient_id
    left join reservation r on r.attempt_id = a.id and r.handed_over_at is null
    left join seat s on s.id = r.seat_id
    left join lateral (
      select c.outcome, c.callback_at from call_summary c where c.attempt_id = a.id order by c.version desc limit 1
    ) said on true
    where t.id = ${taskId} and t.state in ('in_progress', 'wrapping') for update of t
  `.execute(tx)
  return rows[0] ?? null
}

/** The task's form as it stands. */
export interface FormInHand extends FilledForm {
  readonly respondent: Respondent | null
}

export async function formInHand(tx: Ground | GroundTransaction, taskId: string): Promise<FormInHand> {
  const { rows } = await sql<{ definition: unknown; answers: Answers; respondent: Respondent | null }>`
    select v.definition, f.respondent,
      coalesce((select jsonb_object_agg(w.question_id, w.value) from answer w where w.response_id = f.id and ${stands}),
        '{}') as answers
    from task t
    join programme_step s on s.id = t.step_id
    left join response f on f.task_id = t.id
    left join questionnaire_version v on v.id = coalesce(f.questionnaire_version_id, s.questionnaire_version_id)
    where t.id = ${taskId}
  `.execute(tx)
  const [form] = rows
  return {
    questionnaire: questionnaireShape.Check(form?.definition) ? form.definition : null,
    answers: form?.answers ?? {},
    respondent: form?.respondent ?? null,
  }
}

/**
 * The form that the task's plan asks for, in hand or set aside for another (requirements D05); of an earlier version where
 * it was begun under one.
 */
export async function ownForm(tx: Ground | GroundTransaction, taskId: string): Promise<FilledForm> {
  const { rows } = await sql<{ definition: unknown; answers: Answers }>`
    select coalesce(f.definition, v.definition) as definition, coalesce((
      select jsonb_object_agg(w.question_id, w.value) from answer w where w.response_id = f.id and ${stands}), '{}') as answers
    from task t
    join programme_step s on s.id = t.step_id
    join questionnaire_version v on v.id = s.questionnaire_version_id
    left join lateral (
      select r.id, o.definition from response r join questionnaire_version o on o.id = r.questionnaire_version_id
      where (r.task_id = t.id or r.set_aside_of = t.id) and o.questionnaire_id = v.questionnaire_id
      order by r.task_id is null, r.questionnaire_version_id <> v.id, r.id desc limit 1
    ) f on true
    where t.id = ${taskId}
  `.execute(tx)
  const [form] = rows
  return {
    questionnaire: questionnaireShape.Check(form?.definition) ? form.definition : null,
    answers: form?.answers ?? {},
  }
}

/** Whether the agent has said what came of the call. */
export async function saidOutcome(tx: GroundTransaction, attemptId: string): Promise<boolean> {
  const { rows } = await sql<{ outcome: string | null }>`
    select c.outcome from call_summary c where c.attempt_id = ${attemptId} order by c.version desc limit 1
  `.execute(tx)
  return (rows[0]?.outcome ?? null) !== null
}

/** What the agent said of the call stands on its attempt too, once that has ended. */
export async function keepAgentsWord(tx: GroundTransaction, attemptId: string): Promise<void> {
  await sql`/* prepared: keep-agents-word */
    update attempt a set outcome = said.outcome, outcome_text = said.outcome_text
    from (select c.outcome, c.outcome_text from call_summary c where c.attempt_id = ${attemptId}
      order by c.version desc limit 1) said
    where a.id = ${attemptId} and a.state = 'ended' and said.outcome is not null
      and (a.outcome, a.outcome_text) is distinct from (said.outcome, said.outcome_text)
  `.execute(tx)
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

/**
 * The campaign's own plan where it has one, so that a change of it holds from the next ended call on; else that of the
 * version the patient was enrolled under; the defaults where that states none.
 */
export async function retryPlanOf(tx: GroundTransaction, programmeVersionId: string): Promise<RetryPlan> {
  const { rows } = await sql<{ retry: unknown }>`
    select coalesce(c.retry, v.retry) as retry from programme_version v
    join programme p on p.id = v.programme_id left join campaign c on c.id = p.campaign_id
    where v.id = ${programmeVersionId}
  `.execute(tx)
  const plan = rows[0]?.retry
  return retryPlanShape.Check(plan) ? plan : defaultRetryPlan
}

/**
 * @param said.agentId with whom a callback is agreed
 * @param said.remark what a person should know of how it came to this; it takes the place of the move's own reason
 */
export async function moveTaskTo(
  tx: GroundTransaction,
  taskId: string,
  move: TaskMove,
  said: { readonly agentId: string | null; readonly remark: string | null },
): Promise<void> {
  const reason = said.remark ?? ('reason' in move ? move.reason : null)
  const dueAt = 'at' in move ? sql`${move.at}::timestamptz` : sql`due_at`
  const number = 'phoneNumberId' in move ? sql`${move.phoneNumberId}::uuid` : sql`phone_number_id`
  await sql`
    update task set state = ${move.to}, reason = ${reason}, due_at = ${dueAt}, phone_number_id = ${number},
      callback_agent_id = ${move.to === 'callback' ? said.agentId : null}
    where id = ${taskId}
  `.execute(tx)
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
