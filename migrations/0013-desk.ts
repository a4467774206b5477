import { type Kysely, sql } from 'kysely'

/**
 * The form that an agent chooses, and the password that two administrators reset.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await forms(db)
  await passwords(db)
}

/**
 * An agent may take another questionnaire than the task's (requirements D05). The form in hand is the response with the
 * task's id, as ever; one that gave way keeps its answers and is taken up again with its questionnaire.
 */
async function forms(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table response
      alter column task_id drop not null,
      add column set_aside_of uuid references task,
      add column set_aside_at timestamptz,
      -- Null: the keypress survey, which asks by the task's own.
      add column set_aside_by uuid references user_account,
      add constraint response_in_hand_or_not check (
        (task_id is null) = (set_aside_of is not null) and (set_aside_of is null) = (set_aside_at is null)),
      add constraint response_set_aside unique (set_aside_of, questionnaire_version_id);
  `.execute(db)
}

/** Whose rights are kept from the system administrator gets a new password only with the security administrator's word. */
async function passwords(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table user_account
      add column reset_allowed_until timestamptz,
      add column reset_allowed_by uuid references user_account,
      add constraint user_account_reset_allowed check ((reset_allowed_until is null) = (reset_allowed_by is null));
  `.execute(db)
}
