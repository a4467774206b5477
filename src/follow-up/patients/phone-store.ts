import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import '../follow-up-tables.ts'

/** The numbers of a patient that may still be dialled, and in which order. Joins `patient_phone p` and `phone_number n`. */
const stillUsable = sql`p.removed_at is null and p.wrong_person_at is null and (n.flag is null or n.flag = 'unreadable')`
/**
 * One that refuses, or cannot be opened, comes last, so that it is told as the reason only where there is no other; one that
 * worked comes first, but for what worked before a person said in which order to dial.
 */
export const dialOrder = sql`n.flag is not distinct from 'unreadable', exists (select from do_not_call d where d.phone_number_id = p.phone_number_id and d.lifted_at is null
  and (d.until is null or d.until > app_now())),
  case when p.ordered_at is null or p.reached_at > p.ordered_at then p.reached_at end desc nulls last, p.position, p.id`

/** For a statement over `task`: the number to dial first; null when the patient has none. */
export const firstNumber = sql`(
  select p.phone_number_id from patient_phone p join phone_number n on n.id = p.phone_number_id
  where p.patient_id = task.patient_id and ${stillUsable}
  order by ${dialOrder} limit 1)`

/** Numbers that a retry may choose from, in dialling order. One that cannot be opened is waited for where there is no other. */
export async function usablePhones(tx: GroundTransaction, patientId: string) {
  const { rows } = await sql<{ phoneNumberId: string; sealed: boolean }>`
    select p.phone_number_id, n.flag is not null as sealed from patient_phone p join phone_number n on n.id = p.phone_number_id
    where p.patient_id = ${patientId} and ${stillUsable}
      and not exists (select from do_not_call d where d.phone_number_id = p.phone_number_id and d.lifted_at is null
        and (d.until is null or d.until > app_now()))
    order by ${dialOrder}
  `.execute(tx)
  const open = rows.filter(({ sealed }) => !sealed)
  return open.length > 0 ? open : rows
}

/** Somebody else answered: not dialled for this patient again, whatever the programme; waiting tasks take the next number. */
export async function markWrongPerson(tx: GroundTransaction, patientId: string, numberId: string, at: Date) {
  await sql`
    update patient_phone set wrong_person_at = ${at}
    where patient_id = ${patientId} and phone_number_id = ${numberId} and removed_at is null
  `.execute(tx)
  await renumberWaiting(tx, sql`t.patient_id = ${patientId} and t.phone_number_id = ${numberId}`)
}

/** Which number worked is learnt (requirements C16). */
export async function markReached(tx: GroundTransaction, patientId: string, numberId: string, at: Date) {
  await sql`
    update patient_phone set reached_at = ${at}
    where patient_id = ${patientId} and phone_number_id = ${numberId} and removed_at is null
  `.execute(tx)
}

/**
 * What the network said of a number counts for everybody who has it (requirements §5.2: STOP, INV), and so does that its
 * ciphertext cannot be opened.
 */
export async function flagNumber(
  tx: GroundTransaction,
  numberId: string,
  flag: 'invalid' | 'suspended' | 'unreadable',
  at: Date,
): Promise<void> {
  await sql`
    update phone_number set flag = ${flag}, flagged_at = ${at} where id = ${numberId} and flag is null
  `.execute(tx)
  await renumberWaiting(tx, sql`t.phone_number_id = ${numberId}`)
}

/** Waiting tasks of these patients take the first number that may be dialled. */
export async function renumberTasks(tx: GroundTransaction, patientIds: readonly string[]): Promise<void> {
  await renumberWaiting(tx, sql`t.patient_id = any (${patientIds}::uuid[])`)
}

/** Waiting tasks that were to dial this number take the patient's first that may be dialled. */
export async function renumberTasksOf(tx: GroundTransaction, numberId: string): Promise<void> {
  await renumberWaiting(tx, sql`t.phone_number_id = ${numberId}`)
}

async function renumberWaiting(tx: GroundTransaction, which: ReturnType<typeof sql>): Promise<void> {
  await sql`
    update task set phone_number_id = ${firstNumber} where id in (
      select t.id from task t where ${which} and t.state in ('scheduled', 'retry_wait', 'callback')
      order by t.id for update)
  `.execute(tx)
}
