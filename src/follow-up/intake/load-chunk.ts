import { setImmediate } from 'node:timers/promises'
import type { GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import type { Secrets } from '#platform/secrets.ts'
import { barOf } from '../calling/number-bar.ts'
import type { ImportVerdict } from '../follow-up-tables.ts'
import { patientsDied } from '../patients/patient-news.ts'
import { renumberTasks } from '../patients/phone-store.ts'
import { enrolDischarges, redateTasks } from '../programmes/enrol.ts'
import type { Place } from './cell.ts'
import type { ListEntry } from './discharge-list.ts'
import type { DischargeRow } from './discharge-row.ts'
import type { LoadedAs } from './import-report.ts'
import { addNumbers, departmentIds, encountersOf, numberIds, patientsLike } from './known-store.ts'
import { type LoadPlan, planLoad } from './load-plan.ts'
import {
  addEncounters,
  addPatients,
  changePhones,
  correctEncounters,
  correctPatients,
  declareConsent,
  patientsOfStays,
  replaceTexts,
} from './load-store.ts'
import type { Phone } from './phone-cell.ts'
import { sealRow } from './row-archive.ts'
import type { ExclusionReason } from './row-codes.ts'
import { addRows, type NewRow, type NewRun } from './run-store.ts'
import type { RowToLoad } from './stay-facts.ts'
import { exclusionReasons } from './stay-status-store.ts'

export interface ChunkOf {
  readonly importId: string
  readonly siteId: string
  readonly consent: NewRun['consent']
  /** Name of the worksheet; null for a delimited text. */
  readonly sheet: string | null
}

interface Parts {
  readonly secrets: Pick<Secrets, 'hmacPhone' | 'hmacDocument' | 'encrypt'>
}

type Loadable = Extract<ListEntry, { verdict: 'good' | 'excluded' }>

/** What chunks of one list share, written before them and committed. */
export interface Shared {
  /** Ids of departments by name. */
  readonly departments: ReadonlyMap<string, string>
  /** Ids of numbers by E.164. */
  readonly phoneIds: ReadonlyMap<string, string>
}

/** Departments and numbers of some rows: what rows of different people have in common. */
export async function shareAmong(
  { secrets }: Parts,
  tx: GroundTransaction,
  siteId: string,
  entries: readonly ListEntry[],
): Promise<Shared> {
  const departments = await departmentIds(tx, siteId, namesOfDepartments(entries))
  return { departments, phoneIds: await idsOfNumbers(secrets, tx, entries.filter(isLoadable)) }
}

/**
 * Writes some rows of a list: patients, stays and tasks as far as they are new or tell something else than what is
 * known, and what became of each row. The caller keeps other imports out (known-store.ts).
 * @returns what became of the loadable ones
 */
export async function loadChunk(
  parts: Parts,
  tx: GroundTransaction,
  about: ChunkOf & Shared,
  entries: readonly ListEntry[],
): Promise<ReadonlyMap<ListEntry, LoadedAs>> {
  const loadable = entries.filter(isLoadable)
  const rows = rowsToLoad(parts, about, loadable)
  const plan = planLoad(rows, await knownState(tx, about.siteId, rows))
  await write(parts, tx, about, plan)
  await tellDeathsOfUnloadable(tx, about, entries)
  const became = await outcomes(tx, loadable, plan)
  await addRows(tx, about.importId, importRows(parts, about, entries, about.departments, { loadable, plan, became }))
  return became
}

function namesOfDepartments(entries: readonly ListEntry[]): string[] {
  const names = new Set<string>()
  for (const entry of entries) if ('row' in entry && entry.row?.department) names.add(entry.row.department)
  return [...names]
}

function phonesOfRow(row: DischargeRow): Phone[] {
  return [...row.phones, ...row.contacts.flatMap(({ phones }) => phones)]
}

function isLoadable(entry: ListEntry): entry is Loadable {
  return entry.verdict === 'good' || entry.verdict === 'excluded'
}

async function idsOfNumbers(
  secrets: Parts['secrets'],
  tx: GroundTransaction,
  entries: readonly Loadable[],
): Promise<ReadonlyMap<string, string>> {
  const hmacs = new Map<string, Buffer>()
  for (const [index, { row }] of entries.entries()) {
    for (const { e164 } of phonesOfRow(row)) if (!hmacs.has(e164)) hmacs.set(e164, secrets.hmacPhone(e164))
    // Calls in progress wait for nothing longer than a few milliseconds.
    if (index % 200 === 199) await setImmediate()
  }
  const known = await numberIds(tx, [...hmacs.values()])
  const unknown = [...hmacs].filter(([, hmac]) => !known.has(hmac.toString('hex')))
  const added = await addNumbers(
    tx,
    unknown.map(([e164, hmac]) => ({
      id: newId(),
      hmac,
      ciphertext: secrets.encrypt(e164),
      last4: e164.slice(-4),
      bar: barOf(e164),
    })),
  )
  const phoneIds = new Map<string, string>()
  for (const [e164, hmac] of hmacs) {
    const id = known.get(hmac.toString('hex')) ?? added.get(hmac.toString('hex'))
    if (id !== undefined) phoneIds.set(e164, id)
  }
  return phoneIds
}

function rowsToLoad({ secrets }: Parts, { departments, phoneIds }: Shared, entries: readonly Loadable[]): RowToLoad[] {
  return entries.map(({ row, verdict }) => ({
    row,
    dead: verdict === 'excluded',
    departmentId: (row.department && departments.get(row.department)) ?? null,
    idHmac: row.idNumber === null ? null : secrets.hmacDocument(row.idNumber.value).toString('hex'),
    phoneIds,
  }))
}

async function knownState(tx: GroundTransaction, siteId: string, rows: readonly RowToLoad[]) {
  const encounters = await encountersOf(tx, siteId, [...new Set(rows.map(({ row }) => row.admissionNo))])
  const withBirth = rows.filter(({ row }) => row.birthDate !== null)
  const patients = await patientsLike(tx, siteId, {
    ids: [...new Set(encounters.map(({ patientId }) => patientId))],
    patientNos: rows.flatMap(({ row }) => row.patientNo ?? []),
    idHmacs: rows.flatMap(({ idHmac }) => (idHmac === null ? [] : [Buffer.from(idHmac, 'hex')])),
    names: withBirth.map(({ row }) => row.name),
    birthDates: withBirth.map(({ row }) => row.birthDate ?? ''),
  })
  return { encounters, patients }
}

async function write({ secrets }: Parts, tx: GroundTransaction, about: ChunkOf, plan: LoadPlan): Promise<void> {
  const seal = (idNumber: string) => secrets.encrypt(idNumber)
  await addPatients(tx, about.siteId, plan.newPatients, seal)
  await correctPatients(tx, plan.changedPatients, seal)
  await changePhones(tx, plan)
  await addEncounters(tx, { siteId: about.siteId, importRunId: about.importId, source: 'list' }, plan.newEncounters)
  await correctEncounters(tx, plan.changedEncounters)
  await replaceTexts(tx, plan)
  // What closes or opens the gate comes before the tasks that it is asked about.
  if (plan.died.length > 0) await patientsDied(tx, plan.died, { source: 'list', importRunId: about.importId })
  if (about.consent) {
    const declared = { importRunId: about.importId, ...about.consent }
    await declareConsent(
      tx,
      declared,
      plan.outcomes.map(({ patientId }) => patientId),
    )
  }
  if (plan.redatedEncounterIds.length > 0) await redateTasks(tx, plan.redatedEncounterIds)
  if (plan.rephonedPatientIds.length > 0) await renumberTasks(tx, plan.rephonedPatientIds)
  await enrolDischarges(
    tx,
    plan.newEncounters.map(({ id }) => id),
  )
}

/** A row that cannot be loaded may still say that a known patient has died: such a one is not dialled until it is corrected. */
async function tellDeathsOfUnloadable(
  tx: GroundTransaction,
  about: ChunkOf,
  entries: readonly ListEntry[],
): Promise<void> {
  const stays = entries.flatMap((entry) =>
    entry.verdict === 'rejected' && entry.dead && entry.admissionNo !== null ? [entry.admissionNo] : [],
  )
  if (stays.length === 0) return
  const told = await patientsOfStays(tx, about.siteId, stays)
  const said = { source: 'list', importRunId: about.importId } as const
  if (told.length > 0)
    await patientsDied(
      tx,
      told.map((stay) => ({ ...stay, on: null })),
      said,
    )
}

async function outcomes(
  tx: GroundTransaction,
  loadable: readonly Loadable[],
  plan: LoadPlan,
): Promise<Map<ListEntry, LoadedAs>> {
  const excluded = await exclusionReasons(
    tx,
    plan.outcomes.map(({ encounterId }) => encounterId),
  )
  const became = new Map<ListEntry, LoadedAs>()
  for (const [index, entry] of loadable.entries()) {
    const outcome = plan.outcomes[index]
    if (!outcome) continue
    const { death } = outcome
    if (death === 'before') {
      became.set(entry, { excluded: 'deceased_before' })
      continue
    }
    const told = entry.verdict === 'excluded' && death !== 'taken_back'
    const reason = told ? entry.reason : excluded.get(outcome.encounterId)
    became.set(entry, reason === undefined ? outcome.verdict : { excluded: reasonForPeople(reason) })
  }
  return became
}

function reasonForPeople(reason: string): ExclusionReason {
  if (reason === 'deceased') return 'deceased'
  return reason === 'do_not_call' || reason === 'opted_out' || reason === 'consent_refused'
    ? 'opted_out'
    : 'not_followed_up'
}

function importRows(
  { secrets }: Parts,
  about: ChunkOf,
  entries: readonly ListEntry[],
  departments: ReadonlyMap<string, string>,
  loaded: {
    readonly loadable: readonly Loadable[]
    readonly plan: LoadPlan
    readonly became: ReadonlyMap<ListEntry, LoadedAs>
  },
): NewRow[] {
  const encounterOf = new Map<ListEntry, string>()
  const takenBack = new Set<ListEntry>()
  for (const [index, entry] of loaded.loadable.entries()) {
    const outcome = loaded.plan.outcomes[index]
    if (outcome) encounterOf.set(entry, outcome.encounterId)
    if (outcome?.death === 'taken_back') takenBack.add(entry)
  }
  return entries.map((entry) => {
    const row = 'row' in entry ? entry.row : null
    const as = loaded.became.get(entry)
    return {
      sheet: about.sheet,
      line: numberOf(entry.at),
      verdict: verdictOf(entry, as),
      reason: typeof as === 'object' ? as.excluded : null,
      code: entry.verdict === 'rejected' ? entry.code : null,
      columnName: entry.verdict === 'rejected' ? entry.column : null,
      warnings: [...('warnings' in entry ? entry.warnings : []), ...(takenBack.has(entry) ? ['death_taken_back'] : [])],
      encounterId: encounterOf.get(entry) ?? null,
      departmentId: (row?.department && departments.get(row.department)) ?? null,
      raw:
        entry.verdict === 'rejected'
          ? sealRow(secrets, entry.headers, entry.cells, entry.row, entry.admissionNo).toString('hex')
          : null,
    }
  })
}

function verdictOf(entry: ListEntry, as: LoadedAs | undefined): ImportVerdict {
  if (entry.verdict === 'rejected' || entry.verdict === 'duplicate') return entry.verdict
  return as === undefined || typeof as === 'object' ? 'excluded' : as
}

function numberOf(at: Place): number {
  return 'line' in at ? at.line : at.row
}
