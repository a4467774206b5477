import { type RawBuilder, sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { Counted, Standing } from './report.ts'
import '../follow-up-tables.ts'

/** Whose discharges: hospital-local days, both included; null for all. */
export interface CohortFilter {
  readonly from: string
  readonly to: string
  readonly programmeId: string | null
  /** `none`: where no department is known. */
  readonly departmentId: string | null
}

/** An enrolment's calls are those that were made and have ended, by the rule that the caps count by (migration 0002). */
const dialled = sql`a.result is distinct from 'congestion' and (a.result is distinct from 'cancelled' or a.invited_at is not null)`

/** Furthest first: the order of {@link standings}. */
const standingOf = sql`case coalesce(t.state, case s.state when 'active' then 'scheduled' when 'ended' then 'stopped' else 'excluded' end)
  when 'completed' then 1 when 'partial' then 2 when 'refused' then 3
  when 'claimed' then 4 when 'in_progress' then 4 when 'wrapping' then 4 when 'retry_wait' then 4 when 'callback' then 4
  when 'scheduled' then 5 when 'suspended' then 5
  when 'failed' then 6 when 'expired' then 7 when 'stopped' then 8 else 9 end`

/**
 * Common table expressions up to `discharge`: one row a person, kind of care and day, counted once however many records,
 * stays and programmes tell of it. People whose records were merged are followed to the record that stands. Without a
 * programme, inpatients whom no programme took are there, too, excluded as `no_programme`.
 */
function cohort({ from, to, programmeId, departmentId }: CohortFilter): RawBuilder<unknown> {
  const programmes =
    programmeId === null
      ? // Each by its own part of the index enrolment_anchor.
        sql`n.programme_id = any (array(select id from programme))`
      : sql`n.programme_id = ${programmeId}`
  const untaken = sql`
    union all
    select null::uuid, null::uuid, 'excluded', 'no_programme', e.id, coalesce(m.person, e.patient_id), m.person is not null,
      e.discharged_on, e.kind, e.department_id
    from encounter e left join merged m on m.id = e.patient_id
    where e.kind = 'inpatient' and e.discharged_on between ${from}::date and ${to}::date
      and not exists (select from enrolment n where n.encounter_id = e.id)`
  const ofDepartment =
    departmentId === null
      ? sql`true`
      : departmentId === 'none'
        ? sql`best[5] is null`
        : sql`best[5]::uuid = ${departmentId}::uuid`
  return sql`with recursive way (id, person, steps) as (
    select id, merged_into, 1 from patient where merged_into is not null
    union all
    select w.id, p.merged_into, w.steps + 1 from way w join patient p on p.id = w.person
    where p.merged_into is not null and w.steps < 20
  ), merged as materialized (
    select distinct on (id) id, person from way order by id, steps desc
  ), stay (enrolment_id, programme_id, state, reason, encounter_id, person, was_merged, day, kind, department_id) as materialized (
    select n.id, n.programme_id, n.state, n.reason, n.encounter_id, coalesce(m.person, n.patient_id), m.person is not null,
      n.anchor_on, e.kind, e.department_id
    from enrolment n left join encounter e on e.id = n.encounter_id left join merged m on m.id = n.patient_id
    where n.anchor_on between ${from}::date and ${to}::date and ${programmes}
    ${programmeId === null ? untaken : sql``}
  ), called as (
    -- By the task alone, so that a million of them are one hash and no sort.
    select t.id, t.enrolment_id, t.state, t.reason,
      count(a.id) filter (where ${dialled}) as dialled,
      count(a.id) filter (where ${dialled} and a.answered_at is not null) as answered,
      count(a.id) filter (where a.result = 'congestion') as congestion
    from task t left join attempt a on a.task_id = t.id and a.state = 'ended'
    where t.enrolment_id in (select enrolment_id from stay)
    group by t.id
  ), contact as (
    select s.person, s.kind, s.day, t.id as task_id, t.state,
      -- Least first: the furthest standing; of equals the record that stands, and the newest.
      array[(${standingOf})::text, coalesce(t.reason, s.reason), s.was_merged::text,
        s.encounter_id::text, s.department_id::text, s.programme_id::text, t.id::text] as best,
      coalesce(t.dialled, 0) as dialled, coalesce(t.answered, 0) as answered, coalesce(t.congestion, 0) as congestion
    from stay s left join called t on t.enrolment_id = s.enrolment_id
  ), discharge as (
    select person, day, best[1]::int as rank, best[2] as reason, best[4]::uuid as encounter_id, best[5]::uuid as department_id,
      best[6]::uuid as programme_id, best[7]::uuid as task_id, dialled, answered, congestion, tasks, tasks_completed
    from (
      select c.person, c.day, min(c.best) as best, sum(c.dialled)::int as dialled, sum(c.answered)::int as answered,
        sum(c.congestion)::int as congestion, count(c.task_id)::int as tasks,
        count(c.task_id) filter (where c.state = 'completed')::int as tasks_completed
      from contact c group by c.person, c.kind, c.day
    ) folded where ${ofDepartment}
  )`
}

const standingWord = sql<Standing>`(array['completed', 'partial', 'refused', 'under_way', 'waiting', 'failed', 'expired',
  'stopped', 'excluded'])[rank]`
/** Only these have one: of others it says why the last call failed, or nothing. */
const reasonShown = sql<string | null>`case when rank in (6, 8, 9) then reason end`

const counts = sql`count(*)::int as discharges, count(*) filter (where dialled > 0)::int as attempted,
  sum(tasks)::int as tasks, sum(tasks_completed)::int as tasks_completed, sum(dialled)::int as dialled,
  sum(answered)::int as answered, sum(congestion)::int as congestion`

export async function countDischarges(
  db: Ground | GroundTransaction,
  filter: CohortFilter,
): Promise<readonly (Counted & { readonly departmentId: string | null })[]> {
  const { rows } = await sql<Counted & { departmentId: string | null }>`
    ${cohort(filter)}
    select department_id, ${standingWord} as standing, ${reasonShown} as reason, ${counts}
    from discharge group by department_id, rank, ${reasonShown}
  `.execute(db)
  return rows
}

/** By month of discharge, `2026-11`. */
export async function countByMonth(
  db: Ground | GroundTransaction,
  filter: CohortFilter,
): Promise<readonly (Counted & { readonly month: string })[]> {
  const { rows } = await sql<Counted & { month: string }>`
    ${cohort(filter)}
    select to_char(day, 'YYYY-MM') as month, ${standingWord} as standing, null as reason, ${counts}
    from discharge group by 1, rank
  `.execute(db)
  return rows
}

/** What a figure counts. */
export interface Figure {
  /** `discharges`, `due`, `attempted`, or one standing. */
  readonly of: 'discharges' | 'due' | 'attempted' | Standing
  /** With a standing that has reasons. */
  readonly reason: string | null
}

export interface DischargeRow {
  readonly person: string
  readonly day: string
  readonly standing: Standing
  readonly reason: string | null
  readonly name: string
  readonly encounterNo: string | null
  readonly department: string | null
  readonly programme: string | null
  readonly dialled: number
  readonly answered: number
  /** The task that counts; null where there is none. */
  readonly taskId: string | null
  /** Its last call. */
  readonly lastAttemptId: string | null
  readonly total: number
}

/** The rows that a figure counts, newest discharge first, with the number of all. */
export async function dischargeRows(
  db: Ground,
  filter: CohortFilter,
  { of, reason }: Figure,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<readonly DischargeRow[]> {
  const meant =
    of === 'discharges'
      ? sql`true`
      : of === 'due'
        ? sql`rank <> 9`
        : of === 'attempted'
          ? sql`rank <> 9 and dialled > 0`
          : sql`${standingWord} = ${of}`
  const why = reason === null ? sql`true` : sql`coalesce(${reasonShown}, 'other') = ${reason}`
  const { rows } = await sql<DischargeRow>`
    ${cohort(filter)}, chosen as (
      select *, count(*) over ()::int as total from discharge where ${meant} and ${why}
      order by day desc, person limit ${limit} offset ${offset}
    )
    select c.person, c.day, ${standingWord} as standing, ${reasonShown} as reason, p.name, e.encounter_no, d.name as department,
      g.name as programme, c.dialled, c.answered, c.total, c.task_id,
      (select a.id from attempt a where a.task_id = c.task_id order by a.created_at desc, a.id desc limit 1) as last_attempt_id
    from chosen c join patient p on p.id = c.person
    left join encounter e on e.id = c.encounter_id left join department d on d.id = c.department_id
    left join programme g on g.id = c.programme_id
    order by c.day desc, c.person
  `.execute(db)
  return rows
}

/** What there is to choose from. */
export async function reportChoices(db: Ground | GroundTransaction) {
  const [programmes, departments] = await Promise.all([
    db.selectFrom('programme').select(['id', 'code', 'name']).orderBy('name').limit(500).execute(),
    db.selectFrom('department').select(['id', 'name']).orderBy('name').limit(2_000).execute(),
  ])
  return { programmes, departments }
}

/** Whose answers: the patients' own, or those given for them (requirements R05). */
export interface ResponseFilter extends CohortFilter {
  readonly by: 'all' | 'self' | 'proxy'
}

/**
 * Common table expressions up to `form`: the filled forms of the discharges, each once. A form in hand counts as far as it
 * was answered; one that gave way to another questionnaire counts only if it was complete. Of two records of one
 * discharge the fuller form stands.
 */
export function formsOf(filter: ResponseFilter): RawBuilder<unknown> {
  const { departmentId, by } = filter
  const who =
    by === 'all'
      ? sql`true`
      : by === 'self'
        ? sql`r.respondent = 'patient'`
        : sql`r.respondent is not null and r.respondent <> 'patient'`
  const where =
    departmentId === null
      ? sql`true`
      : departmentId === 'none'
        ? sql`s.department_id is null`
        : sql`s.department_id = ${departmentId}::uuid`
  return sql`${cohort(filter)}, form as materialized (
    select distinct on (s.person, s.kind, s.day, t.step_id, r.questionnaire_version_id)
      r.id, r.questionnaire_version_id as version_id, r.respondent, r.state, r.started_at, r.completed_at, t.id as task_id,
      t.programme_id, s.department_id, s.person, s.day, s.encounter_id
    from stay s join task t on t.enrolment_id = s.enrolment_id
    join lateral (
      select * from response h where h.task_id = t.id
      union all
      select * from response h where h.set_aside_of = t.id and h.state = 'complete'
    ) r on true
    where ${who} and ${where}
      and exists (select from answer w where w.response_id = r.id and w.value <> 'null')
    order by s.person, s.kind, s.day, t.step_id, r.questionnaire_version_id, r.state = 'complete' desc, s.was_merged, r.id desc
  )`
}
