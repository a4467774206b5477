import { type Kysely, sql } from 'kysely'

/** What one administrator alone, or somebody without an account, could still learn or become. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await words(db)
  await strangers(db)
  await supervisions(db)
  await callsByHand(db)
}

/** The security administrator's word: for a new desk phone, and the code without which nobody begins as who hears patients. */
async function words(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table user_account
      add column phone_allowed_until timestamptz,
      add column phone_allowed_by uuid references user_account,
      -- argon2id; asked for when the password is changed that another has made.
      add column start_code_hash text,
      add constraint user_account_phone_allowed check ((phone_allowed_until is null) = (phone_allowed_by is null));
  `.execute(db)
}

/** Names that nobody has are locked as accounts are: else the lock would tell which names there are. */
async function strangers(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table sign_in_stranger (
      -- SHA-256: people type their passwords into the wrong field.
      name_hash bytea primary key,
      failed_at timestamptz[] not null default '{}',
      locked_until timestamptz,
      last_at timestamptz not null default app_now()
    );
    create index sign_in_stranger_last on sign_in_stranger (last_at);
  `.execute(db)
}

async function supervisions(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table supervision drop constraint supervision_end_reason_check;
    alter table supervision add constraint supervision_end_reason_check check (
      end_reason in ('left', 'leg_lost', 'call_over', 'taken_over', 'failed', 'not_allowed'));
  `.execute(db)
}

/** An agent chose whom to call: until the patient answers, the name is what it was before. */
async function callsByHand(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table attempt add column by_hand boolean not null default false;
  `.execute(db)
}
