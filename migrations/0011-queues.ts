import { type Kysely, sql } from 'kysely'

/**
 * From machine to person and back: queues in which patients wait for an agent, records that an agent sees before the
 * call (preview), and what patients say of the agent after it (rating). What the database holds: one active entry per
 * attempt, and none once its call is over; one preview per seat and per task; a seat previews something or is not
 * `previewing`; a rating is given once, for a call that was bridged.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await queues(db)
  await previews(db)
  await ratings(db)
  await campaigns(db)
  await permissions(db)
}

async function queues(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A team's callers: who of its agents takes the next one.
    create table queue (
      id uuid primary key,
      site_id uuid not null references site,
      name text not null check (btrim(name) <> ''),
      team_id uuid not null unique references team,
      strategy text not null default 'longest_idle' check (strategy in ('longest_idle')),
      -- How long a patient waits before we apologise and call back.
      wait_limit_seconds integer not null default 60 check (wait_limit_seconds between 5 and 900),
      created_at timestamptz not null default app_now(),
      unique (site_id, name)
    );

    create table queue_entry (
      id uuid primary key,
      queue_id uuid not null references queue,
      attempt_id uuid not null references attempt,
      entered_at timestamptz not null,
      left_at timestamptz,
      -- Vocabulary: why a caller left a queue.
      left_reason text check (left_reason in ('connected', 'abandoned', 'timeout', 'exit_key', 'join_empty', 'leave_empty',
        'full', 'withdrawn')),
      check ((left_at is null) = (left_reason is null))
    );
    create unique index queue_entry_one_active_per_attempt on queue_entry (attempt_id) where left_at is null;
    create index queue_entry_of_attempt on queue_entry (attempt_id);
    create index queue_entry_waiting on queue_entry (queue_id, entered_at) where left_at is null;
    create index queue_entry_by_time on queue_entry (queue_id, entered_at desc);

    create function queue_entry_born() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      if not exists (select from attempt a where a.id = new.attempt_id and a.state = 'answered') then
        raise exception 'only a patient who has answered, and is with nobody, waits in a queue' using errcode = 'SF005';
      end if;
      return new;
    end $$;
    create trigger queue_entry_born before insert on queue_entry for each row execute function queue_entry_born();
    create function queue_entry_is_over() returns trigger language plpgsql as $$
    begin
      raise exception 'who has left a queue has left it, and an entry keeps its queue and its attempt' using errcode = 'SF005';
    end $$;
    create trigger queue_entry_is_over before update on queue_entry
      for each row when (old.left_at is not null or old.queue_id <> new.queue_id or old.attempt_id <> new.attempt_id
        or old.entered_at <> new.entered_at)
      execute function queue_entry_is_over();

    -- Nobody waits whose call is over, whoever ended it.
    create function attempt_leaves_queue() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      update queue_entry set left_at = greatest(new.ended_at, entered_at),
        left_reason = case when new.hangup_by = 'patient' then 'abandoned' else 'withdrawn' end
        where attempt_id = new.id and left_at is null;
      return null;
    end $$;
    create trigger attempt_leaves_queue after update of state on attempt
      for each row when (new.state = 'ended' and old.state in ('answered', 'bridged')) execute function attempt_leaves_queue();

    -- Whoever matches patients and seats looks again: '<queue>'; and 'setup' when queues or whose they are have changed.
    create function queue_notify() returns trigger language plpgsql as $$
    begin
      if tg_table_name = 'queue_entry' then
        perform pg_notify('suifang_queue', new.queue_id::text);
      else
        perform pg_notify('suifang_queue', 'setup');
      end if;
      return null;
    end $$;
    create trigger queue_entry_notify after insert on queue_entry for each row execute function queue_notify();
    create trigger queue_set_up after insert or update on queue for each row execute function queue_notify();
    create trigger campaign_of_queue after insert or update of team_id on campaign for each row execute function queue_notify();
  `.execute(db)
}

async function previews(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A task's record on an agent's screen before anything is dialled.
    create table preview (
      id uuid primary key,
      seat_id uuid not null references seat,
      task_id uuid not null references task,
      campaign_id uuid not null references campaign,
      offered_at timestamptz not null default app_now(),
      ended_at timestamptz,
      -- withdrawn: the agent went on a break or away, signed out, or the phone was lost.
      ended_reason text check (ended_reason in ('dialed', 'skipped', 'withdrawn')),
      skip_reason text,
      check ((ended_at is null) = (ended_reason is null)),
      check (coalesce(ended_reason = 'skipped', false) = (coalesce(btrim(skip_reason), '') <> ''))
    );
    create unique index preview_one_per_seat on preview (seat_id) where ended_at is null;
    create unique index preview_one_per_task on preview (task_id) where ended_at is null;
    create index preview_of_task on preview (task_id, offered_at desc);
    create function preview_is_over() returns trigger language plpgsql as $$
    begin
      raise exception 'a preview keeps its seat and its task, and ends once' using errcode = 'SF005';
    end $$;
    create trigger preview_is_over before update on preview
      for each row when (old.ended_at is not null or old.seat_id <> new.seat_id or old.task_id <> new.task_id
        or old.campaign_id <> new.campaign_id)
      execute function preview_is_over();

    -- The task is free for others as soon as the seat does something else, whatever that is.
    create function seat_previews() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      if new.state = 'previewing' then
        if not exists (select from preview p where p.seat_id = new.id and p.ended_at is null) then
          raise exception 'a seat previews a task' using errcode = 'SF005';
        end if;
      else
        update preview set ended_at = app_now(), ended_reason = 'withdrawn' where seat_id = new.id and ended_at is null;
      end if;
      return null;
    end $$;
    create trigger seat_previews after update of state on seat
      for each row when (old.state <> new.state and 'previewing' in (old.state, new.state)) execute function seat_previews();
  `.execute(db)
}

async function ratings(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What the patient thought of the agent, by key after the agent had hung up: 5 best.
    create table rating (
      attempt_id uuid primary key references attempt,
      agent_id uuid not null references agent,
      value smallint not null check (value between 1 and 5),
      at timestamptz not null
    );
    create index rating_of_agent on rating (agent_id, at desc);
    create function rating_of_talk() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      if not exists (select from attempt a where a.id = new.attempt_id and a.agent_id = new.agent_id) then
        raise exception 'a rating is of an agent who was in the call' using errcode = 'SF005';
      end if;
      return new;
    end $$;
    create trigger rating_of_talk before insert on rating for each row execute function rating_of_talk();
  `.execute(db)
}

async function campaigns(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table campaign
      -- The flow that asks for a rating when an agent has hung up (ivr-flows/<name>.json); null: nobody is asked.
      add column rating_flow text check (rating_flow ~ '^[a-z][a-z0-9-]*$'),
      -- A task that an agent skips at the preview is offered again after this.
      add column preview_skip_minutes integer not null default 30 check (preview_skip_minutes between 1 and 10080),
      drop constraint campaign_team,
      add constraint campaign_team check (pacing not in ('progressive', 'preview') or team_id is not null);
  `.execute(db)
}

/** What happened stays: the application's role deletes none of it. */
async function permissions(db: Kysely<unknown>): Promise<void> {
  await sql`
    revoke delete on queue, queue_entry, preview from suifang_app;
    revoke update, delete on rating from suifang_app;
  `.execute(db)
}
