import { type Kysely, sql } from 'kysely'

/**
 * Second storey: trunks, numbers, campaigns, attempts, calls and their events, recordings; and what holds the
 * invariants of architecture §3 that need no knowledge of follow-up: legal moves of every state column (5), leases (3),
 * one active attempt per task and per number (1), a recording row for every answered attempt (6).
 *
 * SQLSTATEs of refusals: SF002 outside the gate, SF003 stale lease, SF005 illegal move.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await ids(db)
  await stateMoves(db)
  await departments(db)
  await trunks(db)
  await flows(db)
  await campaigns(db)
  await attempts(db)
  await calls(db)
  await recordings(db)
  await permissions(db)
}

/** UUIDv7 for rows that the database itself makes (RFC 9562 §5.7); Postgres has uuidv7() from 18 on only. */
async function ids(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function new_id() returns uuid language sql volatile parallel safe as $$
      select encode(
        set_byte(
          overlay(uuid_send(gen_random_uuid())
            placing substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
          6, 112 | (get_byte(uuid_send(gen_random_uuid()), 0) & 15)),
        'hex')::uuid
    $$;
  `.execute(db)
}

/**
 * The state tables of the vocabulary, as data; one function judges every state column by them (invariant 5).
 * `from_state` '' is birth. A move that `needs` something is legal only beside an audit row of that action for the same
 * object in the same transaction.
 */
async function stateMoves(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table state_move (
      machine text not null,
      from_state text not null,
      to_state text not null,
      needs text,
      primary key (machine, from_state, to_state)
    );

    create function refuse_move(machine text, from_state text, to_state text) returns void language plpgsql as $$
    begin
      raise exception '% does not move from % to %', machine, from_state, to_state
        using errcode = 'SF005', hint = 'The legal moves stand in the table state_move.';
    end $$;

    -- Called by triggers, which name their search path: no temporary table may stand in for state_move.
    create function judge_move(p_machine text, p_id text, p_from text, p_to text) returns void language plpgsql as $$
    declare
      needed text;
    begin
      select m.needs into needed from state_move m
        where m.machine = p_machine and m.from_state = p_from and m.to_state = p_to;
      if not found or (needed is not null and not exists (
        select from audit_row a where a.object_kind = p_machine and a.object_id = p_id
          and a.action = needed and a.outcome = 'ok' and a.xact = pg_current_xact_id()
      )) then
        perform refuse_move(p_machine, p_from, p_to);
      end if;
    end $$;

    -- For tables with a column "state" and nothing else to judge; the argument names the machine.
    create function state_moves_legally() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      perform judge_move(tg_argv[0], new.id::text, case tg_op when 'INSERT' then '' else old.state end, new.state);
      return new;
    end $$;
  `.execute(db)

  await moves(db, 'attempt', {
    '': 'created',
    created: 'dialing ended',
    dialing: 'ringing answered ended',
    ringing: 'answered ended',
    answered: 'bridged ended',
    bridged: 'ended',
  })
  await moves(db, 'recording', {
    '': 'expected',
    expected: 'recording missing',
    recording: 'paused closed damaged',
    paused: 'recording closed',
    closed: 'verified damaged',
    verified: 'stored',
    stored: 'expired held',
    held: 'stored',
  })
  await moves(db, 'campaign', {
    '': 'running paused',
    running: 'paused stopped',
    paused: 'running stopped',
    stopped: 'running',
  })
}

/** Adds rows of one machine: from → the states it may move to, separated by spaces. */
async function moves(db: Kysely<unknown>, machine: string, table: Readonly<Record<string, string>>): Promise<void> {
  for (const [from, targets] of Object.entries(table)) {
    await sql`
      insert into state_move (machine, from_state, to_state)
      select ${machine}, ${from}, unnest(string_to_array(${targets}, ' '))
    `.execute(db)
  }
}

async function departments(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table department (
      id uuid primary key,
      site_id uuid not null references site,
      code text,
      name text not null check (btrim(name) <> ''),
      -- What a call may say of it; null where the name itself would tell too much (requirements §8.4, identity).
      spoken_name text,
      created_at timestamptz not null default app_now(),
      unique (site_id, name)
    );
    create unique index department_code on department (site_id, code) where code is not null;
  `.execute(db)
}

async function trunks(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table trunk (
      id uuid primary key,
      site_id uuid not null references site,
      name text not null,
      kind text not null check (kind in ('simulated', 'sip')),
      host text not null,
      port integer not null check (port between 1 and 65535),
      lines integer not null check (lines >= 0),
      calls_per_second double precision not null check (calls_per_second > 0),
      caller_number text not null,
      username text,
      password_ciphertext bytea,
      enabled boolean not null default true,
      created_at timestamptz not null default app_now()
    );

    -- Telephone numbers, once each: caps and "one active attempt per number" key on the id. E.164, encrypted at rest
    -- with a key outside the database; the HMAC finds a number, the last four digits are what people search by.
    create table phone_number (
      id uuid primary key,
      hmac bytea not null unique,
      ciphertext bytea not null,
      last4 text not null check (last4 ~ '^[0-9]{1,4}$'),
      -- What the network said of it (requirements §5.2: INV, STOP); no campaign dials a flagged number.
      flag text check (flag in ('invalid', 'suspended')),
      flagged_at timestamptz,
      created_at timestamptz not null default app_now(),
      check ((flag is null) = (flagged_at is null))
    );
    create index phone_number_last4 on phone_number (last4);
  `.execute(db)
}

/** A published flow never changes: what ran under it can be read years later. */
async function flows(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception 'rows of % do not change once written', tg_table_name
        using errcode = 'SF005', hint = 'Publish a new version.';
    end $$;

    create table flow (
      id uuid primary key,
      code text not null unique,
      created_at timestamptz not null default app_now()
    );
    create table flow_version (
      id uuid primary key,
      flow_id uuid not null references flow,
      version integer not null check (version >= 1),
      definition jsonb not null,
      -- Of the definition as text: publishing the same again makes no new version.
      sha256 bytea not null,
      created_at timestamptz not null default app_now(),
      unique (flow_id, version)
    );
    create trigger flow_version_immutable before update or delete on flow_version
      for each row execute function refuse_change();
  `.execute(db)
}

async function campaigns(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table campaign (
      id uuid primary key,
      site_id uuid not null references site,
      name text not null,
      trunk_id uuid not null references trunk,
      state text not null default 'paused' check (state in ('running', 'paused', 'stopped')),
      pacing text not null default 'agentless'
        check (pacing in ('preview', 'progressive', 'power', 'predictive', 'agentless')),
      -- Dials outside the calling window and on holidays: simulated trunks only.
      any_hour boolean not null default false,
      ring_timeout_ms integer not null default 30000 check (ring_timeout_ms between 15000 and 60000),
      -- Keys of the hospital's setting "calling" that this campaign does otherwise; null for none.
      calling jsonb check (jsonb_typeof(calling) = 'object'),
      created_at timestamptz not null default app_now(),
      changed_at timestamptz not null default app_now()
    );
    create index campaign_trunk on campaign (trunk_id);

    create trigger campaign_state before insert or update of state on campaign
      for each row execute function state_moves_legally('campaign');

    create function any_hour_is_simulated() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      if tg_table_name = 'campaign' then
        if new.any_hour and not exists (select from trunk t where t.id = new.trunk_id and t.kind = 'simulated' for share) then
          raise exception 'a campaign may dial at any hour on a simulated trunk only' using errcode = 'SF002';
        end if;
      elsif new.kind <> 'simulated' and exists (select from campaign c where c.trunk_id = new.id and c.any_hour) then
        raise exception 'a campaign that dials at any hour uses this trunk, so it must stay simulated' using errcode = 'SF002';
      end if;
      return new;
    end $$;
    create trigger campaign_any_hour before insert or update of any_hour, trunk_id on campaign
      for each row when (new.any_hour) execute function any_hour_is_simulated();
    create trigger trunk_any_hour before update of kind on trunk
      for each row when (old.kind is distinct from new.kind) execute function any_hour_is_simulated();
  `.execute(db)
}

/**
 * One dial of one number. Leases run on the clock of the database, whatever `app_now()` is made to say. A writer states
 * its lease by `set local suifang.lease = '<owner>#<epoch>'`.
 */
async function attempts(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Each start of a node takes the next epoch of its name; rows of an older epoch are its to close.
    create table node (
      name text primary key check (name <> '' and name !~ '#'),
      epoch bigint not null,
      started_at timestamptz not null default clock_timestamp()
    );

    create table attempt (
      id uuid primary key,
      -- Foreign key in follow-up's migration: this storey does not know what a task is.
      task_id uuid not null,
      -- No foreign keys here: the gate's trigger (follow-up's migration) lets an attempt be born only with the campaign of
      -- its task and the trunk of that campaign, neither changes afterwards, and nobody may delete those rows.
      campaign_id uuid not null,
      trunk_id uuid not null,
      phone_number_id uuid not null references phone_number,
      flow_version_id uuid references flow_version,
      state text not null default 'created'
        check (state in ('created', 'dialing', 'ringing', 'answered', 'bridged', 'ended')),
      result text check (result in ('completed', 'partial', 'abandoned', 'no_answer', 'busy', 'rejected', 'powered_off',
        'unreachable', 'suspended_line', 'invalid_number', 'machine', 'congestion', 'failed', 'cancelled', 'restart')),
      -- What a person made of it; both are kept (requirements C06).
      corrected_result text,
      corrected_by uuid references user_account,
      outcome text check (outcome in ('done', 'partial', 'callback', 'refused', 'wrong_person', 'proxy', 'uncooperative',
        'deceased', 'readmitted', 'moved', 'other')),
      outcome_text text,
      created_at timestamptz not null default app_now(),
      dialing_at timestamptz,
      -- The INVITE has left.
      invited_at timestamptz,
      ringing_at timestamptz,
      answered_at timestamptz,
      bridged_at timestamptz,
      ended_at timestamptz,
      -- The instant that the caps count it at.
      counts_at timestamptz not null generated always as (coalesce(dialing_at, created_at)) stored,
      -- The last raw words of the network (requirements §5.2, note).
      sip_status integer,
      sip_reason text,
      q850 integer,
      early_media boolean,
      hangup_by text check (hangup_by in ('patient', 'hospital', 'lost')),
      lease_owner text,
      lease_epoch bigint,
      lease_until timestamptz,
      check ((state = 'ended') = (result is not null)),
      check ((state = 'ended') = (lease_until is null))
    );

    -- Invariant 1.
    create unique index attempt_one_active_per_task on attempt (task_id) where state <> 'ended';
    create unique index attempt_one_active_per_number on attempt (phone_number_id) where state <> 'ended';
    -- Free lines of a trunk; leases that have run out.
    create index attempt_active_on_trunk on attempt (trunk_id) where state <> 'ended';
    create index attempt_of_task on attempt (task_id);
    -- What the caps count: all but congestion and what was taken back before its INVITE.
    create index attempt_counted on attempt (phone_number_id, counts_at)
      where result is distinct from 'congestion' and (result is distinct from 'cancelled' or invited_at is not null);
    -- Rows lie in order of time, so a summary per block range is enough to find a day's or a week's.
    create index attempt_by_time on attempt using brin (counts_at) with (pages_per_range = 16);

    -- True when the stated lease may write a row leased like this: it is its own, or the same node's newer epoch, or
    -- the old one has run out.
    create function lease_allows(owner text, epoch bigint, until timestamptz) returns boolean
      language plpgsql stable as $$
    declare
      stated text := current_setting('suifang.lease', true);
    begin
      return stated = owner || '#' || epoch
        or (stated <> '' and until < clock_timestamp())
        or (split_part(stated, '#', 1) = owner and split_part(stated, '#', 2)::bigint > epoch);
    end $$;

    create function attempt_born() returns trigger language plpgsql as $$
    begin
      if new.state <> 'created' then
        perform refuse_move('attempt', '', new.state);
      end if;
      if new.lease_until is null
        or current_setting('suifang.lease', true) is distinct from new.lease_owner || '#' || new.lease_epoch then
        raise exception 'an attempt is made under the lease its writer states' using errcode = 'SF003';
      end if;
      return new;
    end $$;
    create trigger a_attempt_born before insert on attempt for each row execute function attempt_born();

    create function attempt_leased() returns trigger language plpgsql as $$
    begin
      -- Whoever closes the gate (pause, do-not-call) may take back what was not dialled yet.
      if not coalesce(lease_allows(old.lease_owner, old.lease_epoch, old.lease_until), false)
        and not (old.state = 'created' and new.state = 'ended' and new.result = 'cancelled') then
        raise exception 'the attempt is leased to another writer'
          using errcode = 'SF003', detail = format('%s#%s until %s', old.lease_owner, old.lease_epoch, old.lease_until);
      end if;
      if new.state = 'ended' then
        new.lease_until := null;
      end if;
      return new;
    end $$;
    create trigger a_attempt_leased before update on attempt
      for each row when (old.lease_until is not null) execute function attempt_leased();

    create function attempt_moves() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      perform judge_move('attempt', new.id::text, old.state, new.state);
      case new.state
        when 'dialing' then new.dialing_at := coalesce(new.dialing_at, app_now());
        when 'ringing' then new.ringing_at := coalesce(new.ringing_at, app_now());
        when 'answered' then new.answered_at := coalesce(new.answered_at, app_now());
        when 'bridged' then new.bridged_at := coalesce(new.bridged_at, app_now());
        else new.ended_at := coalesce(new.ended_at, app_now());
      end case;
      return new;
    end $$;
    create trigger b_attempt_moves before update on attempt
      for each row when (old.state is distinct from new.state) execute function attempt_moves();

    create function attempt_is_over() returns trigger language plpgsql as $$
    begin
      raise exception 'an attempt that has ended keeps its result and its number'
        using errcode = 'SF005', hint = 'A person''s correction goes to corrected_result.';
    end $$;
    create trigger c_attempt_is_over before update on attempt
      for each row when (
        (old.state = 'ended' and (new.result is distinct from old.result or new.ended_at is distinct from old.ended_at
          or new.lease_until is not null))
        or new.task_id <> old.task_id or new.phone_number_id <> old.phone_number_id
        or new.campaign_id <> old.campaign_id or new.trunk_id <> old.trunk_id or new.created_at <> old.created_at)
      execute function attempt_is_over();
  `.execute(db)
}

async function calls(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table call (
      id uuid primary key,
      attempt_id uuid unique references attempt,
      direction text not null check (direction in ('outbound', 'inbound')),
      started_at timestamptz not null default app_now(),
      answered_at timestamptz,
      ended_at timestamptz
    );

    -- One SIP dialog and one media endpoint: what a restarted node needs to end or re-attach it.
    create table party (
      id uuid primary key,
      call_id uuid not null references call,
      kind text not null check (kind in ('patient', 'agent', 'supervisor', 'doctor', 'outside')),
      sip_call_id text,
      -- drachtio's name for an INVITE that is not answered yet: the handle of a CANCEL.
      invite_transaction text,
      dialog_id text,
      local_tag text,
      remote_tag text,
      channel_uuid text,
      media_host text,
      joined_at timestamptz not null default app_now(),
      left_at timestamptz
    );
    create index party_of_call on party (call_id);
    create index party_open on party (channel_uuid) where left_at is null;

    -- What happened, in order, each once.
    create table call_event (
      id bigint generated always as identity,
      attempt_id uuid not null references attempt,
      seq integer not null check (seq >= 1),
      call_id uuid not null,
      type text not null,
      body jsonb not null,
      at timestamptz not null,
      primary key (attempt_id, seq)
    );
  `.execute(db)
}

async function recordings(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table recording (
      id uuid primary key,
      attempt_id uuid not null references attempt,
      -- A call that changes its media server goes on in the next part.
      part smallint not null default 1 check (part >= 1),
      state text not null default 'expected' check (state in ('expected', 'recording', 'paused', 'closed', 'verified',
        'stored', 'expired', 'held', 'missing', 'damaged')),
      path text,
      media_host text,
      bytes bigint,
      duration_ms integer,
      -- Milliseconds that no RTP came for, where the media server writes nothing then: a gap, no damage.
      gap_ms integer,
      faults text[] not null default '{}',
      sha256 bytea,
      expected_at timestamptz not null default app_now(),
      started_at timestamptz,
      closed_at timestamptz,
      judged_at timestamptz,
      unique (attempt_id, part)
    );
    create index recording_open on recording (state)
      where state in ('expected', 'recording', 'paused', 'closed', 'verified');
    create trigger recording_state before insert or update of state on recording
      for each row execute function state_moves_legally('recording');

    -- Invariant 6.
    create function attempt_expects_recording() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      insert into recording (id, attempt_id) values (new_id(), new.id) on conflict (attempt_id, part) do nothing;
      return null;
    end $$;
    create trigger attempt_expects_recording after update of state on attempt
      for each row when (new.state = 'answered' and old.state is distinct from 'answered')
      execute function attempt_expects_recording();
  `.execute(db)
}

/** What happened stays: the application's role deletes none of it. */
async function permissions(db: Kysely<unknown>): Promise<void> {
  await sql`
    revoke insert, update, delete on state_move from suifang_app;
    revoke delete on department, trunk, phone_number, campaign, attempt, call, party, recording, node from suifang_app;
    revoke update, delete on call_event from suifang_app;
    revoke update, delete on flow_version from suifang_app;
  `.execute(db)
}
