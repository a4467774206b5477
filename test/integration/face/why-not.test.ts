import { randomBytes } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { WhyNot } from '../../../src/follow-up/live/live-schema.ts'
import { WhyNotWatch } from '../../../src/follow-up/live/why-not-watch.ts'
import { type VirtualClock, virtualClock } from '../../../src/platform/clock.ts'
import { openListener } from '../../../src/platform/database/listen.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { appendToStream, lastOffset, readStream } from '../../../src/platform/realtime/stream-store.ts'
import { secretsOf } from '../../../src/platform/secrets.ts'
import { makeHospital } from '../../e2e/fixture/hospital.ts'
import { testDatabase } from '../../harness/database.ts'
import { waitFor } from '../../harness/wait-for.ts'

const database = await testDatabase()
const { db } = database
const listener = await openListener({ url: database.url })
const { campaignId } = await makeHospital(db, secretsOf(randomBytes(32)), { patients: 1 })
afterAll(async () => {
  await listener.close()
  await database.close()
})

let clock: VirtualClock
let asked: number
let answer: WhyNot
let watched: boolean

beforeEach(() => {
  clock = virtualClock(new Date())
  asked = 0
  answer = { callable: 1, reasons: [] }
  watched = true
})

async function open(): Promise<WhyNotWatch> {
  const watch = new WhyNotWatch({
    db,
    listener,
    clock,
    log: silentLog,
    isWatched: () => watched,
    whyNot: async () => {
      asked += 1
      return answer
    },
  })
  await watch.start()
  return watch
}

const change = (type = 'task.changed') =>
  db.transaction().execute((tx) => appendToStream(tx, 'live', [{ type, payload: { campaignId } }]))

/** Lets time pass until the watch has asked so often, and its look is over. */
const until = (times: number) =>
  waitFor(async () => {
    await clock.advance(2_000)
    return asked >= times
  })

async function told(after: number): Promise<unknown[]> {
  const { events } = await readStream(db, 'live', after, 100)
  return events.filter(({ type }) => type === 'why_not.changed').map(({ payload }) => payload.whyNot)
}

describe('why nothing is dialled, told as it changes', () => {
  it('is told after a change, and again only when the answer is another', async () => {
    const watch = await open()
    const start = await lastOffset(db, 'live')
    await change()
    await until(1)
    await change()
    await until(2)
    answer = { callable: 0, reasons: [{ reason: 'cap_day', count: 1 }] }
    await change()
    await until(3)
    await watch.close()
    expect(await told(start)).toEqual([{ callable: 1, reasons: [] }, answer])
  })

  it('is asked once for a burst of changes', async () => {
    const watch = await open()
    for (let one = 0; one < 20; one += 1) await change()
    await until(1)
    await watch.close()
    expect(asked).toBeLessThanOrEqual(2)
  })

  it('is asked as time passes, since hours open and close without an event', async () => {
    const watch = await open()
    await waitFor(async () => {
      await clock.advance(5_000)
      return asked >= 2
    })
    await watch.close()
  })

  it('is not asked while nobody looks', async () => {
    watched = false
    const watch = await open()
    await change()
    await clock.advance(120_000)
    expect([asked, clock.pending]).toEqual([0, 0])
    watched = true
    watch.watchersChanged()
    await change()
    await until(1)
    await watch.close()
    expect(clock.pending).toBe(0)
  })

  it('is not asked because it was told', async () => {
    const watch = await open()
    await change()
    await until(1)
    const before = asked
    await change('why_not.changed')
    await change('call.progress')
    await clock.advance(20_000)
    await watch.close()
    expect(asked).toBe(before)
  })
})
