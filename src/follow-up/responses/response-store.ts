import { type RawBuilder, sql } from 'kysely'
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
  await putAnswer(tx, taskId, answer, sql`true`)
}

/**
 * As a keypress survey asked it: by the task's own questionnaire, which is taken up again where an agent has taken another
 * in an earlier call.
 */
export async function writeSurveyAnswer(tx: GroundTransaction, taskId: string, answer: NewAnswer): Promise<void> {
  await openResponse(tx, taskId)
  const own = sql`exists (select from task t join programme_step s on s.id = t.step_id
    where t.id = r.task_id and s.questionnaire_version_id = r.questionnaire_version_id)`
  if (await putAnswer(tx, taskId, answer, own)) return
  await takeQuestionnaire(tx, taskId, { versionId: null, by: null })
  await putAnswer(tx, taskId, answer, own)
}

/** @returns false: no form in hand is meant, or a later answer stands there */
async function putAnswer(
  tx: GroundTransaction,
  taskId: string,
  answer: NewAnswer,
  meant: RawBuilder<unknown>,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into answer (response_id, question_id, value, keys, attempt_id, at)
    select r.id, ${answer.questionId}, ${JSON.stringify(answer.value)}, ${answer.keys}, ${answer.attemptId}, ${answer.at}
    from response r where r.task_id = ${taskId} and ${meant}
    on conflict (response_id, question_id) do update
      set value = excluded.value, keys = excluded.keys, attempt_id = excluded.attempt_id, at = excluded.at
      where answer.at <= excluded.at
  `.execute(tx)
  return numAffectedRows !== 0n
}

/**
 * Puts the form of a questionnaire's version into the agent's hand: the one that the task has of it, or an empty one. The
 * one before stays with its answers. Who answers stays the same.
 * @param versionId null: the task's own
 * @param by null: the keypress survey
 */
export async function takeQuestionnaire(
  tx: GroundTransaction,
  taskId: string,
  { versionId, by }: { readonly versionId: string | null; readonly by: string | null },
): Promise<void> {
  const wanted = sql`coalesce(${versionId}::uuid,
    (select s.questionnaire_version_id from task t join programme_step s on s.id = t.step_id where t.id = ${taskId}))`
  const { rows } = await sql<{ respondent: Respondent | null }>`
    update response set task_id = null, set_aside_of = task_id, set_aside_at = app_now(), set_aside_by = ${by}::uuid
    where task_id = ${taskId} and questionnaire_version_id <> ${wanted} returning respondent
  `.execute(tx)
  const respondent = rows[0]?.respondent ?? null
  await sql`
    update response set task_id = set_aside_of, set_aside_of = null, set_aside_at = null, set_aside_by = null,
      respondent = coalesce(respondent, ${respondent})
    where set_aside_of = ${taskId} and questionnaire_version_id = ${wanted}
  `.execute(tx)
  await sql`
    insert into response (id, task_id, questionnaire_version_id, patient_id, respondent)
    select ${newId()}, t.id, ${wanted}, t.patient_id, ${respondent} from task t where t.id = ${taskId} and ${wanted} is not null
    on conflict (task_id) do nothing
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
  if (state === 'partial') return
  // Nothing is completed without the task's own form, also where another was taken after it.
  await sql`
    update response set state = 'complete', completed_at = ${at} where set_aside_of = ${taskId} and questionnaire_version_id = (
      select s.questionnaire_version_id from task t join programme_step s on s.id = t.step_id where t.id = ${taskId})
  `.execute(tx)
}
