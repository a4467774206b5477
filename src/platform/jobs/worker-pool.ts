import pg from 'pg'
import { clientConfig, type DatabaseOptions } from '../database/database.ts'
import type { Log } from '../log.ts'

/** A pool as graphile-worker wants it: an error of any client, idle or not, is heard, and ends nothing. */
export function workerPool(options: Omit<DatabaseOptions, 'log' | 'maxConnections'>, max: number, log: Log): pg.Pool {
  const pool = new pg.Pool({ ...clientConfig(options), max })
  const heard = (error: Error) => log.warn({ err: error }, 'a database connection of the jobs broke')
  pool.on('error', heard)
  pool.on('connect', (client) => client.on('error', heard))
  return pool
}
