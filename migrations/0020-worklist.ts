import { type Kysely, sql } from 'kysely'

/**
 * What the list of tasks is read by: the time of the next call, a department's stays. No index holds a task that is
 * claimed, so that a claim writes into none of them; those are found by their attempts.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index task_waiting_by_due on task (due_at, id)
      where state in ('scheduled', 'retry_wait', 'callback', 'suspended');
    create index task_in_call_by_due on task (due_at, id) where state in ('in_progress', 'wrapping');
    create index task_closed_by_due on task (due_at, id)
      where state in ('completed', 'partial', 'failed', 'refused', 'stopped', 'excluded', 'expired');
    create index encounter_department on encounter (department_id, discharged_on) where department_id is not null;
  `.execute(db)
}
