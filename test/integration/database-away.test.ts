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
import { waitForEvent } from '../harness/wait-for.ts'

const folder = await testFolder()
afterAll(() => folder.close())

test('when the server goes and comes back, pool, listener and jobs go on without anybody opening them again', async () => {
  const dataDir = folder.path
  const first = await openEmbeddedPostgres({ dataDir, durability: 'none' })
  await migrate({ ownerUrl: first.ownerUrl })
  const events = new EventEmitter()
  const job = defineJob({
    name: 'test.back',
    payload: Type.Object({}),
    run: async () => void events.emit('ran'),
  })
  const db = openDatabase({ url: first.url })
  const listener = await openListener({ url: first.url, onLost: () => events.emit('lost') })
  await listener.listen('test_channel', { onPayload: () => {}, onResync: () => events.emit('resync') })
  const jobs = await openJobs({ url: first.url, jobs: [job], log: silentLog })
  const ranBefore = waitForEvent(events, 'ran')
  await addJob(db, job, {})
  await ranBefore

  const lost = waitForEvent(events, 'lost')
  await first.close()
  await lost
  await expect(sql`select 1`.execute(db)).rejects.toMatchObject({ code: 'DATABASE_AWAY', kind: 'operational' })

  const resynced = waitForEvent(events, 'resync', { timeoutMs: 30_000 })
  const second = await openEmbeddedPostgres({ dataDir, durability: 'none' })
  await resynced
  const ranAfter = waitForEvent(events, 'ran', { timeoutMs: 30_000 })
  await addJob(db, job, {})
  await ranAfter

  await jobs.close()
  await listener.close()
  await db.destroy()
  await second.close()
}, 90_000)
