import { type Kysely, sql } from 'kysely'

/**
 * A supervision's end locks the supervisor's seat before its own row, as the seat's lost leg does it (0010). The other
 * way round, a supervisor whose phone was lost in the moment in which the call told of it, or ended, made the two wait
 * for each other until the database broke one off: a second in which no event of any call came into the rows.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function supervision_ends_with_call() returns trigger language plpgsql as $$
    begin
      perform from seat where agent_id in (
        select supervisor_id from supervision where reservation_id = new.id and ended_at is null)
      order by id for update;
      update supervision set ended_at = app_now(), end_reason = 'call_over'
      where reservation_id = new.id and ended_at is null;
      return null;
    end $$;
  `.execute(db)
}
