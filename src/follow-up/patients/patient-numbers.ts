import { sql } from 'kysely'
import { transacted } from '#platform/database/again.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import type { Secrets } from '#platform/secrets.ts'
import { releaseAttempts } from '../tasks/release.ts'
import { createdAttemptsOf } from '../tasks/task-store.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import { e164Of, numberIdOf } from './number-by-text.ts'
import './patient-errors.ts'
import { renumberTasks } from './phone-store.ts'
import { canBeOpened } from './sealed-numbers.ts'
import { auditPatient, type Decision, patientInHand } from './take-back.ts'

/** What a person decides about a patient's numbers; it stands against the lists that come after it. */

interface OfPatient {
  readonly patientId: string
  /** Of the patient's having the number. */
  readonly id: string
}

/**
 * A number that no list has told, or one that could not be opened: it can be then. As lists write it, with its area code.
 * @throws UserError PATIENT_UNKNOWN, NUMBER_UNREADABLE, PATIENT_NUMBER_STANDS
 */
export async function addNumber(
  { db, secrets }: { readonly db: Ground; readonly secrets: Secrets },
  wanted: {
    readonly patientId: string
    readonly number: string
    readonly relation: string
    readonly contactName: string | null
  },
  decision: Decision,
): Promise<void> {
  const e164 = e164Of(wanted.number)
  const { patientId, relation, contactName } = wanted
  await transacted(db, async (tx) => {
    await patientInHand(tx, patientId)
    const couldOpen = await canBeOpened(tx, secrets.hmacPhone(e164))
    const numberId = await numberIdOf(secrets, tx, e164)
    const { rows } = await sql<{ id: string }>`
      insert into patient_phone (id, patient_id, phone_number_id, position, relation, contact_name, added_by)
      select ${newId()}, ${patientId}, ${numberId}, coalesce(max(p.position), 0) + 1, ${relation}, ${contactName},
        ${decision.actor.accountId}
      from patient_phone p where p.patient_id = ${patientId} and p.removed_at is null
      on conflict (patient_id, phone_number_id) where removed_at is null do nothing
      returning id
    `.execute(tx)
    // The patient's already: then it is told anew because it could not be opened.
    if (rows.length === 0 && couldOpen) throw new UserError('PATIENT_NUMBER_STANDS')
    await wantedAgain(tx, patientId, numberId)
    await settled(tx, patientId, 'patient.number_added', decision, { numberId })
  })
}

/**
 * No longer the patient's; kept as history, and no list brings it back.
 * @throws UserError PATIENT_UNKNOWN, PATIENT_NUMBER_UNKNOWN
 */
export async function removeNumber(db: Ground, { patientId, id }: OfPatient, decision: Decision): Promise<void> {
  await transacted(db, async (tx) => {
    await patientInHand(tx, patientId)
    const { rows } = await sql<{ phoneNumberId: string }>`
      update patient_phone set removed_at = app_now(), removed_by = ${decision.actor.accountId}
      where id = ${id} and patient_id = ${patientId} and removed_at is null returning phone_number_id
    `.execute(tx)
    const [removed] = rows
    if (removed === undefined) throw new UserError('PATIENT_NUMBER_UNKNOWN')
    const claimed = sql`t.patient_id = ${patientId} and a.phone_number_id = ${removed.phoneNumberId}`
    const released = await releaseAttempts(tx, await createdAttemptsOf(tx, claimed))
    await settled(tx, patientId, 'patient.number_removed', decision, { numberId: removed.phoneNumberId })
    await appendToStream(tx, 'live', released)
  })
}

/**
 * The patient's again, whoever took it away: a person or a list.
 * @throws UserError PATIENT_UNKNOWN, PATIENT_NUMBER_UNKNOWN, PATIENT_NUMBER_STANDS
 */
export async function putNumberBack(db: Ground, { patientId, id }: OfPatient, decision: Decision): Promise<void> {
  await transacted(db, async (tx) => {
    await patientInHand(tx, patientId)
    const { rows: standing } = await sql`
      select from patient_phone p join patient_phone gone on gone.phone_number_id = p.phone_number_id
      where gone.id = ${id} and gone.patient_id = ${patientId} and p.patient_id = ${patientId} and p.removed_at is null
    `.execute(tx)
    if (standing.length > 0) throw new UserError('PATIENT_NUMBER_STANDS')
    const { rows } = await sql<{ phoneNumberId: string }>`
      update patient_phone set removed_at = null, removed_by = null, added_by = ${decision.actor.accountId},
        position = (select coalesce(max(o.position), 0) + 1 from patient_phone o
          where o.patient_id = ${patientId} and o.removed_at is null)
      where id = ${id} and patient_id = ${patientId} and removed_at is not null returning phone_number_id
    `.execute(tx)
    const [back] = rows
    if (back === undefined) throw new UserError('PATIENT_NUMBER_UNKNOWN')
    await wantedAgain(tx, patientId, back.phoneNumberId)
    await settled(tx, patientId, 'patient.number_put_back', decision, { numberId: back.phoneNumberId })
  })
}

/**
 * It is the patient's number all the same: somebody else had answered, or an agent had said so by mistake.
 * @throws UserError PATIENT_UNKNOWN, PATIENT_NUMBER_UNKNOWN
 */
export async function notWrongPerson(db: Ground, { patientId, id }: OfPatient, decision: Decision): Promise<void> {
  await transacted(db, async (tx) => {
    await patientInHand(tx, patientId)
    const { rows } = await sql<{ phoneNumberId: string }>`
      update patient_phone set wrong_person_at = null
      where id = ${id} and patient_id = ${patientId} and removed_at is null and wrong_person_at is not null
      returning phone_number_id
    `.execute(tx)
    const [number] = rows
    if (number === undefined) throw new UserError('PATIENT_NUMBER_UNKNOWN')
    await settled(tx, patientId, 'patient.number_right', decision, { numberId: number.phoneNumberId })
  })
}

/**
 * In which order the patient's numbers are dialled from now on: all that stand, each once.
 * @throws UserError PATIENT_UNKNOWN, PATIENT_NUMBERS_CHANGED
 */
export async function orderNumbers(
  db: Ground,
  { patientId, order }: { readonly patientId: string; readonly order: readonly string[] },
  decision: Decision,
): Promise<void> {
  await transacted(db, async (tx) => {
    await patientInHand(tx, patientId)
    const { rows } = await sql<{ id: string }>`
      select id from patient_phone where patient_id = ${patientId} and removed_at is null order by id for update
    `.execute(tx)
    const wanted = new Set(order)
    if (rows.length !== wanted.size || rows.some(({ id }) => !wanted.has(id))) {
      throw new UserError('PATIENT_NUMBERS_CHANGED')
    }
    await sql`
      update patient_phone p set position = o.place, ordered_at = app_now()
      from unnest(${order}::uuid[]) with ordinality as o (id, place) where p.id = o.id
    `.execute(tx)
    await settled(tx, patientId, 'patient.numbers_ordered', decision, { numbers: order.length })
  })
}

/** A number that was taken away once is kept from no list any more; who took it away stands in the audit trail. */
async function wantedAgain(tx: GroundTransaction, patientId: string, numberId: string): Promise<void> {
  await sql`
    update patient_phone set removed_by = null
    where patient_id = ${patientId} and phone_number_id = ${numberId} and removed_by is not null
  `.execute(tx)
}

/** Waiting tasks take the first number that may be dialled, and whoever dials hears of it. */
async function settled(
  tx: GroundTransaction,
  patientId: string,
  action: `patient.${string}`,
  { actor, reason }: Decision,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  await renumberTasks(tx, [patientId])
  await auditPatient(tx, action, patientId, actor, { ...detail, reason })
  await tellDiallers(tx)
}
