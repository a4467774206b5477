import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { type Ground, openDatabase } from '../../src/platform/database/database.ts'

export interface TestDatabase {
  readonly name: string
  /** As the application connects (`suifang_app`). */
  readonly url: string
  /** As migrations connect (`suifang_owner`), for what the application may not do. */
  readonly ownerUrl: string
  /** A pool of the application's role. */
  readonly db: Ground
  /** Closes the pool and drops the database, whoever is still connected. */
  close(): Promise<void>
}

/**
 * A fresh, migrated database for one test file: a copy of the run's template, about 40 ms.
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
  const template = new URL(urls.url).pathname.slice(1)
  const name = `test_${randomBytes(6).toString('hex')}`
  await administer(urls.superUrl, [
    `create database ${name} template ${template} strategy file_copy owner suifang_owner`,
    `grant connect, temporary on database ${name} to suifang_app`,
  ])
  const url = withDatabase(urls.url, name)
  const db = openDatabase({ url, ...options })
  return {
    name,
    url,
    ownerUrl: withDatabase(urls.ownerUrl, name),
    db,
    close: async () => {
      await db.destroy()
      await administer(urls.superUrl, [`drop database if exists ${name} with (force)`])
    },
  }
}

/** The template must have no other connection while it is copied: the superuser waits in `postgres`. */
async function administer(superUrl: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({
    connectionString: withDatabase(superUrl, 'postgres'),
    connectionTimeoutMillis: 10_000,
    query_timeout: 60_000,
  })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}
