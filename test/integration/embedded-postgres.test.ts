import { chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.ts'
import { findPostgres } from '../../src/platform/database/postgres-binaries.ts'
import { postgresUsers } from '../../src/platform/database/postgres-user.ts'
import { findPostmaster, serversIn } from '../../src/platform/database/postmaster.ts'
import { dataFolder } from '../harness/data-folder.ts'
import { startProcess } from '../harness/process.ts'
import { waitFor } from '../harness/wait-for.ts'

let folder: Awaited<ReturnType<typeof dataFolder>>
beforeEach(async () => {
  folder = await dataFolder()
})
afterEach(async () => {
  await endServers(join(folder.path, 'postgres'))
  await folder.close()
})

test('the server answers on its unix socket, opens no TCP port, and is gone after close', async () => {
  const server = await openEmbeddedPostgres({ dataDir: folder.path, durability: 'none' })
  expect(await ask(server.url, 'select current_user, inet_server_addr()')).toEqual({
    current_user: 'suifang_app',
    inet_server_addr: null,
  })
  const { pid, socketDir } = await postmaster()
  expect(await ask(server.url, 'show listen_addresses')).toEqual({ listen_addresses: '' })
  await server.close()
  expect(await serversIn(pgData())).not.toContain(pid)
  await expect(stat(socketDir)).rejects.toThrow('ENOENT')
})

test('data is kept from one start to the next, with its default durability', async () => {
  const first = await openEmbeddedPostgres({ dataDir: folder.path })
  expect(await ask(first.ownerUrl, 'show fsync')).toEqual({ fsync: 'on' })
  await ask(first.ownerUrl, 'create table kept as select 7 as seven')
  await first.close()
  const second = await openEmbeddedPostgres({ dataDir: folder.path })
  expect(await ask(second.ownerUrl, 'select seven from kept')).toEqual({ seven: 7 })
  await second.close()
})

test('passwords are in a file for us alone, and a wrong one does not get in', async () => {
  const server = await openEmbeddedPostgres({ dataDir: folder.path, durability: 'none' })
  expect((await stat(join(folder.path, 'postgres-login.json'))).mode & 0o777).toBe(0o600)
  const wrong = new URL(server.url)
  wrong.password = 'guess'
  await expect(ask(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  await server.close()
})

test('two users of one folder share one server, and the last one stops it', async () => {
  const [one, two] = await Promise.all([
    openEmbeddedPostgres({ dataDir: folder.path, durability: 'none' }),
    openEmbeddedPostgres({ dataDir: folder.path, durability: 'none' }),
  ])
  const { pid } = await postmaster()
  await one.close()
  expect(await ask(two.url, 'select 1 as one')).toEqual({ one: 1 })
  expect((await postmaster()).pid).toBe(pid)
  await two.close()
  expect(await findPostmaster(pgData())).toBeUndefined()
})

test('a server whose postmaster was killed is started again', async () => {
  const server = await openEmbeddedPostgres({ dataDir: folder.path, durability: 'none' })
  const { pid } = await postmaster()
  process.kill(pid, 'SIGKILL')
  await server.ensureRunning()
  expect((await postmaster()).pid).not.toBe(pid)
  expect(await ask(server.url, 'select 1 as one')).toEqual({ one: 1 })
  await server.close()
})

test('below a closed folder the server works all the same', async () => {
  const closed = join(folder.path, 'closed')
  await mkdir(closed)
  await chmod(closed, 0o700)
  const dataDir = join(closed, 'data')
  const server = await openEmbeddedPostgres({ dataDir, durability: 'none' })
  expect(await ask(server.url, 'select 1 as one')).toEqual({ one: 1 })
  await server.close()
})

test('a lost password file is told, and the data is not touched', async () => {
  const server = await openEmbeddedPostgres({ dataDir: folder.path, durability: 'none' })
  await server.close()
  await rm(join(folder.path, 'postgres-login.json'))
  await expect(openEmbeddedPostgres({ dataDir: folder.path })).rejects.toMatchObject({ code: 'POSTGRES_LOGIN_MISSING' })
  expect(await readdir(pgData())).toContain('PG_VERSION')
})

// What only root has to care about, nobody else skips.
if (process.getuid?.() === 0)
  describe('as root', () => {
    test('the server runs as somebody else', async () => {
      const server = await openEmbeddedPostgres({ dataDir: folder.path, durability: 'none' })
      const { pid } = await postmaster()
      const status = await readFile(`/proc/${pid}/status`, 'utf8')
      expect(status).toMatch(/^Uid:\t[1-9]/m)
      await server.close()
    })

    test('where there is no account postgres, a number without an account runs it', async () => {
      const passwd = join(folder.path, 'passwd')
      await writeFile(passwd, 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n')
      const users = await postgresUsers(passwd)
      expect(users).toEqual({
        server: { uid: 65_026, gid: 65_026 },
        initdb: { name: 'nobody', uid: 65_534, gid: 65_534 },
      })
      if (users === undefined) throw new Error('root has users')
      const dataDir = join(folder.path, 'data')
      const server = await openEmbeddedPostgres({ dataDir, durability: 'none', users })
      expect(await ask(server.url, 'select 1 as one')).toEqual({ one: 1 })
      expect((await stat(join(dataDir, 'postgres'))).uid).toBe(65_026)
      await server.close()
    })

    test('with root as the only account, it says what to do', async () => {
      await expect(postgresUsers('/dev/null')).rejects.toMatchObject({ code: 'POSTGRES_NO_USER' })
    })

    test('programs below a closed folder are copied to where their user can run them', async () => {
      const closed = join(folder.path, 'closed')
      await mkdir(closed, { mode: 0o700 })
      const { initdb } = await findPostgres(undefined)
      await cp(join(initdb, '../..'), join(closed, 'native'), { recursive: true, verbatimSymlinks: true })
      await chmod(folder.path, 0o755)
      const user = (await postgresUsers())?.server
      const installed = { native: join(closed, 'native'), version: '18.0.0' }
      const found = await findPostgres(user, { installed, copies: [join(folder.path, 'copies')] })
      expect(found.initdb.startsWith(join(folder.path, 'copies'))).toBe(true)
      const again = await findPostgres(user, { installed, copies: [join(folder.path, 'copies')] })
      expect(again).toEqual(found)
    })
  })

describe('across processes', () => {
  const program = [process.execPath, join(import.meta.dirname, '../harness/ground-process.ts')] as const
  const open = (as: string) =>
    startProcess([...program, as], { env: { SUIFANG_DATA: folder.path, DATABASE_URL: '' }, ready: /^ready (.*)/ })

  test('after kill -9 of its owner the server is joined, not started twice', async () => {
    const first = await open('instance')
    const { pid } = await postmaster()
    await first.kill('SIGKILL')
    const second = await open('instance')
    expect((await postmaster()).pid).toBe(pid)
    expect(await second.close()).toMatchObject({ code: 0 })
    expect(await findPostmaster(pgData())).toBeUndefined()
  })

  test('a second instance on one data folder is refused and names the first', async () => {
    const first = await open('instance')
    await expect(open('instance')).rejects.toThrow(new RegExp(`DATA_FOLDER_IN_USE[\\s\\S]*${first.pid}`))
    await first.close()
  })

  test('the lock of an instance is free again when it was killed', async () => {
    const first = await open('instance')
    await first.kill('SIGKILL')
    const second = await open('instance')
    expect(await second.close()).toMatchObject({ code: 0 })
  })

  test('a guest beside an instance leaves the server to it', async () => {
    const instance = await open('instance')
    const guest = await open('guest')
    await guest.close()
    expect(await ask(String(instance.ready?.[1]), 'select 1 as one')).toEqual({ one: 1 })
    await instance.close()
    expect(await findPostmaster(pgData())).toBeUndefined()
  })

  test('an instance starts the server again when it dies under it', async () => {
    const instance = await open('instance')
    const { pid } = await postmaster()
    process.kill(pid, 'SIGKILL')
    await instance.line(/listened to again/, { timeoutMs: 30_000 })
    expect(await ask(String(instance.ready?.[1]), 'select 1 as one')).toEqual({ one: 1 })
    await instance.close()
  })
})

function pgData(): string {
  return join(folder.path, 'postgres')
}

async function postmaster() {
  const found = await findPostmaster(pgData())
  if (found === undefined) throw new Error('no server runs')
  return found
}

async function ask(url: string, statement: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, query_timeout: 10_000 })
  client.on('error', () => {}) // its server may be killed under it
  try {
    await client.connect()
    return (await client.query(statement)).rows[0]
  } finally {
    await client.end()
  }
}

/** What a failed test left running. */
async function endServers(data: string): Promise<void> {
  for (const pid of await serversIn(data)) process.kill(pid, 'SIGKILL')
  await waitFor(async () => (await serversIn(data)).length === 0, { what: 'the end of the servers' })
}
