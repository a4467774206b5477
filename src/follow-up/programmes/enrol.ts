import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import type { Calendar } from '../calling/calendar.ts'
import { calendarDays } from '../calling/calendar-store.ts'
import { stopSupersededTasks, suspendReadmittedSince } from '../patients/patient-news.ts'
import { firstNumber } from '../patients/phone-store.ts'
import type { MovedTask } from '../tasks/task-change.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import { dueAt, dueDay } from './due-day.ts'
import { comesAfter, reasonLeftOut, takenBy } from './judge.ts'
import { type EnrollingProgramme, enrollingProgrammes, programmesOfVersions, type StepRow } from './running-store.ts'
import { type StayRow, staysOf } from './stay-store.ts'

export interface EnrolReport {
  /** Tasks made. */
  readonly tasks: number
  /** Enrolments that are excluded, by reason. */
  readonly excluded: Readonly<Record<string, number>>
}

/**
 * Puts discharged patients into the programmes that take them and makes their tasks, in the transaction that wrote the
 * stays. Safe to repeat: a stay is in a programme once, and its tasks are not made twice. Who is left out gets an
 * enrolment with the reason, so that it can be seen (requirements G14, G22, G23, H11, H12).
 */
export async function enrolDischarges(tx: GroundTransaction, encounterIds: readonly string[]): Promise<EnrolReport> {
  const programmes = await enrollingProgrammes(tx)
  if (programmes.length === 0 || encounterIds.length === 0) return { tasks: 0, excluded: {} }
  const stays = await staysOf(tx, encounterIds)
  const calendar = await calendarDays(tx)
  const planned = stays.flatMap((stay) =>
    takenBy(programmes, stay).map((programme) => planEnrolment(programme, stay, calendar)),
  )
  const report = await writeEnrolments(tx, planned)
  await stopSupersededTasks(tx, [...new Set(stays.map(({ patientId }) => patientId))])
  return report
}

/** An enrolment that is still to be written, with the tasks it brings. */
export interface EnrolmentToWrite extends PlannedEnrolment {
  readonly tasks: readonly PlannedTask[]
}

/** What the programme would make of the stay: nothing is written. */
export function planEnrolment(programme: EnrollingProgramme, stay: StayRow, calendar: Calendar): EnrolmentToWrite {
  return withTasks(plan(programme, stay), calendar)
}

/** The one way in: enrolments, those that leave somebody out among them, and the tasks of those that are new. */
export async function writeEnrolments(
  tx: GroundTransaction,
  planned: readonly EnrolmentToWrite[],
): Promise<EnrolReport> {
  const written = await insertEnrolments(tx, planned)
  const fresh = planned.filter(({ id }) => written.has(id))
  const tasks = fresh.flatMap((enrolment) => enrolment.tasks)
  await insertTasks(tx, tasks)
  // Nobody hears of these moves one by one: what brings them tells that it is finished.
  await suspendReadmittedSince(tx, [...written])
  if (tasks.length > 0) await tellDiallers(tx)
  const excluded: Record<string, number> = {}
  for (const { reason } of fresh) if (reason !== null) excluded[reason] = (excluded[reason] ?? 0) + 1
  return { tasks: tasks.length, excluded }
}

/**
 * Enrolments that left these people out because of a death or a refusal that is taken back are judged again, by the version
 * they were made under: who is followed up gets the tasks that were not made, those whose time has passed among them.
 * @param enrolmentIds excluded for `deceased` or `opted_out`; the caller has written that they are resumed
 * @returns the tasks made
 */
export async function enrolAgain(
  tx: GroundTransaction,
  enrolmentIds: readonly string[],
): Promise<readonly MovedTask[]> {
  if (enrolmentIds.length === 0) return []
  const { rows } = await sql<{ id: string; encounterId: string; programmeId: string; versionId: string }>`
    select id, encounter_id, programme_id, programme_version_id as version_id from enrolment
    where id = any (${enrolmentIds}::uuid[]) and encounter_id is not null order by id
  `.execute(tx)
  const stays = await staysOf(tx, [...new Set(rows.map(({ encounterId }) => encounterId))])
  const programmes = await programmesOfVersions(tx, [...new Set(rows.map(({ versionId }) => versionId))])
  const judged = rows.flatMap(({ id, encounterId, versionId }) => {
    const stay = stays.find((one) => one.encounterId === encounterId)
    const programme = programmes.find((one) => one.versionId === versionId)
    return stay === undefined || programme === undefined ? [] : [{ ...plan(programme, stay), id }]
  })
  const active = judged.filter(({ reason }) => reason === null)
  await sql`
    update enrolment set state = 'active', reason = null, changed_at = app_now()
    where id = any (${active.map(({ id }) => id)}::uuid[])
  `.execute(tx)
  await sql`
    update enrolment e set reason = r.reason, changed_at = app_now()
    from unnest(${judged.map(({ id }) => id)}::uuid[], ${judged.map(({ reason }) => reason)}::text[]) as r (id, reason)
    where e.id = r.id and r.reason is not null
  `.execute(tx)
  const calendar = await calendarDays(tx)
  await insertTasks(
    tx,
    active.flatMap((enrolment) => withTasks(enrolment, calendar).tasks),
  )
  const { rows: made } = await sql<MovedTask>`
    select t.id as task_id, p.campaign_id, '' as "from", t.state as "to" from task t join programme p on p.id = t.programme_id
    where t.enrolment_id = any (${active.map(({ id }) => id)}::uuid[]) order by t.id
  `.execute(tx)
  return made
}

/** A discharge day was corrected: what is still waiting is due by the new day (requirements 8.1, A03 repeated). */
export async function redateTasks(tx: GroundTransaction, encounterIds: readonly string[]): Promise<void> {
  if (encounterIds.length === 0) return
  const calendar = await calendarDays(tx)
  const { rows } = await sql<StepRow & { taskId: string; dischargedOn: string; dischargedAt: Date | null }>`
    select t.id as task_id, e.discharged_on, e.discharged_at, s.id as step_id, s.after_days, s.fixed_on,
      to_char(s.due_time, 'HH24:MI') as due_time, s.rest_day_rule, s.expires_after_days, s.priority
    from task t join enrolment n on n.id = t.enrolment_id join encounter e on e.id = n.encounter_id
    join programme_step s on s.id = t.step_id
    where e.id = any (${encounterIds}::uuid[]) and e.discharged_on is not null and t.state = 'scheduled'
    order by t.id for update of t
  `.execute(tx)
  for (const row of rows) {
    const on = dueDay(row, row.dischargedOn, calendar)
    const at = dueAt(row, on, row.dischargedAt)
    await sql`
      update task set due_on = ${on}, due_at = ${at}, expires_at = ${after(at, row.expiresAfterDays)} where id = ${row.taskId}
    `.execute(tx)
  }
  await sql`
    update enrolment n set anchor_on = e.discharged_on, changed_at = app_now() from encounter e
    where e.id = n.encounter_id and e.id = any (${encounterIds}::uuid[]) and e.discharged_on is not null
  `.execute(tx)
}

interface PlannedEnrolment {
  readonly id: string
  readonly programme: EnrollingProgramme
  readonly stay: StayRow
  readonly reason: string | null
}

function plan(programme: EnrollingProgramme, stay: StayRow): PlannedEnrolment {
  return { id: newId(), programme, stay, reason: reasonLeftOut(programme, stay) }
}

/** @returns ids of those that were not there before */
async function insertEnrolments(
  tx: GroundTransaction,
  planned: readonly PlannedEnrolment[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    insert into enrolment (id, patient_id, encounter_id, programme_id, programme_version_id, state, reason, anchor_on)
    select * from unnest(
      ${planned.map(({ id }) => id)}::uuid[], ${planned.map(({ stay }) => stay.patientId)}::uuid[],
      ${planned.map(({ stay }) => stay.encounterId)}::uuid[],
      ${planned.map(({ programme }) => programme.programmeId)}::uuid[],
      ${planned.map(({ programme }) => programme.versionId)}::uuid[],
      ${planned.map(({ reason }) => (reason === null ? 'active' : 'excluded'))}::text[],
      ${planned.map(({ reason }) => reason)}::text[], ${planned.map(({ stay }) => stay.dischargedOn)}::date[])
    on conflict (encounter_id, programme_id) where encounter_id is not null do nothing
    returning id
  `.execute(tx)
  return new Set(rows.map(({ id }) => id))
}

interface PlannedTask {
  readonly enrolment: PlannedEnrolment
  readonly step: StepRow
  readonly on: string
  readonly at: Date
  readonly expiresAt: Date
}

/** A task a step, each with its own form (requirements C04); none for who is left out. */
function withTasks(enrolment: PlannedEnrolment, calendar: Calendar): EnrolmentToWrite {
  const { programme, stay, reason } = enrolment
  const steps = reason === null ? programme.steps.filter((step) => comesAfter(step, stay.dischargedOn)) : []
  return {
    ...enrolment,
    tasks: steps.map((step) => {
      const on = dueDay(step, stay.dischargedOn, calendar)
      const at = dueAt(step, on, stay.dischargedAt)
      return { enrolment, step, on, at, expiresAt: after(at, step.expiresAfterDays) }
    }),
  }
}

async function insertTasks(tx: GroundTransaction, tasks: readonly PlannedTask[]): Promise<void> {
  if (tasks.length === 0) return
  await sql`
    insert into task (id, enrolment_id, patient_id, programme_id, programme_version_id, step_id, due_on, due_at,
      expires_at, priority, phone_number_id)
    select task.*, ${firstNumber} from unnest(
      ${tasks.map(() => newId())}::uuid[], ${tasks.map(({ enrolment }) => enrolment.id)}::uuid[],
      ${tasks.map(({ enrolment }) => enrolment.stay.patientId)}::uuid[],
      ${tasks.map(({ enrolment }) => enrolment.programme.programmeId)}::uuid[],
      ${tasks.map(({ enrolment }) => enrolment.programme.versionId)}::uuid[],
      ${tasks.map(({ step }) => step.stepId)}::uuid[], ${tasks.map(({ on }) => on)}::date[],
      ${tasks.map(({ at }) => at)}::timestamptz[],
      ${tasks.map(({ expiresAt }) => expiresAt)}::timestamptz[],
      ${tasks.map(({ step }) => step.priority)}::smallint[]
    ) as task (id, enrolment_id, patient_id, programme_id, programme_version_id, step_id, due_on, due_at, expires_at, priority)
    on conflict (enrolment_id, step_id) do nothing
  `.execute(tx)
}

function after(at: Date, days: number): Date {
  return new Date(at.getTime() + days * 86_400_000)
}
