import { type Kysely, sql } from 'kysely'

/** The agent's desk: what an agent made of a call, every version of it; and who a callback was agreed with. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Outcome, summary note and callback of one call. Written anew with every change; the highest version counts, the
    -- earlier ones stay (requirements D10).
    create table call_summary (
      attempt_id uuid not null references attempt,
      version integer not null check (version >= 1),
      outcome text check (outcome in ('done', 'partial', 'callback', 'refused', 'wrong_person', 'proxy', 'uncooperative',
        'deceased', 'readmitted', 'moved', 'other')),
      outcome_text text,
      note text,
      callback_at timestamptz,
      written_by uuid not null references user_account,
      at timestamptz not null default app_now(),
      primary key (attempt_id, version),
      check ((outcome is not distinct from 'callback') = (callback_at is not null)),
      check (outcome is distinct from 'other' or coalesce(btrim(outcome_text), '') <> '')
    );
    revoke update, delete on call_summary from suifang_app;

    -- Whom a callback was agreed with: offered to that agent first, then to the group (requirements C14).
    alter table task add column callback_agent_id uuid references agent;
  `.execute(db)
}
