import { newId } from '#platform/ids.ts'
import type { DischargeRow } from './discharge-row.ts'
import {
  afterDecisions,
  type CodedText,
  type EncounterFacts,
  encounterFacts,
  filledIn,
  instantOf,
  type KnownPhone,
  type KnownState,
  keyOf,
  mergedFacts,
  operationsOf,
  type PatientFacts,
  type PlannedPhone,
  personFacts,
  phoneKey,
  phonesOf,
  type RowToLoad,
  replacedByGroup,
  sameFacts,
} from './stay-facts.ts'

export type LoadVerdict = 'created' | 'changed' | 'unchanged'

export interface LoadPlan {
  readonly newPatients: readonly (PatientFacts & { readonly id: string })[]
  readonly changedPatients: readonly (PatientFacts & { readonly id: string })[]
  readonly newEncounters: readonly (EncounterFacts & {
    readonly id: string
    readonly patientId: string
    readonly encounterNo: string
  })[]
  readonly changedEncounters: readonly (EncounterFacts & { readonly id: string })[]
  /** Diagnoses and operations to stand instead of those there. */
  readonly diagnoses: readonly { readonly encounterId: string; readonly items: readonly CodedText[] }[]
  readonly operations: readonly { readonly encounterId: string; readonly items: readonly CodedText[] }[]
  readonly newPhones: readonly (PlannedPhone & {
    readonly id: string
    readonly patientId: string
    readonly position: number
  })[]
  readonly changedPhones: readonly (PlannedPhone & { readonly id: string; readonly position: number })[]
  readonly removedPhoneIds: readonly string[]
  /** Patients with other numbers than before: their waiting tasks take their next number anew. */
  readonly rephonedPatientIds: readonly string[]
  readonly died: readonly { readonly patientId: string; readonly on: string; readonly encounterId: string }[]
  /** Encounters whose discharge day was corrected. */
  readonly redatedEncounterIds: readonly string[]
  /** One a row, in their order. */
  readonly outcomes: readonly {
    readonly verdict: LoadVerdict
    readonly encounterId: string
    readonly patientId: string
    /**
     * `before`: the row tells of no death, and the patient has died by what was known. `taken_back`: it tells of one that a
     * person has taken back. Else null.
     */
    readonly death: 'before' | 'taken_back' | null
  }[]
}

/**
 * What has to be written so that the rows are in the database, and what that makes of each row. A row that tells what
 * is known already changes nothing. What a list leaves out (an empty cell, a column it does not have) erases nothing.
 * Persons are recognised by the hospital's number, by identity number and name, or by name, birth and number; when in
 * doubt a person is made anew: two records of one person are mended by a merge, one record of two persons never.
 */
export function planLoad(rows: readonly RowToLoad[], known: KnownState): LoadPlan {
  const planner = new Planner(known)
  for (const row of rows) planner.take(row)
  return planner.plan()
}

interface Person {
  readonly id: string
  readonly isNew: boolean
  facts: PatientFacts
  changed: boolean
  deceased: boolean
  died: { readonly on: string; readonly encounterId: string } | null
  latestDischarge: string | null
  readonly before: readonly KnownPhone[]
  readonly keptOut: readonly string[]
  phones: readonly PlannedPhone[]
  rephoned: boolean
}

interface Stay {
  readonly id: string
  readonly patientId: string
  readonly encounterNo: string
  readonly isNew: boolean
  facts: EncounterFacts
  changed: boolean
  redated: boolean
  diagnoses: readonly string[]
  operations: readonly string[]
  newDiagnoses: readonly CodedText[] | null
  newOperations: readonly CodedText[] | null
}

class Planner {
  readonly #persons = new Map<string, Person>()
  readonly #byPatientNo = new Map<string, Person>()
  readonly #byIdentity = new Map<string, Person>()
  readonly #byBirthAndNumber = new Map<string, Person>()
  readonly #stays = new Map<string, Stay[]>()
  readonly #outcomes: LoadPlan['outcomes'][number][] = []

  constructor(known: KnownState) {
    for (const patient of known.patients) {
      const { id, patientNo, name, sex, birthDate, idHmac, deceased, latestDischarge, phones, keptOut } = patient
      const facts = { patientNo, name, sex, birthDate, idHmac, idNumber: null }
      this.#remember({
        id,
        isNew: false,
        facts,
        changed: false,
        deceased,
        died: null,
        latestDischarge,
        before: phones,
        keptOut,
        phones,
        rephoned: false,
      })
    }
    for (const { id, patientId, encounterNo, diagnoses, operations, ...facts } of known.encounters) {
      this.#addStay({
        id,
        patientId,
        encounterNo,
        isNew: false,
        facts,
        changed: false,
        redated: false,
        diagnoses,
        operations,
        newDiagnoses: null,
        newOperations: null,
      })
    }
  }

  take(told: RowToLoad): void {
    const known = this.#knownStay(told)
    const takenBack = told.dead && known?.facts.deathTakenBack === true
    const load = takenBack ? { ...told, dead: false, row: { ...told.row, leaveMode: null } } : told
    const person = (known && this.#persons.get(known.patientId)) ?? this.#recognised(load) ?? this.#newPerson(load)
    const diedBefore = person.deceased && !told.dead
    const stay = known ?? this.#newStay(load, person)
    const changes = [
      known ? this.#correctStay(known, load, takenBack) : false,
      this.#correctPerson(person, load, stay.id),
    ]
    this.#remember(person)
    const verdict = !known ? 'created' : changes.some(Boolean) ? 'changed' : 'unchanged'
    const death = takenBack ? 'taken_back' : diedBefore ? 'before' : null
    this.#outcomes.push({ verdict, encounterId: stay.id, patientId: person.id, death })
  }

  plan(): LoadPlan {
    const persons = [...this.#persons.values()]
    const stays = [...this.#stays.values()].flat()
    const phones = persons.map((person) => phonePlan(person))
    const withId = ({ id, facts }: Person) => ({ id, ...facts })
    const items = (pick: (stay: Stay) => readonly CodedText[] | null) =>
      stays.flatMap((stay) => {
        const items = pick(stay)
        return items ? [{ encounterId: stay.id, items }] : []
      })
    return {
      newPatients: persons.filter(({ isNew }) => isNew).map(withId),
      changedPatients: persons.filter(({ isNew, changed }) => !isNew && changed).map(withId),
      newEncounters: stays
        .filter(({ isNew }) => isNew)
        .map(({ id, patientId, encounterNo, facts }) => ({ id, patientId, encounterNo, ...facts })),
      changedEncounters: stays
        .filter(({ isNew, changed }) => !isNew && changed)
        .map(({ id, facts }) => ({ id, ...facts })),
      diagnoses: items(({ newDiagnoses }) => newDiagnoses),
      operations: items(({ newOperations }) => newOperations),
      newPhones: phones.flatMap(({ added }) => added),
      changedPhones: phones.flatMap(({ changed }) => changed),
      removedPhoneIds: phones.flatMap(({ removed }) => removed),
      rephonedPatientIds: persons.filter(({ isNew, rephoned }) => !isNew && rephoned).map(({ id }) => id),
      died: persons.flatMap(({ id, died }) => (died === null ? [] : [{ patientId: id, ...died }])),
      redatedEncounterIds: stays.filter(({ redated }) => redated).map(({ id }) => id),
      outcomes: this.#outcomes,
    }
  }

  /** The stay by its number and day of discharge, or by its number and minute of admission when the discharge was corrected. */
  #knownStay({ row }: RowToLoad): Stay | undefined {
    const stays = this.#stays.get(row.admissionNo)
    const admittedAt = instantOf(row.admittedAt)
    return (
      stays?.find(({ facts }) => facts.dischargedOn === row.dischargedAt.date) ??
      stays?.find(({ facts }) => admittedAt !== null && facts.admittedAtMs === admittedAt)
    )
  }

  #recognised({ row, idHmac, phoneIds }: RowToLoad): Person | undefined {
    const byNo = row.patientNo === null ? undefined : this.#byPatientNo.get(row.patientNo)
    const byIdentity = idHmac === null ? undefined : this.#byIdentity.get(`${idHmac} ${row.name}`)
    if (byNo ?? byIdentity) return byNo ?? byIdentity
    if (row.birthDate === null) return undefined
    for (const { e164 } of row.phones) {
      const person = this.#byBirthAndNumber.get(`${row.name} ${row.birthDate} ${phoneIds.get(e164)}`)
      // Of two people with one name, birthday and number the identity number tells, where both have one.
      if (person && (idHmac === null || person.facts.idHmac === null || person.facts.idHmac === idHmac)) return person
    }
    return undefined
  }

  #newPerson(load: RowToLoad): Person {
    return {
      id: newId(),
      isNew: true,
      facts: personFacts(load),
      changed: false,
      deceased: false,
      died: null,
      latestDischarge: null,
      before: [],
      keptOut: [],
      phones: [],
      rephoned: false,
    }
  }

  #remember(person: Person): void {
    this.#persons.set(person.id, person)
    const { patientNo, name, idHmac } = person.facts
    if (patientNo !== null) this.#byPatientNo.set(patientNo, person)
    if (idHmac !== null) this.#byIdentity.set(`${idHmac} ${name}`, person)
    this.#indexNumbers(person)
  }

  #indexNumbers(person: Person): void {
    const { name, birthDate } = person.facts
    if (birthDate === null) return
    for (const { phoneNumberId, relation } of person.phones) {
      if (relation === '0') this.#byBirthAndNumber.set(`${name} ${birthDate} ${phoneNumberId}`, person)
    }
  }

  #newStay(load: RowToLoad, person: Person): Stay {
    const { row } = load
    const stay: Stay = {
      id: newId(),
      patientId: person.id,
      encounterNo: row.admissionNo,
      isNew: true,
      facts: encounterFacts(load),
      changed: false,
      redated: false,
      diagnoses: row.diagnoses.map(keyOf),
      operations: operationsOf(row).map(keyOf),
      newDiagnoses: row.diagnoses.length > 0 ? row.diagnoses : null,
      newOperations: row.procedure === null ? null : operationsOf(row),
    }
    this.#addStay(stay)
    return stay
  }

  #addStay(stay: Stay): void {
    const stays = this.#stays.get(stay.encounterNo)
    if (stays) stays.push(stay)
    else this.#stays.set(stay.encounterNo, [stay])
  }

  #correctStay(stay: Stay, load: RowToLoad, deathTakenBack: boolean): boolean {
    const told = { ...encounterFacts(load), deathTakenBack }
    const before = stay.facts
    stay.facts = filledIn(before, told)
    const redated = before.dischargedOn !== stay.facts.dischargedOn
    if (redated) stay.redated = true
    const changed = !sameFacts(before, stay.facts)
    if (changed) stay.changed = true
    return [changed, this.#correctTexts(stay, load.row)].some(Boolean)
  }

  #correctTexts(stay: Stay, row: DischargeRow): boolean {
    const diagnoses = row.diagnoses.map(keyOf)
    const operations = operationsOf(row).map(keyOf)
    const otherDiagnoses = diagnoses.length > 0 && diagnoses.join('\n') !== stay.diagnoses.join('\n')
    const otherOperations = operations.length > 0 && operations.join('\n') !== stay.operations.join('\n')
    if (otherDiagnoses) {
      stay.diagnoses = diagnoses
      stay.newDiagnoses = row.diagnoses
    }
    if (otherOperations) {
      stay.operations = operations
      stay.newOperations = operationsOf(row)
    }
    return otherDiagnoses || otherOperations
  }

  #correctPerson(person: Person, load: RowToLoad, encounterId: string): boolean {
    const { row } = load
    let changed = false
    if (load.dead && !person.deceased) {
      person.deceased = true
      person.died = { on: row.dischargedAt.date, encounterId }
      changed = true
    }
    const isLatest = person.latestDischarge === null || row.dischargedAt.date >= person.latestDischarge
    if (!isLatest) return changed
    person.latestDischarge = row.dischargedAt.date
    const told = personFacts(load)
    const numberIsTaken = told.patientNo !== null && (this.#byPatientNo.get(told.patientNo) ?? person) !== person
    const facts = mergedFacts(person.facts, numberIsTaken ? { ...told, patientNo: null } : told)
    if (!person.isNew && !sameFacts(facts, { ...person.facts, idNumber: facts.idNumber })) {
      person.changed = true
      changed = true
    }
    person.facts = facts
    const phones = afterDecisions(replacedByGroup(person.phones, phonesOf(load)), person)
    if (phones.map(phoneKey).join('\n') !== person.phones.map(phoneKey).join('\n')) {
      person.phones = phones
      person.rephoned = true
      changed = true
    }
    return changed
  }
}

function phonePlan(person: Person) {
  const added: LoadPlan['newPhones'][number][] = []
  const changed: LoadPlan['changedPhones'][number][] = []
  const before = new Map(person.before.map((phone) => [phone.phoneNumberId, phone]))
  for (const [index, phone] of person.phones.entries()) {
    const position = index + 1
    const known = before.get(phone.phoneNumberId)
    if (!known) added.push({ ...phone, id: newId(), patientId: person.id, position })
    else if (known.position !== position || phoneKey(known) !== phoneKey(phone))
      changed.push({ ...phone, id: known.id, position })
  }
  const kept = new Set(person.phones.map(({ phoneNumberId }) => phoneNumberId))
  const removed = person.before.filter(({ phoneNumberId }) => !kept.has(phoneNumberId)).map(({ id }) => id)
  return { added, changed, removed }
}
