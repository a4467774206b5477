import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuditSealer } from '../../../src/platform/audit/audit-sealer.ts'
import { firstBrokenSeal, sealAudit, systemActor, writeAudit } from '../../../src/platform/audit/audit-store.ts'
import { virtualClock } from '../../../src/platform/clock.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { testDatabase } from '../../harness/database.ts'
import { waitFor } from '../../harness/wait-for.ts'

const database = await testDatabase()
const { db } = database
afterAll(() => database.close())

const write = (action: `test.${string}`) => writeAudit(db, { actor: systemActor, action, outcome: 'ok' })
const rowOf = (action: string) =>
  db.selectFrom('auditRow').selectAll().where('action', '=', action).executeTakeFirstOrThrow()

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
  const sealAll = async () => {
    // The first call sets the mark, the second seals up to it.
    await sealAudit(db)
    await sealAudit(db)
  }

  it('chains every row to the one before', async () => {
    await write('test.one')
    await write('test.two')
    await sealAll()
    const [one, two] = [await rowOf('test.one'), await rowOf('test.two')]
    expect(two.prevHash).toEqual(one.hash)
    expect(await firstBrokenSeal(db)).toBeNull()
  })

  it('never seals past a row that is still being written', async () => {
    const open = new pg.Client({ connectionString: database.url })
    await open.connect()
    await open.query('begin')
    await open.query("insert into audit_row (action, outcome) values ('test.slow', 'ok')")
    await write('test.fast')
    await sealAll()
    await sealAll()
    expect((await rowOf('test.fast')).hash).toBeNull()
    await open.query('commit')
    await open.end()
    await sealAll()
    await sealAll()
    const [slow, fast] = [await rowOf('test.slow'), await rowOf('test.fast')]
    expect(fast.prevHash).toEqual(slow.hash)
    expect(await firstBrokenSeal(db)).toBeNull()
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
    expect(await firstBrokenSeal(db)).toBeNull()
  })

  it('shows the first row that was tampered with', async () => {
    await write('test.victim')
    await sealAll()
    const { id } = await rowOf('test.victim')
    const owner = new pg.Client({ connectionString: database.ownerUrl })
    await owner.connect()
    await owner.query('alter table audit_row disable trigger audit_row_refuse')
    await owner.query("update audit_row set outcome = 'denied' where action = 'test.victim'")
    await owner.query('alter table audit_row enable trigger audit_row_refuse')
    await owner.end()
    expect(await firstBrokenSeal(db)).toBe(id)
  })
})
