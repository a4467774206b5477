import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject, type ProvidedContext } from 'vitest'
import { type Ground, openDatabase } from '../../src/platform/database/database.ts'

export interface TestDatabase {
  readonly name: string
  /** As the application connects (`suifang_app`). */
  readonly url: string
  /**
   * As migrations connect (`suifang_owner`), for what the application may not do. Who asks for it may change the schema:
   * such a database is dropped at the end.
   */
  readonly ownerUrl: string
  /** A pool of the application's role. */
  readonly db: Ground
  /** Closes the pool and ends the database's use, whoever is still connected. */
  close(): Promise<void>
}

/** Databases of earlier tests of this process, as empty as the template. */
const emptied: string[] = []
/** Who empties them stays connected to each: a connection is 10 ms of processor time, and a test has but a few. */
const emptying = new Map<string, pg.Client>()

/**
 * A database as a fresh installation has it. One that an earlier test has left is emptied and used again: 20 ms instead
 * of the 330 that a copy of the template takes beside other tests (two checkpoints each).
 *
 * ```ts
 * const database = await testDatabase()
 * afterAll(() => database.close())
 * ```
 * @param options.now makes `app_now()` stand still for `db`'s connections
 */
export async function testDatabase(
  options: { readonly now?: Date; readonly maxConnections?: number } = {},
): Promise<TestDatabase> {
  const urls = inject('postgres')
  const name = emptied.pop() ?? (await copyOfTemplate(urls))
  const url = withDatabase(urls.url, name)
  const db = openDatabase({ url, ...options })
  let isForeign = false
  return {
    name,
    url,
    get ownerUrl() {
      isForeign = true
      return withDatabase(urls.ownerUrl, name)
    },
    db,
    close: async () => {
      await db.destroy()
      if (isForeign) {
        await emptying.get(name)?.end()
        emptying.delete(name)
        return administer(urls.superUrl, [`drop database if exists ${name} with (force)`])
      }
      await empty(urls, name)
      emptied.push(name)
    },
  }
}

type Urls = ProvidedContext['postgres']

async function copyOfTemplate({ superUrl, url }: Urls): Promise<string> {
  const template = new URL(url).pathname.slice(1)
  const name = `test_${randomBytes(6).toString('hex')}`
  await administer(superUrl, [
    `create database ${name} template ${template} strategy file_copy owner suifang_owner`,
    `grant connect, temporary on database ${name} to suifang_app`,
  ])
  return name
}

/** Whoever is connected is sent away, and every table has what it had at first. */
async function empty({ superUrl }: Urls, name: string): Promise<void> {
  const client = emptying.get(name) ?? (await connected(withDatabase(superUrl, name)))
  emptying.set(name, client)
  await client.query(`
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`)
  await client.query(`
    set session_replication_role = replica;
    do $$ declare k record; columns text; begin
      for k in select source::regclass as source, name, has_rows from seed.kept where pg_relation_size(source) > 0 loop
        execute format('delete from %s', k.source);
        continue when not k.has_rows;
        select string_agg(quote_ident(attname), ', ') into columns from pg_attribute
          where attrelid = k.source and attnum > 0 and not attisdropped and attgenerated = '';
        execute format('insert into %s (%s) overriding system value select %s from seed.%I',
          k.source, columns, columns, k.name);
      end loop;
      perform setval(name, coalesce(last_value, start_value), last_value is not null) from seed.sequence_values;
    end $$`)
}

/** The template must have no other connection while it is copied: the superuser waits in `postgres`. */
async function administer(superUrl: string, statements: readonly string[]): Promise<void> {
  const client = await connected(withDatabase(superUrl, 'postgres'))
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, query_timeout: 60_000 })
  // The run's server may end before this process does.
  client.on('error', () => {})
  await client.connect()
  return client
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}
