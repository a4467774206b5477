import { promises as fs } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { FileMigrationProvider, Migrator } from 'kysely/migration'
import { OperationalError, UnexpectedError } from '../errors/errors.ts'
import '../errors/platform-errors.ts'
import { migrateJobs } from '../jobs/job-schema.ts'
import { type Log, silentLog } from '../log.ts'
import { openPlainDatabase } from './database.ts'

/** The shipped migrations: `NNNN-noun.ts`, each exporting `up(db)`; forward only, a landed one is never edited. */
export const migrationsFolder = fileURLToPath(new URL('../../../migrations/', import.meta.url))

export interface MigrateOptions {
  /** Address of the role that owns the tables. */
  readonly ownerUrl: string
  readonly folder?: string
  /** Stop after this one, for tests of an upgrade; default the last. */
  readonly upTo?: string
  readonly log?: Log
}

/**
 * Brings the database up to this release, each migration in a transaction of its own being part of one: all or
 * nothing. Several nodes may call it at once; an advisory lock lets one work while the others wait.
 * @returns names of the migrations that ran
 * @throws OperationalError DATABASE_NEWER when the data knows a migration this release does not
 * @throws UnexpectedError MIGRATION_FAILED
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const { ownerUrl, folder = migrationsFolder, log = silentLog } = options
  const db = openPlainDatabase<unknown>({
    url: ownerUrl,
    maxConnections: 2,
    statementTimeoutMs: 0,
    applicationName: 'suifang migrate',
    log,
  })
  try {
    const migrator = new Migrator({
      db,
      provider: new FileMigrationProvider({ fs: { readdir: migrationFiles }, path, migrationFolder: folder }),
    })
    const { error, results = [] } =
      options.upTo === undefined ? await migrator.migrateToLatest() : await migrator.migrateTo(options.upTo)
    if (error !== undefined)
      throw migrationError(error, results.find(({ status }) => status === 'Error')?.migrationName)
    const done = results.filter(({ status }) => status === 'Success').map(({ migrationName }) => migrationName)
    if (options.upTo === undefined) await migrateJobs(ownerUrl, log)
    if (done.length > 0) log.info({ migrations: done }, 'the database was brought up to date')
    return done
  } finally {
    await db.destroy()
  }
}

/** Only numbered files: a test or a note beside them is none. */
async function migrationFiles(folder: string): Promise<string[]> {
  return (await fs.readdir(folder)).filter((name) => /^\d{4}-[a-z0-9-]+\.ts$/.test(name))
}

/** Name of the newest migration that this release ships. */
export async function latestMigration(): Promise<string> {
  const names = (await migrationFiles(migrationsFolder)).sort()
  return path.parse(names.at(-1) ?? '').name
}

function migrationError(error: unknown, migration = 'unknown'): unknown {
  if (error instanceof OperationalError) return error
  const text = error instanceof Error ? error.message : String(error)
  if (text.startsWith('corrupted migrations')) return new OperationalError('DATABASE_NEWER', { detail: text })
  return new UnexpectedError('MIGRATION_FAILED', { migration }, { cause: error })
}
