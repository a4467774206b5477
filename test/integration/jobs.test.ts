import { EventEmitter } from 'node:events'
import Type from 'typebox'
import { afterAll, afterEach, expect, test } from 'vitest'
import { fire, firePayload, openCron } from '../../src/platform/jobs/cron.ts'
import { addJob, defineJob, type Job, type Jobs, openJobs } from '../../src/platform/jobs/jobs.ts'
import { silentLog } from '../../src/platform/log.ts'
import { testDatabase } from '../harness/database.ts'
import { waitForEvent } from '../harness/wait-for.ts'

const database = await testDatabase()
afterAll(() => database.close())
const { db } = database

const open: Jobs[] = []
afterEach(async () => {
  for (const jobs of open.splice(0)) await jobs.close()
})
async function run(...jobs: readonly Job[]): Promise<void> {
  open.push(await openJobs({ url: database.url, jobs, log: silentLog }))
}

const events = new EventEmitter()
const done = waitForEvent.bind(undefined, events)
const count = Type.Object({ count: Type.Integer() })

test('a job ordered in a transaction runs after its commit, with its payload', async () => {
  const job = defineJob({
    name: 'test.committed',
    payload: count,
    run: async (given) => void events.emit('ran', given),
  })
  await run(job)
  const ran = done('ran')
  await db.transaction().execute((tx) => addJob(tx, job, { count: 3 }))
  expect(await ran).toEqual([{ count: 3 }])
})

test('a job ordered in a transaction that is rolled back never runs', async () => {
  const seen: number[] = []
  const job = defineJob({
    name: 'test.rolled-back',
    payload: count,
    run: async (given) => {
      seen.push(given.count)
      events.emit('ran')
    },
  })
  await run(job)
  const failing = db.transaction().execute(async (tx) => {
    await addJob(tx, job, { count: 1 })
    throw new Error('rolled back')
  })
  await expect(failing).rejects.toThrow('rolled back')
  const ran = done('ran')
  await addJob(db, job, { count: 2 })
  await ran
  expect(seen).toEqual([2])
})

test('an order under the key of a waiting job replaces it', async () => {
  const seen: number[] = []
  const job = defineJob({
    name: 'test.keyed',
    payload: count,
    run: async (given) => {
      seen.push(given.count)
      events.emit('ran')
    },
  })
  await addJob(db, job, { count: 1 }, { key: 'one' })
  await addJob(db, job, { count: 2 }, { key: 'one' })
  const ran = done('ran')
  await run(job)
  await ran
  expect(seen).toEqual([2])
})

test('a payload that does not fit is refused when ordered', async () => {
  const job: Job = { name: 'test.strict', payload: count, run: async () => {} }
  await expect(addJob(db, job, { count: 'three' })).rejects.toMatchObject({ code: 'JOB_PAYLOAD_INVALID' })
})

test('a job that runs when the process ends is told by its signal', async () => {
  const job = defineJob({
    name: 'test.ending',
    payload: count,
    run: (_, { signal }) =>
      new Promise((resolve) => {
        events.emit('started')
        signal.addEventListener('abort', () => {
          events.emit('told')
          resolve()
        })
      }),
  })
  const jobs = await openJobs({ url: database.url, jobs: [job], log: silentLog })
  const started = done('started')
  await addJob(db, job, { count: 1 })
  await started
  const told = done('told')
  await jobs.close()
  await told
})

test('of all nodes one orders the job of a fire', async () => {
  const entry = {
    name: 'test.once',
    schedule: '* * * * *',
    job: defineJob({ name: 'test.once', payload: firePayload, run: async () => {} }),
  }
  const at = new Date('2026-11-23T01:00:00.250Z')
  const ordered = await Promise.all([1, 2, 3, 4].map(() => fire(db, entry, at)))
  expect(ordered.filter(Boolean)).toHaveLength(1)
  const rows = await db.selectFrom('cronFire').where('name', '=', 'test.once').select('fireAt').execute()
  expect(rows).toEqual([{ fireAt: new Date('2026-11-23T01:00:00Z') }])
})

test('fires older than a month are cleared by later ones', async () => {
  const entry = {
    name: 'test.old',
    schedule: '* * * * *',
    job: defineJob({ name: 'test.old', payload: firePayload, run: async () => {} }),
  }
  await fire(db, entry, new Date('2026-10-01T00:00:00Z'))
  await fire(db, entry, new Date('2026-11-23T00:00:00Z'))
  const rows = await db.selectFrom('cronFire').where('name', '=', 'test.old').select('fireAt').execute()
  expect(rows).toEqual([{ fireAt: new Date('2026-11-23T00:00:00Z') }])
})

test('the clock orders jobs by itself', async () => {
  const job = defineJob({
    name: 'test.tick',
    payload: firePayload,
    run: async (given) => void events.emit('tick', given),
  })
  await run(job)
  const ticked = done('tick')
  const cron = openCron({ db, entries: [{ name: 'test.tick', schedule: '* * * * * *', job }], log: silentLog })
  const [given] = await ticked
  await cron.close()
  expect(given).toEqual({ fireAt: expect.stringMatching(/:\d\d\.000Z$/) })
})
