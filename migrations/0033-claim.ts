import { type Kysely, sql } from 'kysely'

/** A claim costs the server less; not one rule differs. Figures before and after: docs/benchmarks.md, `claim`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await counted(db)
  await gate(db)
  await references(db)
  await lists(db)
  await moves(db)
}

/**
 * What the caps count lies in its index once it is over and not before: a call that is claimed, dialled, rung and answered is
 * five rows, of which the index had each.
 */
async function counted(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop index attempt_counted;
    create index attempt_counted on attempt (phone_number_id, counts_at)
      where state = 'ended'
        and result is distinct from 'congestion' and (result is distinct from 'cancelled' or invited_at is not null);
  `.execute(db)
  // As 0003 and 0024, but of calls that are over; one that is not makes the number active, which is told before.
  await sql`
    -- The earliest instant at which the passing of time alone may lift a reason of the gate.
    create or replace function gate_reopens(p_reason text, p_patient uuid, p_number uuid, p_at timestamptz) returns timestamptz
      language plpgsql volatile set search_path = public, pg_temp as $$
    begin
      return case p_reason
        when 'do_not_call' then (select max(coalesce(d.until, 'infinity')) from do_not_call d
          where (d.phone_number_id = p_number or d.patient_id = p_patient) and d.lifted_at is null
            and (d.until is null or d.until > p_at))
        -- Asked again when that call ends; this is only how long a lost end can matter.
        when 'number_active' then p_at + interval '10 minutes'
        when 'cap_day' then start_of_local_day(local_day(p_at) + 1)
        -- Seven days running: a place is free when the oldest of those that fill the cap is a week old.
        when 'cap_week' then (
          select start_of_local_day(local_day(min(w.counts_at)) + 7) from (
            select a.counts_at from attempt a
            where a.phone_number_id = p_number and a.state = 'ended'
              and a.result is distinct from 'congestion' and (a.result is distinct from 'cancelled' or a.invited_at is not null)
            order by a.counts_at desc
            limit (select (s.value ->> 'capPerWeek')::integer from setting s
              where s.key = 'calling' order by s.version desc limit 1)
          ) w)
        else 'infinity' end;
    end $$;

    -- Why this number may not be called for a test over this trunk; null: it may. As the gate judges a task's number, with
    -- the hospital's hours, which a simulated trunk does not need.
    create or replace function trunk_test_reason(p_trunk uuid, p_number uuid, p_at timestamptz) returns text
      language plpgsql volatile set search_path = public, pg_temp as $$
    begin
      return (
        with rule as (
          select st.value from setting st where st.key = 'calling' order by st.version desc limit 1
        ), calls as (
          select a.counts_at as at from attempt a
          where a.phone_number_id = p_number and a.state = 'ended' and a.result is distinct from 'congestion'
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

/**
 * As 0030, but tasks, patients and numbers are looked up with a list as everything else is: what was entered together lies
 * together, so that fifty come from a few pages and not each down the whole index. And the caps count what is over.
 */
async function gate(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- May these numbers be dialled for these tasks at this instant? A reason of null: yes. A number of null is the one that
    -- the task is to dial next. p_attempts: the attempts that ask for themselves, so that none stands in its own way.
    -- p_person_only: only what concerns person and number. Beside the reason, the campaign and trunk by which the task is
    -- dialled. Volatile, so that a trigger sees what was committed up to its moment; and one statement, with its reasons in
    -- the order in which they are told. Whatever is asked of many people is one look-up with a list, kept in a hash (0008).
    create or replace function gate(
      p_tasks uuid[], p_numbers uuid[], p_at timestamptz, p_attempts uuid[] default null, p_person_only boolean default false
    ) returns table (task_id uuid, reason text, campaign_id uuid, trunk_id uuid)
      language plpgsql volatile rows 20 set search_path = public, pg_temp set plan_cache_mode = force_generic_plan
      set enable_seqscan = off set enable_nestloop = off as $$
    declare
      today timestamptz := start_of_local_day(local_day(p_at));
      week timestamptz := start_of_local_day(local_day(p_at) - 6);
    begin
      return query
      with asked as materialized (
        select a.task_id, t.id, t.state, t.expires_at, t.programme_id, t.patient_id,
          coalesce(a.number_id, t.phone_number_id) as number_id, a.attempt_id
        from unnest(p_tasks, p_numbers, p_attempts) as a (task_id, number_id, attempt_id)
        left join (
          select k.id, k.state, k.expires_at, k.programme_id, k.patient_id, k.phone_number_id
          from task k where k.id = any (p_tasks)) t on t.id = a.task_id
      ), lists as materialized (
        select array_agg(a.number_id) as numbers, array_agg(a.patient_id) as patients,
          array(select distinct b.programme_id from asked b) as programmes
        from asked a
      ), said as materialized (
        select g.programme_id, g.reason
        from gate_programmes(case when not p_person_only then (select l.programmes from lists l) end, p_at) g
      ), way as materialized (
        select pr.id, pr.purpose, pr.legal_basis, c.id as campaign_id, c.trunk_id, said.reason
        from programme pr
        left join campaign c on c.id = pr.campaign_id
        left join said on said.programme_id = pr.id
        where pr.id = any ((select l.programmes from lists l)::uuid[])
      ), used as materialized (
        select pp.patient_id, pp.phone_number_id, pp.wrong_person_at
        from patient_phone pp
        where pp.patient_id = any ((select l.patients from lists l)::uuid[]) and pp.removed_at is null
      ), calls as materialized (
        -- Caps are one answer over all programmes, so only the hospital's rule counts, and never more than five a day. Calls that
        -- are under way are not among them: either one asks for itself, or the number is active, which is told before.
        select o.phone_number_id, count(*) filter (where o.counts_at >= today) as of_day, count(*) as of_week
        from attempt o
        where o.phone_number_id = any ((select l.numbers from lists l)::uuid[]) and o.counts_at >= week and o.state = 'ended'
          and o.result is distinct from 'congestion' and (o.result is distinct from 'cancelled' or o.invited_at is not null)
        group by o.phone_number_id
      ), rule as materialized (
        select least((st.value ->> 'capPerDay')::integer, 5) as of_day, (st.value ->> 'capPerWeek')::integer as of_week,
          coalesce(st.value -> 'alsoDialled', '[]') as also_dialled
        from setting st where st.key = 'calling' order by st.version desc limit 1
      )
      select a.task_id, case
        when a.id is null then 'task_not_open'
        when not p_person_only and a.state not in ('scheduled', 'retry_wait', 'callback', 'claimed') then 'task_not_open'
        when not p_person_only and a.expires_at <= p_at then 'expired'
        when p.deceased_at is not null then 'deceased'
        when p.merged_into is not null then 'patient_merged'
        when n.id in (select d.phone_number_id from do_not_call d
            where d.phone_number_id = any ((select l.numbers from lists l)::uuid[]) and d.lifted_at is null
              and (d.until is null or d.until > p_at))
          or p.id in (select d.patient_id from do_not_call d
            where d.patient_id = any ((select l.patients from lists l)::uuid[]) and d.lifted_at is null
              and (d.until is null or d.until > p_at)) then 'do_not_call'
        -- A refusal always wins, also where the basis is the hospital's duty.
        when (p.id, way.purpose) in (select c.patient_id, c.purpose from consent c
            where c.patient_id = any ((select l.patients from lists l)::uuid[])
              and c.decision = 'refused' and c.lifted_at is null) then 'consent_refused'
        when way.legal_basis = 'consent' and (p.id, way.purpose) not in (select c.patient_id, c.purpose from consent c
            where c.patient_id = any ((select l.patients from lists l)::uuid[])
              and c.decision = 'given' and c.lifted_at is null) then 'consent_missing'
        when n.id is null then 'no_number'
        when (p.id, n.id) not in (select u.patient_id, u.phone_number_id from used u) then 'number_removed'
        when (p.id, n.id) in (select u.patient_id, u.phone_number_id from used u where u.wrong_person_at is not null)
          then 'wrong_person'
        when n.flag is not null then 'number_' || n.flag
        when n.bar <> 'none' and not coalesce((select jsonb_exists(r.also_dialled, n.bar) from rule r), false)
          then 'number_barred'
        -- An attempt that is under way has its number for itself: the unique index over numbers says so.
        when a.attempt_id is null and n.id in (select o.phone_number_id from attempt o
            where o.phone_number_id = any ((select l.numbers from lists l)::uuid[]) and o.state <> 'ended')
          then 'number_active'
        when n.id in (select c.phone_number_id from calls c where c.of_day >= (select r.of_day from rule r)) then 'cap_day'
        when n.id in (select c.phone_number_id from calls c where c.of_week >= (select r.of_week from rule r)) then 'cap_week'
        else way.reason
        end, way.campaign_id, way.trunk_id
      from asked a
      left join way on way.id = a.programme_id
      left join (
        select i.id, i.deceased_at, i.merged_into from patient i
        where i.id = any ((select l.patients from lists l)::uuid[])) p on p.id = a.patient_id
      left join (
        select i.id, i.flag, i.bar from phone_number i
        where i.id = any ((select l.numbers from lists l)::uuid[])) n on n.id = a.number_id;
    end $$;
  `.execute(db)
}

/**
 * Two foreign keys that an attempt is never born with were a hundred checks of nothing in each claim. Asked where one is
 * named, and the other way round before an account or an agent would go, which the application may not do at all (0005, 0012).
 */
async function references(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table attempt drop constraint attempt_agent_id_fkey, drop constraint attempt_corrected_by_fkey;

    create function attempt_names() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      if new.agent_id is not null then
        perform from agent where user_id = new.agent_id for key share;
        if not found then
          raise exception 'the attempt names no agent' using errcode = 'foreign_key_violation';
        end if;
      end if;
      if new.corrected_by is not null then
        perform from user_account where id = new.corrected_by for key share;
        if not found then
          raise exception 'the attempt names no account' using errcode = 'foreign_key_violation';
        end if;
      end if;
      return null;
    end $$;
    create trigger attempt_names after insert or update of agent_id, corrected_by on attempt
      for each row when (num_nonnulls(new.agent_id, new.corrected_by) > 0) execute function attempt_names();

    create function named_by_attempts() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      if exists (select from attempt a where a.agent_id = (to_jsonb(old) ->> tg_argv[0])::uuid)
        or exists (select from attempt a where a.corrected_by = (to_jsonb(old) ->> tg_argv[0])::uuid) then
        raise exception 'attempts refer to the %', tg_table_name using errcode = 'foreign_key_violation';
      end if;
      return case when tg_op = 'DELETE' then old else new end;
    end $$;
    create trigger agent_named before delete on agent for each row execute function named_by_attempts('user_id');
    create trigger agent_keeps_id before update of user_id on agent
      for each row when (old.user_id <> new.user_id) execute function named_by_attempts('user_id');
    create trigger user_account_named before delete on user_account for each row execute function named_by_attempts('id');
    create trigger user_account_keeps_id before update of id on user_account
      for each row when (old.id <> new.id) execute function named_by_attempts('id');
  `.execute(db)
}

/** The words that checks compare with, as one constant each: every statement reads its checks anew, and so a list word by word. */
async function lists(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table task drop constraint task_state_check,
      add constraint task_state_check check (state = any ('{scheduled,claimed,in_progress,wrapping,completed,partial,retry_wait,callback,suspended,failed,refused,stopped,excluded,expired}'));
    alter table attempt drop constraint attempt_state_check, drop constraint attempt_result_check,
      drop constraint attempt_outcome_check, drop constraint attempt_hangup_by_check,
      add constraint attempt_state_check check (state = any ('{created,dialing,ringing,answered,bridged,ended}')),
      add constraint attempt_result_check check (result = any ('{completed,partial,abandoned,no_answer,busy,rejected,powered_off,unreachable,suspended_line,invalid_number,machine,congestion,failed,cancelled,restart}')),
      add constraint attempt_outcome_check check (outcome = any ('{done,partial,callback,refused,wrong_person,proxy,uncooperative,deceased,readmitted,moved,other}')),
      add constraint attempt_hangup_by_check check (hangup_by = any ('{patient,hospital,lost}'));
  `.execute(db)
}

/**
 * As 0030, but a condition with a look-up in it stands by itself: PL/pgSQL runs it as a statement, also where what stands before
 * it says no. And nothing is asked about tasks that wait where none does.
 */
async function moves(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function task_moved() returns trigger language plpgsql set search_path = public, pg_temp as $$
    declare
      said record;
      needed text;
      waiting uuid[] := '{}';
    begin
      for said in
        select o.state as before, n.state as after, array_agg(n.id) as tasks
        -- A full join is never made by comparing each with each, and a condition that null passes keeps it one. Every task
        -- is on both sides: nobody changes an id (task_keeps_id).
        from old_task o full join new_task n on n.id = o.id
        where o.state is distinct from n.state or o.phone_number_id is distinct from n.phone_number_id
          or o.patient_id is distinct from n.patient_id
        group by o.state, n.state
      loop
        if said.before <> said.after then
          select m.needs into needed from state_move m
            where m.machine = 'task' and m.from_state = said.before and m.to_state = said.after;
          if not found then
            perform refuse_move('task', said.before, said.after);
          elsif needed is not null then
            if exists (
              select from unnest(said.tasks) as t (id) where not exists (
                select from audit_row a where a.object_kind = 'task' and a.object_id = t.id::text and a.action = needed
                  and a.outcome = 'ok' and a.xact = pg_current_xact_id())) then
              perform refuse_move('task', said.before, said.after);
            end if;
          end if;
        end if;
        -- While an attempt is under way the task is its holder's. Death and refusal stop it whoever says so.
        if said.before in ('claimed', 'in_progress', 'wrapping') and said.after not in (said.before, 'stopped') then
          if exists (
            select from attempt a where a.task_id = any (said.tasks) and a.state <> 'ended'
              and not coalesce(lease_allows(a.lease_owner, a.lease_epoch, a.lease_until), false)) then
            raise exception 'the task''s attempt is leased to another writer' using errcode = 'SF003';
          end if;
        end if;
        if said.after in ('scheduled', 'retry_wait', 'callback') then
          waiting := waiting || said.tasks;
        end if;
      end loop;
      if waiting <> '{}' then
        perform rehold(waiting);
      end if;
      return null;
    end $$;
  `.execute(db)
}
