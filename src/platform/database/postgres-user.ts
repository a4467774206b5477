import { chown, lchown, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationalError } from '../errors/errors.ts'
import '../errors/platform-errors.ts'

/** Under whom a process is started; the names are `spawn`'s. */
export interface PostgresUser {
  readonly uid: number
  readonly gid: number
}

/**
 * Postgres refuses to run as root. `server` runs the server and owns its files; `initdb` makes them, and must be a
 * user that /etc/passwd knows, because initdb looks its own name up.
 */
export interface PostgresUsers {
  readonly server: PostgresUser
  readonly initdb: PostgresUser
}

/**
 * Whom to run Postgres as; undefined when we are not root and it simply runs as we do.
 *
 * Where the machine has a user `postgres`, that one. Elsewhere (a bare container) a number that no account has, so
 * that nobody else's process shares the server's rights; its files are made by `nobody` or whoever /etc/passwd has.
 * @throws OperationalError POSTGRES_NO_USER when /etc/passwd knows root alone
 */
export async function postgresUsers(passwdFile = '/etc/passwd'): Promise<PostgresUsers | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const accounts = parsePasswd(await readFile(passwdFile, 'utf8').catch(() => ''))
  const own = accounts.find(({ name }) => name === 'postgres')
  if (own !== undefined) return { server: own, initdb: own }
  const maker = accounts.find(({ name }) => name === 'nobody') ?? accounts[0]
  if (maker === undefined) throw new OperationalError('POSTGRES_NO_USER')
  return { server: unnamedUser(accounts), initdb: maker }
}

/** Gives a folder and all in it to `user`. */
export async function giveFolder(folder: string, user: PostgresUser): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true })) await lchown(join(folder, entry), user.uid, user.gid)
  await chown(folder, user.uid, user.gid)
}

/** Debian reserves 65000–65533 and gives none of them away; small enough for containers that map 16 bits. */
function unnamedUser(accounts: readonly PostgresUser[]): PostgresUser {
  const taken = new Set(accounts.flatMap(({ uid, gid }) => [uid, gid]))
  let id = 65_026
  while (taken.has(id)) id += 1
  return { uid: id, gid: id }
}

function parsePasswd(text: string): (PostgresUser & { readonly name: string })[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid, gid] = line.split(':')
    const account = { name, uid: Number(uid), gid: Number(gid) }
    return Number.isInteger(account.uid) && account.uid > 0 && Number.isInteger(account.gid) ? [account] : []
  })
}
