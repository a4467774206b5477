import { type Kysely, sql } from 'kysely'

/**
 * The ground floor: the database's own clock, roles, sites, versioned settings, accounts and sessions, the audit
 * trail, streams of events to people, and the fires of the clock.
 *
 * Runs as the owner of the schema (`suifang_owner`). The application connects as `suifang_app` and gets what the
 * default privileges below give it, less what is taken back table by table.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await clock(db)
  await applicationRole(db)
  await sites(db)
  await settings(db)
  await accounts(db)
  await audit(db)
  await streams(db)
  await cronFires(db)
}

/**
 * SQL's now. `suifang.now` stands still (tests, the command line); otherwise the wall clock.
 * STABLE although clock_timestamp() moves: within one statement one answer is what every caller wants, and only so can
 * an index be used on `due_at <= app_now()`.
 */
async function clock(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function app_now() returns timestamptz language sql stable parallel safe as $$
      select coalesce(nullif(current_setting('suifang.now', true), '')::timestamptz, clock_timestamp())
    $$;
  `.execute(db)
}

async function applicationRole(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      if not exists (select from pg_roles where rolname = 'suifang_app') then
        create role suifang_app login;
      end if;
    end $$;
    grant usage on schema public to suifang_app;
    grant select on all tables in schema public to suifang_app;
    alter default privileges in schema public grant select, insert, update, delete on tables to suifang_app;
    alter default privileges in schema public grant usage, select on sequences to suifang_app;
    alter default privileges in schema public grant execute on functions to suifang_app;
  `.execute(db)
}

async function sites(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table site (
      id uuid primary key,
      code text not null unique,
      name text not null,
      created_at timestamptz not null default app_now()
    );
  `.execute(db)
}

/** Hospital settings: a change is a new row, so that what ran under which setting can be told years later. */
async function settings(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table setting (
      key text not null,
      version integer not null check (version >= 1),
      value jsonb not null,
      changed_by uuid,
      changed_at timestamptz not null default app_now(),
      primary key (key, version)
    );
    create view setting_now as
      select distinct on (key) key, version, value, changed_at from setting order by key, version desc;
    create function setting_notify() returns trigger language plpgsql as $$
    begin
      perform pg_notify('suifang_setting', new.key);
      return null;
    end $$;
    create trigger setting_notify after insert on setting for each row execute function setting_notify();
    revoke update, delete on setting from suifang_app;
  `.execute(db)
}

async function accounts(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table user_account (
      id uuid primary key,
      site_id uuid references site,
      sign_in_name text not null check (sign_in_name = lower(btrim(sign_in_name)) and sign_in_name <> ''),
      display_name text not null,
      password_hash text not null,
      must_change_password boolean not null default true,
      password_changed_at timestamptz not null default app_now(),
      locked_until timestamptz,
      disabled_at timestamptz,
      created_at timestamptz not null default app_now()
    );
    create unique index user_account_sign_in_name on user_account (sign_in_name);

    create table password_history (
      id bigint generated always as identity primary key,
      user_account_id uuid not null references user_account,
      password_hash text not null,
      at timestamptz not null default app_now()
    );
    create index password_history_account on password_history (user_account_id, id desc);

    create table sign_in_attempt (
      id bigint generated always as identity primary key,
      user_account_id uuid not null references user_account,
      succeeded boolean not null,
      at timestamptz not null default app_now()
    );
    create index sign_in_attempt_account on sign_in_attempt (user_account_id, at desc);

    create table role (code text primary key);
    create table role_right (
      role_code text not null references role,
      right_code text not null,
      primary key (role_code, right_code)
    );
    create table user_role (
      user_account_id uuid not null references user_account,
      role_code text not null references role,
      primary key (user_account_id, role_code)
    );

    create table session (
      id uuid primary key,
      token_hash bytea not null unique,
      user_account_id uuid not null references user_account,
      ip text,
      user_agent text,
      created_at timestamptz not null default app_now(),
      last_seen_at timestamptz not null default app_now(),
      expires_at timestamptz not null,
      ended_at timestamptz,
      end_reason text check (end_reason in ('signed_out', 'idle', 'expired', 'password_changed', 'disabled')),
      check ((ended_at is null) = (end_reason is null))
    );
    create index session_open on session (user_account_id) where ended_at is null;
    -- Each node closes the ended session's sockets when it hears of it.
    create function session_end_notify() returns trigger language plpgsql as $$
    begin
      perform pg_notify('suifang_session', new.id::text);
      return null;
    end $$;
    create trigger session_end_notify after update of ended_at on session for each row
      when (old.ended_at is null and new.ended_at is not null) execute function session_end_notify();
  `.execute(db)

  // Separate administrators, deny by default (requirements §8.5): nobody holds what the three of them hold apart.
  await sql`
    insert into role (code) values
      ('agent'), ('supervisor'), ('qa'), ('system_admin'), ('security_admin'), ('audit_admin');
    insert into role_right (role_code, right_code) values
      ('agent', 'live.read'), ('agent', 'call.read'),
      ('supervisor', 'live.read'), ('supervisor', 'campaign.control'),
      ('supervisor', 'import.read'), ('supervisor', 'import.write'),
      ('supervisor', 'call.read'), ('supervisor', 'patient.clear'),
      ('supervisor', 'recording.play'), ('supervisor', 'recording.download'),
      ('qa', 'live.read'), ('qa', 'call.read'), ('qa', 'recording.play'),
      ('system_admin', 'live.read'), ('system_admin', 'import.read'), ('system_admin', 'api.read'),
      ('security_admin', 'account.manage'),
      ('audit_admin', 'audit.read');
  `.execute(db)
}

/**
 * Who did what (requirements §8.5). The time, the transaction and the number are the database's own, whatever the
 * writer says. The number is drawn after the transaction has its id, so that a sealer can tell when every lower number
 * has been decided and never seals past a row that is still to come.
 */
async function audit(db: Kysely<unknown>): Promise<void> {
  await sql`
    create sequence audit_row_id as bigint;
    create table audit_row (
      id bigint primary key,
      xact xid8 not null,
      at timestamptz not null,
      actor_id uuid,
      actor_name text,
      session_id uuid,
      ip text,
      request_id text,
      action text not null,
      object_kind text,
      object_id text,
      outcome text not null check (outcome in ('ok', 'denied', 'failed')),
      detail jsonb not null default '{}',
      prev_hash bytea,
      hash bytea
    );
    create index audit_row_unsealed on audit_row (id) where hash is null;
    create index audit_row_at on audit_row (at);
    create index audit_row_object on audit_row (object_kind, object_id, id);

    create function audit_row_stamp() returns trigger language plpgsql
      security definer set search_path = public, pg_temp as $$
    begin
      new.xact := pg_current_xact_id();
      new.id := nextval('audit_row_id');
      new.at := clock_timestamp();
      new.prev_hash := null;
      new.hash := null;
      return new;
    end $$;
    create trigger audit_row_stamp before insert on audit_row for each row execute function audit_row_stamp();

    -- Also the owner changes nothing but an empty seal.
    create function audit_row_refuse() returns trigger language plpgsql as $$
    begin
      if tg_op = 'UPDATE' and old.hash is null and new.hash is not null
        and to_jsonb(new) - 'hash' - 'prev_hash' = to_jsonb(old) - 'hash' - 'prev_hash' then
        return new;
      end if;
      raise exception 'audit rows are append-only' using errcode = 'SF007';
    end $$;
    create trigger audit_row_refuse before update or delete on audit_row
      for each row execute function audit_row_refuse();
    create trigger audit_row_refuse_truncate before truncate on audit_row
      for each statement execute function audit_row_refuse();

    create table audit_seal (
      only_one boolean primary key default true check (only_one),
      sealed_id bigint not null,
      sealed_hash bytea not null,
      mark_id bigint not null,
      mark_xact xid8 not null
    );
    insert into audit_seal values (true, 0, sha256('suifang'), 0, '0'::xid8);

    -- One writer (the row lock). A mark is a number and the transactions that were open when it was the highest drawn;
    -- once those are over, every number up to the mark is either a row or will never be one, and the chain may reach it.
    create function audit_seal() returns bigint language plpgsql
      security definer set search_path = public, pg_temp set timezone = 'UTC' as $$
    declare
      state audit_seal;
      link audit_row;
      sealed bigint := 0;
      highest bigint;
    begin
      -- Asked every few seconds and mostly in vain: then nothing is locked and nothing written.
      select * into state from audit_seal;
      select case when is_called then last_value else 0 end into highest from audit_row_id;
      if state.sealed_id = highest then
        return 0;
      end if;
      select * into state from audit_seal for update;
      if pg_snapshot_xmin(pg_current_snapshot()) >= state.mark_xact then
        for link in select * from audit_row where id > state.sealed_id and id <= state.mark_id order by id loop
          link.prev_hash := state.sealed_hash;
          link.hash := sha256(state.sealed_hash || convert_to((to_jsonb(link) - 'hash' - 'prev_hash')::text, 'UTF8'));
          update audit_row set prev_hash = link.prev_hash, hash = link.hash where id = link.id;
          state.sealed_hash := link.hash;
          sealed := sealed + 1;
        end loop;
        select case when is_called then last_value else 0 end into highest from audit_row_id;
        update audit_seal set sealed_id = state.mark_id, sealed_hash = state.sealed_hash, mark_id = highest,
          mark_xact = pg_snapshot_xmax(pg_current_snapshot());
      end if;
      return sealed;
    end $$;

    revoke all on audit_row, audit_seal from suifang_app;
    revoke all on sequence audit_row_id from suifang_app;
    grant select, insert on audit_row to suifang_app;
    grant select on audit_seal to suifang_app;
  `.execute(db)
}

/** Logs of events to people. The stream's row is the lock under which offsets are given: offset order is commit order. */
async function streams(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table stream (
      id text primary key,
      last_offset bigint not null default 0,
      -- Events up to here have been dropped; a reader from before needs a fresh snapshot.
      dropped_offset bigint not null default 0 check (dropped_offset <= last_offset)
    );
    create table stream_event (
      stream_id text not null references stream,
      event_offset bigint not null,
      type text not null,
      payload jsonb not null,
      at timestamptz not null default app_now(),
      primary key (stream_id, event_offset)
    );
    insert into stream (id) values ('live');
  `.execute(db)
}

/** When something was due by the clock: one row a fire over all nodes, the job is added in the same transaction. */
async function cronFires(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table cron_fire (
      name text not null,
      fire_at timestamptz not null,
      fired_at timestamptz not null default app_now(),
      primary key (name, fire_at)
    );
  `.execute(db)
}
