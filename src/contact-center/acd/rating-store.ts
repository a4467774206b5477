import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import './queue-tables.ts'

/** What the patient thought of the agent; the first word counts. */
export async function keepRating(
  tx: GroundTransaction,
  rating: { readonly attemptId: string; readonly agentId: string; readonly value: number; readonly at: Date },
): Promise<void> {
  await sql`
    insert into rating (attempt_id, agent_id, value, at)
    values (${rating.attemptId}, ${rating.agentId}, ${rating.value}, ${rating.at}) on conflict do nothing
  `.execute(tx)
}
