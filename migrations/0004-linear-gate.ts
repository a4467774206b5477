import { type Kysely, sql } from 'kysely'

/**
 * What is asked about many tasks answers in time that grows with the tasks, not with their square: a plan that plpgsql
 * made for few rows is used for many as well, so arrays are not read by subscript and transition tables are not joined
 * with each other. And what is asked about one task is not planned anew each time (2.5 ms of a gate's 3).
 * Figures before and after: docs/benchmarks.md, `claim`.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await clock(db)
  await upkeep(db)
  await gate(db)
  await holds(db)
}

/**
 * The instant at which the client's statement began, and no longer clock_timestamp(): one statement with all its triggers
 * is about one instant, and only a body that is STABLE like its function is built into the statements that use it
 * instead of being called for each row. Leases keep to clock_timestamp().
 */
async function clock(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function app_now() returns timestamptz language sql stable parallel safe as $$
      select coalesce(nullif(current_setting('suifang.now', true), '')::timestamptz, statement_timestamp())
    $$;
  `.execute(db)
}

/**
 * Rows that calls change many times are vacuumed after a twentieth of all and not after a fifth: index-only scans
 * live on that.
 */
async function upkeep(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table task set (autovacuum_vacuum_scale_factor = 0.05);
    alter table attempt set (autovacuum_vacuum_scale_factor = 0.05);
    -- Nothing reads it.
    drop index task_under_way;
    -- A claim's attempts come from rows that its gate has just read, and nobody may delete those (0002, revoke): checking
    -- each again was a tenth of a claim.
    alter table attempt drop constraint attempt_phone_number_id_fkey, drop constraint attempt_flow_version_id_fkey;
    -- An event and the head of its stream are written by one statement (appendToStream): there is nothing to check.
    alter table stream_event drop constraint stream_event_stream_id_fkey;
  `.execute(db)
}

/** The gate as one statement, in place of `gate_people` and a `gate` over arrays (0003). */
async function gate(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop function gate(uuid[], uuid[], timestamptz, uuid[]);
    drop function gate_people(uuid[], uuid[], uuid[], timestamptz, uuid[]);

    -- May these numbers be dialled for these tasks at this instant? A reason of null: yes. A number of null is the one that
    -- the task is to dial next. p_attempts: the attempts that ask for themselves, so that none stands in its own way.
    -- p_person_only: only what concerns person and number. Beside the reason, the campaign and trunk by which
    -- the task is dialled. Volatile, so that a trigger sees what was committed up to its
    -- moment; and one statement, with its reasons in the order in which they are told.
    create function gate(
      p_tasks uuid[], p_numbers uuid[], p_at timestamptz, p_attempts uuid[] default null, p_person_only boolean default false
    ) returns table (task_id uuid, reason text, campaign_id uuid, trunk_id uuid)
      language plpgsql volatile rows 20 set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
    begin
      return query
      with asked as materialized (
        select a.task_id, a.attempt_id, t.id, t.state, t.expires_at, t.programme_id, t.patient_id,
          coalesce(a.number_id, t.phone_number_id) as number_id
        from unnest(p_tasks, p_numbers, p_attempts) as a (task_id, number_id, attempt_id)
        left join task t on t.id = a.task_id
      ), way as materialized (
        select pr.id, pr.purpose, pr.legal_basis, c.id as campaign_id, c.trunk_id,
          case when not p_person_only then gate_programme(pr.id, p_at) end as reason
        from (select distinct a.programme_id from asked a) d
        join programme pr on pr.id = d.programme_id
        left join campaign c on c.id = pr.campaign_id
      )
      select a.task_id, case
        when a.id is null then 'task_not_open'
        when not p_person_only and a.state not in ('scheduled', 'retry_wait', 'callback', 'claimed') then 'task_not_open'
        when not p_person_only and a.expires_at <= p_at then 'expired'
        when p.deceased_at is not null then 'deceased'
        when p.merged_into is not null then 'patient_merged'
        -- (select … limit 1) and not exists: the planner would answer the latter from a hash of the whole table.
        when (select true from do_not_call d where d.phone_number_id = n.id and d.lifted_at is null
            and (d.until is null or d.until > p_at) limit 1)
          or (select true from do_not_call d where d.patient_id = p.id and d.lifted_at is null
            and (d.until is null or d.until > p_at) limit 1) then 'do_not_call'
        -- A refusal always wins, also where the basis is the hospital's duty.
        when (select true from consent c where c.patient_id = p.id and c.purpose = way.purpose
            and c.decision = 'refused' and c.lifted_at is null limit 1) then 'consent_refused'
        when way.legal_basis = 'consent' and (select true from consent c where c.patient_id = p.id
            and c.purpose = way.purpose and c.decision = 'given' and c.lifted_at is null limit 1) is null then 'consent_missing'
        when n.id is null then 'no_number'
        when pp.id is null then 'number_removed'
        when pp.wrong_person_at is not null then 'wrong_person'
        when n.flag is not null then 'number_' || n.flag
        when (select true from attempt o where o.phone_number_id = n.id and o.state <> 'ended'
          and o.id is distinct from a.attempt_id limit 1) then 'number_active'
        else coalesce(
          -- Caps are one answer over all programmes, so only the hospital's rule counts, and never more than five a day.
          (select case
            when count(*) filter (where o.counts_at >= start_of_local_day(local_day(p_at)))
              >= least((rule.value ->> 'capPerDay')::integer, 5) then 'cap_day'
            when count(*) >= (rule.value ->> 'capPerWeek')::integer then 'cap_week' end
          from attempt o
          where o.phone_number_id = n.id and o.counts_at >= start_of_local_day(local_day(p_at) - 6)
            and o.result is distinct from 'congestion' and (o.result is distinct from 'cancelled' or o.invited_at is not null)
            and o.id is distinct from a.attempt_id),
          way.reason)
        end, way.campaign_id, way.trunk_id
      from asked a
      cross join (select st.value from setting st where st.key = 'calling' order by st.version desc limit 1) rule
      left join way on way.id = a.programme_id
      left join patient p on p.id = a.patient_id
      left join phone_number n on n.id = a.number_id
      left join patient_phone pp on pp.patient_id = p.id and pp.phone_number_id = n.id and pp.removed_at is null;
    end $$;

    create or replace function attempt_gated() returns trigger language plpgsql set search_path = public, pg_temp as $$
    declare
      ids uuid[];
      tasks uuid[];
      numbers uuid[];
      refused text;
    begin
      select array_agg(m.id), array_agg(m.task_id), array_agg(m.phone_number_id) into ids, tasks, numbers from made m;
      if ids is null then
        return null;
      end if;
      select string_agg(format('%s %s', g.task_id, coalesce(g.reason, 'other_campaign')), ', ') into refused
        from gate(tasks, numbers, app_now(), ids) g
        join made m on m.task_id = g.task_id
        where g.reason is not null or g.campaign_id is distinct from m.campaign_id
          or g.trunk_id is distinct from m.trunk_id;
      if refused is not null then
        raise exception 'outside the gate: %', refused using errcode = 'SF002', detail = refused;
      end if;
      return null;
    end $$;
  `.execute(db)
}

/** What stands on tasks (0003, `hold`), kept for many at once. */
async function holds(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Asks the gate about these tasks, as far as they wait, and keeps what it says. Locks in order of id, so that two of
    -- these never wait for each other.
    create or replace function rehold(p_tasks uuid[]) returns void language plpgsql
      set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
    declare
      waiting uuid[];
      at timestamptz := app_now();
    begin
      if coalesce(cardinality(p_tasks), 0) = 0 then
        return;
      end if;
      waiting := array(
        select t.id from task t where t.id = any (p_tasks) and t.state in ('scheduled', 'retry_wait', 'callback')
        order by t.id for no key update);
      update task t set hold = said.reason,
          hold_until = case when said.reason is not null
            then gate_reopens(said.reason, t.patient_id, t.phone_number_id, at) end
        from gate(waiting, null, at, null, true) said
        where t.id = said.task_id and (said.reason is distinct from t.hold or said.reason is not null);
    end $$;

    -- Judges a whole statement's moves at once (invariant 5), then has the gate asked about those that wait now. Rows that
    -- are the same before and after fall out first, by one hash over both transition tables.
    create or replace function task_moved() returns trigger language plpgsql set search_path = public, pg_temp as $$
    declare
      said record;
    begin
      with changed as materialized (
        select id, state, bool_and(after) as after
        from (
          select id, state, phone_number_id, patient_id, false as after from old_task
          union all
          select id, state, phone_number_id, patient_id, true from new_task
        ) both_sides
        group by id, state, phone_number_id, patient_id having count(*) = 1
      ), moved as materialized (
        select id, min(state) filter (where not after) as before, min(state) filter (where after) as after
        from changed group by id
      ), wrong as materialized (
        select t.before, t.after from moved t
        left join state_move m on m.machine = 'task' and m.from_state = t.before and m.to_state = t.after
        where t.before <> t.after and (m.machine is null or (m.needs is not null and not exists (
          select from audit_row a where a.object_kind = 'task' and a.object_id = t.id::text and a.action = m.needs
            and a.outcome = 'ok' and a.xact = pg_current_xact_id())))
        limit 1
      )
      select (select before from wrong) as wrong_before, (select after from wrong) as wrong_after,
        -- While an attempt is under way the task is its holder's. Death and refusal stop it whoever says so.
        exists (
          select from moved t join attempt a on a.task_id = t.id and a.state <> 'ended'
          where t.before in ('claimed', 'in_progress', 'wrapping') and t.after not in (t.before, 'stopped')
            and not coalesce(lease_allows(a.lease_owner, a.lease_epoch, a.lease_until), false)
        ) as leased,
        array(select t.id from moved t where t.after in ('scheduled', 'retry_wait', 'callback')) as waiting
      into said;
      if said.wrong_before is not null then
        perform refuse_move('task', said.wrong_before, said.wrong_after);
      end if;
      if said.leased then
        raise exception 'the task''s attempt is leased to another writer' using errcode = 'SF003';
      end if;
      perform rehold(said.waiting);
      return null;
    end $$;

    -- What else waits on these numbers, due or not, now waits for the calls, or is free of them: so no reason to refuse
    -- appears later by the mere passing of time, and what stands on a task is out of date only once its hold has ended.
    -- For all attempts of a statement. (0003 asked about due tasks only.)
    drop trigger attempt_holds_number on attempt;
    create or replace function attempt_holds_number() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      perform rehold(array(
        select t.id
        from (
          select phone_number_id, task_id
          from (
            select id, phone_number_id, task_id, state, false as after from old_attempt
            union all
            select id, phone_number_id, task_id, state, true from new_attempt
          ) both_sides
          group by id, phone_number_id, task_id
          having min(state) <> max(state) and bool_or(state = case when after then 'ended' else 'created' end)
        ) moved
        join task t on t.phone_number_id = moved.phone_number_id and t.id <> moved.task_id
        where t.state in ('scheduled', 'retry_wait', 'callback')));
      return null;
    end $$;
    create trigger attempt_holds_number after update on attempt
      referencing old table as old_attempt new table as new_attempt for each statement
      execute function attempt_holds_number();
    select rehold(array(
      select t.id from task t
      where t.state in ('scheduled', 'retry_wait', 'callback')
        and t.phone_number_id in (select a.phone_number_id from attempt a where a.counts_at >= app_now() - interval '8 days')));
  `.execute(db)
}
