import { type Kysely, sql } from 'kysely'

/**
 * Files of recordings that no row names: attached to the call they were made of, or listed until a person or the rule
 * decides. And what the house knows of its folder and its clock, without which nothing is removed. And what became of the
 * simulated carrier's process.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await strays(db)
  await guard(db)
  await carrier(db)
}

async function strays(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table stray_recording (
      id uuid primary key,
      -- Relative to the folder of recordings.
      name text not null check (name <> ''),
      cause text not null check (cause in ('not_a_recording', 'no_such_call', 'call_has_another')),
      bytes bigint not null check (bytes >= 0),
      modified_at timestamptz not null,
      found_at timestamptz not null default app_now(),
      -- A person's decision, or the night's run under an approved rule: one of the two, and a person says why.
      removed_at timestamptz,
      removed_by uuid references user_account,
      removed_run uuid references retention_run,
      reason text check (btrim(reason) <> ''),
      -- It is no stray any more: somebody took it away, or a row has come that names it.
      settled_at timestamptz,
      check (removed_at is null or settled_at is null),
      check ((removed_at is not null) = (reason is not null or removed_run is not null)),
      check (reason is null or removed_run is null),
      -- Null beside a reason: at the server.
      check (removed_by is null or reason is not null)
    );
    create unique index stray_recording_open on stray_recording (name) where removed_at is null and settled_at is null;
    create index stray_recording_run on stray_recording (removed_run) where removed_run is not null;
    create index stray_recording_by on stray_recording (removed_by) where removed_by is not null;
    revoke delete on stray_recording from suifang_app;

    alter table retention_run add column strays integer not null default 0;

    -- The node died before it could say that its recording had begun; the file is found afterwards.
    insert into state_move (machine, from_state, to_state) values ('recording', 'missing', 'closed');
  `.execute(db)
}

async function guard(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table retention_guard (
      one boolean primary key default true check (one),
      -- Stands in a file in the folder of recordings: the folder that has it is the one that was there.
      folder_id uuid not null,
      folder_marked_at timestamptz,
      -- When the database's clock was last believed: it does not move by more than a week at once.
      clock_seen_at timestamptz not null
    );
    -- A house that was there already believes its newest rows, not the clock of the upgrade.
    insert into retention_guard (folder_id, clock_seen_at)
    select new_id(), coalesce(greatest((select max(seen_at) from disk_room), (select max(at) from audit_row)), clock_timestamp());
    revoke insert, delete on retention_guard from suifang_app;
  `.execute(db)
}

async function carrier(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table trunk
      -- Its process has died and has not been started again yet.
      add column carrier_down_since timestamptz,
      add column carrier_restarted_at timestamptz,
      -- Since the house was opened.
      add column carrier_restarts integer not null default 0 check (carrier_restarts >= 0),
      add constraint trunk_carrier_is_ours check (
        kind = 'simulated' or (carrier_down_since is null and carrier_restarted_at is null and carrier_restarts = 0));
  `.execute(db)
}
