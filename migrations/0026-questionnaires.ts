import { type Kysely, sql } from 'kysely'

/**
 * Questionnaires made in the console: drafts that are shared, versions with the reason for them, and the sounds that the
 * hospital makes for their questions (requirements H21, X03).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await prompts(db)
  await drafts(db)
  await publications(db)
  await rights(db)
}

/**
 * A prompt that was made in the house, in the file `prompts/<language>/<id>.wav` of the data folder. Its name is the digest
 * of its words and its sound, so that a version that names it is heard the same for ever.
 */
async function prompts(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table own_prompt (
      id text primary key check (id ~ '^own-[0-9a-f]{40}$'),
      language text not null,
      -- What it says.
      text text not null check (text ~ '\\S' and length(text) <= 300),
      source text not null check (source in ('recorded', 'synthetic')),
      -- Of the file.
      sha256 bytea not null check (octet_length(sha256) = 32),
      duration_ms integer not null check (duration_ms > 0),
      made_at timestamptz not null default app_now(),
      made_by uuid references user_account
    );
    create trigger own_prompt_immutable before update or delete on own_prompt
      for each row execute function refuse_change();
    revoke update, delete on own_prompt from suifang_app;

    -- Nobody is asked what was never spoken.
    create function questionnaire_has_its_prompts() returns trigger language plpgsql
      set search_path = public, pg_temp as $$
    declare
      lacking text;
    begin
      select p #>> '{}' into lacking from jsonb_path_query(new.definition, '$.questions[*].prompts[*]') p
      where p #>> '{}' like 'own-%' and not exists (select from own_prompt o where o.id = p #>> '{}') limit 1;
      if lacking is not null then
        raise exception 'prompt % has no sound', lacking using errcode = 'SF026';
      end if;
      return new;
    end $$;
    create trigger questionnaire_version_spoken before insert on questionnaire_version
      for each row execute function questionnaire_has_its_prompts();
  `.execute(db)
}

/** One a questionnaire: whoever goes on with it goes on with what the last one left. */
async function drafts(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table questionnaire_draft (
      questionnaire_id uuid primary key references questionnaire,
      -- Asked by keys, or by agents alone.
      by_keys boolean not null,
      -- Shape: Draft of src/follow-up/questionnaire/questionnaire-draft.ts.
      document jsonb not null check (jsonb_typeof(document) = 'object'),
      -- Counts the changes: whoever changes it states what was looked at.
      revision integer not null default 1,
      changed_at timestamptz not null default app_now(),
      changed_by uuid not null references user_account
    );
  `.execute(db)
}

/** Why a version was published, by whom; versions that came with a release have none. */
async function publications(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table questionnaire_publication (
      version_id uuid primary key references questionnaire_version,
      reason text not null check (reason ~ '\\S'),
      by_account uuid not null references user_account,
      at timestamptz not null default app_now()
    );
    create trigger questionnaire_publication_immutable before update or delete on questionnaire_publication
      for each row execute function refuse_change();
    revoke update, delete on questionnaire_publication from suifang_app;
  `.execute(db)
}

async function rights(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into role_right (role_code, right_code) values
      ('supervisor', 'questionnaire.read'), ('supervisor', 'questionnaire.manage'), ('qa', 'questionnaire.read')
  `.execute(db)
}
