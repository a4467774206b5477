import {
  CamelCasePlugin,
  Kysely,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type Transaction,
} from 'kysely'
import pg from 'pg'
import type { Log } from '../log.ts'
import { silentLog } from '../log.ts'
import { databaseError, isAway } from './database-error.ts'
import type { Tables } from './tables.ts'

export type Database = Tables
/** The door to the rows: everything outside a transaction. `destroy()` closes it. */
export type Ground = Kysely<Database>
export type GroundTransaction = Transaction<Database>

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/name`, or with `?host=/folder/of/the/unix/socket`. */
  readonly url: string
  /** Most connections at once; default 10. */
  readonly maxConnections?: number
  /** How long to wait for a connection, free or new; default 5 s. */
  readonly connectTimeoutMs?: number
  /** The server gives a statement up after this; we give it up 2 s later. Default 30 s; 0 for none. */
  readonly statementTimeoutMs?: number
  /** SQL's `app_now()` under these connections; absent, the database's clock. */
  readonly now?: Date
  /** Shown in pg_stat_activity; default `suifang`. */
  readonly applicationName?: string
  readonly log?: Log
}

/**
 * Opens a pool; connects when first used. Failures to reach the server throw `OperationalError DATABASE_AWAY`, a
 * statement over its limit `DATABASE_SLOW`; what the server refuses comes as pg's own `DatabaseError` with `code`
 * (SQLSTATE) and `constraint`.
 */
export function openDatabase(options: DatabaseOptions): Ground {
  return kyselyOver<Database>(poolOf(options), [new CamelCasePlugin({ maintainNestedObjectKeys: true })])
}

/** The same without camelCase, for migrations, which name things as SQL does. */
export function openPlainDatabase<T>(options: DatabaseOptions): Kysely<T> {
  return kyselyOver<T>(poolOf(options), [])
}

function kyselyOver<T>(pool: PostgresPool, plugins: CamelCasePlugin[]): Kysely<T> {
  return new Kysely<T>({ dialect: new PostgresDialect({ pool }), plugins })
}

/** What each client connects with: also the listener's, which stands outside the pool. */
export function clientConfig(options: Omit<DatabaseOptions, 'maxConnections' | 'log'>): pg.ClientConfig {
  const { url, now, applicationName = 'suifang', connectTimeoutMs = 5_000, statementTimeoutMs = 30_000 } = options
  const settings = ['TimeZone=UTC', ...(now === undefined ? [] : [`suifang.now=${now.toISOString()}`])]
  return {
    connectionString: url,
    application_name: applicationName,
    options: settings.map((setting) => `-c ${setting}`).join(' '),
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
    ...(statementTimeoutMs === 0
      ? {}
      : { statement_timeout: statementTimeoutMs, query_timeout: statementTimeoutMs + 2_000 }),
  }
}

function poolOf({ maxConnections = 10, log = silentLog, ...options }: DatabaseOptions): PostgresPool {
  const pool = new pg.Pool({ ...clientConfig(options), max: maxConnections, idleTimeoutMillis: 30_000 })
  // An idle connection that breaks is no error of ours: the next query opens another. Unheard, it would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection broke'))
  const limitMs = options.statementTimeoutMs ?? 30_000
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect().catch((error) => {
        throw databaseError(error, limitMs)
      })
      return new PoolClient(client, limitMs)
    },
  }
}

/**
 * A statement that begins with this comment is parsed and planned once a connection, by its name. For large statements
 * that run often; the same name is always the same text.
 */
const preparedName = /^\s*\/\* prepared: ([a-z-]+) \*\//

/**
 * One checked-out connection: speaks our errors, and never goes back to the pool when it may still be busy with a
 * statement we have given up.
 */
class PoolClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient
  readonly #limitMs: number
  #broken: unknown

  constructor(client: pg.PoolClient, limitMs: number) {
    this.#client = client
    this.#limitMs = limitMs
    client.on('error', this.#onError)
  }

  query<R>(sql: string, parameters: readonly unknown[]): Promise<R>
  query(cursor: never): never
  async query(sql: string, parameters: readonly unknown[] = []): Promise<unknown> {
    if (this.#broken !== undefined) throw this.#broken
    try {
      return await this.#send(sql, parameters)
    } catch (error) {
      const told = databaseError(error, this.#limitMs)
      if (isAway(error)) this.#broken = told
      throw told
    }
  }

  /** A query of its own making spares pg's copy of its settings and a stack trace that says nothing of who asked. */
  #send(text: string, parameters: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const callback = (error: Error | null, result: unknown) => (error ? reject(error) : resolve(result))
      const name = preparedName.exec(text)?.[1]
      this.#client.query(Object.assign(new pg.Query(text, [...parameters]), { name, callback }))
    })
  }

  release(destroy = false): void {
    this.#client.off('error', this.#onError)
    this.#client.release(destroy || this.#broken !== undefined)
  }

  /** The pool hears errors of idle clients only; while checked out they are ours, and the running query tells them. */
  readonly #onError = (error: Error) => {
    this.#broken ??= databaseError(error, this.#limitMs)
  }
}

const oid: Record<'date' | 'dateArray' | 'textArray', number> = { date: 1082, dateArray: 1182, textArray: 1009 }

/** pg's parsers, but a `date` stays the text it is: a day without an hour has no instant. */
function getTypeParser(type: number, format?: 'text' | 'binary') {
  if (type === oid.date) return (value: string) => value
  if (type === oid.dateArray) return pg.types.getTypeParser(oid.textArray, 'text')
  return format === 'binary' ? pg.types.getTypeParser(type, 'binary') : pg.types.getTypeParser(type, 'text')
}
