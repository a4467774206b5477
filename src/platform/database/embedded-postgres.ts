import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '../clock.ts'
import { OperationalError } from '../errors/errors.ts'
import '../errors/platform-errors.ts'
import { type Lock, tryLock, waitForLock } from '../lock.ts'
import { type Log, silentLog } from '../log.ts'
import { findPostgres, type PostgresBinaries } from './postgres-binaries.ts'
import { makeLogin, type PostgresLogin, readLogin } from './postgres-login.ts'
import { makeRoles } from './postgres-roles.ts'
import { giveFolder, type PostgresUsers, postgresUsers } from './postgres-user.ts'
import { findPostmaster, type Postmaster, serversIn, watchFolder, worksIn } from './postmaster.ts'

/**
 * A Postgres of our own, for a trial, a small office and the tests: the real server from npm, reached by a unix
 * socket alone. It outlives us when we are killed and is found again; the last of its users stops it.
 */
export interface EmbeddedPostgres {
  /** Address for the application's role. */
  readonly url: string
  /** Address for the role that owns the tables: migrations only. */
  readonly ownerUrl: string
  /** Address of a role in another database of this server, for tests. */
  urlOf(role: keyof PostgresLogin, database: string): string
  /** Starts the server again if it has died; does nothing while it runs. */
  ensureRunning(): Promise<void>
  /** Leaves the server, and stops it when nobody else uses it. */
  close(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  /** Data folder of Suifang; the server's files are in `postgres` below it. Made when missing. */
  readonly dataDir: string
  /** `none` loses data on a power cut and is for tests; default `full`. */
  readonly durability?: 'full' | 'none'
  readonly log?: Log
  readonly clock?: Clock
  /** Who initdb and the server run as; default as {@link postgresUsers} decides. For tests. */
  readonly users?: PostgresUsers
}

/**
 * Starts the server on this data folder, or joins the one that already runs on it.
 * @throws OperationalError POSTGRES_MISSING, POSTGRES_UNREACHABLE, POSTGRES_NO_USER, POSTGRES_FAILED,
 *   POSTGRES_OTHER_VERSION, POSTGRES_LOGIN_MISSING, LOCK_TIMEOUT
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 })
  const server = new Server(options, await realpath(options.dataDir))
  await server.open()
  return server
}

const database = 'suifang'
/** Only names the socket file; no such TCP port is opened. */
const socketPort = 5432
const socketName = `.s.PGSQL.${socketPort}`
const lockTimeoutMs = 120_000
/** Recovery after a power cut may take a while. */
const startTimeoutMs = 300_000
const stopTimeoutMs = 60_000
const orphansTimeoutMs = 15_000

class Server implements EmbeddedPostgres {
  readonly #pgData: string
  readonly #mutexFile: string
  readonly #usersFile: string
  readonly #loginFile: string
  readonly #logFile: string
  readonly #dataDir: string
  readonly #options: EmbeddedPostgresOptions
  readonly #clock: Clock
  readonly #log: Log
  #use: Lock | undefined
  #login: PostgresLogin | undefined
  #socketDir = ''
  #reviving: Promise<void> | undefined

  constructor(options: EmbeddedPostgresOptions, dataDir: string) {
    this.#options = options
    this.#dataDir = dataDir
    this.#clock = options.clock ?? systemClock
    this.#log = options.log ?? silentLog
    this.#pgData = join(dataDir, 'postgres')
    this.#mutexFile = join(dataDir, 'postgres-start.lock')
    this.#usersFile = join(dataDir, 'postgres-users.lock')
    this.#loginFile = join(dataDir, 'postgres-login.json')
    this.#logFile = join(dataDir, 'postgres.log')
  }

  get url(): string {
    return this.urlOf('suifang_app', database)
  }

  get ownerUrl(): string {
    return this.urlOf('suifang_owner', database)
  }

  urlOf(role: keyof PostgresLogin, name: string): string {
    const password = encodeURIComponent(this.#login?.[role] ?? '')
    return `postgres://${role}:${password}@localhost:${socketPort}/${name}?host=${encodeURIComponent(this.#socketDir)}`
  }

  async open(): Promise<void> {
    await this.#alone(async () => {
      await this.#startOrJoin()
      this.#use = await waitForLock(this.#usersFile, 'shared', { timeoutMs: lockTimeoutMs, clock: this.#clock })
    })
  }

  ensureRunning(): Promise<void> {
    this.#reviving ??= this.#alone(async () => {
      if (this.#use !== undefined) await this.#startOrJoin()
    }).finally(() => {
      this.#reviving = undefined
    })
    return this.#reviving
  }

  async close(): Promise<void> {
    if (this.#use === undefined) return
    await this.#alone(async () => {
      this.#use?.close()
      this.#use = undefined
      const last = tryLock(this.#usersFile, 'exclusive')
      if (last === undefined) return
      try {
        await this.#stop()
      } finally {
        last.close()
      }
    })
  }

  /** Starting, joining and stopping exclude each other over all processes on this folder. */
  async #alone(work: () => Promise<void>): Promise<void> {
    const mutex = await waitForLock(this.#mutexFile, 'exclusive', { timeoutMs: lockTimeoutMs, clock: this.#clock })
    try {
      await work()
    } finally {
      mutex.close()
    }
  }

  async #startOrJoin(): Promise<void> {
    const running = await findPostmaster(this.#pgData)
    if (running !== undefined && (await this.#join(running))) return
    const users = this.#options.users ?? (await postgresUsers())
    const binaries = await findPostgres(users?.server)
    await this.#makeLogin()
    if (!existsSync(this.#pgData)) await this.#initialise(binaries, users)
    await this.#checkVersion(binaries)
    await this.#clearRemains()
    await this.#start(binaries)
    await this.#makeRoles()
  }

  /** False when the server that runs cannot be used: one that was stopping has stopped, one without socket is stopped. */
  async #join({ pid, status }: Postmaster): Promise<boolean> {
    this.#login = await readLogin(this.#loginFile)
    if (this.#login === undefined) throw new OperationalError('POSTGRES_LOGIN_MISSING', { path: this.#loginFile })
    if (status === 'stopping') {
      await this.#waitUntilGone(pid)
      return false
    }
    const ready = await this.#waitUntilReady(pid)
    if (ready !== undefined && existsSync(join(ready.socketDir, socketName))) {
      this.#socketDir = ready.socketDir
      try {
        await this.#makeRoles()
      } catch (error) {
        if (await worksIn(pid, this.#pgData)) throw error
        return false // it died while we came in
      }
      this.#log.info({ postgresPid: pid }, 'joined the Postgres that runs on the data folder')
      return true
    }
    await this.#stop()
    return false
  }

  async #makeLogin(): Promise<void> {
    this.#login = await readLogin(this.#loginFile)
    if (this.#login !== undefined) return
    if (existsSync(this.#pgData)) throw new OperationalError('POSTGRES_LOGIN_MISSING', { path: this.#loginFile })
    this.#login = await makeLogin(this.#loginFile)
  }

  /** Made aside and renamed when whole, so that a crash leaves nothing that looks like a database. */
  async #initialise(binaries: PostgresBinaries, users: PostgresUsers | undefined): Promise<void> {
    const part = `${this.#pgData}.part`
    await rm(part, { recursive: true, force: true })
    await mkdir(part, { mode: 0o700 })
    const passwordFile = await this.#passwordFile(users)
    try {
      if (users !== undefined) await chown(part, users.initdb.uid, users.initdb.gid)
      await this.#run(binaries.initdb, initdbArgs(passwordFile, this.#options.durability), part, users)
      if (users !== undefined) await giveFolder(part, users.server)
    } finally {
      await rm(join(passwordFile, '..'), { recursive: true, force: true })
    }
    await rename(part, this.#pgData)
  }

  /** initdb reads the superuser's password from a file, as its own user: a private one in a place it can reach. */
  async #passwordFile(users: PostgresUsers | undefined): Promise<string> {
    const folder = await mkdtemp('/tmp/suifang-init-')
    const file = join(folder, 'password')
    await writeFile(file, `${this.#login?.suifang_super}\n`, { mode: 0o600 })
    if (users !== undefined) await giveFolder(folder, users.initdb)
    return file
  }

  async #run(program: string, args: readonly string[], cwd: string, users: PostgresUsers | undefined): Promise<void> {
    const output = await open(this.#logFile, 'a', 0o600)
    try {
      const options = { ...users?.initdb, cwd, env: environment, timeout: 120_000 }
      const child = spawn(program, args, { ...options, stdio: ['ignore', output.fd, output.fd] })
      const [code] = await once(child, 'exit')
      if (code !== 0) throw new OperationalError('POSTGRES_FAILED', { step: 'initdb', reason: await this.#lastWords() })
    } finally {
      await output.close()
    }
  }

  async #checkVersion({ major }: PostgresBinaries): Promise<void> {
    const found = (await readFile(join(this.#pgData, 'PG_VERSION'), 'utf8')).trim()
    if (found !== major) throw new OperationalError('POSTGRES_OTHER_VERSION', { found, wanted: major })
  }

  /**
   * Backends whose postmaster was killed end by themselves within moments. A pid file whose number has meanwhile gone
   * to another process would keep the server from starting; nobody works in the folder, so it goes.
   */
  async #clearRemains(): Promise<void> {
    const none = async () => ((await serversIn(this.#pgData)).length === 0 ? true : undefined)
    const clear = await watchFolder(this.#pgData, none, { timeoutMs: orphansTimeoutMs, clock: this.#clock })
    if (clear === undefined) {
      throw new OperationalError('POSTGRES_FAILED', { step: 'start', reason: 'processes of an earlier server remain' })
    }
    await rm(join(this.#pgData, 'postmaster.pid'), { force: true })
  }

  async #start(binaries: PostgresBinaries): Promise<void> {
    const owner = await stat(this.#pgData)
    const user = process.getuid?.() === 0 ? { uid: owner.uid, gid: owner.gid } : {}
    this.#socketDir = await this.#makeSocketDir(owner)
    const output = await this.#openLog()
    try {
      // Detached: Ctrl-C at the terminal is for us; we stop the server when we are done with it.
      const child = spawn(binaries.postgres, serverArgs(this.#socketDir, this.#options.durability), {
        ...user,
        cwd: this.#pgData,
        env: environment,
        detached: true,
        stdio: ['ignore', output.fd, output.fd],
      })
      child.on('error', (error) => this.#log.error({ err: error }, 'Postgres could not be started'))
      child.unref()
      const ready = child.pid === undefined ? undefined : await this.#waitUntilReady(child.pid)
      if (ready === undefined) {
        throw new OperationalError('POSTGRES_FAILED', { step: 'start', reason: await this.#lastWords() })
      }
      this.#log.info({ postgresPid: ready.pid }, 'Postgres is up')
    } finally {
      await output.close()
    }
  }

  async #stop(): Promise<void> {
    const running = await findPostmaster(this.#pgData)
    if (running === undefined) return
    signal(running.pid, 'SIGINT') // fast shutdown: open transactions are rolled back, everything is written
    await this.#waitUntilGone(running.pid)
    await rmdir(running.socketDir).catch(() => {}) // somebody else's file in it may stay
    this.#log.info({ postgresPid: running.pid }, 'Postgres is stopped')
  }

  async #waitUntilReady(pid: number): Promise<Postmaster | undefined> {
    const look = async () => {
      const found = await findPostmaster(this.#pgData)
      if (found?.pid === pid && found.status === 'ready') return found
      return (await worksIn(pid, this.#pgData)) ? undefined : 'dead'
    }
    const found = await watchFolder(this.#pgData, look, { timeoutMs: startTimeoutMs, clock: this.#clock })
    return found === 'dead' ? undefined : found
  }

  async #waitUntilGone(pid: number): Promise<void> {
    const look = async () => ((await worksIn(pid, this.#pgData)) ? undefined : true)
    const gone = await watchFolder(this.#pgData, look, { timeoutMs: stopTimeoutMs, clock: this.#clock })
    if (gone === undefined)
      throw new OperationalError('POSTGRES_FAILED', { step: 'stop', reason: `pid ${pid} lives on` })
  }

  async #makeRoles(): Promise<void> {
    if (this.#login === undefined) return
    await makeRoles(this.urlOf('suifang_super', 'postgres'), this.#login, database)
  }

  /**
   * A socket's path may have 107 bytes, so it lives in /tmp under a name made from the data folder's. Somebody else may
   * have put something there first: then under a name nobody can guess.
   */
  async #makeSocketDir(owner: { readonly uid: number; readonly gid: number }): Promise<string> {
    const hash = createHash('sha256').update(this.#dataDir).digest('hex').slice(0, 10)
    const folder = `/tmp/suifang-${hash}`
    await mkdir(folder, { mode: 0o711 }).catch(() => {})
    const found = await lstat(folder)
    const ours =
      [owner.uid, process.getuid?.()].includes(found.uid) && found.isDirectory() && (found.mode & 0o022) === 0
    const chosen = ours ? folder : await mkdtemp(`${folder}-`)
    await chmod(chosen, 0o711)
    // The server believes a lock whose process is dead but not yet reaped; nobody works in the data folder, so it is old.
    for (const old of [socketName, `${socketName}.lock`]) await rm(join(chosen, old), { force: true })
    if (process.getuid?.() === 0) await chown(chosen, owner.uid, owner.gid)
    return chosen
  }

  /** Appended to, and put aside once when it has grown: `postgres.log.1`. */
  async #openLog() {
    const size = await stat(this.#logFile).then(
      (found) => found.size,
      () => 0,
    )
    if (size > 10_000_000) await rename(this.#logFile, `${this.#logFile}.1`)
    return open(this.#logFile, 'a', 0o600)
  }

  async #lastWords(): Promise<string> {
    const text = await readFile(this.#logFile, 'utf8').catch(() => '')
    return text.trimEnd().split('\n').slice(-3).join(' | ') || 'it said nothing'
  }
}

/**
 * The folder is named by the working directory, which spawn enters before it gives up root's rights: so the server
 * works below folders that are closed to its user, such as root's home.
 */
const here = '/proc/self/cwd'

/** Nothing of ours is inherited: PG* variables and keys have no business there. */
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

function initdbArgs(passwordFile: string, durability: EmbeddedPostgresOptions['durability']): string[] {
  return [
    `--pgdata=${here}`,
    '--username=suifang_super',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...(durability === 'none' ? ['--no-sync'] : []),
  ]
}

function serverArgs(socketDir: string, durability: EmbeddedPostgresOptions['durability']): string[] {
  const settings = {
    listen_addresses: '',
    port: socketPort,
    unix_socket_directories: socketDir,
    cluster_name: 'suifang',
    max_connections: 100,
    shared_buffers: `${sharedBuffersMb()}MB`,
    // After a checkpoint every page is written to the log whole at its first change: 1.3 MB for a claim of fifty instead
    // of 0.14. Four times the default's distance; what a crash leaves to be read again is bounded by the size.
    checkpoint_timeout: '20min',
    max_wal_size: '2GB',
    // Statements are short: compiling them costs more than it saves.
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // A refused row stands in DETAIL: patients' data stays out of the log.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    ...(durability === 'none' ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  }
  return ['-D', here, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

/**
 * An eighth of the memory that the machine, or its container, gives us, from 128 MB to 1 GB. What is not there is read
 * again from the system, page by page: with 256 MB that was half of a claim's time at a million tasks.
 */
function sharedBuffersMb(): number {
  const ours = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  return Math.round(Math.min(1_024, Math.max(128, ours / 8 / 2 ** 20)))
}

/** Without effect on a process that is gone. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // gone meanwhile, which is what was wanted
  }
}
