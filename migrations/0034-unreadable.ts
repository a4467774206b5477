import { type Kysely, sql } from 'kysely'

/**
 * What cannot be read holds by a reason of its own: a number whose ciphertext cannot be opened (`number_unreadable` to the
 * gate), and what a node wrote down of its database (`database_restored`). And a question's sound that is lost for good may
 * have another take.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await flags(db)
  await retakes(db)
}

async function flags(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table phone_number drop constraint phone_number_flag_check;
    alter table phone_number add constraint phone_number_flag_check check (flag in ('invalid', 'suspended', 'unreadable'));
    alter table database_mark drop constraint database_mark_doubt_check;
    alter table database_mark add constraint database_mark_doubt_check check (doubt in ('earlier', 'unknown', 'unreadable'));
    -- Looked through when a house opens, and asked of every list of numbers that a supervisor opens.
    create index phone_number_flagged on phone_number (flagged_at desc, id desc) where flag is not null;
  `.execute(db)
}

/** A prompt of a questionnaire has no other words than the ones that were published, whatever sound says them. */
async function retakes(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table voice_version drop constraint voice_version_prompt_check;
    alter table voice_version add constraint voice_version_prompt_check
      check (prompt ~ '^[a-z][a-z0-9-]*$' and prompt is distinct from own_prompt_id);
    create function voice_says_the_same() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      if not exists (select from own_prompt asked
          where asked.id = new.prompt and asked.language = new.language and (new.own_prompt_id is null
            or exists (select from own_prompt o where o.id = new.own_prompt_id and o.text = asked.text))) then
        raise exception 'prompt % was published with other words', new.prompt using errcode = 'SF028';
      end if;
      return new;
    end $$;
    create trigger voice_version_says_the_same before insert on voice_version
      for each row when (new.prompt like 'own-%') execute function voice_says_the_same();
  `.execute(db)
}
