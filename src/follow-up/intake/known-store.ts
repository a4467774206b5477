import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import '#contact-center/contact-center-tables.ts'
import type { NumberBar } from '../calling/number-bar.ts'
import '../follow-up-tables.ts'
import type { KnownEncounter, KnownPatient, KnownPhone } from './stay-facts.ts'

/** What the rows at hand need to know of the database, each question one statement for all of them. */

/**
 * One import writes at a time, over all nodes: two lists with the same people would else make each of them twice, or
 * wait for each other's numbers in a circle. Held until the transaction ends.
 */
export async function waitForOtherImports(tx: GroundTransaction): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('suifang.intake', 0))`.execute(tx)
}

/** Ids of departments by name; unknown names become departments. */
export async function departmentIds(
  tx: GroundTransaction,
  siteId: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (names.length === 0) return new Map()
  await tx
    .insertInto('department')
    .values(names.map((name) => ({ id: newId(), siteId, name })))
    .onConflict((conflict) => conflict.columns(['siteId', 'name']).doNothing())
    .execute()
  const rows = await tx
    .selectFrom('department')
    .select(['id', 'name'])
    .where('siteId', '=', siteId)
    .where('name', 'in', names)
    .execute()
  return new Map(rows.map(({ id, name }) => [name, id]))
}

/** Ids of known numbers, by the hex of their HMAC. One that could not be opened is known no more: {@link addNumbers} mends it. */
export async function numberIds(tx: GroundTransaction, hmacs: readonly Buffer[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ id: string; hmac: Buffer }>`
    select id, hmac from phone_number where hmac = any (${hmacs}::bytea[]) and flag is distinct from 'unreadable'
  `.execute(tx)
  return new Map(rows.map(({ id, hmac }) => [hmac.toString('hex'), id]))
}

export interface NewNumber {
  readonly id: string
  readonly hmac: Buffer
  readonly ciphertext: Buffer
  readonly last4: string
  readonly bar: NumberBar
}

/**
 * Adds numbers. Another writer may have added one of them since they were looked up: that one's id counts. One that could not
 * be opened can be from now on.
 * @returns ids by the hex of their HMAC
 */
export async function addNumbers(
  tx: GroundTransaction,
  numbers: readonly NewNumber[],
): Promise<ReadonlyMap<string, string>> {
  if (numbers.length === 0) return new Map()
  const { rows } = await sql<{ id: string; hmac: Buffer }>`
    insert into phone_number (id, hmac, ciphertext, last4, bar)
    select * from unnest(${numbers.map(({ id }) => id)}::uuid[], ${numbers.map(({ hmac }) => hmac)}::bytea[],
      ${numbers.map(({ ciphertext }) => ciphertext)}::bytea[], ${numbers.map(({ last4 }) => last4)}::text[],
      ${numbers.map(({ bar }) => bar)}::text[])
    on conflict (hmac) do update set last4 = excluded.last4,
      ciphertext = case when phone_number.flag = 'unreadable' then excluded.ciphertext else phone_number.ciphertext end,
      bar = case when phone_number.flag = 'unreadable' then excluded.bar else phone_number.bar end,
      flagged_at = case when phone_number.flag = 'unreadable' then null else phone_number.flagged_at end,
      flag = nullif(phone_number.flag, 'unreadable')
    returning id, hmac
  `.execute(tx)
  return new Map(rows.map(({ id, hmac }) => [hmac.toString('hex'), id]))
}

/** Inpatient stays with one of the numbers, with their diagnoses and operations in order. */
export async function encountersOf(
  tx: GroundTransaction,
  siteId: string,
  encounterNos: readonly string[],
): Promise<readonly KnownEncounter[]> {
  const { rows } = await sql<
    Omit<KnownEncounter, 'admittedAtMs' | 'dischargedAtMs'> & {
      admittedAt: Date | null
      dischargedAt: Date | null
    }
  >`
    select e.id, coalesce(p.merged_into, p.id) as patient_id, e.encounter_no, e.department_id, e.ward, e.doctor_name,
      e.admitted_on, e.admitted_at, e.discharged_on, e.discharged_at, e.disposition, e.payer, e.death_taken_back_at is not null as death_taken_back,
      coalesce((select array_agg(coalesce(d.code, '') || '|' || coalesce(d.text, '') order by d.position)
        from diagnosis d where d.encounter_id = e.id), '{}') as diagnoses,
      coalesce((select array_agg(coalesce(o.code, '') || '|' || coalesce(o.text, '') order by o.position)
        from operation o where o.encounter_id = e.id), '{}') as operations
    from encounter e join patient p on p.id = e.patient_id
    where e.site_id = ${siteId} and e.kind = 'inpatient' and e.encounter_no = any (${encounterNos}::text[])
      and e.discharged_on is not null
    order by e.id
  `.execute(tx)
  return rows.map(({ admittedAt, dischargedAt, ...row }) => ({
    ...row,
    admittedAtMs: admittedAt?.getTime() ?? null,
    dischargedAtMs: dischargedAt?.getTime() ?? null,
  }))
}

export interface PatientKeys {
  readonly ids: readonly string[]
  readonly patientNos: readonly string[]
  readonly idHmacs: readonly Buffer[]
  /** Pairs, position by position. */
  readonly names: readonly string[]
  readonly birthDates: readonly string[]
}

/** Everybody who may be one of the people of the rows, with numbers in dialling order. Merged records are left out. */
export async function patientsLike(
  tx: GroundTransaction,
  siteId: string,
  keys: PatientKeys,
): Promise<readonly KnownPatient[]> {
  const { rows } = await sql<
    Omit<KnownPatient, 'idHmac' | 'phones'> & { idHmac: Buffer | null; phones: KnownPhone[] | null }
  >`
    with found as materialized (
      select id from patient where id = any (${keys.ids}::uuid[])
      union
      select id from patient where site_id = ${siteId} and patient_no = any (${keys.patientNos}::text[])
      union
      select id from patient where id_hmac = any (${keys.idHmacs}::bytea[])
      union
      select p.id from unnest(${keys.names}::text[], ${keys.birthDates}::date[]) as wanted (name, birth_date)
        join patient p on p.name = wanted.name and p.birth_date = wanted.birth_date
    )
    select p.id, p.patient_no, p.name, p.sex, p.birth_date, p.id_hmac, p.deceased_at is not null as deceased,
      (select max(e.discharged_on) from encounter e where e.patient_id = p.id) as latest_discharge,
      (select json_agg(json_build_object('id', pp.id, 'phoneNumberId', pp.phone_number_id, 'position', pp.position,
          'relation', coalesce(pp.relation, '0'), 'relationWord', coalesce(pp.relation_word, '本人'),
          'contactName', pp.contact_name, 'extension', pp.extension,
          'byHand', pp.added_by is not null, 'ordered', pp.ordered_at is not null) order by pp.position, pp.id)
        from patient_phone pp where pp.patient_id = p.id and pp.removed_at is null) as phones,
      array(select pp.phone_number_id from patient_phone pp where pp.patient_id = p.id and pp.removed_by is not null)
        as kept_out
    from found join patient p on p.id = found.id
    where p.merged_into is null
  `.execute(tx)
  return rows.map(({ idHmac, phones, ...row }) => ({
    ...row,
    idHmac: idHmac?.toString('hex') ?? null,
    phones: phones ?? [],
  }))
}
