import { sql } from 'kysely'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import type { Purpose } from '../follow-up-tables.ts'
import { releaseAttempts } from '../tasks/release.ts'
import { createdAttemptsOf } from '../tasks/task-store.ts'
import './patient-errors.ts'

export interface ConsentDecision {
  readonly patientId: string
  readonly purpose: Purpose | 'recording'
  readonly decision: 'given' | 'refused'
  /** The text that was put to the patient. */
  readonly words?: string
  readonly declaredBy?: string
  readonly source: string
}

/**
 * Keeps what a patient decided about one purpose (requirements §8.4). A refusal stands against any number of
 * declarations, earlier and later, until it is lifted; what is claimed for that purpose is given back.
 * @returns the record's id
 */
export async function decideConsent(db: Ground, decided: ConsentDecision, by: Actor): Promise<string> {
  const id = newId()
  const { patientId, purpose, decision } = decided
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('consent')
      .values({ id, ...decided, words: decided.words ?? null, declaredBy: decided.declaredBy ?? null })
      .execute()
    const concerned = sql`t.patient_id = ${patientId} and t.programme_id in (
      select p.id from programme p where p.purpose = ${purpose})`
    const released = decision === 'refused' ? await releaseAttempts(tx, await createdAttemptsOf(tx, concerned)) : []
    await writeAudit(tx, {
      actor: by,
      action: 'consent.decided',
      object: { kind: 'consent', id },
      outcome: 'ok',
      detail: { purpose, decision },
    })
    await appendToStream(tx, 'live', released)
  })
  return id
}

/** The patient takes a decision back: a refusal no longer stands, or a consent is withdrawn. */
export async function liftConsent(db: Ground, id: string, by: Actor): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const lifted = await sql`
      update consent set lifted_at = app_now(), lifted_by = ${by.accountId} where id = ${id} and lifted_at is null
    `.execute(tx)
    if (lifted.numAffectedRows === 0n) throw new UserError('CONSENT_UNKNOWN')
    await writeAudit(tx, { actor: by, action: 'consent.lifted', object: { kind: 'consent', id }, outcome: 'ok' })
  })
}
