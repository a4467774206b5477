import { type Clock, frozenClock, systemClock } from './clock.ts'
import { type Ground, openDatabase } from './database/database.ts'
import { type EmbeddedPostgres, openEmbeddedPostgres } from './database/embedded-postgres.ts'
import { type Listener, openListener } from './database/listen.ts'
import { migrate } from './database/migrate.ts'
import { OperationalError } from './errors/errors.ts'
import './errors/platform-errors.ts'
import { lockInstance } from './lock.ts'
import { type Log, logError } from './log.ts'
import { openSecrets, type Secrets } from './secrets.ts'
import { addVersion, currentSettings } from './settings/setting-store.ts'
import type { Settings } from './settings/settings.ts'

/** What every storey stands on, opened in order; `close()` closes it in reverse. */
export interface GroundFloor {
  readonly settings: Settings
  readonly clock: Clock
  readonly log: Log
  /** Address for the application's role, for what keeps connections of its own (jobs). */
  readonly url: string
  readonly db: Ground
  readonly listener: Listener
  readonly secrets: Secrets
  close(): Promise<void>
}

export interface GroundOptions {
  readonly settings: Settings
  readonly log: Log
  /**
   * `instance` runs the house and has the data folder to itself; `guest` (the command line) works beside an instance
   * or alone, and stops the embedded Postgres at the end only when nobody else uses it.
   */
  readonly as: 'instance' | 'guest'
  readonly maxConnections?: number
}

/**
 * Opens data folder, database (embedded, or the one of DATABASE_URL), migrations, secrets, pool and listener.
 * @throws OperationalError DATA_FOLDER_IN_USE, DATABASE_AWAY, DATABASE_NEWER, SECRET_KEY_MISMATCH and those of
 *   {@link openEmbeddedPostgres}; what was opened until then is closed again
 */
export async function openGround(options: GroundOptions): Promise<GroundFloor> {
  const opened = new AsyncDisposableStack()
  try {
    return await openAll(options, opened)
  } catch (error) {
    await opened.disposeAsync()
    throw error
  }
}

async function openAll(options: GroundOptions, opened: AsyncDisposableStack): Promise<GroundFloor> {
  const { settings, log } = options
  if (options.as === 'instance') {
    const lock = lockInstance(settings.dataDir)
    opened.defer(() => lock.close())
  }
  const { url, ownerUrl, embedded } = await openServer(options)
  opened.defer(() => embedded?.close())

  await migrate({ ownerUrl, log })
  const db = openDatabase({
    url,
    log,
    ...(settings.now === null ? {} : { now: settings.now }),
    ...(options.maxConnections === undefined ? {} : { maxConnections: options.maxConnections }),
  })
  opened.defer(() => db.destroy())
  const secrets = await openSecrets(settings.dataDir, settings.key)
  await checkKey(db, secrets)
  const listener = await openListener({ url, log, onLost: () => revive(embedded, log) })
  opened.defer(() => listener.close())

  return {
    settings,
    clock: settings.now === null ? systemClock : frozenClock(settings.now),
    log,
    url,
    db,
    listener,
    secrets,
    close: () => opened.disposeAsync(),
  }
}

/** An embedded server that has died takes its connections with it: the listener's loss is the first sign. */
function revive(embedded: EmbeddedPostgres | undefined, log: Log): void {
  embedded?.ensureRunning().catch((error) => logError(log, error, 'the embedded Postgres could not be started again'))
}

const keyFingerprint = 'secret.fingerprint'

/** A database whose numbers were written under another key must not be written under this one. */
async function checkKey(db: Ground, { fingerprint }: Secrets): Promise<void> {
  const expected = await db.transaction().execute(async (tx) => {
    const [known] = await currentSettings(tx, keyFingerprint)
    if (known === undefined) await addVersion(tx, keyFingerprint, JSON.stringify(fingerprint), null)
    return known?.value ?? fingerprint
  })
  if (expected !== fingerprint) {
    throw new OperationalError('SECRET_KEY_MISMATCH', { expected: String(expected), found: fingerprint })
  }
}

async function openServer({ settings, log }: GroundOptions) {
  if (settings.database !== null) return { ...settings.database, embedded: undefined }
  const embedded = await openEmbeddedPostgres({ dataDir: settings.dataDir, log })
  return { url: embedded.url, ownerUrl: embedded.ownerUrl, embedded }
}
