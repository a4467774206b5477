import { sql } from 'kysely'
import { afterAll, expect, test } from 'vitest'
import { openDatabase } from '../../src/platform/database/database.ts'
import { testDatabase } from '../harness/database.ts'

const now = new Date('2026-11-22T18:30:00.000Z')
const database = await testDatabase({ now })
afterAll(() => database.close())

test('SQL has the clock the connection was opened with', async () => {
  const { rows } = await sql<{ at: Date }>`select app_now() as at`.execute(database.db)
  expect(rows).toEqual([{ at: now }])
})

test('a date stays a day, a bigint stays exact, and both do in lists', async () => {
  const { rows } = await sql`
    select date '2026-11-22' as discharged_on, 9007199254740993::bigint as big_one,
      array[date '2026-11-22'] as some_days, timestamptz '2026-11-22 08:00+08' as at`.execute(database.db)
  expect(rows).toEqual([
    {
      dischargedOn: '2026-11-22',
      bigOne: '9007199254740993',
      someDays: ['2026-11-22'],
      at: new Date('2026-11-22T00:00:00Z'),
    },
  ])
})

test('keys inside a JSON value are left as they were written', async () => {
  const { rows } = await sql`select '{"snake_key": 1}'::jsonb as some_value`.execute(database.db)
  expect(rows).toEqual([{ someValue: { snake_key: 1 } }])
})

test('a statement over its limit is given up as operational, and the pool goes on', async () => {
  const db = openDatabase({ url: database.url, statementTimeoutMs: 100, maxConnections: 1 })
  try {
    await expect(sql`select pg_sleep(30)`.execute(db)).rejects.toMatchObject({
      code: 'DATABASE_SLOW',
      kind: 'operational',
    })
    expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }])
  } finally {
    await db.destroy()
  }
})

test('a connection that breaks in a transaction is told as the database being away, and the next query gets another', async () => {
  const inTransaction = database.db.transaction().execute(async (tx) => {
    await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx)
  })
  await expect(inTransaction).rejects.toMatchObject({ code: 'DATABASE_AWAY', kind: 'operational' })
  expect((await sql`select 1 as one`.execute(database.db)).rows).toEqual([{ one: 1 }])
})

test('a server that is not there is told as the database being away', async () => {
  const db = openDatabase({ url: 'postgres://a:b@localhost/x?host=/tmp/no-such-folder' })
  await expect(sql`select 1`.execute(db)).rejects.toMatchObject({ code: 'DATABASE_AWAY', params: { reason: 'ENOENT' } })
  await db.destroy()
})

test('what the server refuses keeps its SQLSTATE', async () => {
  await expect(sql`select 1/0`.execute(database.db)).rejects.toMatchObject({ code: '22012' })
})

test('the application cannot make tables: it is not the owner', async () => {
  await expect(sql`create table mine (id int)`.execute(database.db)).rejects.toMatchObject({ code: '42501' })
})
