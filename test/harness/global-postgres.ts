import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { type EmbeddedPostgres, openEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.ts'
import { migrate } from '../../src/platform/database/migrate.ts'
import { guardRun, type RunGuard } from './run-guard.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgres: {
      /** Addresses of the run's server; their database is the migrated template. */
      readonly superUrl: string
      readonly ownerUrl: string
      readonly url: string
      /** Where the first who needs a data folder of a house makes the one that others copy (data-folder.ts). */
      readonly dataFolder: string
    }
  }
}

interface Shared {
  users: number
  readonly opened: Promise<Opened>
}

interface Opened {
  readonly folder: string
  readonly server: EmbeddedPostgres
  readonly guard: RunGuard
}

declare global {
  /** Several projects of one run set up in one process, each with its own copy of this module: they meet here. */
  var suifangTestPostgres: Shared | undefined
}

/**
 * One Postgres a run, without fsync, in a temporary folder. Its database `suifang` is migrated once and is what
 * `testDatabase()` copies, with what its tables had at first beside them (`seed`), for one that is used again.
 *
 * The folder is the run's place for temporary files: by it a guard finds what is left of a run that is killed.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  globalThis.suifangTestPostgres ??= { users: 0, opened: open() }
  const shared = globalThis.suifangTestPostgres
  shared.users += 1
  const { server, folder, guard } = await shared.opened
  project.provide('postgres', {
    superUrl: server.urlOf('suifang_super', 'suifang'),
    ownerUrl: server.ownerUrl,
    url: server.url,
    dataFolder: join(folder, 'house'),
  })
  return async () => {
    shared.users -= 1
    if (shared.users > 0) return
    globalThis.suifangTestPostgres = undefined
    await server.close()
    guard.release()
    await rm(folder, { recursive: true, force: true })
  }
}

async function open(): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'suifang-test-'))
  await chmod(folder, 0o711) // programs of another user are given folders in it
  const guard = guardRun(folder)
  process.env.TMPDIR = folder // also of the processes that run the tests, and of all that they start
  const server = await openEmbeddedPostgres({ dataDir: folder, durability: 'none' })
  try {
    await migrate({ ownerUrl: server.ownerUrl })
    await keepSeed(server.urlOf('suifang_super', 'suifang'))
    await easePasswords(server)
  } catch (error) {
    await server.close()
    throw error
  }
  return { folder, server, guard }
}

/** Tests connect some thousand times: a password stretched once instead of 4096 times is 2.4 ms of the 12 that each took. */
async function easePasswords(server: EmbeddedPostgres): Promise<void> {
  const roles = ['suifang_super', 'suifang_owner', 'suifang_app'] as const
  const client = new pg.Client({ connectionString: server.urlOf('suifang_super', 'suifang') })
  await client.connect()
  try {
    await client.query('set scram_iterations = 1')
    for (const role of roles) {
      const { password } = new URL(server.urlOf(role, 'suifang'))
      await client.query(`alter role ${role} password ${client.escapeLiteral(decodeURIComponent(password))}`)
    }
  } finally {
    await client.end()
  }
}

async function keepSeed(superUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: superUrl })
  await client.connect()
  try {
    await client.query(`
      create schema seed;
      create table seed.kept as
        select c.oid as source, 'kept_' || row_number() over (order by c.oid) as name, false as has_rows
        from pg_class c where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'graphile_worker'::regnamespace);
      create table seed.sequence_values as
        select format('%I.%I', schemaname, sequencename) as name, start_value, last_value
        from pg_sequences where schemaname in ('public', 'graphile_worker');
      do $$ declare k record; rows integer; begin
        for k in select * from seed.kept loop
          execute format('create table seed.%I as table %s', k.name, k.source::regclass);
          get diagnostics rows = row_count;
          update seed.kept set has_rows = rows > 0 where name = k.name;
        end loop;
      end $$`)
  } finally {
    await client.end()
  }
}
