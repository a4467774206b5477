import { sql } from 'kysely'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import { transacted } from '#platform/database/again.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import { releaseAttempts } from '../tasks/release.ts'
import { createdAttemptsOf } from '../tasks/task-store.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import { patientRefused } from './patient-news.ts'
import { renumberTasks, renumberTasksOf } from './phone-store.ts'
import { enrolOptedOut } from './take-back.ts'
import '../follow-up-tables.ts'
import './patient-errors.ts'

export interface NewRefusal {
  /** Nobody is called on this number. */
  readonly phoneNumberId?: string
  /** This patient is not called on any number, and all plans end. */
  readonly patientId?: string
  readonly source: 'agent' | 'supervisor' | 'programme'
  readonly reason?: string
  /** Until then; absent: for good. */
  readonly until?: Date
}

/**
 * Puts a number or a patient on the do-not-call list, at once, also for what is queued (requirements C10): tasks that
 * wait are held by a trigger, what is claimed is given back here, and the gate is asked again before every INVITE.
 * @returns the entry's id
 */
export async function addDoNotCall(db: Ground, refusal: NewRefusal, by: Actor): Promise<string> {
  const id = newId()
  const { phoneNumberId, patientId, source, reason, until } = refusal
  await transacted(db, async (tx) => {
    await tx
      .insertInto('doNotCall')
      .values({
        id,
        phoneNumberId: phoneNumberId ?? null,
        patientId: patientId ?? null,
        source,
        reason: reason ?? null,
        createdBy: by.accountId,
        until: until ?? null,
      })
      .execute()
    const released = await releaseAttempts(tx, await createdAttemptsOf(tx, whomItConcerns(refusal)))
    if (phoneNumberId !== undefined) await renumberTasksOf(tx, phoneNumberId)
    // A refusal with an end is a pause; one without ends all plans of the patient (requirements H31).
    const ended = patientId !== undefined && until === undefined ? await patientRefused(tx, patientId, null) : []
    await writeAudit(tx, {
      actor: by,
      action: 'do_not_call.added',
      object: { kind: 'do_not_call', id },
      outcome: 'ok',
      detail: { source, ofNumber: phoneNumberId !== undefined, ofPatient: patientId !== undefined },
    })
    await appendToStream(tx, 'live', [...released, ...ended])
  })
  return id
}

/**
 * Said in a call, by the key `9` or to the agent: neither this number nor this patient is called again, by any programme
 * (requirements E09, §5.2 REF). Others who have the number too, and one of their own, are called there.
 */
export async function refuseInCall(
  tx: GroundTransaction,
  said: {
    readonly attemptId: string
    readonly taskId: string
    readonly source: 'patient_key' | 'agent'
    /** The agent who heard it. */
    readonly by: string | null
    readonly at: Date
  },
): Promise<void> {
  const { rows } = await sql<{ phoneNumberId: string }>`
    insert into do_not_call (id, phone_number_id, patient_id, source, attempt_id, created_by, created_at)
    select ${newId()}, a.phone_number_id, t.patient_id, ${said.source}, a.id, ${said.by}, ${said.at}
    from attempt a join task t on t.id = a.task_id
    where a.id = ${said.attemptId} and t.id = ${said.taskId}
    on conflict do nothing returning phone_number_id
  `.execute(tx)
  for (const { phoneNumberId } of rows) await renumberTasksOf(tx, phoneNumberId)
}

/**
 * Takes an entry off the list. Stopped plans stay stopped; waiting tasks may be dialled again, at once, and discharges that
 * it alone kept from being followed up are.
 * @param reason goes into the audit trail; null at the server
 * @throws UserError DO_NOT_CALL_UNKNOWN
 */
export async function liftDoNotCall(db: Ground, id: string, by: Actor, reason: string | null = null): Promise<void> {
  await transacted(db, async (tx) => {
    const { rows } = await sql<{ patientId: string | null; patientIds: string[] | null }>`
      update do_not_call d set lifted_at = app_now(), lifted_by = ${by.accountId}
      where d.id = ${id} and d.lifted_at is null
      returning d.patient_id, (select array_agg(distinct p.patient_id) from patient_phone p
        where p.phone_number_id = d.phone_number_id or p.patient_id = d.patient_id) as patient_ids
    `.execute(tx)
    const [lifted] = rows
    if (lifted === undefined) throw new UserError('DO_NOT_CALL_UNKNOWN')
    await renumberTasks(tx, lifted.patientIds ?? [])
    const followed = lifted.patientId === null ? [] : await enrolOptedOut(tx, lifted.patientId, by)
    await writeAudit(tx, {
      actor: by,
      action: 'do_not_call.lifted',
      object: { kind: 'do_not_call', id },
      outcome: 'ok',
      detail: { reason },
    })
    await tellDiallers(tx)
    await appendToStream(tx, 'live', followed)
  })
}

function whomItConcerns({ phoneNumberId, patientId }: NewRefusal) {
  return sql`(a.phone_number_id = ${phoneNumberId ?? null}::uuid or t.patient_id = ${patientId ?? null}::uuid)`
}
