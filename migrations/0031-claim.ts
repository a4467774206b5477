import { type Kysely, sql } from 'kysely'

/**
 * A claim brings ids and no more. What its call needs (number, trunk, form, earlier answers) is told when it is dialled,
 * so numbers of people who are not called yet never leave the database, and what was changed meanwhile counts. With it a
 * claim costs the server 23.9 million instructions where it cost 28.1 (of these, 2 went into printing fifty rows), and its
 * process no longer opens fifty numbers. Figures: docs/benchmarks.md, `claim`.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await born(db)
  await sql`
    drop function claim_of_trunk(uuid, uuid[], uuid[], boolean, boolean, text, bigint, double precision);
    drop function claim_due(uuid, uuid, uuid[], uuid[], boolean, text, bigint, double precision);
    drop type claimed_task;
  `.execute(db)
  await claim(db)
  await claimOfTrunk(db)
}

/** As 0004 and its trigger a_attempt_born, but asked once for all attempts that a statement makes. */
async function born(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop trigger a_attempt_born on attempt;
    drop function attempt_born();
    create or replace function attempt_gated() returns trigger language plpgsql set search_path = public, pg_temp as $$
    declare
      stated text := current_setting('suifang.lease', true);
      ids uuid[];
      tasks uuid[];
      numbers uuid[];
      further text;
      leased boolean;
      refused text;
    begin
      select array_agg(m.id), array_agg(m.task_id), array_agg(m.phone_number_id), max(m.state) filter (where m.state <> 'created'),
          bool_and(m.lease_until is not null and m.lease_owner || '#' || m.lease_epoch is not distinct from stated)
        into ids, tasks, numbers, further, leased
        from made m;
      if ids is null then
        return null;
      end if;
      if further is not null then
        perform refuse_move('attempt', '', further);
      end if;
      if not leased then
        raise exception 'an attempt is made under the lease its writer states' using errcode = 'SF003';
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

/** As 0030, but of what it made it says who, and nothing of the calls. */
async function claim(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Gate, claim and attempt row together (architecture §3; invariants 1–3): the next tasks of the trunk in order of
    -- priority and time, locked; their attempts; and the tasks of those attempts moved to claimed. Tasks that something
    -- holds are not looked at; the gate's trigger judges the attempts that are made. The lease of p_owner and p_epoch is
    -- stated before.
    -- p_campaign: one campaign with agents; null for all that have none. p_attempts: ids of the attempts, in dialling
    -- order, at most 50. p_passed: tasks that an earlier look could not have. p_wide: past many that others have locked.
    -- told: [{"campaignId", "tasks": [{"taskId", "attemptId", "from": the state that the task was in}]}], null for none; with
    -- agents also "preferredAgentId", whom a callback was agreed with. refused: tasks whose number was not to be had.
    create function claim_due(
      p_trunk uuid, p_campaign uuid, p_attempts uuid[], p_passed uuid[], p_wide boolean,
      p_owner text, p_epoch bigint, p_lease_seconds double precision, out told text, out refused uuid[]
    ) language plpgsql volatile set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
    declare
      moment timestamptz := app_now();
    begin
      if p_wide then
        ${statement(500)};
      else
        ${statement(100)};
      end if;
    end $$;
  `.execute(db)
}

/** The plan is made for the number of candidates, so that stands in the text. */
function statement(candidates: number) {
  return sql`
          with running as materialized (
            select p.id, c.id as campaign_id
            from campaign c join programme p on p.campaign_id = c.id
            where c.trunk_id = p_trunk and c.state = 'running' and p.state = 'running'
              and case when p_campaign is null then c.pacing = 'agentless' else c.id = p_campaign end
          ), open_programme as materialized (
            select r.id, r.campaign_id
            from running r join gate_programmes(array(select id from running), moment) g on g.programme_id = r.id
            where g.reason is null
          ), candidate as materialized (
            select t.id, t.place, o.campaign_id, t.priority, t.dial_at
            from open_programme o
            cross join generate_series(0, 9) as rank (priority)
            cross join lateral (
              select task.id, task.ctid as place, task.priority, task.dial_at from task
              where task.programme_id = o.id and task.priority = rank.priority and task.dial_at <= moment
                and task.state in ('scheduled', 'retry_wait', 'callback')
                and task.expires_at > moment and task.id <> all (p_passed)
              order by task.dial_at limit ${sql.lit(candidates)}
            ) t
            order by t.priority, t.dial_at, t.id limit ${sql.lit(candidates)}
          ), placed as materialized (
            -- Numbered as they come, which is their order below: sorting them anew for each use cost a sixtieth of the claim.
            select p_attempts[row_number() over ()] as attempt_id, l.*
            from (
              -- Where the row lies is known, so nobody looks for it again: not here, and not to move it. The place is the
              -- candidate's: of a row that was changed since, this statement sees the old one, and goes on from there.
              select t.id, c.place, t.state, t.phone_number_id, t.callback_agent_id, t.step_id, c.campaign_id
              from candidate c
              join task t on t.ctid = c.place and t.id = c.id
              where t.state in ('scheduled', 'retry_wait', 'callback') and t.dial_at <= moment
              order by c.priority, c.dial_at, c.id
              limit cardinality(p_attempts)
              for update of t skip locked
            ) l
          ), step as materialized (
            select s.id, s.flow_version_id from programme_step s
            where s.id = any (array(select distinct p.step_id from placed p))
          ), made as (
            insert into attempt (id, task_id, campaign_id, trunk_id, phone_number_id, flow_version_id,
              created_at, lease_owner, lease_epoch, lease_until)
            select p.attempt_id, p.id, p.campaign_id, p_trunk, p.phone_number_id, s.flow_version_id,
              moment, p_owner, p_epoch, clock_timestamp() + make_interval(secs => p_lease_seconds)
            from placed p join step s on s.id = p.step_id
            -- Whose number has a call already gets none. The other two unique indexes could only say that a task that waits
            -- has an attempt, or that an id is not new: invariant 1 broken, which is an error and no news.
            on conflict (phone_number_id) where state <> 'ended' do nothing
            returning id
          ), judged as materialized (
            select p.id, p.place, p.campaign_id, p.state, p.callback_agent_id,
              case when p.attempt_id in (select id from made) then p.attempt_id end as attempt_id
            from placed p
          ), moved as (
            -- With what the trigger task_changes would say of each (0008). Not a join that compares each with each, which is
            -- what the condition by itself would be for the few rows that are expected.
            update task set state = 'claimed', hold = null, hold_until = null, changed_at = moment
            from judged j where task.ctid = j.place and task.id = j.id and case when j.attempt_id is not null then true end
          ), of_campaign as (
            -- Ids and states, no quotes: written as they stand, which costs a fifth of objects put together.
            select j.campaign_id, string_agg(concat('{"taskId":"', j.id, '","attemptId":"', j.attempt_id, '","from":"', j.state, '"',
              case when p_campaign is not null then ',"preferredAgentId":"' || j.callback_agent_id || '"' end, '}'), ',') as tasks
            from judged j where j.attempt_id is not null group by j.campaign_id
          )
          select '[' || string_agg(concat('{"campaignId":"', o.campaign_id, '","tasks":[', o.tasks, ']}'), ',') || ']',
            array(select j.id from judged j where j.attempt_id is null)
          into told, refused from of_campaign o`
}

/** As 0019, but what the live page is told is what the claimer is told. */
async function claimOfTrunk(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- The whole claim for campaigns without agents: states the lease, claims, counts the lines under the trunk's lock and
    -- tells the live page. The lock is what claims wait for at each other: where lines are plenty it is taken last, for
    -- the count alone; where they are scarce, p_count_first, at the beginning, so that nothing is claimed in vain.
    -- Raises SF008 when others took the lines meanwhile: nothing of it stands. Both results as claim_due has them; null
    -- where no line is free.
    create function claim_of_trunk(
      p_trunk uuid, p_attempts uuid[], p_passed uuid[], p_wide boolean, p_count_first boolean,
      p_owner text, p_epoch bigint, p_lease_seconds double precision, out told text, out refused uuid[]
    ) language plpgsql volatile set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
    declare
      wanted integer := cardinality(p_attempts);
    begin
      perform set_config('suifang.lease', p_owner || '#' || p_epoch, true);
      if p_count_first then
        wanted := least(wanted, free_lines(p_trunk));
        if coalesce(wanted, 0) <= 0 then
          return;
        end if;
      end if;
      select d.told, d.refused into told, refused
        from claim_due(p_trunk, null, p_attempts[1:wanted], p_passed, p_wide, p_owner, p_epoch, p_lease_seconds) d;
      if told is null then
        return;
      end if;
      if not p_count_first and coalesce(free_lines(p_trunk), -1) < 0 then
        raise exception 'the lines of the trunk were taken meanwhile' using errcode = 'SF008';
      end if;
      -- As appendToStream (src/platform/realtime/stream-store.ts); last, for the lock of the stream's row.
      with said as materialized (
        select e.payload, e.turn from jsonb_array_elements(told::jsonb) with ordinality as e (payload, turn)
      ), head as (
        update stream set last_offset = last_offset + (select count(*) from said) where id = 'live' returning last_offset
      )
      insert into stream_event (stream_id, event_offset, type, payload)
        select 'live', head.last_offset - said.turn + 1, 'tasks.claimed', said.payload from head, said;
      perform pg_notify('suifang_stream', 'live');
    end $$;
  `.execute(db)
}
