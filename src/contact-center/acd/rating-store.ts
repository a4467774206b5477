import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import './queue-tables.ts'

/** What the patient thought of the agent who was in the call last; the first word counts. */
export async function keepRating(
  tx: GroundTransaction,
  rating: { readonly attemptId: string; readonly value: number; readonly at: Date },
): Promise<void> {
  await sql`
    insert into rating (attempt_id, agent_id, value, at)
    select a.id, a.agent_id, ${rating.value}, ${rating.at} from attempt a
    where a.id = ${rating.attemptId} and a.agent_id is not null
    on conflict do nothing
  `.execute(tx)
}
