import { type RawBuilder, sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { Answers } from '../questionnaire/questionnaire.ts'
import { type CohortFilter, formsOf, type ResponseFilter } from './report-store.ts'
import '#contact-center/acd/queue-tables.ts'

/** One call as it was: every dial has a row, whatever became of it (requirements F08). */
export interface CallRecord {
  readonly attemptId: string
  readonly callId: string | null
  readonly taskId: string
  readonly programme: string
  readonly department: string | null
  readonly ciphertext: Buffer
  readonly startedAt: Date
  readonly ringingAt: Date | null
  readonly answeredAt: Date | null
  readonly bridgedAt: Date | null
  readonly endedAt: Date | null
  readonly state: string
  readonly result: string | null
  readonly correctedResult: string | null
  readonly outcome: string | null
  readonly sipStatus: number | null
  readonly sipReason: string | null
  readonly q850: number | null
  readonly hangupBy: string | null
  readonly agentNo: string | null
  readonly agent: string | null
  readonly queue: string | null
  readonly recordingId: string | null
  readonly recordingState: string | null
  readonly recordingMs: number | null
}

/** By the day of the call, in the order in which they were made. */
export function callRecords({ from, to, programmeId, departmentId }: CohortFilter): RawBuilder<unknown> {
  const department =
    departmentId === null
      ? sql`true`
      : departmentId === 'none'
        ? sql`e.department_id is null`
        : sql`e.department_id = ${departmentId}::uuid`
  return sql`
    select a.id as attempt_id, c.id as call_id, a.task_id, g.name as programme, d.name as department, n.ciphertext,
      coalesce(a.invited_at, a.dialing_at, a.created_at) as started_at, a.ringing_at, a.answered_at, a.bridged_at, a.ended_at,
      a.state, a.result, a.corrected_result, a.outcome, a.sip_status, a.sip_reason, a.q850, a.hangup_by,
      s.agent_no, u.display_name as agent,
      (select q.name from queue_entry w join queue q on q.id = w.queue_id where w.attempt_id = a.id
        order by w.entered_at desc limit 1) as queue,
      r.id as recording_id, r.state as recording_state, r.duration_ms as recording_ms
    from attempt a
    join phone_number n on n.id = a.phone_number_id
    join task t on t.id = a.task_id
    join programme g on g.id = t.programme_id
    join enrolment l on l.id = t.enrolment_id
    left join encounter e on e.id = l.encounter_id
    left join department d on d.id = e.department_id
    left join call c on c.attempt_id = a.id
    left join agent s on s.user_id = a.agent_id
    left join user_account u on u.id = s.user_id
    left join recording r on r.attempt_id = a.id and r.part = 1
    -- A summary of block ranges lies on counts_at.
    where a.counts_at >= start_of_local_day(${from}::date) and a.counts_at < start_of_local_day(${to}::date + 1)
      and ${programmeId === null ? sql`true` : sql`t.programme_id = ${programmeId}`} and ${department}
    order by a.counts_at, a.id`
}

export interface FormRecord {
  readonly id: string
  readonly versionId: string
  readonly taskId: string
  readonly programme: string
  readonly department: string | null
  readonly day: string
  readonly name: string
  readonly encounterNo: string | null
  readonly respondent: string | null
  readonly state: string
  readonly startedAt: Date
  readonly completedAt: Date | null
  readonly attemptIds: readonly string[]
  readonly answers: Answers
}

/** The filled forms of the discharges of a period, oldest discharge first. */
export function formRecords(filter: ResponseFilter): RawBuilder<unknown> {
  return sql`
    ${formsOf(filter)}
    select f.id, f.version_id, f.task_id, g.name as programme, d.name as department, f.day, p.name, e.encounter_no,
      f.respondent, f.state, f.started_at, f.completed_at, w.attempt_ids, w.answers
    from form f
    join programme g on g.id = f.programme_id join patient p on p.id = f.person
    left join encounter e on e.id = f.encounter_id left join department d on d.id = f.department_id
    join lateral (
      select jsonb_object_agg(o.question_id, o.value) as answers,
        array_remove(array_agg(distinct o.attempt_id::text), null) as attempt_ids
      from answer o where o.response_id = f.id and o.value <> 'null'
    ) w on true
    order by f.day, f.id`
}

/** How many there are, counted to one more than `limit`. */
export async function countTo(tx: GroundTransaction, rows: RawBuilder<unknown>, limit: number): Promise<number> {
  const { rows: found } = await sql<{ count: number }>`
    select count(*)::int as count from (select from (${rows}) counted limit ${limit + 1}) found
  `.execute(tx)
  return found[0]?.count ?? 0
}

/** Rows of one statement as of one moment, a part at a time. */
export async function* partsOf<Row>(
  tx: GroundTransaction,
  rows: RawBuilder<unknown>,
  size: number,
): AsyncGenerator<readonly Row[]> {
  await sql`declare exported no scroll cursor for ${rows}`.execute(tx)
  for (;;) {
    const { rows: part } = await sql<Row>`fetch ${sql.lit(size)} from exported`.execute(tx)
    if (part.length === 0) break
    yield part
  }
  await sql`close exported`.execute(tx)
}

/** A reading transaction that ends by itself if whoever takes the rows stops taking them. */
export async function openSnapshot(db: Ground) {
  const tx = await db.startTransaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute()
  await sql`set local idle_in_transaction_session_timeout = '60s'`.execute(tx)
  return tx
}
