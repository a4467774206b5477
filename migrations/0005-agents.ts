import { type Kysely, sql } from 'kysely'

/**
 * People on calls: desk phones and their registrations, teams, agents, seats, reservations; and what holds the
 * invariants of architecture §3 for them: one seat per agent and one active reservation per seat (4), legal moves of
 * seat status, seat state and reservation (5), leases on seats (3).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await moves(db)
  await phones(db)
  await agents(db)
  await seats(db)
  await reservations(db)
  await calls(db)
  await permissions(db)
}

/** The vocabulary's tables, as data (0002, `state_move`). `from_state` '' is birth. */
async function moves(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into state_move (machine, from_state, to_state)
    select m.machine, m.from_state, unnest(string_to_array(m.to_states, ' '))
    from (values
      -- Chosen by a person.
      ('seat_status', '', 'signed_out'),
      ('seat_status', 'signed_out', 'available'),
      ('seat_status', 'available', 'on_break signing_out'),
      ('seat_status', 'on_break', 'available away signing_out'),
      ('seat_status', 'away', 'on_break signing_out'),
      ('seat_status', 'signing_out', 'signed_out'),
      -- Made by calls.
      ('seat', '', 'unreachable'),
      ('seat', 'idle', 'reserved previewing unreachable'),
      ('seat', 'previewing', 'reserved idle unreachable'),
      ('seat', 'reserved', 'ringing idle unreachable'),
      ('seat', 'ringing', 'talking idle unreachable'),
      ('seat', 'talking', 'holding wrap_up unreachable'),
      ('seat', 'holding', 'talking wrap_up unreachable'),
      ('seat', 'wrap_up', 'idle unreachable'),
      ('seat', 'unreachable', 'idle previewing reserved ringing talking holding wrap_up'),
      ('reservation', '', 'pending'),
      ('reservation', 'pending', 'accepted rejected timeout rescinded canceled'),
      ('reservation', 'accepted', 'wrapping canceled'),
      ('reservation', 'wrapping', 'completed')
    ) as m (machine, from_state, to_states);
  `.execute(db)
}

async function phones(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A desk phone's account at our registrar.
    create table phone (
      id uuid primary key,
      site_id uuid not null references site,
      extension text not null unique check (extension ~ '^[0-9]{2,10}$'),
      -- The password of its digest, encrypted at rest with a key outside the database.
      secret_ciphertext bytea not null,
      created_at timestamptz not null default app_now()
    );

    -- Where a phone is now (RFC 3261 §10). It runs out by the database's clock, whatever app_now() is made to say.
    create table registration (
      phone_id uuid primary key references phone,
      contact text not null,
      user_agent text,
      registered_at timestamptz not null default clock_timestamp(),
      expires_at timestamptz not null
    );
  `.execute(db)
}

async function agents(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table team (
      id uuid primary key,
      site_id uuid not null references site,
      name text not null check (btrim(name) <> ''),
      created_at timestamptz not null default app_now(),
      unique (site_id, name)
    );

    create table agent (
      user_id uuid primary key references user_account,
      -- As told to patients and in reports (工号).
      agent_no text not null unique check (btrim(agent_no) <> ''),
      team_id uuid not null references team,
      phone_id uuid unique references phone,
      created_at timestamptz not null default app_now()
    );
    create index agent_of_team on agent (team_id);

    insert into role_right (role_code, right_code) values
      ('agent', 'seat.use'), ('supervisor', 'seat.use'),
      ('supervisor', 'team.manage'), ('system_admin', 'team.manage');
  `.execute(db)
}

/**
 * Where an agent works: the status that the person chose and the state that calls make, on two axes, and the leg of the
 * phone that stays up (nailed up). While a leg is up, or being called, the seat is leased to the node that holds it.
 */
async function seats(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table seat (
      id uuid primary key,
      -- Invariant 4.
      agent_id uuid not null unique references agent,
      status text not null default 'signed_out'
        check (status in ('signed_out', 'available', 'on_break', 'away', 'signing_out')),
      status_reason text,
      status_since timestamptz not null default app_now(),
      state text not null default 'unreachable' check (state in ('unreachable', 'idle', 'previewing', 'reserved', 'ringing',
        'talking', 'holding', 'wrap_up')),
      state_since timestamptz not null default app_now(),
      -- The leg, as a party has it; all null while none is up. The seat can be reached while channel_uuid is set.
      sip_call_id text,
      invite_transaction text,
      dialog_id text,
      local_tag text,
      remote_tag text,
      channel_uuid text,
      media_host text,
      -- After-call work ends then, by the database's clock.
      wrap_up_until timestamptz,
      lease_owner text,
      lease_epoch bigint,
      lease_until timestamptz,
      check ((state = 'wrap_up') = (wrap_up_until is not null)),
      check (state not in ('idle', 'previewing', 'reserved', 'ringing') or channel_uuid is not null),
      check (channel_uuid is null or lease_until is not null),
      check ((lease_until is null) = (lease_owner is null) and (lease_until is null) = (lease_epoch is null))
    );
    -- Who has been idle longest.
    create index seat_free on seat (state_since) where state = 'idle' and status = 'available';
    create index seat_deadline on seat (wrap_up_until) where wrap_up_until is not null;

    create function seat_born() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      perform judge_move('seat_status', new.id::text, '', new.status);
      perform judge_move('seat', new.id::text, '', new.state);
      return new;
    end $$;
    create trigger seat_born before insert on seat for each row execute function seat_born();

    -- A person may change the status and ask for more time anywhere; what calls make of the seat is its holder's.
    create function seat_leased() returns trigger language plpgsql as $$
    begin
      if not coalesce(lease_allows(old.lease_owner, old.lease_epoch, old.lease_until), false) then
        raise exception 'the seat is leased to another writer'
          using errcode = 'SF003', detail = format('%s#%s until %s', old.lease_owner, old.lease_epoch, old.lease_until);
      end if;
      return new;
    end $$;
    create trigger a_seat_leased before update on seat
      for each row when (old.lease_until is not null and (old.state, old.channel_uuid, old.dialog_id, old.sip_call_id,
          old.invite_transaction, old.media_host, old.lease_owner, old.lease_epoch, old.lease_until)
        is distinct from (new.state, new.channel_uuid, new.dialog_id, new.sip_call_id,
          new.invite_transaction, new.media_host, new.lease_owner, new.lease_epoch, new.lease_until))
      execute function seat_leased();
    -- And nobody leases to another than the writer who says so.
    create function seat_lease_taken() returns trigger language plpgsql as $$
    begin
      if current_setting('suifang.lease', true) is distinct from new.lease_owner || '#' || new.lease_epoch then
        raise exception 'a seat is leased to the writer who states the lease' using errcode = 'SF003';
      end if;
      return new;
    end $$;
    create trigger b_seat_lease_taken before update on seat
      for each row when (new.lease_until is not null and (old.lease_owner, old.lease_epoch, old.lease_until)
        is distinct from (new.lease_owner, new.lease_epoch, new.lease_until))
      execute function seat_lease_taken();

    create function seat_moves() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      if old.state <> new.state then
        perform judge_move('seat', new.id::text, old.state, new.state);
        new.state_since := app_now();
        if new.state <> 'wrap_up' then
          new.wrap_up_until := null;
        end if;
      end if;
      if old.status <> new.status then
        perform judge_move('seat_status', new.id::text, old.status, new.status);
        new.status_since := app_now();
      end if;
      return new;
    end $$;
    create trigger c_seat_moves before update on seat
      for each row when (old.state <> new.state or old.status <> new.status) execute function seat_moves();

    -- A free seat wakes the diallers, a deadline re-arms the timer of the node that keeps it: '<id> <state> <status>'.
    create function seat_notify() returns trigger language plpgsql as $$
    begin
      perform pg_notify('suifang_seat', new.id || ' ' || new.state || ' ' || new.status);
      return null;
    end $$;
    create trigger seat_notify after update on seat
      for each row when ((old.state, old.status, old.wrap_up_until) is distinct from (new.state, new.status, new.wrap_up_until))
      execute function seat_notify();
  `.execute(db)
}

async function reservations(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- The offer of a call to a seat.
    create table reservation (
      id uuid primary key,
      seat_id uuid not null references seat,
      attempt_id uuid not null unique references attempt,
      state text not null default 'pending' check (state in ('pending', 'accepted', 'wrapping', 'completed', 'rejected',
        'timeout', 'rescinded', 'canceled')),
      created_at timestamptz not null default app_now(),
      ended_at timestamptz,
      check ((state in ('pending', 'accepted', 'wrapping')) = (ended_at is null))
    );
    -- Invariant 4.
    create unique index reservation_one_active_per_seat on reservation (seat_id)
      where state in ('pending', 'accepted', 'wrapping');
    create index reservation_of_seat on reservation (seat_id, created_at desc);

    create function reservation_moves() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      if tg_op = 'UPDATE' and old.state = new.state then
        return new;
      end if;
      perform judge_move('reservation', new.id::text, case tg_op when 'INSERT' then '' else old.state end, new.state);
      if new.state not in ('pending', 'accepted', 'wrapping') then
        new.ended_at := coalesce(new.ended_at, app_now());
      end if;
      return new;
    end $$;
    create trigger reservation_moves before insert or update of state on reservation
      for each row execute function reservation_moves();
    create function reservation_is_fixed() returns trigger language plpgsql as $$
    begin
      raise exception 'a reservation keeps its seat and its attempt' using errcode = 'SF005';
    end $$;
    create trigger reservation_is_fixed before update on reservation
      for each row when (old.seat_id <> new.seat_id or old.attempt_id <> new.attempt_id)
      execute function reservation_is_fixed();
  `.execute(db)
}

async function calls(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Whose seats a campaign with agents calls for.
    alter table campaign add column team_id uuid references team,
      add constraint campaign_team check (pacing <> 'progressive' or team_id is not null);
    create index campaign_team on campaign (team_id) where team_id is not null;
    alter table attempt add column agent_id uuid references agent;
    create index attempt_of_agent on attempt (agent_id, created_at desc) where agent_id is not null;
  `.execute(db)
}

/** What happened stays: the application's role deletes none of it. */
async function permissions(db: Kysely<unknown>): Promise<void> {
  await sql`
    revoke delete on phone, team, agent, seat, reservation from suifang_app;
  `.execute(db)
}
