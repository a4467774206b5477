import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import type { Database, Ground } from '#platform/database/database.ts'
import type { CallSearch } from './call-schema.ts'
import '#contact-center/contact-center-tables.ts'
import '../follow-up-tables.ts'

/** What was typed to find a patient, told apart. */
export type PatientText =
  | { readonly kind: 'number'; readonly hmac: Buffer }
  | { readonly kind: 'last4'; readonly last4: string }
  | { readonly kind: 'text'; readonly text: string }

function callQuery(db: Ground) {
  return db
    .selectFrom('attempt')
    .innerJoin('campaign', 'campaign.id', 'attempt.campaignId')
    .innerJoin('phoneNumber', 'phoneNumber.id', 'attempt.phoneNumberId')
    .innerJoin('task', 'task.id', 'attempt.taskId')
    .innerJoin('patient', 'patient.id', 'task.patientId')
    .innerJoin('enrolment', 'enrolment.id', 'task.enrolmentId')
    .leftJoin('encounter', 'encounter.id', 'enrolment.encounterId')
    .leftJoin('department', 'department.id', 'encounter.departmentId')
    .leftJoin('recording', (join) => join.onRef('recording.attemptId', '=', 'attempt.id').on('recording.part', '=', 1))
}

const columns = [
  'attempt.id as attemptId',
  'attempt.taskId',
  'attempt.createdAt',
  'attempt.state',
  'attempt.result',
  'attempt.outcome',
  'attempt.answeredAt',
  'attempt.endedAt',
  'attempt.hangupBy',
  'attempt.sipStatus',
  'attempt.sipReason',
  'attempt.q850',
  'attempt.earlyMedia',
  'campaign.name as campaign',
  'patient.name',
  'phoneNumber.ciphertext',
  'encounter.encounterNo',
  'department.name as department',
  'recording.id as recordingId',
  'recording.state as recordingState',
  'recording.durationMs',
] as const

/** One page, newest first. */
export function callRows(db: Ground, search: CallSearch, patient: PatientText | null) {
  return callQuery(db)
    .select(columns)
    .where((where) => where.and(conditions(where, search, patient)))
    .orderBy('attempt.id', 'desc')
    .limit(search.pageSize)
    .offset((search.page - 1) * search.pageSize)
    .execute()
}

/** How many there are; counted as far as a person pages. */
export async function callTotal(db: Ground, search: CallSearch, patient: PatientText | null): Promise<number> {
  const found = callQuery(db)
    .select('attempt.id')
    .where((where) => where.and(conditions(where, search, patient)))
    .limit(100_000)
  const { total } = await db
    .selectFrom(found.as('found'))
    .select((expression) => expression.fn.countAll<string>().as('total'))
    .executeTakeFirstOrThrow()
  return Number(total)
}

export function callRow(db: Ground, attemptId: string) {
  return callQuery(db).select(columns).where('attempt.id', '=', attemptId).executeTakeFirst()
}

type CallTables = 'attempt' | 'patient' | 'phoneNumber' | 'encounter'

function conditions(
  where: ExpressionBuilder<Database, CallTables>,
  { from, to, campaignId, result }: CallSearch,
  patient: PatientText | null,
): Expression<SqlBool>[] {
  const all: Expression<SqlBool>[] = []
  // A summary of block ranges lies on counts_at: a day's calls are found without walking over the years before.
  if (from !== undefined) all.push(sql<SqlBool>`attempt.counts_at >= start_of_local_day(${from}::date)`)
  if (to !== undefined) all.push(sql<SqlBool>`attempt.counts_at < start_of_local_day(${to}::date + 1)`)
  if (campaignId !== undefined) all.push(where('attempt.campaignId', '=', campaignId))
  if (result !== undefined) all.push(sql<SqlBool>`attempt.result = ${result}`)
  if (patient?.kind === 'number') all.push(where('phoneNumber.hmac', '=', patient.hmac))
  if (patient?.kind === 'last4') all.push(where('phoneNumber.last4', '=', patient.last4))
  if (patient?.kind === 'text') {
    all.push(where.or([where('patient.name', '=', patient.text), where('encounter.encounterNo', '=', patient.text)]))
  }
  return all
}

/** How many times the task had been dialled, up to this attempt. */
export async function attemptNumber(db: Ground, taskId: string, attemptId: string): Promise<number> {
  const { number } = await db
    .selectFrom('attempt')
    .select((expression) => expression.fn.countAll<string>().as('number'))
    .where('taskId', '=', taskId)
    .where('id', '<=', attemptId)
    .executeTakeFirstOrThrow()
  return Number(number)
}

export function callEventRows(db: Ground, attemptId: string) {
  return db
    .selectFrom('callEvent')
    .select(['seq', 'type', 'at', 'body'])
    .where('attemptId', '=', attemptId)
    .orderBy('seq')
    .limit(2_000)
    .execute()
}

/** Answers given in this call, in the order of the questions' asking. */
export function answerRows(db: Ground, attemptId: string) {
  return (
    db
      .selectFrom('answer')
      .innerJoin('response', 'response.id', 'answer.responseId')
      .select(['answer.questionId', 'answer.value', 'answer.keys', 'answer.at', 'response.respondent'])
      .where('answer.attemptId', '=', attemptId)
      // Taken back.
      .where(sql<boolean>`answer.value <> 'null'`)
      .orderBy('answer.at')
      .orderBy('answer.id')
      .execute()
  )
}

/** The questionnaire that the call's task asks; the one it was answered under, where there are answers. */
export async function questionnaireOf(db: Ground, taskId: string): Promise<unknown> {
  const row = await db
    .selectFrom('task')
    .innerJoin('programmeStep', 'programmeStep.id', 'task.stepId')
    .leftJoin('response', 'response.taskId', 'task.id')
    .innerJoin('questionnaireVersion', (join) =>
      join.on('questionnaireVersion.id', '=', (on) =>
        on.fn.coalesce('response.questionnaireVersionId', 'programmeStep.questionnaireVersionId'),
      ),
    )
    .select('questionnaireVersion.definition')
    .where('task.id', '=', taskId)
    .executeTakeFirst()
  return row?.definition ?? null
}
