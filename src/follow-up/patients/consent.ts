import { sql } from 'kysely'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import { transacted } from '#platform/database/again.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import type { Purpose } from '../follow-up-tables.ts'
import { releaseAttempts } from '../tasks/release.ts'
import { createdAttemptsOf } from '../tasks/task-store.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import './patient-errors.ts'
import { enrolOptedOut, patientInHand } from './take-back.ts'

export interface ConsentDecision {
  readonly patientId: string
  readonly purpose: Purpose | 'recording'
  readonly decision: 'given' | 'refused'
  /** The text that was put to the patient. */
  readonly words?: string
  readonly declaredBy?: string
  /** How: `import`, `agent`, or as a person at the console says: `written`, `spoken`, `electronic`. */
  readonly source: string
}

/**
 * Keeps what a patient decided about one purpose (requirements §8.4). A refusal stands against any number of
 * declarations, earlier and later, until it is lifted; what is claimed for that purpose is given back.
 * @param reason goes into the audit trail; null where the words say it
 * @returns the record's id
 * @throws UserError PATIENT_UNKNOWN
 */
export async function decideConsent(
  db: Ground,
  decided: ConsentDecision,
  by: Actor,
  reason: string | null = null,
): Promise<string> {
  const id = newId()
  const { patientId, purpose, decision } = decided
  await transacted(db, async (tx) => {
    await patientInHand(tx, patientId)
    await tx
      .insertInto('consent')
      .values({
        id,
        ...decided,
        words: decided.words ?? null,
        declaredBy: decided.declaredBy ?? null,
        recordedBy: by.accountId,
      })
      .execute()
    const released = decision === 'refused' ? await releaseOf(tx, patientId, purpose) : []
    await writeAudit(tx, {
      actor: by,
      action: 'consent.decided',
      object: { kind: 'consent', id },
      outcome: 'ok',
      detail: { patientId, purpose, decision, reason },
    })
    await tellDiallers(tx)
    await appendToStream(tx, 'live', released)
  })
  return id
}

/**
 * The patient takes a decision back: a refusal no longer stands, and discharges that it alone kept from being followed up
 * are; or a consent is withdrawn and what is claimed on it given back.
 * @param wanted.patientId whose it must be; absent: whoever's it is
 * @throws UserError CONSENT_UNKNOWN
 */
export async function liftConsent(
  db: Ground,
  wanted: { readonly id: string; readonly patientId?: string },
  by: Actor,
  reason: string | null = null,
): Promise<void> {
  const { id } = wanted
  await transacted(db, async (tx) => {
    const { rows } = await sql<Pick<ConsentDecision, 'patientId' | 'purpose' | 'decision'>>`
      update consent set lifted_at = app_now(), lifted_by = ${by.accountId}
      where id = ${id} and lifted_at is null
        and (${wanted.patientId ?? null}::uuid is null or patient_id = ${wanted.patientId ?? null}::uuid)
      returning patient_id, purpose, decision
    `.execute(tx)
    const [lifted] = rows
    if (lifted === undefined) throw new UserError('CONSENT_UNKNOWN')
    const { patientId, purpose, decision } = lifted
    const moved =
      decision === 'given' ? await releaseOf(tx, patientId, purpose) : await enrolOptedOut(tx, patientId, by)
    const object = { kind: 'consent', id }
    await writeAudit(tx, { actor: by, action: 'consent.lifted', object, outcome: 'ok', detail: { ...lifted, reason } })
    await tellDiallers(tx)
    await appendToStream(tx, 'live', moved)
  })
}

/** What is claimed for the purpose is given back; where consent is not asked for, the next claim takes it again. */
async function releaseOf(tx: GroundTransaction, patientId: string, purpose: ConsentDecision['purpose']) {
  const concerned = sql`t.patient_id = ${patientId} and t.programme_id in (
    select p.id from programme p where p.purpose = ${purpose})`
  return releaseAttempts(tx, await createdAttemptsOf(tx, concerned))
}
