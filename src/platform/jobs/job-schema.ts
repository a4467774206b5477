import { runMigrations } from 'graphile-worker'
import { type Log, silentLog } from '../log.ts'
import { workerLogger } from './worker-log.ts'
import { workerPool } from './worker-pool.ts'

/**
 * Brings graphile-worker's own tables up to its release, as the owner, and lets the application use them. They carry
 * row security with no policy, which shuts out everybody but their owner.
 */
export async function migrateJobs(ownerUrl: string, log: Log = silentLog): Promise<void> {
  const pool = workerPool({ url: ownerUrl, statementTimeoutMs: 0 }, 2, log)
  try {
    await runMigrations({ pgPool: pool, logger: workerLogger(log) })
    await pool.query(grants)
  } finally {
    await pool.end()
  }
}

const grants = `
  do $$
  declare
    name text;
  begin
    perform pg_advisory_xact_lock(hashtextextended('suifang grants on graphile_worker', 0));
    grant usage on schema graphile_worker to suifang_app;
    grant select, insert, update, delete on all tables in schema graphile_worker to suifang_app;
    grant usage, select on all sequences in schema graphile_worker to suifang_app;
    grant execute on all functions in schema graphile_worker to suifang_app;
    for name in
      select t.tablename from pg_tables t
      where t.schemaname = 'graphile_worker' and t.rowsecurity and not exists (
        select from pg_policies p where p.schemaname = t.schemaname and p.tablename = t.tablename
      )
    loop
      execute format('create policy application on graphile_worker.%I to suifang_app using (true) with check (true)', name);
    end loop;
  end $$`
