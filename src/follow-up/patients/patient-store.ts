import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import '#contact-center/contact-center-tables.ts'
import '../follow-up-tables.ts'
import type { PatientText } from '../calls/call-list-store.ts'
import type { PatientFacts } from '../desk/record-store.ts'
import type { CardConsent, CardNews, CardNumber, CardRefusal, CardTask } from './patient-schema.ts'
import { dialOrder } from './phone-store.ts'

export interface FoundRow {
  readonly id: string
  readonly name: string
  readonly sex: string | null
  readonly birthDate: string | null
  readonly deceased: boolean
  readonly encounterNo: string | null
  readonly dischargedOn: string | null
  readonly department: string | null
  readonly sealed: Buffer | null
  readonly open: number
  readonly now: Date
}

/** One page, newest first, and one row more where there is a next page. */
export async function foundRows(
  db: Ground,
  patient: PatientText | null,
  page: { readonly deceased: boolean; readonly before: string | null; readonly limit: number },
): Promise<readonly FoundRow[]> {
  const { rows } = await sql<FoundRow>`
    select b.id, b.name, b.sex, b.birth_date, b.deceased_at is not null as deceased, app_now() as now,
      stay.encounter_no, stay.discharged_on, stay.department,
      (select n.ciphertext from patient_phone p join phone_number n on n.id = p.phone_number_id
        where p.patient_id = b.id and p.removed_at is null and p.wrong_person_at is null
        order by ${dialOrder} limit 1) as sealed,
      (select count(*)::integer from task t where t.patient_id = b.id
        and t.state in ('scheduled', 'retry_wait', 'callback', 'suspended', 'claimed', 'in_progress', 'wrapping')) as open
    from patient b
    left join lateral (
      select e.encounter_no, e.discharged_on, k.name as department
      from encounter e left join department k on k.id = e.department_id
      where e.patient_id = b.id order by e.discharged_on desc nulls last, e.id desc limit 1
    ) stay on true
    where b.merged_into is null and ${patient === null ? sql`true` : sql`b.id in (${matching(patient)})`}
      ${page.deceased ? sql`and b.deceased_at is not null` : sql``}
      ${page.before === null ? sql`` : sql`and b.id < ${page.before}`}
    order by b.id desc limit ${page.limit + 1}
  `.execute(db)
  return rows
}

/** Each way goes by an index of its own. */
function matching(patient: PatientText) {
  if (patient.kind === 'number' || patient.kind === 'last4') {
    const which = patient.kind === 'number' ? sql`n.hmac = ${patient.hmac}` : sql`n.last4 = ${patient.last4}`
    return sql`select p.patient_id from patient_phone p join phone_number n on n.id = p.phone_number_id
      where ${which} and p.removed_at is null`
  }
  const record = sql`select id from patient where patient_no = ${patient.text}
    union select patient_id from encounter where encounter_no = ${patient.text}`
  if (patient.kind === 'record') return record
  const begins = `${patient.text.replace(/[\\%_]/g, '\\$&')}%`
  return sql`${record} union select id from patient where name like ${begins}`
}

export interface CardHead extends PatientFacts {
  readonly deceasedAt: Date | null
  readonly deceasedOn: string | null
}

export async function cardHead(tx: GroundTransaction, patientId: string): Promise<CardHead | null> {
  const { rows } = await sql<CardHead>`
    select id as patient_id, name, sex, birth_date, patient_no, id_type, id_last4, vip, deceased_at is not null as deceased,
      tags, deceased_at, deceased_on, app_now() as now
    from patient where id = ${patientId} and merged_into is null
  `.execute(tx)
  return rows[0] ?? null
}

type Dated<Shown, Days extends keyof Shown> = {
  readonly [Name in keyof Shown]: Name extends Days ? (null extends Shown[Name] ? Date | null : Date) : Shown[Name]
}

/**
 * Every number that was ever the patient's, those that stand first, in dialling order. Whether it may be dialled is asked of
 * the gate by one of the patient's tasks; who has none is not dialled.
 */
export async function cardNumbers(tx: GroundTransaction, patientId: string) {
  type Row = Dated<Omit<CardNumber, 'number'>, 'wrongPersonAt' | 'reachedAt' | 'addedAt' | 'removedAt'>
  const { rows } = await sql<Row & { readonly sealed: Buffer }>`
    select p.id, p.phone_number_id, p.relation, p.relation_word, p.contact_name, n.ciphertext as sealed, p.extension,
      p.wrong_person_at, p.reached_at, p.added_at, adder.display_name as added_by, p.removed_at,
      remover.display_name as removed_by,
      case when p.removed_at is null then coalesce(
        (select g.reason from gate(array[asked.id], array[n.id], app_now(), null, true) g where asked.id is not null),
        case when p.wrong_person_at is not null then 'wrong_person' when n.flag is not null then 'number_' || n.flag end) end
        as refused
    from patient_phone p join phone_number n on n.id = p.phone_number_id
    left join user_account adder on adder.id = p.added_by
    left join user_account remover on remover.id = p.removed_by
    left join lateral (
      select t.id from task t where t.patient_id = p.patient_id
      order by t.state in ('scheduled', 'retry_wait', 'callback') desc, t.due_at, t.id limit 1
    ) asked on true
    where p.patient_id = ${patientId}
    order by p.removed_at desc nulls first, ${dialOrder} limit 50
  `.execute(tx)
  return rows
}

/** Of every programme, those that are not over first. */
export async function cardTasks(tx: GroundTransaction, patientId: string) {
  const { rows } = await sql<Dated<CardTask, 'dueAt' | 'expiresAt'>>`
    select t.id, p.name as programme, c.name as campaign, t.state, t.reason, t.hold, t.due_on, t.due_at, t.expires_at
    from enrolment e join task t on t.enrolment_id = e.id
    join programme p on p.id = t.programme_id left join campaign c on c.id = p.campaign_id
    where e.patient_id = ${patientId}
    order by t.state in ('scheduled', 'retry_wait', 'callback', 'suspended', 'claimed', 'in_progress', 'wrapping') desc,
      t.due_at desc, t.id limit 200
  `.execute(tx)
  return rows
}

export async function leftOutRows(tx: GroundTransaction, patientId: string) {
  const { rows } = await sql<{ programme: string; reason: string | null; anchorOn: string }>`
    select p.name as programme, e.reason, e.anchor_on from enrolment e join programme p on p.id = e.programme_id
    where e.patient_id = ${patientId} and e.state = 'excluded' order by e.anchor_on desc, e.id limit 100
  `.execute(tx)
  return rows
}

export async function consentRows(tx: GroundTransaction, patientId: string) {
  const { rows } = await sql<Dated<CardConsent, 'at' | 'liftedAt'>>`
    select c.id, c.purpose, c.decision, c.words, c.declared_by, c.source, c.attempt_id,
      coalesce(u.display_name, importer.display_name) as recorded_by, c.at, c.lifted_at, lifter.display_name as lifted_by
    from consent c
    left join user_account u on u.id = c.recorded_by
    left join import_run r on r.id = c.import_run_id
    left join user_account importer on importer.id = r.started_by
    left join user_account lifter on lifter.id = c.lifted_by
    where c.patient_id = ${patientId} order by c.at desc, c.id desc limit 100
  `.execute(tx)
  return rows
}

/** Of the patient and of the numbers that are the patient's, those that stand first. */
export async function refusalRows(tx: GroundTransaction, patientId: string) {
  type Row = Dated<Omit<CardRefusal, 'number'>, 'since' | 'until' | 'liftedAt'>
  const { rows } = await sql<Row & { readonly sealed: Buffer | null }>`
    select d.id, n.ciphertext as sealed, d.source, d.reason, u.display_name as by, d.attempt_id, d.created_at as since,
      d.until, d.lifted_at, lifter.display_name as lifted_by
    from do_not_call d
    left join phone_number n on n.id = d.phone_number_id
    left join user_account u on u.id = d.created_by
    left join user_account lifter on lifter.id = d.lifted_by
    where d.patient_id = ${patientId} or d.phone_number_id in (
      select p.phone_number_id from patient_phone p where p.patient_id = ${patientId} and p.removed_at is null)
    order by d.lifted_at is not null, d.created_at desc, d.id desc limit 50
  `.execute(tx)
  return rows
}

export async function newsRows(tx: GroundTransaction, patientId: string) {
  const { rows } = await sql<Dated<CardNews, 'at' | 'takenBackAt'>>`
    select n.id, n.kind, n.source, coalesce(u.display_name, importer.display_name) as by, n.reason, n.attempt_id,
      n.import_run_id as import_id, n.at, n.taken_back_at, taker.display_name as taken_back_by, n.taken_back_reason
    from patient_news n
    left join user_account u on u.id = n.said_by
    left join import_run r on r.id = n.import_run_id
    left join user_account importer on importer.id = r.started_by
    left join user_account taker on taker.id = n.taken_back_by
    where n.patient_id = ${patientId} order by n.at desc, n.id desc limit 100
  `.execute(tx)
  return rows
}
