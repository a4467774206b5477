import { type Kysely, sql } from 'kysely'

/**
 * Functions that are asked about many tasks answer in time that grows with the tasks, not with their square: a plan that
 * plpgsql made for few rows is used for many as well, so arrays are not read by subscript and transition tables are not
 * joined with each other. Measured before: loading a million tasks did not end within minutes (docs/benchmarks.md).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await gate(db)
  await holds(db)
}

/** The gate as one statement, in place of `gate_people` and a `gate` over arrays (0003). */
async function gate(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop function gate(uuid[], uuid[], timestamptz, uuid[]);
    drop function gate_people(uuid[], uuid[], uuid[], timestamptz, uuid[]);

    -- May these numbers be dialled for these tasks at this instant? A reason of null: yes. A number of null is the one that
    -- the task is to dial next. p_attempts: the attempts that ask for themselves, so that none stands in its own way.
    -- p_person_only: only what concerns person and number. Volatile, so that a trigger sees what was committed up to its
    -- moment; and one statement, with its reasons in the order in which they are told.
    create function gate(
      p_tasks uuid[], p_numbers uuid[], p_at timestamptz, p_attempts uuid[] default null, p_person_only boolean default false
    ) returns table (task_id uuid, reason text)
      language plpgsql volatile rows 20 set search_path = public, pg_temp as $$
    begin
      return query
      with way as materialized (
        select pr.id, pr.purpose, pr.legal_basis,
          case when not p_person_only then gate_programme(pr.id, p_at) end as reason
        from programme pr
        where pr.id in (select t.programme_id from task t where t.id = any (p_tasks))
      )
      select asked.task_id, case
        when t.id is null then 'task_not_open'
        when not p_person_only and t.state not in ('scheduled', 'retry_wait', 'callback', 'claimed') then 'task_not_open'
        when not p_person_only and t.expires_at <= p_at then 'expired'
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
        when (select true from attempt a where a.phone_number_id = n.id and a.state <> 'ended'
          and a.id is distinct from asked.attempt_id limit 1) then 'number_active'
        else coalesce(
          -- Caps are one answer over all programmes, so only the hospital's rule counts, and never more than five a day.
          (select case
            when count(*) filter (where a.counts_at >= start_of_local_day(local_day(p_at)))
              >= least((rule.value ->> 'capPerDay')::integer, 5) then 'cap_day'
            when count(*) >= (rule.value ->> 'capPerWeek')::integer then 'cap_week' end
          from attempt a
          where a.phone_number_id = n.id and a.counts_at >= start_of_local_day(local_day(p_at) - 6)
            and a.result is distinct from 'congestion' and (a.result is distinct from 'cancelled' or a.invited_at is not null)
            and a.id is distinct from asked.attempt_id),
          way.reason)
        end
      from unnest(p_tasks, p_numbers, p_attempts) as asked (task_id, number_id, attempt_id)
      cross join (select st.value from setting st where st.key = 'calling' order by st.version desc limit 1) rule
      left join task t on t.id = asked.task_id
      left join way on way.id = t.programme_id
      left join patient p on p.id = t.patient_id
      left join phone_number n on n.id = coalesce(asked.number_id, t.phone_number_id)
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
      select string_agg(format('%s %s', g.task_id, g.reason), ', ') into refused
        from gate(tasks, numbers, app_now(), ids) g where g.reason is not null;
      if refused is null then
        select string_agg(format('%s other_campaign', m.task_id), ', ') into refused
          from made m
          join task t on t.id = m.task_id
          join programme p on p.id = t.programme_id
          join campaign c on c.id = p.campaign_id
          where c.id <> m.campaign_id or c.trunk_id <> m.trunk_id;
      end if;
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
    create or replace function rehold(p_tasks uuid[]) returns void language plpgsql set search_path = public, pg_temp as $$
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
  `.execute(db)
}
