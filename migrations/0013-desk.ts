import { type Kysely, sql } from 'kysely'

/**
 * An agent may take another questionnaire than the task's (requirements D05). The form in hand is the response with the
 * task's id, as ever; one that gave way keeps its answers and is taken up again with its questionnaire.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
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
