import { type Kysely, sql } from 'kysely'

/**
 * Revisions of questionnaires' drafts that are never given twice, and what each node sees of the folder that its recordings
 * belong into, without which it begins no call.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await revisions(db)
  await folders(db)
}

/**
 * A revision is given once, whichever draft it is of: a page that was away while a draft was discarded and another was begun
 * holds no number that means anything any more.
 */
async function revisions(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Above whatever was counted from 1, draft by draft, before.
    create sequence questionnaire_draft_revision as integer start 1000001;
    create function give_draft_revision() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      new.revision := nextval('questionnaire_draft_revision');
      return new;
    end $$;
    create trigger questionnaire_draft_revised before insert or update on questionnaire_draft
      for each row execute function give_draft_revision();
    alter table questionnaire_draft alter column revision drop default;
    update questionnaire_draft set changed_at = changed_at;
    revoke update on sequence questionnaire_draft_revision from suifang_app;
  `.execute(db)
}

async function folders(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table recordings_folder (
      node text primary key check (node <> ''),
      -- Null: it is the one that was there.
      fault text check (fault in ('folder_gone', 'folder_unmarked', 'folder_foreign')),
      since timestamptz not null default clock_timestamp(),
      seen_at timestamptz not null default clock_timestamp()
    );
    revoke delete on recordings_folder from suifang_app;
  `.execute(db)
}
