import { sql } from 'kysely'

type Piece = ReturnType<typeof sql>

/** For a statement: the department of the patient's last stay; without a patient, of the last stay of who has the number. */
export function departmentOf(patientId: Piece, numberId: Piece): Piece {
  return sql`(
    select k.name from encounter e join department k on k.id = e.department_id
    where e.patient_id = ${patientId} or (${patientId} is null and e.patient_id in (
      select h.patient_id from patient_phone h where h.phone_number_id = ${numberId} and h.removed_at is null))
    order by e.discharged_on desc nulls last, e.id desc limit 1)`
}
