import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { JudgedStay } from './judge.ts'

/** A stay as programmes judge it. */
export interface StayRow extends JudgedStay {
  readonly encounterId: string
  readonly patientId: string
  /** Null where the day alone is known. */
  readonly dischargedAt: Date | null
}

/** Those of the stays that have ended, in order of id. */
export async function staysOf(
  db: Ground | GroundTransaction,
  encounterIds: readonly string[],
): Promise<readonly StayRow[]> {
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
  `.execute(db)
  return rows
}

/**
 * Stays that ended on the last `days` hospital days, today among them; without those that a later stay of the patient
 * supersedes (requirements H32).
 */
export async function recentDischarges(
  db: Ground | GroundTransaction,
  { siteId, days }: { readonly siteId: string; readonly days: number },
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select e.id from encounter e
    where e.site_id = ${siteId} and e.discharged_on between local_day(app_now()) - ${days - 1}::integer and local_day(app_now())
      and not (e.kind = 'inpatient' and exists (
        select from encounter later where later.patient_id = e.patient_id and later.id <> e.id
          and later.kind = 'inpatient' and later.discharged_on > e.discharged_on
          and coalesce(later.admitted_on, later.discharged_on) >= e.discharged_on))
    order by e.id
  `.execute(db)
  return rows.map(({ id }) => id)
}

/** Of these stays, what each is in already. */
export async function standingEnrolments(
  db: Ground | GroundTransaction,
  encounterIds: readonly string[],
): Promise<
  readonly {
    readonly encounterId: string
    readonly programmeId: string
    readonly isDefault: boolean
    readonly state: 'active' | 'excluded' | 'ended'
  }[]
> {
  const { rows } = await sql<{
    encounterId: string
    programmeId: string
    isDefault: boolean
    state: 'active' | 'excluded' | 'ended'
  }>`
    select n.encounter_id, n.programme_id, p.is_default, n.state
    from enrolment n join programme p on p.id = n.programme_id
    where n.encounter_id = any (${encounterIds}::uuid[]) order by n.id
  `.execute(db)
  return rows
}
