import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
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
  /** The stay of which a list told it. */
  readonly encounterId?: string
}

/** By whom and by what something is known of a patient. */
export interface Said {
  readonly source: 'list' | 'agent' | 'supervisor'
  readonly importRunId?: string
  /** The call in which it was said. */
  readonly attemptId?: string
  /** Who said or entered it. */
  readonly by?: string | null
  readonly reason?: string
}

/**
 * Patients have died: the gate refuses them from now on, what is claimed is given back, every open plan ends, whatever
 * the programme. Somebody known to be dead stays as he is.
 */
export async function patientsDied(
  tx: GroundTransaction,
  deaths: readonly Death[],
  said: Said,
): Promise<readonly NewStreamEvent[]> {
  const ids = deaths.map(({ patientId }) => patientId)
  const { rows: died } = await sql<{ id: string; encounterId: string | null }>`
    update patient p set deceased_at = app_now(), deceased_on = d.died_on, changed_at = app_now()
    from unnest(${ids}::uuid[], ${deaths.map(({ on }) => on)}::date[],
      ${deaths.map(({ encounterId }) => encounterId ?? null)}::uuid[]) as d (patient_id, died_on, encounter_id)
    where p.id = d.patient_id and p.deceased_at is null
    returning p.id, d.encounter_id
  `.execute(tx)
  await keepNews(
    tx,
    'deceased',
    died.map(({ id, encounterId }) => ({ patientId: id, encounterId })),
    said,
  )
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
  said: Said,
): Promise<readonly NewStreamEvent[]> {
  await keepNews(
    tx,
    'readmitted',
    patientIds.map((patientId) => ({ patientId, encounterId: null })),
    said,
  )
  const where = sql`t.patient_id = any (${patientIds}::uuid[]) and exists (
    select from enrolment e where e.id = t.enrolment_id and e.encounter_id is not null)`
  const released = await releaseAttempts(tx, await createdAttemptsOf(tx, where))
  const moved = await moveTasks(tx, { where, from: waiting, to: 'suspended', reason: 'readmitted' })
  return [...released, ...taskChanges(moved)]
}

/** Tasks of discharges before a readmission that is still said of the patient wait again: another halt was taken back. */
export async function suspendReadmitted(tx: GroundTransaction, patientId: string): Promise<readonly NewStreamEvent[]> {
  const where = sql`t.patient_id = ${patientId} and exists (
    select from enrolment e join patient_news n on n.patient_id = e.patient_id
    where e.id = t.enrolment_id and e.encounter_id is not null and n.kind = 'readmitted' and n.taken_back_at is null
      and n.at >= e.created_at)`
  return taskChanges(await moveTasks(tx, { where, from: waiting, to: 'suspended', reason: 'readmitted' }))
}

/**
 * Tasks of these new enrolments wait where the patient was said to be in hospital again since the discharge: a stay that is
 * enrolled late is halted as the others were (requirements H32).
 */
export async function suspendReadmittedSince(tx: GroundTransaction, enrolmentIds: readonly string[]): Promise<void> {
  const where = sql`t.enrolment_id in (
    select e.id from enrolment e join patient_news n on n.patient_id = e.patient_id
    where e.id = any (${enrolmentIds}::uuid[]) and e.encounter_id is not null and n.kind = 'readmitted'
      and n.taken_back_at is null and local_day(n.at) > e.anchor_on)`
  await moveTasks(tx, { where, from: waiting, to: 'suspended', reason: 'readmitted' })
}

/** Somebody has moved away: the caller ends this one plan (requirements §5.2 MOVED). */
export async function patientMoved(tx: GroundTransaction, patientId: string, said: Said): Promise<void> {
  await keepNews(tx, 'moved', [{ patientId, encounterId: null }], said)
}

async function keepNews(
  tx: GroundTransaction,
  kind: 'deceased' | 'readmitted' | 'moved',
  of: readonly { readonly patientId: string; readonly encounterId: string | null }[],
  { source, importRunId, attemptId, by, reason }: Said,
): Promise<void> {
  if (of.length === 0) return
  await sql`
    insert into patient_news (id, patient_id, kind, source, encounter_id, import_run_id, attempt_id, said_by, reason)
    select n.id, n.patient_id, ${kind}, ${source}, n.encounter_id, ${importRunId ?? null}::uuid,
      ${attemptId ?? null}::uuid, ${by ?? null}::uuid, ${reason ?? null}
    from unnest(${of.map(() => newId())}::uuid[], ${of.map(({ patientId }) => patientId)}::uuid[],
      ${of.map(({ encounterId }) => encounterId)}::uuid[]) as n (id, patient_id, encounter_id)
  `.execute(tx)
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
