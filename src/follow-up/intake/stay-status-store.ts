import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import '../follow-up-tables.ts'

/**
 * A list says that patients have died. From now on the gate refuses them, their open tasks are stopped and their plans
 * closed, whatever the programme (requirements G22, H31). Somebody known to be dead stays as he is.
 * @param deaths `on`: 'YYYY-MM-DD', the day of the discharge by death where the list tells it
 */
export async function markDied(
  tx: GroundTransaction,
  deaths: readonly { readonly patientId: string; readonly on: string | null }[],
): Promise<void> {
  const patientIds = deaths.map(({ patientId }) => patientId)
  await sql`
    update patient p set deceased_at = app_now(), deceased_on = d.died_on, changed_at = app_now()
    from unnest(${patientIds}::uuid[], ${deaths.map(({ on }) => on)}::date[]) as d (patient_id, died_on)
    where p.id = d.patient_id and p.deceased_at is null
  `.execute(tx)
  await sql`
    update task set state = 'stopped', reason = 'deceased' where id in (
      select t.id from task t
      where t.patient_id = any (${patientIds}::uuid[]) and t.state in ('scheduled', 'retry_wait', 'callback', 'suspended')
      order by t.id for update)
  `.execute(tx)
  await sql`
    update enrolment set state = 'excluded', reason = 'deceased', changed_at = app_now()
    where patient_id = any (${patientIds}::uuid[]) and state = 'active'
  `.execute(tx)
}

/** Which of these stays are followed up by no programme although one takes them, with the reason. */
export async function exclusionReasons(
  tx: GroundTransaction,
  encounterIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ encounterId: string; reason: string }>`
    select encounter_id, min(reason) as reason from enrolment where encounter_id = any (${encounterIds}::uuid[])
    group by encounter_id having bool_and(state = 'excluded')
  `.execute(tx)
  return new Map(rows.map(({ encounterId, reason }) => [encounterId, reason]))
}
