import { type Kysely, sql } from 'kysely'

/**
 * Numbers abroad, premium numbers and those of services are not dialled unless the hospital's calling rule names their
 * kind (`alsoDialled`). A number is enciphered, so its kind stands beside it: written with it, and for those of earlier
 * releases by the application when it opens, before anything is dialled.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Null: not looked at yet.
    alter table phone_number add column bar text check (bar in ('none', 'foreign', 'premium', 'service'));
    create index phone_number_not_looked_at on phone_number (id) where bar is null;
    drop trigger phone_number_changed on phone_number;
    create trigger phone_number_changed after update of flag, bar on phone_number
      for each row when (old.flag is distinct from new.flag or (old.bar is distinct from new.bar and new.bar <> 'none'))
      execute function fact_changed();

    create or replace function caps_changed() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      perform rehold(array(select t.id from task t
        where t.hold in ('cap_day', 'cap_week', 'number_barred') and t.state in ('scheduled', 'retry_wait', 'callback')));
      return null;
    end $$;
  `.execute(db)
  await changeGate(db, [
    [
      `(st.value ->> 'capPerWeek')::integer as of_week`,
      `(st.value ->> 'capPerWeek')::integer as of_week,
          coalesce(st.value -> 'alsoDialled', '[]') as also_dialled`,
    ],
    [
      `when n.flag is not null then 'number_' || n.flag`,
      `when n.flag is not null then 'number_' || n.flag
        when n.bar <> 'none' and not coalesce((select jsonb_exists(r.also_dialled, n.bar) from rule r), false)
          then 'number_barred'`,
    ],
  ])
}

/** The gate as it stands, with these pieces of its text replaced: all the rest is as before. */
async function changeGate(db: Kysely<unknown>, changes: readonly (readonly [string, string])[]): Promise<void> {
  const { rows } = await sql<{ text: string }>`
    select pg_get_functiondef('gate(uuid[], uuid[], timestamptz, uuid[], boolean)'::regprocedure) as text
  `.execute(db)
  let text = rows[0]?.text ?? ''
  for (const [before, after] of changes) {
    if (text.split(before).length !== 2) throw new Error(`the gate does not have once: ${before}`)
    text = text.replace(before, () => after)
  }
  await sql.raw(text).execute(db)
}
