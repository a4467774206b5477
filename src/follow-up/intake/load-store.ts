import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import '../follow-up-tables.ts'
import type { LoadPlan } from './load-plan.ts'
import type { CodedText, PatientFacts } from './stay-facts.ts'

/** Writes what a {@link LoadPlan} says: a statement a kind of row, whatever their number. */

interface Sealed {
  readonly idCiphertext: string | null
  readonly idLast4: string | null
}

type SealId = (idNumber: string) => Buffer

/** Rows go as one JSON parameter: a statement cannot have a parameter for each of a chunk's values. */
function json(rows: readonly object[]): string {
  return JSON.stringify(rows)
}

function sealed(facts: PatientFacts, seal: SealId): Sealed {
  const { idNumber } = facts
  return idNumber === null
    ? { idCiphertext: null, idLast4: null }
    : { idCiphertext: seal(idNumber.value).toString('hex'), idLast4: idNumber.value.slice(-4) }
}

export async function addPatients(
  tx: GroundTransaction,
  siteId: string,
  patients: LoadPlan['newPatients'],
  seal: SealId,
): Promise<void> {
  if (patients.length === 0) return
  const rows = patients.map((patient) => ({
    ...patient,
    idType: patient.idNumber?.kind ?? null,
    ...sealed(patient, seal),
  }))
  await sql`
    insert into patient (id, site_id, patient_no, name, sex, birth_date, id_type, id_hmac, id_ciphertext, id_last4)
    select r.id, ${siteId}, r."patientNo", r.name, r.sex, r."birthDate", r."idType", decode(r."idHmac", 'hex'),
      decode(r."idCiphertext", 'hex'), r."idLast4"
    from json_to_recordset(${json(rows)}::json) as r (id uuid, "patientNo" text, name text, sex text, "birthDate" date,
      "idType" text, "idHmac" text, "idCiphertext" text, "idLast4" text)
  `.execute(tx)
}

/** An identity number is written where it is new; where the facts carry none, the old one stays. */
export async function correctPatients(
  tx: GroundTransaction,
  patients: LoadPlan['changedPatients'],
  seal: SealId,
): Promise<void> {
  if (patients.length === 0) return
  const rows = patients.map((patient) => ({
    ...patient,
    idType: patient.idNumber?.kind ?? null,
    ...sealed(patient, seal),
  }))
  await sql`
    update patient p set patient_no = r."patientNo", name = r.name, sex = r.sex, birth_date = r."birthDate",
      id_type = coalesce(r."idType", p.id_type),
      id_hmac = case when r."idCiphertext" is null then p.id_hmac else decode(r."idHmac", 'hex') end,
      id_ciphertext = coalesce(decode(r."idCiphertext", 'hex'), p.id_ciphertext),
      id_last4 = coalesce(r."idLast4", p.id_last4), changed_at = app_now()
    from json_to_recordset(${json(rows)}::json) as r (id uuid, "patientNo" text, name text, sex text, "birthDate" date,
      "idType" text, "idHmac" text, "idCiphertext" text, "idLast4" text)
    where p.id = r.id
  `.execute(tx)
}

export async function addEncounters(
  tx: GroundTransaction,
  about: { readonly siteId: string; readonly importRunId: string; readonly source: string },
  encounters: LoadPlan['newEncounters'],
): Promise<void> {
  if (encounters.length === 0) return
  await sql`
    insert into encounter (id, site_id, patient_id, kind, encounter_no, department_id, ward, doctor_name, admitted_on,
      admitted_at, discharged_on, discharged_at, disposition, payer, source, import_run_id)
    select r.id, ${about.siteId}, r."patientId", 'inpatient', r."encounterNo", r."departmentId", r.ward, r."doctorName",
      r."admittedOn", to_timestamp(r."admittedAtMs" / 1000.0), r."dischargedOn", to_timestamp(r."dischargedAtMs" / 1000.0),
      r.disposition, r.payer, ${about.source}, ${about.importRunId}
    from json_to_recordset(${json(encounters)}::json) as r (id uuid, "patientId" uuid, "encounterNo" text,
      "departmentId" uuid, ward text, "doctorName" text, "admittedOn" date, "admittedAtMs" bigint, "dischargedOn" date,
      "dischargedAtMs" bigint, disposition text, payer text)
  `.execute(tx)
}

export async function correctEncounters(
  tx: GroundTransaction,
  encounters: LoadPlan['changedEncounters'],
): Promise<void> {
  if (encounters.length === 0) return
  await sql`
    update encounter e set department_id = r."departmentId", ward = r.ward, doctor_name = r."doctorName",
      admitted_on = r."admittedOn", admitted_at = to_timestamp(r."admittedAtMs" / 1000.0),
      discharged_on = r."dischargedOn", discharged_at = to_timestamp(r."dischargedAtMs" / 1000.0),
      disposition = r.disposition, payer = r.payer, changed_at = app_now(),
      death_taken_back_at = case when r."deathTakenBack" then e.death_taken_back_at end
    from json_to_recordset(${json(encounters)}::json) as r (id uuid, "departmentId" uuid, ward text, "doctorName" text,
      "admittedOn" date, "admittedAtMs" bigint, "dischargedOn" date, "dischargedAtMs" bigint, disposition text, payer text,
      "deathTakenBack" boolean)
    where e.id = r.id
  `.execute(tx)
}

type Texts = readonly { readonly encounterId: string; readonly items: readonly CodedText[] }[]

function placed(texts: Texts) {
  return texts.flatMap(({ encounterId, items }) =>
    items.map((item, index) => ({ id: newId(), encounterId, position: index + 1, ...item })),
  )
}

/** Puts these diagnoses and operations in the place of what an encounter had. */
export async function replaceTexts(
  tx: GroundTransaction,
  texts: Pick<LoadPlan, 'diagnoses' | 'operations'>,
): Promise<void> {
  const ids = (of: Texts) => of.map(({ encounterId }) => encounterId)
  if (texts.diagnoses.length > 0) {
    await sql`delete from diagnosis where encounter_id = any (${ids(texts.diagnoses)}::uuid[])`.execute(tx)
    await sql`
      insert into diagnosis (id, encounter_id, position, system, code, text)
      select r.id, r."encounterId", r.position, case when r.code is null then null else 'ICD-10' end, r.code, r.text
      from json_to_recordset(${json(placed(texts.diagnoses))}::json)
        as r (id uuid, "encounterId" uuid, position integer, code text, text text)
    `.execute(tx)
  }
  if (texts.operations.length > 0) {
    await sql`delete from operation where encounter_id = any (${ids(texts.operations)}::uuid[])`.execute(tx)
    await sql`
      insert into operation (id, encounter_id, position, code, text)
      select r.id, r."encounterId", r.position, r.code, r.text
      from json_to_recordset(${json(placed(texts.operations))}::json)
        as r (id uuid, "encounterId" uuid, position integer, code text, text text)
    `.execute(tx)
  }
}

/** A number that left the list stays as history (requirements G02): before the new ones come, since a number counts once. */
export async function changePhones(
  tx: GroundTransaction,
  plan: Pick<LoadPlan, 'newPhones' | 'changedPhones' | 'removedPhoneIds'>,
): Promise<void> {
  if (plan.removedPhoneIds.length > 0) {
    await sql`update patient_phone set removed_at = app_now() where id = any (${plan.removedPhoneIds}::uuid[])`.execute(
      tx,
    )
  }
  if (plan.changedPhones.length > 0) {
    await sql`
      update patient_phone pp set position = r.position, relation = r.relation, relation_word = r."relationWord",
        contact_name = r."contactName", extension = r.extension
      from json_to_recordset(${json(plan.changedPhones)}::json) as r (id uuid, position integer, relation text,
        "relationWord" text, "contactName" text, extension text)
      where pp.id = r.id
    `.execute(tx)
  }
  if (plan.newPhones.length === 0) return
  await sql`
    insert into patient_phone (id, patient_id, phone_number_id, position, relation, relation_word, contact_name, extension)
    select r.id, r."patientId", r."phoneNumberId", r.position, r.relation, r."relationWord", r."contactName", r.extension
    from json_to_recordset(${json(plan.newPhones)}::json) as r (id uuid, "patientId" uuid, "phoneNumberId" uuid,
      position integer, relation text, "relationWord" text, "contactName" text, extension text)
  `.execute(tx)
}

/** Consent declared with the list, once a person and purpose; what was refused stays refused. */
export async function declareConsent(
  tx: GroundTransaction,
  consent: {
    readonly importRunId: string
    readonly purpose: string
    readonly words: string
    readonly declaredBy: string
  },
  patientIds: readonly string[],
): Promise<void> {
  const ids = [...new Set(patientIds)]
  await sql`
    insert into consent (id, patient_id, purpose, decision, words, declared_by, source, import_run_id)
    select r.id, r.patient_id, ${consent.purpose}, 'given', ${consent.words}, ${consent.declaredBy}, 'import',
      ${consent.importRunId}
    from unnest(${ids.map(() => newId())}::uuid[], ${ids}::uuid[]) as r (id, patient_id)
    where not exists (select from consent c where c.patient_id = r.patient_id and c.purpose = ${consent.purpose}
      and c.decision = 'given' and c.words = ${consent.words} and c.lifted_at is null)
  `.execute(tx)
}

/**
 * People who died, by the stays that were told by number only in a row that could not be loaded; without those of which a
 * person has said that this stay's death is none.
 */
export async function patientsOfStays(
  tx: GroundTransaction,
  siteId: string,
  encounterNos: readonly string[],
): Promise<readonly { readonly patientId: string; readonly encounterId: string }[]> {
  const { rows } = await sql<{ patientId: string; encounterId: string }>`
    select distinct on (e.patient_id) e.patient_id, e.id as encounter_id
    from encounter e join patient p on p.id = e.patient_id
    where e.site_id = ${siteId} and e.encounter_no = any (${encounterNos}::text[]) and p.deceased_at is null
      and e.death_taken_back_at is null
    order by e.patient_id, e.id
  `.execute(tx)
  return rows
}
