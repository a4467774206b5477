import { type Kysely, sql } from 'kysely'

/**
 * The hospital's own voice for the prompts of its flows: which one is in force, with everything that was before it; and
 * prompts that were made and that nothing names, which may go (requirements E13, X03).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await voices(db)
  await unused(db)
  await rights(db)
}

/** The last version of a prompt is the one that calls play; without any, or with none of its own, the shipped one. */
async function voices(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table own_prompt add constraint own_prompt_language unique (id, language);

    create table voice_version (
      language text not null,
      -- Of the flows: what it is called there.
      prompt text not null check (prompt ~ '^[a-z][a-z0-9-]*$' and prompt not like 'own-%'),
      -- From 1, without a gap: who changes it states what was looked at.
      version integer not null check (version >= 1),
      -- The sound and its words; null: the shipped one again.
      own_prompt_id text,
      reason text not null check (reason ~ '\\S'),
      by_account uuid references user_account,
      at timestamptz not null default app_now(),
      primary key (language, prompt, version),
      foreign key (own_prompt_id, language) references own_prompt (id, language)
    );
    create index voice_version_own on voice_version (own_prompt_id) where own_prompt_id is not null;
    create trigger voice_version_immutable before update or delete on voice_version
      for each row execute function refuse_change();
    revoke update, delete on voice_version from suifang_app;

    create view voice_in_force as
      select distinct on (language, prompt) language, prompt, version, own_prompt_id from voice_version
      order by language, prompt, version desc;

    -- One follows the other, and says something else.
    create function voice_follows() returns trigger language plpgsql
      set search_path = public, pg_temp as $$
    declare
      latest voice_in_force;
    begin
      select * into latest from voice_in_force v where v.language = new.language and v.prompt = new.prompt;
      -- A version that there is already is refused by its key.
      if new.version > coalesce(latest.version, 0) + 1 then
        raise exception 'prompt % has no version %', new.prompt, new.version - 1 using errcode = 'SF028';
      end if;
      if new.version = coalesce(latest.version, 0) + 1 and new.own_prompt_id is not distinct from latest.own_prompt_id then
        raise exception 'prompt % is in force as it is', new.prompt using errcode = 'SF028';
      end if;
      return new;
    end $$;
    create trigger voice_version_follows before insert on voice_version
      for each row execute function voice_follows();

    create function voice_notify() returns trigger language plpgsql as $$
    begin
      perform pg_notify('suifang_voice', new.prompt);
      return null;
    end $$;
    create trigger voice_version_notify after insert on voice_version for each row execute function voice_notify();
  `.execute(db)
}

/** Made, and never published or taken: its row may be deleted, its file after it. */
async function unused(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function own_prompt_is_named(wanted text) returns boolean language sql stable
      set search_path = public, pg_temp as $$
      select exists (select from voice_version v where v.own_prompt_id = wanted)
        or exists (select from questionnaire_version q
          where jsonb_path_exists(q.definition, '$.questions[*].prompts[*] ? (@ == $id)', jsonb_build_object('id', wanted)))
        or exists (select from questionnaire_draft d
          where jsonb_path_exists(d.document, '$.questions[*].prompts[*].prompt ? (@ == $id)', jsonb_build_object('id', wanted)))
    $$;

    drop trigger own_prompt_immutable on own_prompt;
    create trigger own_prompt_immutable before update on own_prompt for each row execute function refuse_change();
    -- The row is locked by now, and whoever names it locks it too: what is looked at here stays so.
    create function own_prompt_unnamed() returns trigger language plpgsql
      set search_path = public, pg_temp as $$
    begin
      if own_prompt_is_named(old.id) then
        raise exception 'prompt % is named by a version or a draft', old.id using errcode = 'SF028';
      end if;
      return old;
    end $$;
    create trigger own_prompt_unnamed before delete on own_prompt for each row execute function own_prompt_unnamed();
    grant delete on own_prompt to suifang_app;

    -- As its owner: whoever may not change rows may not lock them either.
    create or replace function questionnaire_has_its_prompts() returns trigger language plpgsql security definer
      set search_path = public, pg_temp as $$
    declare
      named text;
    begin
      -- In one order, so that two who publish at once do not wait for each other.
      for named in
        select distinct p #>> '{}' as id from jsonb_path_query(new.definition, '$.questions[*].prompts[*]') p
        where p #>> '{}' like 'own-%' order by id
      loop
        perform from own_prompt o where o.id = named for key share;
        if not found then
          raise exception 'prompt % has no sound', named using errcode = 'SF026';
        end if;
      end loop;
      return new;
    end $$;
  `.execute(db)
}

async function rights(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into role_right (role_code, right_code) values
      ('supervisor', 'voice.read'), ('supervisor', 'voice.manage'), ('qa', 'voice.read')
  `.execute(db)
}
