import { type Kysely, sql } from 'kysely'

/**
 * What a claim and an import cost, and nothing of what they hold to: every rule below stood before and stands now.
 * Figures before and after: docs/benchmarks.md, `claim` and `import`.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await lines(db)
  await gate(db)
  await attempts(db)
  await tasks(db)
}

async function lines(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Locks the trunk until the transaction ends and says how many of its lines are free then, this transaction's own
    -- attempts counted; null when there is no such trunk or it is switched off. The count is a statement of its own, whose
    -- snapshot is younger than the lock.
    create function free_lines(p_trunk uuid) returns integer
      language plpgsql volatile set search_path = public, pg_temp as $$
    declare
      has integer;
    begin
      select k.lines into has from trunk k where k.id = p_trunk and k.enabled for no key update;
      return has - (select count(*)::integer from attempt a where a.trunk_id = p_trunk and a.state <> 'ended');
    end $$;
  `.execute(db)
}

/** The gate, asked of many: what concerns programmes is answered for all of them at once, and so are the people. */
async function gate(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function gate_programmes(p_programmes uuid[], p_at timestamptz) returns table (programme_id uuid, reason text)
      language plpgsql volatile rows 3 set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
    begin
      return query select pr.id, case
        when pr.state <> 'running' then 'programme_not_running'
        when c.id is null then 'no_campaign'
        when c.state <> 'running' then 'campaign_' || c.state
        when not t.enabled then 'trunk_disabled'
        when c.any_hour and t.kind <> 'simulated' then 'any_hour_refused'
        when not c.any_hour then gate_hour(
          (select s.value from setting s where s.key = 'calling' order by s.version desc limit 1)
            || coalesce(c.calling, '{}'),
          (select d.kind from calendar_day d where d.day = local_day(p_at)), p_at)
        end
        from programme pr
        left join campaign c on c.id = pr.campaign_id
        left join trunk t on t.id = c.trunk_id
        where pr.id = any (p_programmes);
    end $$;

    create or replace function gate_programme(p_programme uuid, p_at timestamptz) returns text
      language plpgsql volatile set search_path = public, pg_temp as $$
    begin
      return (select g.reason from gate_programmes(array[p_programme], p_at) g);
    end $$;

    -- The gate of 0004. Whatever is asked of many people is one look-up with a list, kept in a hash, and not one look-up
    -- each: so a plan that was made for an empty table does not walk through all of it, or of an index, for each of a
    -- thousand (an import's tasks took 1.1 s a thousand, most of it for the numbers of patients).
    create or replace function gate(
      p_tasks uuid[], p_numbers uuid[], p_at timestamptz, p_attempts uuid[] default null, p_person_only boolean default false
    ) returns table (task_id uuid, reason text, campaign_id uuid, trunk_id uuid)
      language plpgsql volatile rows 20 set search_path = public, pg_temp set plan_cache_mode = force_generic_plan
      set enable_seqscan = off set enable_memoize = off as $$
    declare
      today timestamptz := start_of_local_day(local_day(p_at));
      week timestamptz := start_of_local_day(local_day(p_at) - 6);
      -- None stands in its own way.
      own uuid[] := coalesce(array_remove(p_attempts, null), '{}');
    begin
      return query
      with asked as materialized (
        select a.task_id, t.id, t.state, t.expires_at, t.programme_id, t.patient_id,
          coalesce(a.number_id, t.phone_number_id) as number_id
        from unnest(p_tasks, p_numbers) as a (task_id, number_id)
        left join task t on t.id = a.task_id
      ), lists as materialized (
        select array_agg(distinct a.number_id) as numbers, array_agg(distinct a.patient_id) as patients,
          array_agg(distinct a.programme_id) as programmes
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
        -- Caps are one answer over all programmes, so only the hospital's rule counts, and never more than five a day.
        select o.phone_number_id, count(*) filter (where o.counts_at >= today) as of_day, count(*) as of_week
        from attempt o
        where o.phone_number_id = any ((select l.numbers from lists l)::uuid[]) and o.counts_at >= week
          and o.result is distinct from 'congestion' and (o.result is distinct from 'cancelled' or o.invited_at is not null)
          and o.id <> all (own)
        group by o.phone_number_id
      ), rule as materialized (
        select least((st.value ->> 'capPerDay')::integer, 5) as of_day, (st.value ->> 'capPerWeek')::integer as of_week
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
        when n.id in (select o.phone_number_id from attempt o
            where o.phone_number_id = any ((select l.numbers from lists l)::uuid[]) and o.state <> 'ended'
              and o.id <> all (own)) then 'number_active'
        when n.id in (select c.phone_number_id from calls c where c.of_day >= (select r.of_day from rule r)) then 'cap_day'
        when n.id in (select c.phone_number_id from calls c where c.of_week >= (select r.of_week from rule r)) then 'cap_week'
        else way.reason
        end, way.campaign_id, way.trunk_id
      from asked a
      left join way on way.id = a.programme_id
      left join patient p on p.id = a.patient_id
      left join phone_number n on n.id = a.number_id;
    end $$;
  `.execute(db)
}

/** The same rules for an attempt's birth with fewer functions a row and one index less. */
async function attempts(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- The lock is tried by the condition, so that the function is called for nobody but those who do not get it.
    drop trigger b_attempt_wants_number on attempt;
    drop function attempt_wants_number();
    create function attempt_is_dropped() returns trigger language plpgsql as $$
    begin
      return null;
    end $$;
    create trigger b_attempt_wants_number before insert on attempt
      for each row when (not pg_try_advisory_xact_lock(uuid_hash_extended(new.phone_number_id, 0)))
      execute function attempt_is_dropped();

    -- And birth and lease (invariants 3, 5) are judged by a condition; the function of 0002 says what is wrong.
    drop trigger a_attempt_born on attempt;
    create trigger a_attempt_born before insert on attempt
      for each row when (new.state <> 'created' or new.lease_until is null
        or current_setting('suifang.lease', true) is distinct from new.lease_owner || '#' || new.lease_epoch)
      execute function attempt_born();

    -- The gate refuses an attempt without its task; and a task does not go while it has attempts. That is the foreign key
    -- without its statement a row.
    alter table attempt drop constraint attempt_task;
    create function task_keeps_attempts() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      if exists (select from attempt a where a.task_id = old.id) then
        raise exception 'attempts refer to the task' using errcode = 'foreign_key_violation';
      end if;
      return case when tg_op = 'DELETE' then old else new end;
    end $$;
    create trigger task_keeps_attempts before delete on task for each row execute function task_keeps_attempts();
    create trigger task_keeps_id before update of id on task
      for each row when (old.id <> new.id) execute function task_keeps_attempts();

    -- Invariant 1 for tasks, and the look-up of a task's attempts: one index does both. Of all that have not ended a task
    -- has one; each that has ended is told apart by its own id.
    drop index attempt_one_active_per_task, attempt_of_task;
    create unique index attempt_one_active_per_task
      on attempt (task_id, (case when state = 'ended' then id end)) nulls not distinct;
  `.execute(db)
}

async function tasks(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A claim says of its fifty what this would say of each.
    drop trigger task_changes on task;
    create trigger task_changes before update of state on task
      for each row when (old.state is distinct from new.state
        and (new.hold is not null or new.changed_at is not distinct from old.changed_at))
      execute function task_changes();
  `.execute(db)
}
