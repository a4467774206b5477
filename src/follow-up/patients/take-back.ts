import { sql } from 'kysely'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import { transacted } from '#platform/database/again.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { appendToStream, type NewStreamEvent } from '#platform/realtime/stream-store.ts'
import { enrolAgain } from '../programmes/enrol.ts'
import { taskChanges } from '../tasks/task-change.ts'
import { moveTasks } from '../tasks/task-store.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import './patient-errors.ts'
import { patientRefused, patientsDied, stopSupersededTasks, suspendReadmitted } from './patient-news.ts'
import { renumberTasks } from './phone-store.ts'

/** What a person does, and why: the reason goes into the audit trail. */
export interface Decision {
  readonly actor: Actor
  readonly reason: string
}

/** What may be taken back of a patient. */
export type NewsKind = 'deceased' | 'readmitted' | 'moved'

/** Tasks that wait again, and those whose time has run out meanwhile. */
export interface BackInPlan {
  readonly waiting: number
  readonly expired: number
}

/**
 * A person enters a death: effects as of one that a list or a call told.
 * @param on 'YYYY-MM-DD'; null where it is not known
 * @throws UserError PATIENT_UNKNOWN, PATIENT_DECEASED, PATIENT_DEATH_AHEAD
 */
export async function enterDeath(
  db: Ground,
  { patientId, on }: { readonly patientId: string; readonly on: string | null },
  { actor, reason }: Decision,
): Promise<void> {
  await transacted(db, async (tx) => {
    const { deceased, today } = await patientInHand(tx, patientId)
    if (deceased) throw new UserError('PATIENT_DECEASED')
    if (on !== null && on > today) throw new UserError('PATIENT_DEATH_AHEAD', { day: on })
    const said = { source: 'supervisor', by: actor.accountId, reason } as const
    const news = await patientsDied(tx, [{ patientId, on }], said)
    await auditPatient(tx, 'patient.deceased', patientId, actor, { reason })
    await appendToStream(tx, 'live', news)
  })
}

/**
 * What was said of a patient is not so. A death: the gate opens, and the plans that it ended or kept from beginning go on
 * as their days say. A readmission or a move: the tasks that wait or ended because of it go on. Nothing is dialled that the
 * gate refuses: hours, caps, consent and do-not-call are asked as for every call.
 * @throws UserError PATIENT_UNKNOWN; PATIENT_NEWS_NOT_THERE where nothing of the kind is known of the patient (any more)
 */
export async function takeBack(
  db: Ground,
  { patientId, kind }: { readonly patientId: string; readonly kind: NewsKind },
  { actor, reason }: Decision,
): Promise<BackInPlan> {
  return transacted(db, async (tx) => {
    const { deceased } = await patientInHand(tx, patientId)
    const told = await closeNews(tx, patientId, kind, { actor, reason })
    const made = kind === 'deceased' && deceased ? await bringBack(tx, patientId, actor) : []
    const moved =
      kind === 'readmitted' ? await resumeTasks(tx, patientId, actor) : await reopenTasks(tx, patientId, kind, actor)
    const back = [...made, ...moved]
    const known = kind === 'deceased' ? deceased : told || back.length > 0
    if (!known) throw new UserError('PATIENT_NEWS_NOT_THERE')
    const settled = await asItIs(tx, patientId, kind)
    const counts = await backInPlan(
      tx,
      back.map(({ taskId }) => taskId),
    )
    await auditPatient(tx, `patient.${kind}_taken_back`, patientId, actor, { ...counts, reason })
    await tellDiallers(tx)
    await appendToStream(tx, 'live', [...taskChanges(back), ...settled])
    return counts
  })
}

/**
 * Locks the patient against what others do at the same moment; nothing that refers to him waits.
 * @throws UserError PATIENT_UNKNOWN
 */
export async function patientInHand(
  tx: GroundTransaction,
  patientId: string,
): Promise<{ readonly deceased: boolean; readonly today: string }> {
  const { rows } = await sql<{ deceased: boolean; today: string }>`
    select deceased_at is not null as deceased, local_day(app_now()) as today from patient where id = ${patientId} and merged_into is null
    for no key update
  `.execute(tx)
  const [patient] = rows
  if (patient === undefined) throw new UserError('PATIENT_UNKNOWN')
  return patient
}

export async function auditPatient(
  tx: GroundTransaction,
  action: `${string}.${string}`,
  patientId: string,
  actor: Actor,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  await writeAudit(tx, { actor, action, object: { kind: 'patient', id: patientId }, outcome: 'ok', detail })
}

/** @returns whether anything of the kind stood */
async function closeNews(
  tx: GroundTransaction,
  patientId: string,
  kind: NewsKind,
  { actor, reason }: Decision,
): Promise<boolean> {
  const { rows } = await sql<{ encounterId: string | null }>`
    update patient_news set taken_back_at = app_now(), taken_back_by = ${actor.accountId}, taken_back_reason = ${reason}
    where patient_id = ${patientId} and kind = ${kind} and taken_back_at is null
    returning encounter_id
  `.execute(tx)
  if (kind === 'deceased') {
    await sql`
      update encounter set disposition = nullif(disposition, '5'), death_taken_back_at = app_now(), changed_at = app_now()
      where patient_id = ${patientId}
        and (disposition = '5' or id = any (${rows.map(({ encounterId }) => encounterId)}::uuid[]))
    `.execute(tx)
  }
  return rows.length > 0
}

/** The plans of who is not dead after all. */
async function bringBack(tx: GroundTransaction, patientId: string, actor: Actor) {
  await sql`
    update patient set deceased_at = null, deceased_on = null, changed_at = app_now() where id = ${patientId}
  `.execute(tx)
  const { rows } = await sql<{ id: string; state: 'ended' | 'excluded' }>`
    select id, state from enrolment where patient_id = ${patientId} and state in ('ended', 'excluded')
      and reason = 'deceased' order by id for update
  `.execute(tx)
  await auditResumed(tx, rows, actor, 'not_deceased')
  const of = (wanted: 'ended' | 'excluded') => rows.filter(({ state }) => state === wanted).map(({ id }) => id)
  await sql`
    update enrolment set state = 'active', reason = null, changed_at = app_now()
    where id = any (${of('ended')}::uuid[])
  `.execute(tx)
  return enrolAgain(tx, of('excluded'))
}

/**
 * A refusal was lifted: discharges that it alone kept from being followed up are judged again, in the transaction that
 * lifts it. What it stopped stays stopped.
 */
export async function enrolOptedOut(
  tx: GroundTransaction,
  patientId: string,
  actor: Actor,
): Promise<readonly NewStreamEvent[]> {
  const { rows } = await sql<{ id: string }>`
    select e.id from enrolment e join patient p on p.id = e.patient_id join programme g on g.id = e.programme_id
    where e.patient_id = ${patientId} and e.state = 'excluded' and e.reason = 'opted_out' and p.deceased_at is null
      and not exists (select from do_not_call d where d.patient_id = e.patient_id and d.lifted_at is null
        and (d.until is null or d.until > app_now()))
      and not exists (select from consent c where c.patient_id = e.patient_id and c.purpose = g.purpose
        and c.decision = 'refused' and c.lifted_at is null)
    order by e.id for update of e
  `.execute(tx)
  if (rows.length === 0) return []
  await auditResumed(tx, rows, actor, 'refusal_lifted')
  const made = await enrolAgain(
    tx,
    rows.map(({ id }) => id),
  )
  return [...taskChanges(made), ...(await asItIs(tx, patientId, 'refused'))]
}

/** The database wants it beside the move. */
async function auditResumed(
  tx: GroundTransaction,
  enrolments: readonly { readonly id: string }[],
  actor: Actor,
  reason: string,
): Promise<void> {
  for (const { id } of enrolments) {
    const object = { kind: 'enrolment', id }
    await writeAudit(tx, { actor, action: 'enrolment.resumed', object, outcome: 'ok', detail: { reason } })
  }
}

/** Each leaves its audit row, which the database wants beside the only way out of a final state. */
async function reopenTasks(tx: GroundTransaction, patientId: string, reason: NewsKind, actor: Actor) {
  const { rows } = await sql<{ id: string }>`
    select id from task where patient_id = ${patientId} and state = 'stopped' and reason = ${reason}
    order by id for update
  `.execute(tx)
  const ids = rows.map(({ id }) => id)
  for (const id of ids) {
    const object = { kind: 'task', id }
    await writeAudit(tx, { actor, action: 'task.reopen', object, outcome: 'ok', detail: { reason: `not_${reason}` } })
  }
  return moveTasks(tx, { where: sql`t.id = any (${ids}::uuid[])`, from: ['stopped'], to: 'scheduled', reason: null })
}

async function resumeTasks(tx: GroundTransaction, patientId: string, actor: Actor) {
  const where = sql`t.patient_id = ${patientId} and t.reason = 'readmitted'`
  const moved = await moveTasks(tx, { where, from: ['suspended'], to: 'scheduled', reason: null })
  for (const { taskId } of moved) {
    const object = { kind: 'task', id: taskId }
    await writeAudit(tx, {
      actor,
      action: 'task.resumed',
      object,
      outcome: 'ok',
      detail: { reason: 'not_readmitted' },
    })
  }
  return moved
}

/** What else is known of the patient stands: a later discharge, a readmission, a refusal; and time has gone on. */
async function asItIs(
  tx: GroundTransaction,
  patientId: string,
  kind: NewsKind | 'refused',
): Promise<readonly NewStreamEvent[]> {
  const superseded = await stopSupersededTasks(tx, [patientId])
  const suspended = kind === 'readmitted' ? [] : await suspendReadmitted(tx, patientId)
  const { rows: refusals } = await sql`
    select from do_not_call where patient_id = ${patientId} and lifted_at is null and until is null limit 1
  `.execute(tx)
  const refused = refusals.length === 0 ? [] : await patientRefused(tx, patientId, null)
  const late = await moveTasks(tx, {
    where: sql`t.patient_id = ${patientId} and t.expires_at <= app_now()`,
    from: ['scheduled'],
    to: 'expired',
    reason: 'expired',
  })
  await renumberTasks(tx, [patientId])
  return [...superseded, ...suspended, ...refused, ...taskChanges(late)]
}

async function backInPlan(tx: GroundTransaction, reopened: readonly string[]): Promise<BackInPlan> {
  const { rows } = await sql<BackInPlan>`
    select count(*) filter (where state = 'scheduled')::integer as waiting,
      count(*) filter (where state = 'expired')::integer as expired
    from task where id = any (${reopened}::uuid[])
  `.execute(tx)
  return rows[0] ?? { waiting: 0, expired: 0 }
}
