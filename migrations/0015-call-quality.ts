import { type Kysely, sql } from 'kysely'

/** How the patient's line sounded: loss, jitter and round trip of both directions, one row a call that had sound. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table call_quality (
      attempt_id uuid primary key references attempt,
      call_id uuid not null references call,
      packets_in integer not null check (packets_in >= 0),
      -- Shares, 0 to 1. In: on the way to us. Out: as the far end has reported it, where it has.
      loss_in real not null check (loss_in between 0 and 1),
      loss_out real check (loss_out between 0 and 1),
      jitter_in_ms real not null check (jitter_in_ms >= 0),
      jitter_out_ms real check (jitter_out_ms >= 0),
      round_trip_ms real check (round_trip_ms >= 0),
      mos real not null check (mos between 0 and 5),
      at timestamptz not null
    );
    revoke update, delete on call_quality from suifang_app;
  `.execute(db)
}
