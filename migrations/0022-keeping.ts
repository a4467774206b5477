import { type Kysely, sql } from 'kysely'

/**
 * How long recordings are kept, what keeps one from expiring, who has agreed to the rule and what each run removed
 * (requirements F09, §8.6); where they lie, relative to their folder; and the room on the disks (§8.7).
 *
 * SQLSTATE of a refusal: SF013, a recording that is held, or said to be held and is not.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await names(db)
  await retention(db)
  await holds(db)
  await disks(db)
  await permissions(db)
}

/** Rows named recordings by their whole path; what was not in a house's folder stays as it is, and is never played. */
async function names(db: Kysely<unknown>): Promise<void> {
  await sql`
    update recording set path = substring(path from '[^/]+/[^/]+\.wav$')
    where path ~ '/recordings/[^/]+/[^/]+\.wav$'
  `.execute(db)
}

async function retention(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A person has seen what the rule of this version would remove, and agrees. Null: at the server.
    create table retention_approval (
      id uuid primary key,
      rule_version integer not null check (rule_version >= 0),
      recording_days integer not null check (recording_days >= 30),
      recordings integer not null,
      bytes bigint not null,
      oldest_at timestamptz,
      reason text not null check (btrim(reason) <> ''),
      approved_by uuid references user_account,
      approved_at timestamptz not null default app_now()
    );

    create table retention_run (
      id uuid primary key,
      approval_id uuid not null references retention_approval,
      recording_days integer not null check (recording_days >= 30),
      started_at timestamptz not null default app_now(),
      -- Null: under way, or its process died; the next one goes on with it.
      ended_at timestamptz,
      recordings integer not null default 0,
      bytes bigint not null default 0,
      -- Due by their age, and kept: by a hold, by somebody who works with them.
      held integer,
      in_review integer
    );
    create unique index retention_run_open on retention_run ((true)) where ended_at is null;

    alter table recording
      -- Whoever opens a recording works with it.
      add column opened_at timestamptz,
      add column expired_at timestamptz,
      add column expired_run uuid references retention_run,
      add column file_removed_at timestamptz,
      add constraint recording_tombstone check (
        (state = 'expired') = (expired_at is not null) and (expired_at is null) = (expired_run is null)
        and (file_removed_at is null or expired_at is not null));
    create index recording_by_age on recording (expected_at, id) where state in ('verified', 'stored', 'damaged');
    create index recording_file_left on recording (id) where state = 'expired' and file_removed_at is null;
    create index recording_expired_run on recording (expired_run) where expired_run is not null;

    insert into state_move (machine, from_state, to_state) values
      ('recording', 'damaged', 'expired'), ('recording', 'damaged', 'held'), ('recording', 'held', 'damaged');
  `.execute(db)
}

/** A recording is held exactly while somebody holds it: no program can expire it by mistake. */
async function holds(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table recording_hold (
      id uuid primary key,
      recording_id uuid not null references recording,
      -- What it is again when the hold is lifted.
      held_from text not null check (held_from in ('stored', 'damaged')),
      reason text not null check (btrim(reason) <> ''),
      placed_by uuid not null references user_account,
      placed_at timestamptz not null default app_now(),
      lifted_by uuid references user_account,
      lifted_at timestamptz,
      lift_reason text check (btrim(lift_reason) <> ''),
      check ((lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lift_reason is null))
    );
    create unique index recording_hold_open on recording_hold (recording_id) where lifted_at is null;
    create index recording_hold_of on recording_hold (recording_id, placed_at);

    create function recording_held() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      if (new.state = 'held') <> exists (
        select from recording_hold h where h.recording_id = new.id and h.lifted_at is null
      ) then
        raise exception 'a recording is held exactly while there is a hold on it' using errcode = 'SF013';
      end if;
      return null;
    end $$;
    -- Behind the triggers that judge the move.
    create trigger recording_zz_held after update of state on recording
      for each row when (old.state = 'held' or new.state in ('held', 'expired')) execute function recording_held();
  `.execute(db)
}

async function disks(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What each node last saw of its disks. Times are the database's own: a node that is silent counts for nothing.
    create table disk_room (
      node text not null,
      place text not null check (place in ('data', 'recordings')),
      state text not null check (state in ('ok', 'low', 'full')),
      free_bytes bigint not null,
      total_bytes bigint not null,
      since timestamptz not null default clock_timestamp(),
      seen_at timestamptz not null default clock_timestamp(),
      primary key (node, place)
    );
    -- The first look of each day, for the forecast.
    create table disk_day (
      node text not null,
      place text not null check (place in ('data', 'recordings')),
      day date not null,
      used_bytes bigint not null,
      seen_at timestamptz not null default clock_timestamp(),
      primary key (node, place, day)
    );
  `.execute(db)
}

async function permissions(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into role_right (role_code, right_code) values
      ('system_admin', 'storage.manage'), ('supervisor', 'recording.hold'), ('qa', 'recording.hold');
    alter table role_right add constraint holds_apart check (
      right_code <> 'recording.hold' or role_code not in ('system_admin', 'security_admin', 'audit_admin'));
    revoke update, delete on retention_approval from suifang_app;
    revoke delete on retention_run, recording_hold from suifang_app;
  `.execute(db)
}
