import { type Kysely, sql } from 'kysely'

/**
 * A claim is one statement now, and its own transaction. While it was six (begin, look, claim, count, tell, commit) its
 * process and the server waited for each other between any two of them, and other claims for both, since three were sent
 * under the trunk's lock. Nothing of what a claim holds to has changed.
 * Figures before and after: docs/benchmarks.md, `claim`.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A task that a claim looked at: with its attempt, or without where the number was not to be had; and what its call
    -- needs. src/follow-up/dialling/claim-store.ts, Considered.
    create type claimed_task as (
      task_id uuid, campaign_id uuid, "from" text, attempt_id uuid, host text, port integer, caller_number text,
      username text, password_ciphertext bytea, number_ciphertext bytea, ring_timeout_ms integer, flow_version_id uuid,
      questionnaire_version_id uuid, preferred_agent_id uuid, answers jsonb
    );

    -- Gate, claim and attempt row together (architecture §3; invariants 1–3): the next tasks of the trunk in order of
    -- priority and time, locked; their attempts; and the tasks of those attempts moved to claimed. Every task looked at
    -- comes back, in dialling order. Tasks that something holds are not looked at; the gate's trigger judges the
    -- attempts that are made. The lease of p_owner and p_epoch is stated before.
    -- p_campaign: one campaign with agents; null for all that have none. p_attempts: ids of the attempts, in dialling
    -- order, at most 50. p_passed: tasks that an earlier look could not have. p_wide: past many that others have locked.
    create function claim_due(
      p_trunk uuid, p_campaign uuid, p_attempts uuid[], p_passed uuid[], p_wide boolean,
      p_owner text, p_epoch bigint, p_lease_seconds double precision
    ) returns setof claimed_task language plpgsql volatile rows 50 set search_path = public, pg_temp
      set plan_cache_mode = force_generic_plan as $$
    begin
      if p_wide then
        return query ${statement(500)};
      else
        return query ${statement(100)};
      end if;
    end $$;

    -- The whole claim for campaigns without agents: states the lease, claims, counts the lines under the trunk's lock and
    -- tells the live page. The lock is what claims wait for at each other: where lines are plenty it is taken last, for
    -- the count alone; where they are scarce, p_count_first, at the beginning, so that nothing is claimed in vain.
    -- Raises SF008 when others took the lines meanwhile: nothing of it stands.
    create function claim_of_trunk(
      p_trunk uuid, p_attempts uuid[], p_passed uuid[], p_wide boolean, p_count_first boolean,
      p_owner text, p_epoch bigint, p_lease_seconds double precision
    ) returns setof claimed_task language plpgsql volatile rows 50 set search_path = public, pg_temp as $$
    declare
      wanted integer := cardinality(p_attempts);
      considered claimed_task[];
    begin
      perform set_config('suifang.lease', p_owner || '#' || p_epoch, true);
      if p_count_first then
        wanted := least(wanted, free_lines(p_trunk));
        if coalesce(wanted, 0) <= 0 then
          return;
        end if;
      end if;
      considered := array(select c from claim_due(p_trunk, null, p_attempts[1:wanted], p_passed, p_wide, p_owner, p_epoch,
        p_lease_seconds) c);
      if not exists (select from unnest(considered) c where c.attempt_id is not null) then
        return query select * from unnest(considered);
        return;
      end if;
      if not p_count_first and coalesce(free_lines(p_trunk), -1) < 0 then
        raise exception 'the lines of the trunk were taken meanwhile' using errcode = 'SF008';
      end if;
      -- As appendToStream (src/platform/realtime/stream-store.ts); last, for the lock of the stream's row.
      with told as materialized (
        select c.campaign_id, row_number() over () as turn, jsonb_agg(jsonb_build_object(
          'taskId', c.task_id, 'attemptId', c.attempt_id, 'from', c."from")) as tasks
        from unnest(considered) c where c.attempt_id is not null group by c.campaign_id
      ), head as (
        update stream set last_offset = last_offset + (select count(*) from told) where id = 'live' returning last_offset
      )
      insert into stream_event (stream_id, event_offset, type, payload)
        select 'live', head.last_offset - told.turn + 1, 'tasks.claimed',
          jsonb_build_object('campaignId', told.campaign_id, 'tasks', told.tasks)
        from head, told;
      perform pg_notify('suifang_stream', 'live');
      return query select * from unnest(considered);
    end $$;
    -- A claim's word for the live page is as long as a page's: packing it was a fiftieth of the claim.
    alter table stream_event set (toast_tuple_target = 8160);
  `.execute(db)
}

/** The plan is made for the number of candidates, so that stands in the text. */
function statement(candidates: number) {
  return sql`
          with running as materialized (
            select p.id, c.id as campaign_id, c.ring_timeout_ms
            from campaign c join programme p on p.campaign_id = c.id
            where c.trunk_id = p_trunk and c.state = 'running' and p.state = 'running'
              and case when p_campaign is null then c.pacing = 'agentless' else c.id = p_campaign end
          ), open_programme as materialized (
            select r.id, r.campaign_id, r.ring_timeout_ms
            from running r join gate_programmes(array(select id from running), app_now()) g on g.programme_id = r.id
            where g.reason is null
          ), candidate as materialized (
            select t.id, t.place, o.campaign_id, o.ring_timeout_ms, t.priority, t.dial_at
            from open_programme o
            cross join generate_series(0, 9) as rank (priority)
            cross join lateral (
              select task.id, task.ctid as place, task.priority, task.dial_at from task
              where task.programme_id = o.id and task.priority = rank.priority and task.dial_at <= app_now()
                and task.state in ('scheduled', 'retry_wait', 'callback')
                and task.expires_at > app_now() and task.id <> all (p_passed)
              order by task.dial_at limit ${sql.lit(candidates)}
            ) t
            order by t.priority, t.dial_at, t.id limit ${sql.lit(candidates)}
          ), locked as materialized (
            -- Where the row lies is known, so nobody looks for it again: not here, and not to move it. The place is the
            -- candidate's: of a row that was changed since, this statement sees the old one, and goes on from there.
            select t.id, c.place, t.state, t.phone_number_id, t.callback_agent_id, t.step_id,
              c.campaign_id, c.ring_timeout_ms, c.priority, c.dial_at
            from candidate c
            join task t on t.ctid = c.place and t.id = c.id
            where t.state in ('scheduled', 'retry_wait', 'callback') and t.dial_at <= app_now()
            order by c.priority, c.dial_at, c.id
            limit cardinality(p_attempts)
            for update of t skip locked
          ), step as materialized (
            select s.id, s.flow_version_id, s.questionnaire_version_id from programme_step s
            where s.id = any (array(select distinct l.step_id from locked l))
          ), placed as materialized (
            select p_attempts[row_number() over (order by l.priority, l.dial_at, l.id)] as attempt_id, l.*,
              s.flow_version_id, s.questionnaire_version_id
            from locked l join step s on s.id = l.step_id
          ), made as (
            insert into attempt (id, task_id, campaign_id, trunk_id, phone_number_id, flow_version_id,
              lease_owner, lease_epoch, lease_until)
            select attempt_id, id, campaign_id, p_trunk, phone_number_id, flow_version_id,
              p_owner, p_epoch, clock_timestamp() + make_interval(secs => p_lease_seconds)
            from placed order by priority, dial_at, id
            on conflict do nothing
            returning id
          ), moved as (
            -- With what the trigger task_changes would say of each (0008). Not a join, here and below: for the few rows
            -- that are expected it would be made by comparing each with each.
            update task set state = 'claimed', hold = null, hold_until = null, changed_at = app_now()
            from placed p where task.ctid = p.place and task.id = p.id
              and case when p.attempt_id in (select id from made) then true end
          ), way as materialized (
            select k.host, k.port, k.caller_number, k.username, k.password_ciphertext from trunk k where k.id = p_trunk
          ), filled as materialized (
            select r.task_id, r.questionnaire_version_id, jsonb_object_agg(w.question_id, w.value) as answers
            from response r join answer w on w.response_id = r.id
            where r.task_id = any (array(select id from placed)) and w.value <> 'null'
            group by r.id
          )
          select p.id, p.campaign_id, p.state,
            case when p.attempt_id in (select id from made) then p.attempt_id end, k.host, k.port, k.caller_number,
            k.username, k.password_ciphertext, n.ciphertext, p.ring_timeout_ms, p.flow_version_id,
            p.questionnaire_version_id, p.callback_agent_id, coalesce(f.answers, '{}')
          from placed p
          left join filled f on f.task_id = p.id and f.questionnaire_version_id = p.questionnaire_version_id
          cross join way k
          join phone_number n on n.id = p.phone_number_id
          order by p.priority, p.dial_at, p.id`
}
