import { type Kysely, sql } from 'kysely'

/**
 * What an office changes between the trial and real calls: whether a trunk answers, test calls, a campaign's own hours and
 * retry plan, the numbers the hospital owns.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await trunks(db)
  await tests(db)
  await campaigns(db)
  await gate(db)
  await rights(db)
}

async function trunks(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table trunk
      -- Whether the far end is asked by OPTIONS. Carriers that answer none are not asked.
      add column watched boolean not null default true,
      -- What it last did: null, it has never answered.
      add column answers boolean,
      add column answers_since timestamptz,
      add column answered_at timestamptz,
      -- Counts the changes by people: whoever changes it states what was looked at.
      add column version integer not null default 1;

    create function trunk_heard() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      perform pg_notify('suifang_trunk', new.id::text);
      return null;
    end $$;
    create trigger trunk_heard_made after insert on trunk for each row execute function trunk_heard();
    create trigger trunk_heard_changed after update of host, port, enabled, watched on trunk for each row
      when ((old.host, old.port, old.enabled, old.watched) is distinct from (new.host, new.port, new.enabled, new.watched))
      execute function trunk_heard();

    -- Shape: src/contact-center/trunks/owned-numbers.ts. What trunks show already is the hospital's.
    insert into setting (key, version, value)
    select 'numbers.owned', 1, jsonb_build_object('numbers', coalesce(jsonb_agg(distinct caller_number), '[]'))
    from trunk where kind = 'sip';
  `.execute(db)
}

/** Calls to the tester's own telephone over a trunk. No attempt: nobody is asked anything, nothing is recorded. */
async function tests(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table trunk_test (
      id uuid primary key,
      trunk_id uuid not null references trunk,
      phone_number_id uuid not null references phone_number,
      by_account uuid references user_account,
      at timestamptz not null default app_now(),
      ended_at timestamptz,
      answered boolean,
      cause text,
      sip_status integer,
      q850 integer,
      check ((ended_at is null) = (cause is null))
    );
    create index trunk_test_of_number on trunk_test (phone_number_id, at);
    create index trunk_test_of_trunk on trunk_test (trunk_id, at desc);
    create index trunk_test_at on trunk_test (at);
    revoke delete on trunk_test from suifang_app;

    -- Why this number may not be called for a test over this trunk; null: it may. As the gate judges a task's number, with
    -- the hospital's hours, which a simulated trunk does not need.
    create function trunk_test_reason(p_trunk uuid, p_number uuid, p_at timestamptz) returns text
      language plpgsql volatile set search_path = public, pg_temp as $$
    begin
      return (
        with rule as (
          select st.value from setting st where st.key = 'calling' order by st.version desc limit 1
        ), calls as (
          select a.counts_at as at from attempt a
          where a.phone_number_id = p_number and a.result is distinct from 'congestion'
            and (a.result is distinct from 'cancelled' or a.invited_at is not null)
          union all
          select c.at from trunk_test c where c.phone_number_id = p_number
        )
        select case
          when not k.enabled then 'trunk_disabled'
          when exists (select from do_not_call d where d.lifted_at is null and (d.until is null or d.until > p_at)
            and (d.phone_number_id = n.id or d.patient_id in (
              select pp.patient_id from patient_phone pp where pp.phone_number_id = n.id and pp.removed_at is null)))
            then 'do_not_call'
          when n.bar <> 'none' and not coalesce((select jsonb_exists(r.value -> 'alsoDialled', n.bar) from rule r), false)
            then 'number_barred'
          when exists (select from attempt a where a.phone_number_id = n.id and a.state <> 'ended')
            or exists (select from trunk_test c
              where c.phone_number_id = n.id and c.ended_at is null and c.at > p_at - interval '2 minutes')
            then 'number_active'
          when (select count(*) from calls where calls.at >= start_of_local_day(local_day(p_at)))
            >= (select least((r.value ->> 'capPerDay')::integer, 5) from rule r) then 'cap_day'
          when (select count(*) from calls where calls.at >= start_of_local_day(local_day(p_at) - 6))
            >= (select (r.value ->> 'capPerWeek')::integer from rule r) then 'cap_week'
          when k.lines <= (select count(*) from attempt a where a.trunk_id = k.id and a.state <> 'ended')
            + (select count(*) from trunk_test c
              where c.trunk_id = k.id and c.ended_at is null and c.at > p_at - interval '2 minutes')
            then 'no_free_line'
          -- Whoever dials number after number tests no trunk.
          when (select count(*) from trunk_test c where c.at > p_at - interval '1 hour') >= 30 then 'tested_often'
          when k.kind <> 'simulated' then gate_hour((select r.value from rule r),
            (select d.kind from calendar_day d where d.day = local_day(p_at)), p_at)
          end
        from trunk k, phone_number n where k.id = p_trunk and n.id = p_number);
    end $$;
  `.execute(db)
}

async function campaigns(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table campaign
      -- Shape: RetryPlan of src/follow-up/tasks/retry.ts. Null: that of the programme's version.
      add column retry jsonb check (jsonb_typeof(retry) = 'object'),
      -- Counts the changes by people; what each was stands in the audit trail.
      add column settings_version integer not null default 1;
  `.execute(db)
}

/**
 * A campaign's own hours narrow the hospital's, they never widen them: both must be open. And a trunk that has fallen silent
 * is dialled over by nobody until it answers again.
 */
async function gate(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function gate_programmes(p_programmes uuid[], p_at timestamptz)
      returns table (programme_id uuid, reason text)
      language plpgsql volatile rows 3 set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
    begin
      return query
        with rule as materialized (
          select s.value, (select d.kind from calendar_day d where d.day = local_day(p_at)) as kind_of_day
          from setting s where s.key = 'calling' order by s.version desc limit 1
        )
        select pr.id, case
          when pr.state <> 'running' then 'programme_not_running'
          when c.id is null then 'no_campaign'
          when c.state <> 'running' then 'campaign_' || c.state
          when not t.enabled then 'trunk_disabled'
          when t.watched and not t.answers then 'trunk_silent'
          when c.any_hour and t.kind <> 'simulated' then 'any_hour_refused'
          when not c.any_hour then coalesce(
            gate_hour(r.value, r.kind_of_day, p_at),
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

async function rights(db: Kysely<unknown>): Promise<void> {
  await sql`insert into role_right (role_code, right_code) values ('system_admin', 'trunk.manage')`.execute(db)
}
