import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { LegalBasis, ProgrammeState, Purpose } from '../follow-up-tables.ts'
import type { StepContent } from './programme-schema.ts'

type Read = Ground | GroundTransaction

export interface ProgrammeRow {
  readonly id: string
  readonly name: string
  readonly siteId: string
  readonly site: string
  readonly state: ProgrammeState
  readonly legalBasis: LegalBasis
  readonly purpose: Purpose
  readonly isDefault: boolean
  readonly campaignId: string | null
  readonly campaign: string | null
  readonly campaignState: string | null
  readonly pacing: string | null
  readonly hasTeam: boolean
  readonly trunkEnabled: boolean | null
  readonly trunkSilent: boolean | null
  /** Some node has lost a sound that its keypress survey says. */
  readonly soundLost: boolean
}

/** Those that run first, then by name. @param id of one; absent: all */
export async function programmeRows(db: Read, id?: string): Promise<readonly ProgrammeRow[]> {
  const { rows } = await sql<ProgrammeRow>`
    select p.id, p.name, p.site_id, s.name as site, p.state, p.legal_basis, p.purpose, p.is_default, p.campaign_id,
      c.name as campaign, c.state as campaign_state, c.pacing, c.team_id is not null as has_team,
      t.enabled as trunk_enabled, coalesce(t.watched and not t.answers, false) as trunk_silent,
      exists (select from programme_lack_in_force l where l.programme_id = p.id and l.reason = 'sound_lost') as sound_lost
    from programme p join site s on s.id = p.site_id
    left join campaign c on c.id = p.campaign_id left join trunk t on t.id = c.trunk_id
    where ${id === undefined ? sql`true` : sql`p.id = ${id}`}
    order by p.state = 'stopped', s.name, p.is_default, p.name, p.id
  `.execute(db)
  return rows
}

export interface ProgrammeCounts {
  readonly programmeId: string
  readonly enrolled: number
  readonly leftOut: number
  readonly open: number
}

export async function programmeCounts(db: Read, id?: string): Promise<readonly ProgrammeCounts[]> {
  const of = (column: string) => (id === undefined ? sql`true` : sql`${sql.ref(column)} = ${id}`)
  const { rows } = await sql<ProgrammeCounts>`
    with people as (
      select n.programme_id, count(*) filter (where n.state = 'active')::integer as enrolled,
        count(*) filter (where n.state = 'excluded')::integer as left_out
      from enrolment n where ${of('n.programme_id')} group by n.programme_id
    ), work as (
      select t.programme_id, count(*)::integer as open from task t
      where ${of('t.programme_id')} and t.state in ('scheduled', 'retry_wait', 'callback', 'suspended', 'claimed', 'in_progress', 'wrapping')
      group by t.programme_id
    )
    select p.id as programme_id, coalesce(people.enrolled, 0) as enrolled, coalesce(people.left_out, 0) as left_out,
      coalesce(work.open, 0) as open
    from programme p left join people on people.programme_id = p.id left join work on work.programme_id = p.id
    where ${of('p.id')}
  `.execute(db)
  return rows
}

export interface VersionRow {
  readonly versionId: string
  readonly programmeId: string
  readonly version: number
  readonly match: unknown
  readonly exclusions: unknown
  readonly retry: unknown
  readonly steps: readonly StepContent[]
  readonly at: Date
  readonly by: string | null
  readonly reason: string | null
}

/** Newest first. @param which `inForce`: the newest of each programme */
export async function versionRows(
  db: Read,
  which: { readonly programmeId: string } | { readonly inForce: true },
): Promise<readonly VersionRow[]> {
  const chosen =
    'programmeId' in which
      ? sql`v.programme_id = ${which.programmeId}`
      : sql`v.version = (select max(l.version) from programme_version l where l.programme_id = v.programme_id)`
  const { rows } = await sql<VersionRow>`
    select v.id as version_id, v.programme_id, v.version, v.match, v.exclusions, v.retry, v.created_at as at,
      a.display_name as by, v.reason,
      coalesce((select jsonb_agg(jsonb_build_object('afterDays', s.after_days, 'fixedOn', s.fixed_on,
        'dueTime', to_char(s.due_time, 'HH24:MI'), 'restDayRule', s.rest_day_rule,
        'expiresAfterDays', s.expires_after_days, 'priority', s.priority,
        'questionnaireVersionId', s.questionnaire_version_id, 'flowVersionId', s.flow_version_id) order by s.position)
        from programme_step s where s.programme_version_id = v.id), '[]') as steps
    from programme_version v left join user_account a on a.id = v.created_by
    where ${chosen} order by v.programme_id, v.version desc
  `.execute(db)
  return rows
}

export async function enrolledByVersion(db: Read, programmeId: string): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ versionId: string; count: number }>`
    select n.programme_version_id as version_id, count(*)::integer as count from enrolment n
    where n.programme_id = ${programmeId} and n.state = 'active' group by n.programme_version_id
  `.execute(db)
  return new Map(rows.map(({ versionId, count }) => [versionId, count]))
}

export async function openTasks(db: Read, programmeId: string) {
  const { rows } = await sql<Record<'waiting' | 'due' | 'callback' | 'suspended' | 'underWay', number>>`
    select count(*) filter (where t.state in ('scheduled', 'retry_wait'))::integer as waiting,
      count(*) filter (where t.state in ('scheduled', 'retry_wait') and t.due_at <= app_now())::integer as due,
      count(*) filter (where t.state = 'callback')::integer as callback,
      count(*) filter (where t.state = 'suspended')::integer as suspended,
      count(*) filter (where t.state in ('claimed', 'in_progress', 'wrapping'))::integer as under_way
    from task t where t.programme_id = ${programmeId}
      and t.state in ('scheduled', 'retry_wait', 'callback', 'suspended', 'claimed', 'in_progress', 'wrapping')
  `.execute(db)
  return rows[0] ?? { waiting: 0, due: 0, callback: 0, suspended: 0, underWay: 0 }
}

export interface PublishedRow {
  readonly id: string
  readonly kind: 'questionnaire' | 'flow'
  readonly name: string
  readonly version: number
  readonly latest: boolean
  readonly definition: unknown
}

/** Newest version of each questionnaire and of each flow that asks one, and what steps of any version use. */
export async function publishedRows(db: Read): Promise<readonly PublishedRow[]> {
  const { rows } = await sql<PublishedRow>`
    with asked as (
      select v.id, 'questionnaire' as kind, q.name, v.version, v.definition,
        v.version = max(v.version) over (partition by v.questionnaire_id) as latest, true as asks
      from questionnaire_version v join questionnaire q on q.id = v.questionnaire_id
      union all
      select v.id, 'flow', f.code, v.version, v.definition, v.version = max(v.version) over (partition by v.flow_id),
        jsonb_path_exists(v.definition, '$.nodes.* ? (@.kind == "survey")')
      from flow_version v join flow f on f.id = v.flow_id
    )
    select * from asked where (latest and asks) or id in (
      select questionnaire_version_id from programme_step union select flow_version_id from programme_step)
    order by kind, name, version desc
  `.execute(db)
  return rows
}

export async function siteChoices(db: Read) {
  const { rows } = await sql<{ id: string; name: string; departments: string[]; hasDefault: boolean }>`
    select s.id, s.name,
      coalesce((select array_agg(d.name order by d.name) from department d where d.site_id = s.id), '{}') as departments,
      exists (select from programme p where p.site_id = s.id and p.is_default and p.state <> 'stopped') as has_default
    from site s order by s.created_at, s.id
  `.execute(db)
  return rows
}

export async function payerChoices(db: Read): Promise<readonly string[]> {
  const { rows } = await sql<{ payer: string }>`
    select distinct payer from encounter
    where discharged_on > local_day(app_now()) - 365 and payer is not null order by payer limit 200
  `.execute(db)
  return rows.map(({ payer }) => payer)
}

/** 'YYYY-MM-DD' */
export async function hospitalDay(db: Read): Promise<string> {
  const { rows } = await sql<{ day: string }>`select local_day(app_now())::text as day`.execute(db)
  return rows[0]?.day ?? ''
}

/** Locks it against others that publish or move it; what enrols goes on. */
export async function lockProgramme(tx: GroundTransaction, id: string) {
  const { rows } = await sql<{
    siteId: string
    name: string
    state: ProgrammeState
    purpose: Purpose
    isDefault: boolean
    campaignId: string | null
  }>`
    select site_id, name, state, purpose, is_default, campaign_id from programme where id = ${id} for no key update
  `.execute(tx)
  return rows[0] ?? null
}

/** Whoever gives a programme of the site a name comes one at a time; what enrols and imports goes on. */
export async function lockNames(tx: GroundTransaction, siteId: string): Promise<void> {
  await sql`select from site where id = ${siteId} for no key update`.execute(tx)
}

/** Whether another programme of the site that is not stopped has this name. */
export async function isNameTaken(
  tx: GroundTransaction,
  { siteId, name, except }: { readonly siteId: string; readonly name: string; readonly except: string | null },
): Promise<boolean> {
  const { rows } = await sql`
    select from programme where site_id = ${siteId} and name = ${name} and state <> 'stopped'
      and id is distinct from ${except}::uuid limit 1
  `.execute(tx)
  return rows.length > 0
}

/** The campaign goes by the programme's name as long as nobody has given it another. */
export async function renameProgramme(tx: GroundTransaction, id: string, name: string): Promise<void> {
  await sql`
    update campaign c set name = ${name}, changed_at = app_now() from programme p
    where p.id = ${id} and c.id = p.campaign_id and c.name = p.name
  `.execute(tx)
  await sql`update programme set name = ${name} where id = ${id}`.execute(tx)
}

export async function endEnrolments(tx: GroundTransaction, programmeId: string, reason: string): Promise<void> {
  await sql`
    update enrolment set state = 'ended', reason = ${reason}, changed_at = app_now()
    where programme_id = ${programmeId} and state = 'active'
  `.execute(tx)
}
