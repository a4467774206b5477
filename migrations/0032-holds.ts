import { type Kysely, sql } from 'kysely'

/**
 * Two more reasons to call nobody. Nobody is called only to hear an apology: what a node lacks to ask what a programme asks
 * holds the programme. And nobody is called by an earlier database than the house has had, which does not know who was
 * called since. Beside them the news that a prompt was made, whose digest every node then knows.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await lacks(db)
  await restored(db)
  await gate(db)
  await prompts(db)
}

/**
 * Said by each node of itself, since files lie on machines, and renewed while it holds. A programme waits as long as one
 * node that is there lacks something: which node makes a call is not known before it is made.
 */
async function lacks(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table programme_lack (
      programme_id uuid not null references programme,
      node text not null check (node <> ''),
      -- In the words of the gate: a file that is not there or is another one, or questions that no key answers.
      reason text not null check (reason in ('sound_lost', 'not_by_keys')),
      -- For people: questionnaires and flows with their versions, and prompts.
      what text[] not null check (cardinality(what) > 0),
      since timestamptz not null default clock_timestamp(),
      seen_at timestamptz not null default clock_timestamp(),
      primary key (programme_id, node)
    );
    -- A node that has said nothing for so long is not there.
    create view programme_lack_in_force as
      select programme_id, node, reason, what, since from programme_lack
      where seen_at > clock_timestamp() - interval '5 minutes';
  `.execute(db)
}

/**
 * How far this database has come, which nodes keep beside it, in their data folders: the one that is behind what a node has
 * seen is an earlier one.
 */
async function restored(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table database_mark (
      one boolean primary key default true check (one),
      -- A copy has it too; another hospital's, or an empty one, does not.
      id uuid not null,
      -- Counted on by every node for as long as it is open.
      mark bigint not null default 0 check (mark >= 0),
      -- Null: no house has been open over it that counts.
      moved_at timestamptz,
      -- It is behind what a node has seen of it, or the only node there has never seen it: no call begins until a person says
      -- that it is the one.
      doubt text check (doubt in ('earlier', 'unknown')),
      doubted_at timestamptz,
      check ((doubt is null) = (doubted_at is null))
    );
    insert into database_mark (id) values (new_id());
    create function database_mark_counts_on() returns trigger language plpgsql as $$
    begin
      if new.id <> old.id or new.mark < old.mark then
        raise exception 'a database never goes back' using errcode = 'SF033';
      end if;
      return new;
    end $$;
    create trigger database_mark_counts_on before update on database_mark
      for each row execute function database_mark_counts_on();
    revoke insert, delete on database_mark from suifang_app;
  `.execute(db)
}

/**
 * As 0030, and held are all programmes while the database is in doubt, and those that a keypress survey cannot ask: two
 * look-ups an asking, of however many programmes (30 µs of the server's time, beside 80 before).
 */
async function gate(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function gate_programmes(p_programmes uuid[], p_at timestamptz)
      returns table (programme_id uuid, reason text)
      language plpgsql volatile rows 3 set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
    begin
      return query
        with rule as materialized (
          select s.value, d.kind as kind_of_day, gate_hour(s.value, d.kind, p_at) as shut
          from (select st.value from setting st where st.key = 'calling' order by st.version desc limit 1) s
          left join calendar_day d on d.day = local_day(p_at)
        )
        select pr.id, case
          when (select m.doubt from database_mark m) is not null then 'database_restored'
          when pr.state <> 'running' then 'programme_not_running'
          when c.id is null then 'no_campaign'
          when c.state <> 'running' then 'campaign_' || c.state
          when not t.enabled then 'trunk_disabled'
          when t.watched and not t.answers then 'trunk_silent'
          -- Agents read the questions from their pages, also who dials one task of a keypress survey by hand: the
          -- transaction says so.
          when c.pacing = 'agentless' and pr.id = any ((select array_agg(k.programme_id) from programme_lack_in_force k)::uuid[])
              and current_setting('suifang.by_hand', true) is distinct from 'on'
            then (select max(k.reason) from programme_lack_in_force k where k.programme_id = pr.id)
          when c.any_hour and t.kind <> 'simulated' then 'any_hour_refused'
          when not c.any_hour then coalesce(r.shut,
            case when c.calling is not null then gate_hour(r.value || c.calling, r.kind_of_day, p_at) end)
          end
        from programme pr
        left join campaign c on c.id = pr.campaign_id
        left join trunk t on t.id = c.trunk_id
        left join rule r on true
        where pr.id = any (p_programmes);
    end $$;
  `.execute(db)
}

async function prompts(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function own_prompt_notify() returns trigger language plpgsql as $$
    begin
      perform pg_notify('suifang_own_prompt', new.id);
      return null;
    end $$;
    create trigger own_prompt_notify after insert on own_prompt for each row execute function own_prompt_notify();
  `.execute(db)
}
