import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import type { NewStreamEvent } from '#platform/realtime/stream-store.ts'
import { releaseAttempts } from '../tasks/release.ts'
import { taskChanges } from '../tasks/task-change.ts'
import { createdAttemptsOf, moveTasks } from '../tasks/task-store.ts'

/**
 * What is learnt of a patient and ends or halts plans (requirements H31, H32). Each of these runs in the transaction of
 * its caller and returns what the live page must hear at that transaction's end.
 */

const waiting = ['scheduled', 'retry_wait', 'callback'] as const

export interface Death {
  readonly patientId: string
  /** 'YYYY-MM-DD'; null where it is not told. */
  readonly on: string | null
}

/**
 * Patients have died: the gate refuses them from now on, what is claimed is given back, every open plan ends, whatever
 * the programme. Somebody known to be dead stays as he is.
 */
export async function patientsDied(
  tx: GroundTransaction,
  deaths: readonly Death[],
): Promise<readonly NewStreamEvent[]> {
  const ids = deaths.map(({ patientId }) => patientId)
  await sql`
    update patient p set deceased_at = app_now(), deceased_on = d.died_on, changed_at = app_now()
    from unnest(${ids}::uuid[], ${deaths.map(({ on }) => on)}::date[]) as d (patient_id, died_on)
    where p.id = d.patient_id and p.deceased_at is null
  `.execute(tx)
  return endAllPlans(tx, ids, 'deceased', null)
}

/** A patient wants no more calls: all plans end (the entry in the do-not-call list is the caller's). */
export async function patientRefused(
  tx: GroundTransaction,
  patientId: string,
  exceptTaskId: string | null,
): Promise<readonly NewStreamEvent[]> {
  return endAllPlans(tx, [patientId], 'patient_refused', exceptTaskId)
}

/** Patients are in hospital again: tasks of earlier discharges wait until it is known how that ends (requirements H32). */
export async function patientsReadmitted(
  tx: GroundTransaction,
  patientIds: readonly string[],
): Promise<readonly NewStreamEvent[]> {
  const where = sql`t.patient_id = any (${patientIds}::uuid[]) and exists (
    select from enrolment e where e.id = t.enrolment_id and e.encounter_id is not null)`
  const released = await releaseAttempts(tx, await createdAttemptsOf(tx, where))
  const moved = await moveTasks(tx, { where, from: waiting, to: 'suspended', reason: 'readmitted' })
  return [...released, ...taskChanges(moved)]
}

/**
 * A new discharge starts a new plan: what is still open of stays that ended before that admission is stopped
 * (requirements H32). Also where the older stay is told later than the newer.
 */
export async function stopSupersededTasks(
  tx: GroundTransaction,
  patientIds: readonly string[],
): Promise<readonly NewStreamEvent[]> {
  const where = sql`t.patient_id = any (${patientIds}::uuid[]) and exists (
    select from enrolment n
    join encounter old on old.id = n.encounter_id
    join encounter later on later.patient_id = old.patient_id and later.id <> old.id and later.kind = 'inpatient'
      and later.discharged_on > old.discharged_on
      and coalesce(later.admitted_on, later.discharged_on) >= old.discharged_on
    where n.id = t.enrolment_id and old.kind = 'inpatient')`
  const moved = await moveTasks(tx, { where, from: [...waiting, 'suspended'], to: 'stopped', reason: 'readmitted' })
  return taskChanges(moved)
}

async function endAllPlans(
  tx: GroundTransaction,
  patientIds: readonly string[],
  reason: string,
  exceptTaskId: string | null,
): Promise<readonly NewStreamEvent[]> {
  const where = sql`t.patient_id = any (${patientIds}::uuid[]) and t.id is distinct from ${exceptTaskId}::uuid`
  const released = await releaseAttempts(tx, await createdAttemptsOf(tx, where))
  const moved = await moveTasks(tx, { where, from: [...waiting, 'suspended'], to: 'stopped', reason })
  await sql`
    update enrolment set state = 'ended', reason = ${reason}, changed_at = app_now()
    where patient_id = any (${patientIds}::uuid[]) and state = 'active'
  `.execute(tx)
  return [...released, ...taskChanges(moved)]
}
