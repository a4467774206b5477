import { EventEmitter } from 'node:events'
import { sql } from 'kysely'
import Type from 'typebox'
import { afterAll, expect, test } from 'vitest'
import { openDatabase } from '../../src/platform/database/database.ts'
import { openEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.ts'
import { openListener } from '../../src/platform/database/listen.ts'
import { migrate } from '../../src/platform/database/migrate.ts'
import { addJob, defineJob, openJobs } from '../../src/platform/jobs/jobs.ts'
import { silentLog } from '../../src/platform/log.ts'
import { testFolder } from '../harness/folder.ts'
import { waitFor, waitForEvent } from '../harness/wait-for.ts'

const folder = await testFolder()
afterAll(() => folder.close())

test('when the server goes and comes back, even from under a job, pool, listener and jobs go on without anybody opening them again', async () => {
  const dataDir = folder.path
  const first = await openEmbeddedPostgres({ dataDir, durability: 'none' })
  await migrate({ ownerUrl: first.ownerUrl })
  const events = new EventEmitter()
  const job = defineJob({
    name: 'test.back',
    payload: Type.Object({}),
    run: async () => void events.emit('ran'),
  })
  const takingItAway = defineJob({
    name: 'test.taking-it-away',
    payload: Type.Object({}),
    run: async () => {
      events.emit('taking')
      await first.close()
    },
  })
  const db = openDatabase({ url: first.url })
  const listener = await openListener({ url: first.url, onLost: () => events.emit('lost') })
  await listener.listen('test_channel', { onPayload: () => {}, onResync: () => events.emit('resync') })
  const jobs = await openJobs({ url: first.url, jobs: [job, takingItAway], log: silentLog })
  const ranBefore = waitForEvent(events, 'ran')
  await addJob(db, job, {})
  await ranBefore

  const lost = waitForEvent(events, 'lost')
  let taken = 0
  events.on('taking', () => {
    taken += 1
  })
  await addJob(db, takingItAway, {})
  await lost
  await expect(sql`select 1`.execute(db)).rejects.toMatchObject({ code: 'DATABASE_AWAY', kind: 'operational' })

  const resynced = waitForEvent(events, 'resync', { timeoutMs: 30_000 })
  const second = await openEmbeddedPostgres({ dataDir, durability: 'none' })
  await resynced
  const ranAfter = waitForEvent(events, 'ran', { timeoutMs: 30_000 })
  await addJob(db, job, {})
  await ranAfter
  // That the job was done is written late, but it is: nobody runs it again.
  await waitFor(async () => (await sql`select 1 from graphile_worker.jobs`.execute(db)).rows.length === 0, {
    what: 'no job to be left',
    timeoutMs: 30_000,
  })
  expect(taken).toBe(1)

  await jobs.close()
  await listener.close()
  await db.destroy()
  await second.close()
}, 90_000)
