import pg from 'pg'
import { sleep, systemClock } from '../clock.ts'
import { clientConfig, type DatabaseOptions } from '../database/database.ts'
import { isAway } from '../database/database-error.ts'
import type { Log } from '../log.ts'

/**
 * A pool as graphile-worker wants it: an error of any client, idle or not, is heard, and ends nothing.
 *
 * A worker does not look at what becomes of its statement that a job is done or has failed. Refused because the server
 * went in that moment, it would be a rejection that nobody catches: the end of the process, and of its calls. So such a
 * statement is said again until the server takes it, or the pool is closed; then another run of the job is to come.
 */
export function workerPool(options: Omit<DatabaseOptions, 'log' | 'maxConnections'>, max: number, log: Log): pg.Pool {
  const pool = new WorkerPool({ ...clientConfig(options), max })
  const heard = (error: Error) => log.warn({ err: error }, 'a database connection of the jobs broke')
  pool.on('error', heard)
  pool.on('connect', (client) => client.on('error', heard))
  return pool
}

const againMs = 1_000

type Connected = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void

class WorkerPool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>
  override connect(callback: Connected): void
  override connect(callback?: Connected): Promise<pg.PoolClient> | undefined {
    if (callback !== undefined) {
      super.connect(callback)
      return
    }
    // graphile-worker asks a client of its turns for these two alone.
    const turn: Pick<pg.PoolClient, 'release'> & { query: Turn['query'] } = new Turn(this)
    return Promise.resolve(turn as pg.PoolClient)
  }

  checkOut(): Promise<pg.PoolClient> {
    return super.connect()
  }

  async sayAgain(order: pg.QueryConfig): Promise<unknown> {
    for (;;) {
      await sleep(systemClock, againMs)
      if (this.ending) return nothing
      try {
        return await this.query(order)
      } catch (error) {
        if (!isAway(error)) throw error
      }
    }
  }
}

const nothing = { rows: [], rowCount: 0 }

/** A client from its first statement to its release. */
class Turn {
  readonly #pool: WorkerPool
  #client: pg.PoolClient | undefined

  constructor(pool: WorkerPool) {
    this.#pool = pool
  }

  async query(order: pg.QueryConfig | string, values?: unknown[]): Promise<unknown> {
    try {
      this.#client ??= await this.#pool.checkOut()
      return await this.#client.query(order, values)
    } catch (error) {
      if (!isAway(error) || typeof order === 'string' || !endsJob(order)) throw error
      this.release()
      return this.#pool.sayAgain(order)
    }
  }

  release(): void {
    this.#client?.release()
    this.#client = undefined
  }
}

/** graphile-worker 0.18: sql/completeJobs.js, sql/failJobs.js. */
function endsJob({ text }: pg.QueryConfig): boolean {
  return /^\s*(?:with j as \(\s*)?(?:delete from|update) \S+_private_jobs /.test(text)
}
