import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import type { SeatLine } from '#contact-center/calls/call-event.ts'
import type { Database, Ground, GroundTransaction } from '#platform/database/database.ts'
import type { CallSearch } from './call-schema.ts'
import '#contact-center/acd/acd-tables.ts'
import '#contact-center/contact-center-tables.ts'
import '#contact-center/retention/retention-tables.ts'
import '../follow-up-tables.ts'

/** What was typed to find a patient, told apart. */
export type PatientText =
  | { readonly kind: 'number'; readonly hmac: Buffer }
  | { readonly kind: 'last4'; readonly last4: string }
  | { readonly kind: 'text'; readonly text: string }
  /** An admission number, whole. */
  | { readonly kind: 'record'; readonly text: string }

const agentId = sql<string>`attempt.agent_id`
/** The patient's of the agent, 1 to 5; null when there is none. */
const rating = sql<number | null>`(select said.value from rating said where said.attempt_id = attempt.id)`

/** What the call's last event says of the agents' own lines, with their names; null where it says nothing. */
const seatLines = sql<readonly SeatLineRow[] | null>`(
  select jsonb_agg(line || jsonb_build_object('agent', account.display_name) order by turn)
  from call_event ended, jsonb_array_elements(ended.body -> 'seatLines') with ordinality as stay (line, turn)
  left join user_account account on account.id = (line ->> 'agentId')::uuid
  where ended.attempt_id = attempt.id and ended.type = 'ended'
)`

export type SeatLineRow = Omit<SeatLine, 'seatId'> & { readonly agent: string | null }

function callQuery(db: Ground) {
  return db
    .selectFrom('attempt')
    .innerJoin('campaign', 'campaign.id', 'attempt.campaignId')
    .innerJoin('phoneNumber', 'phoneNumber.id', 'attempt.phoneNumberId')
    .innerJoin('task', 'task.id', 'attempt.taskId')
    .innerJoin('patient', 'patient.id', 'task.patientId')
    .innerJoin('programme', 'programme.id', 'task.programmeId')
    .innerJoin('enrolment', 'enrolment.id', 'task.enrolmentId')
    .leftJoin('encounter', 'encounter.id', 'enrolment.encounterId')
    .leftJoin('department', 'department.id', 'encounter.departmentId')
    .leftJoin('agent', (join) => join.on('agent.userId', '=', agentId))
    .leftJoin('userAccount', 'userAccount.id', 'agent.userId')
    .leftJoin('callQuality', 'callQuality.attemptId', 'attempt.id')
    .leftJoin('recording', (join) => join.onRef('recording.attemptId', '=', 'attempt.id').on('recording.part', '=', 1))
}

const columns = [
  'attempt.id as attemptId',
  'attempt.taskId',
  'task.patientId',
  'attempt.createdAt',
  'attempt.state',
  'attempt.result',
  'attempt.correctedResult',
  'attempt.outcome',
  'attempt.answeredAt',
  'attempt.endedAt',
  'attempt.hangupBy',
  'attempt.sipStatus',
  'attempt.sipReason',
  'attempt.q850',
  'attempt.earlyMedia',
  'campaign.name as campaign',
  'programme.name as programme',
  'agent.agentNo',
  'userAccount.displayName as agentName',
  'patient.name',
  'phoneNumber.ciphertext',
  'encounter.encounterNo',
  'department.name as department',
  'callQuality.mos',
  'callQuality.lossIn',
  'callQuality.lossOut',
  'callQuality.jitterInMs',
  'callQuality.jitterOutMs',
  'callQuality.roundTripMs',
  'recording.id as recordingId',
  'recording.state as recordingState',
  'recording.durationMs',
  'recording.gapMs',
  'recording.changedFoundAt',
] as const

/** Further than this nobody counts by looking. */
const countedTo = 10_000

/** One page, newest first, and one row more where there is a next page. */
export function callRows(db: Ground, search: CallSearch, patient: PatientText | null) {
  const { before } = search
  return callQuery(db)
    .select(columns)
    .select([rating.as('rating'), seatLines.as('seatLines')])
    .where((where) => where.and(conditions(where, search, patient)))
    .$if(before !== undefined, (rows) => rows.where('attempt.id', '<', before ?? ''))
    .orderBy('attempt.id', 'desc')
    .limit(search.limit + 1)
    .execute()
}

/** How many there are on all pages, counted to 10,000. */
export async function callTotal(
  db: Ground,
  search: CallSearch,
  patient: PatientText | null,
): Promise<{ total: number; more: boolean }> {
  const found = callQuery(db)
    .select('attempt.id')
    .where((where) => where.and(conditions(where, search, patient)))
    .limit(countedTo + 1)
  const { total } = await db
    .selectFrom(found.as('found'))
    .select((expression) => expression.fn.countAll<string>().as('total'))
    .executeTakeFirstOrThrow()
  return { total: Math.min(Number(total), countedTo), more: Number(total) > countedTo }
}

export function callRow(db: Ground, attemptId: string) {
  return callQuery(db)
    .select(columns)
    .select([rating.as('rating'), seatLines.as('seatLines')])
    .where('attempt.id', '=', attemptId)
    .executeTakeFirst()
}

type CallTables = 'attempt' | 'task' | 'patient' | 'phoneNumber' | 'encounter'

function conditions(
  where: ExpressionBuilder<Database, CallTables>,
  { from, to, campaignId, programmeId, agentId: wantedAgent, result, minSeconds, maxSeconds, ratings }: CallSearch,
  patient: PatientText | null,
): Expression<SqlBool>[] {
  const all: Expression<SqlBool>[] = []
  // A summary of block ranges lies on counts_at: a day's calls are found without walking over the years before.
  if (from !== undefined) all.push(sql<SqlBool>`attempt.counts_at >= start_of_local_day(${from}::date)`)
  if (to !== undefined) all.push(sql<SqlBool>`attempt.counts_at < start_of_local_day(${to}::date + 1)`)
  if (campaignId !== undefined) all.push(where('attempt.campaignId', '=', campaignId))
  if (programmeId !== undefined) all.push(where('task.programmeId', '=', programmeId))
  if (wantedAgent !== undefined) all.push(sql<SqlBool>`attempt.agent_id = ${wantedAgent}`)
  if (result !== undefined) all.push(sql<SqlBool>`coalesce(attempt.corrected_result, attempt.result) = ${result}`)
  // As it is shown: to the whole second.
  const talked = sql`round(extract(epoch from attempt.ended_at - attempt.answered_at))`
  if (minSeconds !== undefined) all.push(sql<SqlBool>`${talked} >= ${minSeconds}`)
  if (maxSeconds !== undefined) all.push(sql<SqlBool>`${talked} <= ${maxSeconds}`)
  if (ratings !== undefined) all.push(sql<SqlBool>`coalesce(${rating}, 0) = any(${ratings})`)
  if (patient?.kind === 'number') all.push(where('phoneNumber.hmac', '=', patient.hmac))
  if (patient?.kind === 'last4') all.push(where('phoneNumber.last4', '=', patient.last4))
  if (patient?.kind === 'record') all.push(where('encounter.encounterNo', '=', patient.text))
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

/** What stands in the task's forms, with the call in which it was said; `asideId` of those that gave way to another. */
export function answerRows(db: Ground | GroundTransaction, taskId: string) {
  return (
    db
      .selectFrom('answer')
      .innerJoin('response', 'response.id', 'answer.responseId')
      .select([
        'answer.questionId',
        'answer.value',
        'answer.keys',
        'answer.at',
        'answer.attemptId',
        'response.respondent',
        sql<string | null>`case when response.task_id is null then response.id end`.as('asideId'),
      ])
      .where(({ or, eb }) => or([eb('response.taskId', '=', taskId), eb('response.setAsideOf', '=', taskId)]))
      // Taken back.
      .where(sql<boolean>`answer.value <> 'null'`)
      .orderBy('answer.at')
      .orderBy('answer.id')
      .execute()
  )
}

/** The task's other calls in which somebody was spoken to. */
export function otherCallRows(db: Ground, taskId: string, attemptId: string) {
  return db
    .selectFrom('attempt')
    .select(['id as attemptId', 'createdAt as at', 'result'])
    .where('taskId', '=', taskId)
    .where('id', '<>', attemptId)
    .where('answeredAt', 'is not', null)
    .orderBy('id')
    .limit(50)
    .execute()
}

/** What the agent wrote of the call, as it stands. */
export async function summaryNote(db: Ground, attemptId: string): Promise<string | null> {
  const { rows } = await sql<{ note: string | null }>`
    select note from call_summary where attempt_id = ${attemptId} order by version desc limit 1
  `.execute(db)
  return rows[0]?.note ?? null
}

export function recordingRows(db: Ground, attemptId: string) {
  return db
    .selectFrom('recording')
    .select([
      'id',
      'part',
      'state',
      'durationMs',
      'gapMs',
      'faults',
      'startedAt',
      'closedAt',
      'changedFoundAt',
      'expiredAt',
    ])
    .where('attemptId', '=', attemptId)
    .orderBy('part')
    .execute()
}

/** Who keeps recordings of a call from expiring, by recording. */
export async function holdsOf(db: Ground, attemptId: string) {
  const rows = await db
    .selectFrom('recordingHold as h')
    .innerJoin('recording as r', 'r.id', 'h.recordingId')
    .innerJoin('userAccount as u', 'u.id', 'h.placedBy')
    .select(['h.recordingId', 'h.reason', 'h.placedAt', 'u.displayName as by'])
    .where('r.attemptId', '=', attemptId)
    .where('h.liftedAt', 'is', null)
    .execute()
  return new Map(
    rows.map(({ recordingId, placedAt, ...hold }) => [recordingId, { ...hold, at: placedAt.toISOString() }]),
  )
}

/** Names of accounts that a call's events speak of. */
export async function namesOf(db: Ground, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('userAccount')
    .select(['id', 'displayName'])
    .where('id', 'in', [...ids])
    .execute()
  return new Map(rows.map(({ id, displayName }) => [id, displayName]))
}

/** Forms of the task that gave way to another, as they were asked. */
export function asideForms(db: Ground, taskId: string) {
  return db
    .selectFrom('response')
    .innerJoin('questionnaireVersion', 'questionnaireVersion.id', 'response.questionnaireVersionId')
    .select(['response.id', 'questionnaireVersion.definition'])
    .where('response.setAsideOf', '=', taskId)
    .orderBy('response.startedAt')
    .orderBy('response.id')
    .execute()
}

/** What there is to filter by. */
export async function choiceRows(db: Ground) {
  const [campaigns, programmes, agents] = await Promise.all([
    db.selectFrom('campaign').select(['id', 'name']).orderBy('name').limit(500).execute(),
    db.selectFrom('programme').select(['id', 'name']).orderBy('name').limit(500).execute(),
    db
      .selectFrom('agent')
      .innerJoin('userAccount', 'userAccount.id', 'agent.userId')
      .select(['agent.userId as id', 'userAccount.displayName as name', 'agent.agentNo'])
      .orderBy('agent.agentNo')
      .limit(2_000)
      .execute(),
  ])
  return { campaigns, programmes, agents }
}

/** The questionnaire that the call's task asks; the one it was answered under, where there are answers. */
export async function questionnaireOf(db: Ground | GroundTransaction, taskId: string): Promise<unknown> {
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
