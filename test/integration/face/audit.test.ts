import { Writable } from 'node:stream'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chainState, parseAnchor, verifyChain } from '../../../src/platform/audit/audit-chain.ts'
import { runAudit } from '../../../src/platform/audit/audit-command.ts'
import type { AuditPage } from '../../../src/platform/audit/audit-schema.ts'
import { AuditSealer } from '../../../src/platform/audit/audit-sealer.ts'
import { sealAudit, systemActor, writeAudit } from '../../../src/platform/audit/audit-store.ts'
import { virtualClock } from '../../../src/platform/clock.ts'
import type { Ground } from '../../../src/platform/database/database.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { makeAccount, openFace, testPassword } from '../../e2e/fixture/face.ts'
import { testDatabase } from '../../harness/database.ts'
import { waitFor } from '../../harness/wait-for.ts'

const database = await testDatabase()
const { db } = database
afterAll(() => database.close())

const write = (action: `test.${string}`) => writeAudit(db, { actor: systemActor, action, outcome: 'ok' })
const rowOf = (action: string) =>
  db.selectFrom('auditRow').selectAll().where('action', '=', action).executeTakeFirstOrThrow()

/** Every row is sealed. Transactions of other databases of the server may hold it up for a moment. */
async function sealed(own: Ground): Promise<void> {
  await waitFor(async () => {
    await sealAudit(own)
    return (await chainState(own)).unsealed === 0
  })
}

describe('the audit trail, attacked as the application', () => {
  beforeAll(() => write('test.kept'))

  it.each([
    ["update audit_row set outcome = 'denied'"],
    ['delete from audit_row'],
    ['truncate audit_row'],
    ['drop table audit_row'],
    ['alter table audit_row disable trigger all'],
    ['alter table audit_row owner to suifang_app'],
    ["select setval('audit_row_id', 1)"],
    ["select nextval('audit_row_id')"],
    ["update audit_seal set sealed_hash = ''"],
    ['delete from audit_seal'],
    ["set session authorization 'suifang_owner'"],
    ["set role 'suifang_owner'"],
    ['create or replace function audit_seal() returns bigint language sql as $$ select 0::bigint $$'],
    ['create or replace function audit_row_stamp() returns trigger language plpgsql as $$ begin return new; end $$'],
    [
      "insert into audit_row (action, outcome) values ('test.x', 'ok') on conflict (id) do update set action = 'test.y'",
    ],
  ])('refuses: %s', async (attack) => {
    await expect(sql.raw(attack).execute(db)).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|42P17)$/) })
    expect((await rowOf('test.kept')).outcome).toBe('ok')
  })

  it('writes number, time, transaction and seal itself, whatever the writer says', async () => {
    await sql`
      insert into audit_row (id, xact, at, action, outcome, prev_hash, hash)
      values (1000000, '7'::xid8, '2001-01-01', 'test.forged', 'ok', 'x', 'y')
    `.execute(db)
    const row = await rowOf('test.forged')
    expect(Number(row.id)).toBeLessThan(1000)
    expect(row.at.getUTCFullYear()).toBeGreaterThan(2001)
    expect([row.prevHash, row.hash]).toEqual([null, null])
    expect(row.xact).not.toBe('7')
  })

  it('is not moved in time by a clock that stands still', async () => {
    await db.transaction().execute(async (tx) => {
      await sql`set local suifang.now = '2001-01-01'`.execute(tx)
      await writeAudit(tx, { actor: systemActor, action: 'test.frozen', outcome: 'ok' })
    })
    expect((await rowOf('test.frozen')).at.getUTCFullYear()).toBeGreaterThan(2001)
  })

  it('is not even changed by the owner, but for an empty seal', async () => {
    const owner = new pg.Client({ connectionString: database.ownerUrl })
    await owner.connect()
    for (const attack of [
      "update audit_row set action = 'test.changed'",
      "update audit_row set action = 'test.changed', hash = 'x'",
      'delete from audit_row',
      'truncate audit_row',
    ]) {
      await expect(owner.query(attack)).rejects.toMatchObject({ code: 'SF007' })
    }
    await owner.end()
  })
})

describe('the seal', () => {
  const sealAll = () => sealed(db)

  it('chains every row to the one before', async () => {
    await write('test.one')
    await write('test.two')
    await sealAll()
    const [one, two] = [await rowOf('test.one'), await rowOf('test.two')]
    expect(two.prevHash).toEqual(one.hash)
    expect((await verifyChain(db)).broken).toBeNull()
  })

  it('never seals past a row that is still being written', async () => {
    const open = new pg.Client({ connectionString: database.url })
    await open.connect()
    await open.query('begin')
    await open.query("insert into audit_row (action, outcome) values ('test.slow', 'ok')")
    await write('test.fast')
    for (let look = 1; look <= 4; look += 1) await sealAudit(db)
    expect((await rowOf('test.fast')).hash).toBeNull()
    await open.query('commit')
    await open.end()
    await sealAll()
    const [slow, fast] = [await rowOf('test.slow'), await rowOf('test.fast')]
    expect(fast.prevHash).toEqual(slow.hash)
    expect((await verifyChain(db)).broken).toBeNull()
  })

  it('writes nothing where nothing is new', async () => {
    await sealAll()
    const version = async () =>
      (await sql<{ version: string }>`select xmin::text as version from audit_seal`.execute(db)).rows[0]?.version
    const before = await version()
    await sealAll()
    expect(await version()).toBe(before)
  })

  it('comes by itself within five seconds', async () => {
    const clock = virtualClock(new Date())
    const sealer = new AuditSealer({ db, clock, log: silentLog })
    sealer.start()
    await write('test.sealed')
    await waitFor(async () => {
      await clock.advance(2_000)
      return (await rowOf('test.sealed')).hash
    })
    await sealer.close()
    expect(clock.pending).toBe(0)
    expect((await verifyChain(db)).broken).toBeNull()
  })
})

describe('who has the owner’s rights and changes the trail', () => {
  /** A chain of five of its own, tampered with and looked at. */
  async function tampered(tamper: (ids: readonly string[]) => string) {
    const own = await testDatabase()
    for (const action of ['a', 'b', 'c', 'd', 'e']) {
      await writeAudit(own.db, { actor: systemActor, action: `test.${action}`, outcome: 'ok' })
    }
    await sealed(own.db)
    const before = await verifyChain(own.db)
    const rows = await own.db.selectFrom('auditRow').select('id').orderBy('id').execute()
    const ids = rows.slice(-5).map(({ id }) => id)
    const owner = new pg.Client({ connectionString: own.ownerUrl })
    await owner.connect()
    await owner.query('alter table audit_row disable trigger all')
    await owner.query(tamper(ids))
    await owner.query('alter table audit_row enable trigger all')
    await owner.end()
    const verdict = await verifyChain(own.db)
    const anchored = await verifyChain(own.db, before.anchor)
    await own.close()
    expect(before.broken).toBeNull()
    return { ids, verdict, anchored, before }
  }

  it('is seen by the row that was changed', async () => {
    const { ids, verdict } = await tampered(
      ([, , third]) => `update audit_row set outcome = 'denied' where id = ${third}`,
    )
    expect(verdict.broken).toEqual({ id: ids[2], fault: 'changed', after: ids[1] })
  })

  it('is seen by its time, to the microsecond, and by its detail', async () => {
    for (const change of [`at = at + interval '1 microsecond'`, `detail = '{"by": "nobody"}'`]) {
      const { ids, verdict } = await tampered(([, , third]) => `update audit_row set ${change} where id = ${third}`)
      expect(verdict.broken).toMatchObject({ id: ids[2], fault: 'changed' })
    }
  })

  it('is seen by the gap where a row was taken out', async () => {
    const { ids, verdict } = await tampered(([, , third]) => `delete from audit_row where id = ${third}`)
    expect(verdict.broken).toEqual({ id: ids[3], fault: 'missing_before', after: ids[1] })
  })

  it('is seen by the first rows taken out', async () => {
    const { ids, verdict } = await tampered(([first]) => `delete from audit_row where id <= ${first}`)
    expect(verdict.broken).toEqual({ id: ids[1], fault: 'missing_before', after: null })
  })

  it('is seen by the row that was put in between, however well it is sealed', async () => {
    // Numbers that transactions drew and gave back leave room.
    const { ids, verdict } = await tampered(
      ([, , third, fourth]) => `
        update audit_row set id = id + 100 where id >= ${fourth};
        insert into audit_row (id, xact, at, action, outcome, prev_hash, hash)
        select ${third} + 1, xact, at, 'test.forged', 'ok', hash, null from audit_row where id = ${third};
      `,
    )
    expect(verdict.broken).toMatchObject({ id: String(Number(ids[2]) + 1), fault: 'inserted', after: ids[2] })
  })

  it('is seen by a row put in with a seal that fits onto the one before', async () => {
    const { ids, verdict } = await tampered(
      ([first, , third]) => `
        delete from audit_row where id = ${third};
        insert into audit_row (id, xact, at, action, outcome, prev_hash)
        select ${third}, xact, at, 'test.forged', 'ok', (select hash from audit_row where id = ${third} - 1)
          from audit_row where id = ${first};
        set timezone = 'UTC';
        update audit_row set hash = sha256(prev_hash || convert_to((to_jsonb(audit_row) - 'hash' - 'prev_hash')::text, 'UTF8'))
        where id = ${third};
      `,
    )
    // In its place, sealed by itself: the next one does not fit.
    expect(verdict.broken).toEqual({ id: ids[3], fault: 'missing_before', after: ids[2] })
  })

  it('is seen by the end that was cut off', async () => {
    const { ids, verdict } = await tampered(([, , , fourth]) => `delete from audit_row where id >= ${fourth}`)
    expect(verdict.broken).toMatchObject({ fault: 'tail_missing', after: ids[2] })
  })

  it('is seen by an anchor alone, when the seal has been set back too', async () => {
    const { ids, verdict, anchored, before } = await tampered(
      ([, , third, fourth]) => `
        delete from audit_row where id >= ${fourth};
        update audit_seal set sealed_id = ${third}, sealed_hash = (select hash from audit_row where id = ${third});
      `,
    )
    expect(verdict.broken).toBeNull()
    expect(before.anchor?.id).toBe(ids[4])
    expect(anchored.broken).toEqual({ id: ids[4], fault: 'anchor', after: null })
  })
})

describe('the command that verifies', () => {
  async function run(argv: readonly string[]) {
    const said: string[] = []
    const to = { write: (text: string) => said.push(text) > 0 }
    const code = await runAudit(argv, {
      db,
      stdout: asWritable(to),
      stderr: asWritable({ write: () => true }),
      language: 'en',
    })
    return { code, text: said.join('') }
  }

  it('says that the chain is whole, and gives an anchor that is good later', async () => {
    await write('test.command')
    await sealed(db)
    const { code, text } = await run(['verify', '--json'])
    expect(code).toBe(0)
    const { anchor, rows } = JSON.parse(text)
    expect(rows).toBeGreaterThan(0)
    const noted = `${anchor.id}:${anchor.hash}`
    expect(parseAnchor(noted)).toEqual(anchor)
    expect((await run(['verify', '--anchor', noted])).text).toContain('is whole')
  })

  it('fails on an anchor that is not part of the chain', async () => {
    const { code, text } = await run(['verify', '--anchor', `1:${'0'.repeat(64)}`])
    expect(code).toBe(1)
    expect(text).toContain('row 1')
  })

  it('does not pretend to have understood', async () => {
    for (const argv of [[], ['repair'], ['verify', '--anchor', 'x']]) expect((await run(argv)).code).toBe(2)
  })
})

describe('the trail over HTTP', () => {
  it('is read by the audit administrator alone, page by page, and that is written down', async () => {
    const face = await openFace({ db, databaseUrl: database.url })
    const who = await makeAccount(db, ['audit_admin'])
    const { token } = await face.auth.signIn(who, testPassword, { ip: null, userAgent: null, requestId: null })
    const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` }
    const search = async (payload: Record<string, unknown>): Promise<AuditPage> => {
      const answer = await face.server.inject({ method: 'POST', url: '/api/audit/search', headers, payload })
      expect(answer.statusCode).toBe(200)
      return answer.json()
    }
    const first = await search({ action: 'test.', limit: 2 })
    const second = await search({ action: 'test.', limit: 2, before: first.next })
    const numbers = [...first.rows, ...second.rows].map(({ id }) => Number(id))
    expect(numbers).toEqual(numbers.toSorted((one, other) => other - one))
    expect(new Set(numbers).size).toBe(4)
    expect((await search({ actor: who.toUpperCase(), limit: 10 })).rows.map(({ action }) => action)).toEqual([
      'audit.listed',
      'session.sign_in',
    ])
    const chain = await face.server.inject({ url: '/api/audit/chain', headers })
    expect(chain.json()).toMatchObject({
      anchor: { id: expect.any(String) },
      actions: expect.arrayContaining(['test.kept']),
    })
    const verdict = await face.server.inject({ method: 'POST', url: '/api/audit/verify', headers, payload: {} })
    expect(verdict.json()).toMatchObject({ broken: null })
    await face.close()
  })
})

function asWritable({ write: take }: { write: (text: string) => boolean }): Writable {
  return new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      take(String(chunk))
      done()
    },
  })
}
