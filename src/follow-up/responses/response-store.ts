import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import type { Respondent } from '../follow-up-tables.ts'
import type { AnswerValue } from '../questionnaire/questionnaire.ts'

export interface NewAnswer {
  readonly attemptId: string
  readonly questionId: string
  readonly value: AnswerValue
  /** As pressed; null where a person typed it. */
  readonly keys: string | null
  readonly at: Date
}

/** For a statement over `answer w`: the answer stands. One that was taken back keeps its row, with a JSON null. */
export const stands = sql`w.value <> 'null'`

/** The task's form, made when the first word of it is said. Nothing for a task without a questionnaire. */
async function openResponse(tx: GroundTransaction, taskId: string): Promise<void> {
  await sql`
    insert into response (id, task_id, questionnaire_version_id, patient_id)
    select ${newId()}, t.id, s.questionnaire_version_id, t.patient_id
    from task t join programme_step s on s.id = t.step_id
    where t.id = ${taskId} and s.questionnaire_version_id is not null
    on conflict (task_id) do nothing
  `.execute(tx)
}

export async function setRespondent(tx: GroundTransaction, taskId: string, respondent: Respondent): Promise<void> {
  await openResponse(tx, taskId)
  await sql`update response set respondent = ${respondent} where task_id = ${taskId}`.execute(tx)
}

/** A later answer to the same question takes the place of the earlier. */
export async function writeAnswer(tx: GroundTransaction, taskId: string, answer: NewAnswer): Promise<void> {
  await openResponse(tx, taskId)
  await sql`
    insert into answer (response_id, question_id, value, keys, attempt_id, at)
    select r.id, ${answer.questionId}, ${JSON.stringify(answer.value)}, ${answer.keys}, ${answer.attemptId}, ${answer.at}
    from response r where r.task_id = ${taskId}
    on conflict (response_id, question_id) do update
      set value = excluded.value, keys = excluded.keys, attempt_id = excluded.attempt_id, at = excluded.at
      where answer.at <= excluded.at
  `.execute(tx)
}

/**
 * Takes an answer back. Its row stays, so that an older answer that comes late (a journal behind) does not bring back
 * what was taken away.
 */
export async function clearAnswer(
  tx: GroundTransaction,
  taskId: string,
  { attemptId, questionId, at }: Pick<NewAnswer, 'attemptId' | 'questionId' | 'at'>,
): Promise<void> {
  await sql`
    update answer w set value = 'null', keys = null, attempt_id = ${attemptId}, at = ${at}
    from response r where r.id = w.response_id and r.task_id = ${taskId} and w.question_id = ${questionId} and w.at <= ${at}
  `.execute(tx)
}

export async function closeResponse(
  tx: GroundTransaction,
  taskId: string,
  state: 'complete' | 'partial',
  at: Date,
): Promise<void> {
  const completedAt = state === 'complete' ? at : null
  await sql`update response set state = ${state}, completed_at = ${completedAt} where task_id = ${taskId}`.execute(tx)
}
