import type { ListTime } from './date-cell.ts'
import type { DischargeRow } from './discharge-row.ts'

/** A number of a patient as the database has it or shall have it. */
export interface PlannedPhone {
  readonly phoneNumberId: string
  readonly relation: string
  readonly relationWord: string
  readonly contactName: string | null
  readonly extension: string | null
}

export interface KnownPhone extends PlannedPhone {
  readonly id: string
  readonly position: number
  /** A person has added it: no list takes it away. */
  readonly byHand: boolean
  /** A person has said in which order to dial: no list changes it. */
  readonly ordered: boolean
}

export interface KnownPatient {
  readonly id: string
  readonly patientNo: string | null
  readonly name: string
  readonly sex: string | null
  readonly birthDate: string | null
  /** Hex; null for none. */
  readonly idHmac: string | null
  readonly deceased: boolean
  /** The last discharge that is known of the person: an older list must not bring back an older number. */
  readonly latestDischarge: string | null
  readonly phones: readonly KnownPhone[]
  /** Numbers that a person has taken away: no list brings them back. */
  readonly keptOut: readonly string[]
}

/** Everything of an encounter that a list can tell; null where it does not. */
export interface EncounterFacts {
  readonly departmentId: string | null
  readonly ward: string | null
  readonly doctorName: string | null
  readonly admittedOn: string | null
  /** Milliseconds since 1970; null where only the day is known. */
  readonly admittedAtMs: number | null
  readonly dischargedOn: string
  readonly dischargedAtMs: number | null
  readonly disposition: string | null
  readonly payer: string | null
  /** A person has said that the death it told of is none, and it has not told otherwise since. */
  readonly deathTakenBack: boolean
}

export interface KnownEncounter extends EncounterFacts {
  readonly id: string
  readonly patientId: string
  readonly encounterNo: string
  /** `code|text` of each, main one first. */
  readonly diagnoses: readonly string[]
  readonly operations: readonly string[]
}

export interface KnownState {
  readonly encounters: readonly KnownEncounter[]
  readonly patients: readonly KnownPatient[]
}

/** One row to load, with what the store has looked up for it. */
export interface RowToLoad {
  readonly row: DischargeRow
  readonly dead: boolean
  readonly departmentId: string | null
  readonly idHmac: string | null
  readonly phoneIds: ReadonlyMap<string, string>
}

export interface PatientFacts {
  readonly patientNo: string | null
  readonly name: string
  readonly sex: string | null
  readonly birthDate: string | null
  readonly idHmac: string | null
  readonly idNumber: DischargeRow['idNumber']
}

export interface CodedText {
  readonly code: string | null
  readonly text: string | null
}

/** Hospital time to an instant; Shanghai has had no summer time since 1991. */
export function instantOf(time: ListTime | null): number | null {
  return time?.time == null ? null : Date.parse(`${time.date}T${time.time}:00+08:00`)
}

export function personFacts({ row, idHmac }: RowToLoad): PatientFacts {
  const { patientNo, name, birthDate, idNumber } = row
  return { patientNo, name, sex: row.sex === null ? null : row.sex === 'male' ? '1' : '2', birthDate, idHmac, idNumber }
}

export function encounterFacts({ row, departmentId, dead }: RowToLoad): EncounterFacts {
  return {
    departmentId,
    ward: row.ward,
    doctorName: row.doctor,
    admittedOn: row.admittedAt?.date ?? null,
    admittedAtMs: instantOf(row.admittedAt),
    dischargedOn: row.dischargedAt.date,
    dischargedAtMs: instantOf(row.dischargedAt),
    disposition: dead ? '5' : row.leaveMode,
    payer: row.payer,
    deathTakenBack: false,
  }
}

/** What the row tells takes the place of what was; a day without hour does not erase the hour of the same day. */
export function filledIn(before: EncounterFacts, told: EncounterFacts): EncounterFacts {
  const sameAdmission = told.admittedOn === null || told.admittedOn === before.admittedOn
  const sameDischarge = told.dischargedOn === before.dischargedOn
  return {
    departmentId: told.departmentId ?? before.departmentId,
    ward: told.ward ?? before.ward,
    doctorName: told.doctorName ?? before.doctorName,
    admittedOn: told.admittedOn ?? before.admittedOn,
    admittedAtMs: told.admittedAtMs ?? (sameAdmission ? before.admittedAtMs : null),
    dischargedOn: told.dischargedOn,
    dischargedAtMs: told.dischargedAtMs ?? (sameDischarge ? before.dischargedAtMs : null),
    // Nobody comes back from death by an older list.
    disposition: before.disposition === '5' ? '5' : (told.disposition ?? before.disposition),
    payer: told.payer ?? before.payer,
    // The same wrong row again; when the source has corrected itself, what it says after that counts.
    deathTakenBack: told.deathTakenBack,
  }
}

export function mergedFacts(before: PatientFacts, told: PatientFacts): PatientFacts {
  const newId = told.idHmac !== null && told.idHmac !== before.idHmac
  return {
    patientNo: before.patientNo ?? told.patientNo,
    // 郑? is 郑𣲘 after a program that did not know the character.
    name: told.name.includes('?') ? before.name : told.name,
    sex: told.sex ?? before.sex,
    birthDate: told.birthDate ?? before.birthDate,
    idHmac: told.idHmac ?? before.idHmac,
    idNumber: newId ? told.idNumber : before.idNumber,
  }
}

/** The person's own numbers in front, then those of relatives in the list's order; each number once. */
export function phonesOf({ row, phoneIds }: RowToLoad): PlannedPhone[] {
  const phones: PlannedPhone[] = []
  const add = (e164: string, phone: Omit<PlannedPhone, 'phoneNumberId'>) => {
    const phoneNumberId = phoneIds.get(e164)
    if (phoneNumberId === undefined || phones.some((known) => known.phoneNumberId === phoneNumberId)) return
    phones.push({ phoneNumberId, ...phone })
  }
  for (const { e164, extension, relation } of row.phones) {
    add(e164, { relation: relation?.code ?? '0', relationWord: relation?.word ?? '本人', contactName: null, extension })
  }
  for (const contact of row.contacts) {
    for (const { e164, extension, relation } of contact.phones) {
      const { code, word } = relation ?? contact.relation ?? { code: '8', word: '联系人' }
      add(e164, { relation: code, relationWord: word, contactName: contact.name, extension })
    }
  }
  return phones
}

/** The patient's own numbers and the relatives' are two groups: a list that tells only one leaves the other as it is. */
export function replacedByGroup(
  before: readonly PlannedPhone[],
  told: readonly PlannedPhone[],
): readonly PlannedPhone[] {
  const isOwn = ({ relation, contactName }: PlannedPhone) => relation === '0' && contactName === null
  const own = told.some(isOwn) ? told.filter(isOwn) : before.filter(isOwn)
  const others = told.some((phone) => !isOwn(phone))
    ? told.filter((phone) => !isOwn(phone))
    : before.filter((phone) => !isOwn(phone))
  return [...own, ...others.filter(({ phoneNumberId }) => !own.some((phone) => phone.phoneNumberId === phoneNumberId))]
}

/** What a person has decided of the numbers stands against the list. */
export function afterDecisions(
  planned: readonly PlannedPhone[],
  { before, keptOut }: { readonly before: readonly KnownPhone[]; readonly keptOut: readonly string[] },
): readonly PlannedPhone[] {
  const told = planned.filter(({ phoneNumberId }) => !keptOut.includes(phoneNumberId))
  const has = (phones: readonly PlannedPhone[], id: string) => phones.some(({ phoneNumberId }) => phoneNumberId === id)
  const byHand = before.filter((phone) => phone.byHand && !has(told, phone.phoneNumberId))
  const all = [...told, ...byHand]
  if (!before.some(({ ordered }) => ordered)) return all
  const kept = before.flatMap(({ phoneNumberId }) => all.filter((phone) => phone.phoneNumberId === phoneNumberId))
  return [...kept, ...all.filter(({ phoneNumberId }) => !has(before, phoneNumberId))]
}

export function phoneKey({ phoneNumberId, relation, relationWord, contactName, extension }: PlannedPhone): string {
  return [phoneNumberId, relation, relationWord, contactName, extension].join('\t')
}

export function operationsOf(row: DischargeRow): readonly CodedText[] {
  return row.procedure === null ? [] : [{ code: null, text: row.procedure }]
}

export function keyOf({ code, text }: CodedText): string {
  return `${code ?? ''}|${text ?? ''}`
}

/** Equal in every fact; the order of properties says nothing. */
export function sameFacts<Facts extends EncounterFacts | PatientFacts>(a: Facts, b: Facts): boolean {
  const inB: Readonly<Record<string, unknown>> = { ...b }
  return Object.entries(a).every(([key, value]) => value === inB[key])
}
