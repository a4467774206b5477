import { type Expression, sql } from 'kysely'
import type { AttemptResult } from '#contact-center/calls/call-event.ts'
import type { GroundTransaction } from '#platform/database/database.ts'
import type { CallSummary } from './call-summary.ts'
import '#contact-center/acd/acd-tables.ts'
import '#contact-center/contact-center-tables.ts'
import '../follow-up-tables.ts'

/** The call of this task that was offered to this agent's seat last. */
export interface SeatsCall {
  readonly attemptId: string
  readonly reservation: string
}

/**
 * The agent's last call of the task, locked: until this transaction ends its after-call work does not, and writes to one
 * form follow one another. First the attempt, as the answers' foreign key will; the reservation's owner does it the
 * other way round, and does not lock attempts against that.
 */
export async function lockSeatsCall(tx: GroundTransaction, taskId: string, userId: string): Promise<SeatsCall | null> {
  const found = await sql<{ attemptId: string }>`
    select a.id as attempt_id
    from attempt a join reservation r on r.attempt_id = a.id join seat s on s.id = r.seat_id
    where a.task_id = ${taskId} and s.agent_id = ${userId} and r.handed_over_at is null
    order by a.id desc limit 1 for key share of a
  `.execute(tx)
  const attemptId = found.rows[0]?.attemptId
  if (attemptId === undefined) return null
  const { rows } = await sql<{ state: string }>`
    select r.state from reservation r join seat s on s.id = r.seat_id
    where r.attempt_id = ${attemptId} and s.agent_id = ${userId} and r.handed_over_at is null for no key update of r
  `.execute(tx)
  const [reservation] = rows
  return reservation === undefined ? null : { attemptId, reservation: reservation.state }
}

/** What a write is judged by, read after the lock. */
export async function callFacts(tx: GroundTransaction, attemptId: string) {
  const { rows } = await sql<{
    now: Date
    state: string
    result: AttemptResult | null
    correctedResult: string | null
    expiresAt: Date
    programmeId: string
    patientId: string
  }>`
    select app_now() as now, a.state, a.result, a.corrected_result, t.expires_at, t.programme_id, t.patient_id
    from attempt a join task t on t.id = a.task_id where a.id = ${attemptId}
  `.execute(tx)
  return rows[0] ?? null
}

/** The version that counts. */
export async function lastSummary(tx: GroundTransaction, attemptId: string): Promise<CallSummary | null> {
  const { rows } = await sql<CallSummary>`
    select outcome, outcome_text, note, callback_at from call_summary
    where attempt_id = ${attemptId} order by version desc limit 1
  `.execute(tx)
  return rows[0] ?? null
}

/** Adds a version; earlier ones stay. @returns its number */
export async function addSummary(
  tx: GroundTransaction,
  attemptId: string,
  { outcome, outcomeText, note, callbackAt }: CallSummary,
  userId: string,
): Promise<number> {
  const { rows } = await sql<{ version: number }>`
    insert into call_summary (attempt_id, version, outcome, outcome_text, note, callback_at, written_by)
    select ${attemptId}, coalesce(max(version), 0) + 1, ${outcome}::text, ${outcomeText}::text, ${note}::text,
      ${callbackAt}::timestamptz, ${userId}::uuid
    from call_summary where attempt_id = ${attemptId}
    returning version
  `.execute(tx)
  return rows[0]?.version ?? 0
}

/** What the telephone did stays as it is; what a person says of it stands beside it (requirements C06). */
export async function correctResult(
  tx: GroundTransaction,
  attemptId: string,
  result: AttemptResult | null,
  userId: string,
): Promise<void> {
  const by: Expression<unknown> | null = result === null ? null : sql`${userId}::uuid`
  await sql`
    update attempt set corrected_result = ${result}, corrected_by = ${by} where id = ${attemptId} and state = 'ended'
  `.execute(tx)
}
