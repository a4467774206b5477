import { type Kysely, sql } from 'kysely'

/**
 * Supervisors: whose teams they see, which call they are in; a call that goes on at another seat; and the page that a
 * seat is open in.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await teams(db)
  await pages(db)
  await handedOver(db)
  await supervision(db)
}

async function teams(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Whose seats and calls a supervisor sees, and may be in.
    create table team_supervisor (
      team_id uuid not null references team,
      user_id uuid not null references user_account,
      created_at timestamptz not null default app_now(),
      primary key (team_id, user_id)
    );
    create index team_supervisor_of_user on team_supervisor (user_id);
    -- Until now every supervisor managed every team.
    insert into team_supervisor (team_id, user_id)
    select t.id, r.user_account_id from team t cross join user_role r where r.role_code = 'supervisor';

    insert into role_right (role_code, right_code) values ('supervisor', 'floor.read'), ('supervisor', 'call.supervise');
  `.execute(db)
}

async function pages(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- The page that has the seat: its commands are taken, those of others are not. It says which itself.
    alter table seat
      add column page_id uuid,
      add column page_since timestamptz,
      add constraint seat_page check ((page_id is null) = (page_since is null));
  `.execute(db)
}

/** A call may go on at another seat: each seat that it was at has its reservation, and one of them has it now. */
async function handedOver(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table reservation
      add column call_id uuid,
      -- Another seat has the call since then; this one has its after-call work left, at most.
      add column handed_over_at timestamptz,
      drop constraint reservation_attempt_id_key;
    update reservation set call_id = id;
    alter table reservation alter column call_id set not null;
    create unique index reservation_of_attempt on reservation (attempt_id) where handed_over_at is null;
    create index reservation_of_call on reservation (call_id);
    create index reservation_of_any_attempt on reservation (attempt_id);

    -- The first reservation of a call has the call's own id.
    create function reservation_born() returns trigger language plpgsql as $$
    begin
      new.call_id := coalesce(new.call_id, new.id);
      return new;
    end $$;
    create trigger reservation_born before insert on reservation
      for each row execute function reservation_born();
  `.execute(db)
}

async function supervision(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A supervisor in an agent's call.
    create table supervision (
      id uuid primary key,
      supervisor_id uuid not null references agent,
      -- The agent's offer of the call: while it is accepted, the call is at that seat.
      reservation_id uuid not null references reservation,
      mode text not null check (mode in ('monitor', 'coach', 'barge')),
      started_at timestamptz not null default app_now(),
      mode_since timestamptz not null default app_now(),
      ended_at timestamptz,
      end_reason text check (end_reason in ('left', 'leg_lost', 'call_over', 'taken_over', 'failed')),
      -- What the supervisor's own seat goes back to.
      status_before text not null,
      status_reason_before text,
      -- How the agent's page has been told of it last: null for not at all.
      told_mode text,
      -- The transaction that changed it last: its news are told at that transaction's end.
      changed_xact xid8 not null default pg_current_xact_id(),
      check ((ended_at is null) = (end_reason is null))
    );
    create unique index supervision_one_active on supervision (supervisor_id) where ended_at is null;
    create index supervision_of_call on supervision (reservation_id) where ended_at is null;
    create index supervision_changed on supervision (changed_xact);

    create function supervision_changes() returns trigger language plpgsql as $$
    begin
      if old.ended_at is not null or old.supervisor_id <> new.supervisor_id
        or old.reservation_id <> new.reservation_id or old.id <> new.id then
        raise exception 'a supervision that is over stays so, and every one keeps its supervisor and its call'
          using errcode = 'SF005';
      end if;
      if old.mode <> new.mode then
        new.mode_since := app_now();
      end if;
      new.changed_xact := pg_current_xact_id();
      return new;
    end $$;
    create trigger supervision_changes before update on supervision
      for each row when ((old.mode, old.ended_at) is distinct from (new.mode, new.ended_at))
      execute function supervision_changes();

    -- It ends with the call at that seat,
    create function supervision_ends_with_call() returns trigger language plpgsql as $$
    begin
      update supervision set ended_at = app_now(), end_reason = 'call_over'
      where reservation_id = new.id and ended_at is null;
      return null;
    end $$;
    create trigger supervision_ends_with_call after update of state on reservation
      for each row when (old.state = 'accepted' and new.state <> 'accepted')
      execute function supervision_ends_with_call();
    -- and with the supervisor's own leg.
    create function supervision_ends_with_leg() returns trigger language plpgsql as $$
    begin
      update supervision set ended_at = app_now(), end_reason = 'leg_lost'
      where supervisor_id = new.agent_id and ended_at is null;
      return null;
    end $$;
    create trigger supervision_ends_with_leg after update of channel_uuid on seat
      for each row when (old.channel_uuid is not null and old.channel_uuid is distinct from new.channel_uuid)
      execute function supervision_ends_with_leg();
    -- Afterwards the supervisor's seat has the status again that it had before.
    create function supervision_over() returns trigger language plpgsql as $$
    begin
      update seat set status = case when new.status_before = 'available' then 'available' else status end,
        status_reason = new.status_reason_before
      where agent_id = new.supervisor_id and status = 'on_break' and status_reason = 'supervising';
      update seat set status = 'away'
      where agent_id = new.supervisor_id and new.status_before = 'away' and status = 'on_break';
      return null;
    end $$;
    create trigger supervision_over after update on supervision
      for each row when (old.ended_at is null and new.ended_at is not null) execute function supervision_over();

    -- Who supervises is offered no call.
    create function reservation_not_supervising() returns trigger language plpgsql as $$
    begin
      if exists (select from supervision v join seat s on s.agent_id = v.supervisor_id
          where s.id = new.seat_id and v.ended_at is null) then
        raise exception 'the agent of this seat supervises a call' using errcode = 'SF004';
      end if;
      return new;
    end $$;
    create trigger reservation_not_supervising before insert on reservation
      for each row execute function reservation_not_supervising();

    revoke delete on supervision from suifang_app;
  `.execute(db)
}
