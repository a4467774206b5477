import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import '../follow-up-tables.ts'

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
