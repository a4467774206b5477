import { sql } from 'kysely'
import { Compile } from 'typebox/compile'
import type { GroundTransaction } from '#platform/database/database.ts'
import { UnexpectedError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import type { Calendar } from '../calling/calendar.ts'
import { calendarDays } from '../calling/calendar-store.ts'
import type { Purpose, RestDayRule } from '../follow-up-tables.ts'
import { stopSupersededTasks } from '../patients/patient-news.ts'
import { firstNumber } from '../patients/phone-store.ts'
import type { MovedTask } from '../tasks/task-change.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import { dueAt, dueDay } from './due-day.ts'
import { exclusionOf, matches, ProgrammeExclusions, ProgrammeMatch, type Stay } from './programme.ts'
import './programme-errors.ts'

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
  const programmes = await runningProgrammes(tx)
  if (programmes.length === 0 || encounterIds.length === 0) return { tasks: 0, excluded: {} }
  const stays = await staysOf(tx, encounterIds)
  const calendar = await calendarDays(tx)
  const planned = stays.flatMap((stay) => programmesFor(programmes, stay).map((programme) => plan(programme, stay)))
  const written = await insertEnrolments(tx, planned)
  const fresh = planned.filter(({ id }) => written.has(id))
  const tasks = fresh.filter(({ reason }) => reason === null).flatMap((enrolment) => tasksOf(enrolment, calendar))
  await insertTasks(tx, tasks)
  // Nobody hears of these moves one by one: the import that brings them tells that it is finished.
  await stopSupersededTasks(tx, [...new Set(stays.map(({ patientId }) => patientId))])
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
    active.flatMap((enrolment) => tasksOf(enrolment, calendar)),
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

interface StepRow {
  readonly stepId: string
  readonly afterDays: number | null
  readonly fixedOn: string | null
  readonly dueTime: string | null
  readonly restDayRule: RestDayRule
  readonly expiresAfterDays: number
  readonly priority: number
}

interface RunningProgramme {
  readonly programmeId: string
  readonly versionId: string
  readonly siteId: string
  readonly purpose: Purpose
  readonly isDefault: boolean
  readonly match: ProgrammeMatch
  readonly exclusions: ProgrammeExclusions
  readonly steps: readonly StepRow[]
}

interface StayRow extends Omit<Stay, 'refused'> {
  readonly encounterId: string
  readonly siteId: string
  readonly patientId: string
  /** No calls at all. */
  readonly refusedCalls: boolean
  /** Purposes that the patient refused. */
  readonly refusedPurposes: readonly string[]
  readonly dischargedOn: string
  readonly dischargedAt: Date | null
}

interface PlannedEnrolment {
  readonly id: string
  readonly programme: RunningProgramme
  readonly stay: StayRow
  readonly reason: string | null
}

const matchShape = Compile(ProgrammeMatch)
const exclusionsShape = Compile(ProgrammeExclusions)

async function runningProgrammes(tx: GroundTransaction): Promise<readonly RunningProgramme[]> {
  return programmesWith(
    tx,
    sql`p.state <> 'stopped' and v.version = (
      select max(l.version) from programme_version l where l.programme_id = p.id)`,
  )
}

function programmesOfVersions(tx: GroundTransaction, ids: readonly string[]): Promise<readonly RunningProgramme[]> {
  return programmesWith(tx, sql`v.id = any (${ids}::uuid[])`)
}

async function programmesWith(
  tx: GroundTransaction,
  which: ReturnType<typeof sql>,
): Promise<readonly RunningProgramme[]> {
  const { rows } = await sql<Omit<RunningProgramme, 'match' | 'exclusions'> & { match: unknown; exclusions: unknown }>`
    select p.id as programme_id, v.id as version_id, p.site_id, p.purpose, p.is_default, v.match, v.exclusions,
      (select jsonb_agg(jsonb_build_object('stepId', s.id, 'afterDays', s.after_days, 'fixedOn', s.fixed_on,
        'dueTime', to_char(s.due_time, 'HH24:MI'), 'restDayRule', s.rest_day_rule,
        'expiresAfterDays', s.expires_after_days, 'priority', s.priority) order by s.position)
        from programme_step s where s.programme_version_id = v.id) as steps
    from programme p join programme_version v on v.programme_id = p.id
    where ${which}
  `.execute(tx)
  return rows.map(({ match, exclusions, ...row }) => {
    if (!matchShape.Check(match) || !exclusionsShape.Check(exclusions)) {
      throw new UnexpectedError('PROGRAMME_UNREADABLE', { programme: row.programmeId })
    }
    return { ...row, steps: row.steps ?? [], match, exclusions }
  })
}

async function staysOf(tx: GroundTransaction, encounterIds: readonly string[]): Promise<readonly StayRow[]> {
  const { rows } = await sql<StayRow>`
    select e.id as encounter_id, e.site_id, e.patient_id, e.kind, d.name as department, e.disposition, e.payer, p.sex,
      extract(year from age(e.discharged_on, p.birth_date))::integer as age,
      coalesce((select array_agg(g.code order by g.position) from diagnosis g
        where g.encounter_id = e.id and g.code is not null), '{}') as diagnosis_codes,
      coalesce((select array_agg(g.text order by g.position) from diagnosis g
        where g.encounter_id = e.id and g.text is not null), '{}') as diagnosis_texts,
      coalesce((select array_agg(o.code order by o.position) from operation o
        where o.encounter_id = e.id and o.code is not null), '{}') as operation_codes,
      p.deceased_at is not null as deceased,
      exists (select from do_not_call n where n.patient_id = p.id and n.lifted_at is null
        and (n.until is null or n.until > app_now())) as refused_calls,
      coalesce((select array_agg(distinct c.purpose) from consent c
        where c.patient_id = p.id and c.decision = 'refused' and c.lifted_at is null), '{}') as refused_purposes,
      e.discharged_on, e.discharged_at
    from encounter e join patient p on p.id = e.patient_id left join department d on d.id = e.department_id
    where e.id = any (${encounterIds}::uuid[]) and e.discharged_on is not null
    order by e.id
  `.execute(tx)
  return rows
}

/** All that match; the site's default programme where none does (requirements G14). */
function programmesFor(programmes: readonly RunningProgramme[], stay: StayRow): readonly RunningProgramme[] {
  const ofSite = programmes.filter(({ siteId, match }) => siteId === stay.siteId && match.kinds.includes(stay.kind))
  const chosen = ofSite.filter(({ isDefault, match }) => !isDefault && matches(match, { ...stay, refused: false }))
  return chosen.length > 0 ? chosen : ofSite.filter(({ isDefault }) => isDefault)
}

function plan(programme: RunningProgramme, stay: StayRow): PlannedEnrolment {
  const refused = stay.refusedCalls || stay.refusedPurposes.includes(programme.purpose)
  return { id: newId(), programme, stay, reason: exclusionOf(programme.exclusions, { ...stay, refused }) }
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
}

function tasksOf(enrolment: PlannedEnrolment, calendar: Calendar): readonly PlannedTask[] {
  return enrolment.programme.steps.map((step) => {
    const on = dueDay(step, enrolment.stay.dischargedOn, calendar)
    return { enrolment, step, on, at: dueAt(step, on, enrolment.stay.dischargedAt) }
  })
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
      ${tasks.map(({ at, step }) => after(at, step.expiresAfterDays))}::timestamptz[],
      ${tasks.map(({ step }) => step.priority)}::smallint[]
    ) as task (id, enrolment_id, patient_id, programme_id, programme_version_id, step_id, due_on, due_at, expires_at, priority)
    on conflict (enrolment_id, step_id) do nothing
  `.execute(tx)
}

function after(at: Date, days: number): Date {
  return new Date(at.getTime() + days * 86_400_000)
}
