import { type Kysely, sql } from 'kysely'

/**
 * The gate written whole. 0018 replaced two pieces of the text of 0008, so that nobody could read anywhere what stands
 * between a number and its call; this supersedes both. Not one rule differs: who changes the gate next starts from here.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
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
