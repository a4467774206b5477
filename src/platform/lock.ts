import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Clock, sleep, systemClock } from './clock.ts'
import { OperationalError } from './errors/errors.ts'
import './errors/platform-errors.ts'

/** A lock that the kernel gives back when its holder dies, however it dies. */
export interface Lock {
  /** Gives it back. Twice does no harm. */
  close(): void
}

export type LockMode = 'exclusive' | 'shared'

/**
 * Takes a lock on a file, or returns undefined at once when somebody holds one that excludes it.
 *
 * Node has no flock of its own, but SQLite locks its file with the kernel's record locks and SQLite comes with Node.
 * So the lock is an open transaction on an empty database: it holds between processes, between containers that share
 * the folder, and within one process; nothing is ever written to the file.
 * @param path of the lock file, made when missing; its folder must exist
 */
export function tryLock(path: string, mode: LockMode): Lock | undefined {
  const file = new DatabaseSync(path, { timeout: 0 })
  try {
    file.exec(mode === 'exclusive' ? 'BEGIN EXCLUSIVE' : 'BEGIN; SELECT count(*) FROM sqlite_schema')
  } catch (error) {
    file.close()
    if (isBusy(error)) return undefined
    throw error
  }
  return {
    close: () => {
      if (file.isOpen) file.close()
    },
  }
}

/**
 * The same, waiting until the lock is to be had.
 * @throws OperationalError LOCK_TIMEOUT after `timeoutMs`
 */
export async function waitForLock(
  path: string,
  mode: LockMode,
  { timeoutMs, clock = systemClock }: { readonly timeoutMs: number; readonly clock?: Clock },
): Promise<Lock> {
  const lastTry = clock.now().getTime() + timeoutMs
  for (;;) {
    const lock = tryLock(path, mode)
    if (lock !== undefined) return lock
    if (clock.now().getTime() >= lastTry) throw new OperationalError('LOCK_TIMEOUT', { path, timeoutMs })
    // The kernel tells nobody when a record lock becomes free; this is asked only while starting and closing.
    await sleep(clock, retryMs)
  }
}

const retryMs = 20

/**
 * One instance a data folder. `data/instance.lock` is the lock; `data/instance.pid` tells a person who holds it.
 * @throws OperationalError DATA_FOLDER_IN_USE naming the other's process id
 */
export function lockInstance(dataDir: string): Lock {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const pidFile = join(dataDir, 'instance.pid')
  const lock = tryLock(join(dataDir, 'instance.lock'), 'exclusive')
  if (lock === undefined) throw new OperationalError('DATA_FOLDER_IN_USE', { folder: dataDir, pid: readPid(pidFile) })
  writeFileSync(pidFile, `${process.pid}\n`)
  return lock
}

function readPid(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim() || '?'
  } catch {
    return '?' // taken a moment ago, not yet written
  }
}

const sqliteBusy = 5

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy
}
