import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { saveFolder } from '../../src/contact-center/retention/folder-store.ts'
import { storageBoard } from '../../src/contact-center/retention/storage-service.ts'
import { Live } from '../../src/follow-up/live/live-service.ts'
import { whyNot } from '../../src/follow-up/status/why-not.ts'
import { systemActor } from '../../src/platform/audit/audit-store.ts'
import { type VirtualClock, virtualClock } from '../../src/platform/clock.ts'
import { openListener } from '../../src/platform/database/listen.ts'
import { changeDiskThresholds } from '../../src/platform/disk/disk-settings.ts'
import { askDisk, DiskWatch } from '../../src/platform/disk/disk-watch.ts'
import { readiness } from '../../src/platform/http/readiness.ts'
import { createLog } from '../../src/platform/log.ts'
import { lastOffset, readStream } from '../../src/platform/realtime/stream-store.ts'
import { waitFor } from '../harness/wait-for.ts'
import { Office } from './follow-up/office.ts'

const office = await Office.open()
const { db } = office
const listener = await openListener({ url: office.database.url })
const programmeId = await office.programme()
const { campaignId } = await db
  .selectFrom('programme')
  .select('campaignId')
  .where('id', '=', programmeId)
  .executeTakeFirstOrThrow()
await office.due()
afterAll(async () => {
  await listener.close()
  await office.close()
})

const gb = 1e9
let clock: VirtualClock
let free: { data: number; recordings: number }
let oneDisk: boolean
/** What the disk of data answers, where it hangs. */
let hanging: Promise<never> | null
let rooms: number
let logged: { level: string; place?: string; state?: string }[]

beforeEach(() => {
  clock = virtualClock(new Date())
  free = { data: 50 * gb, recordings: 50 * gb }
  oneDisk = false
  hanging = null
  rooms = 0
  logged = []
})

async function open(node = 'node-a'): Promise<DiskWatch> {
  const watch = new DiskWatch({
    db,
    listener,
    clock,
    log: createLog({ destination: { write: (line) => void logged.push(JSON.parse(line)) } }),
    node,
    folders: { data: 'data', recordings: 'recordings' },
    askDisk: async (folder) => {
      const isData = folder === 'data'
      if (isData && hanging !== null) return hanging
      const freeBytes = isData ? free.data : free.recordings
      if (Number.isNaN(freeBytes)) throw new Error('no such disk')
      return { freeBytes, totalBytes: 100 * gb, device: isData || oneDisk ? 1 : 2 }
    },
    onRoom: () => {
      rooms += 1
    },
  })
  await watch.start()
  return watch
}

const told = async (from: number) => {
  const { events } = await readStream(db, 'live', from, 100)
  return events.filter(({ type }) => type === 'disk.changed').length
}

describe('the room on the disks', () => {
  it('stops new calls when it is gone and starts them again by itself; each change is told once', async () => {
    const watch = await open()
    const from = await lastOffset(db, 'live')
    expect([watch.hasRoom, await whyNot(db, campaignId ?? '')]).toMatchObject([true, { callable: 1 }])
    free.recordings = 5 * gb
    await watch.look()
    await watch.look()
    expect([watch.hasRoom, rooms]).toEqual([true, 0])
    free.recordings = 0.5 * gb
    await watch.look()
    expect(watch.hasRoom).toBe(false)
    expect(await whyNot(db, campaignId ?? '')).toMatchObject({
      callable: 0,
      reasons: [{ reason: 'disk_full', count: 1 }],
    })
    free.recordings = 60 * gb
    // By itself, as time passes.
    await clock.advance(30_000)
    await watch.look()
    expect([watch.hasRoom, rooms]).toEqual([true, 1])
    expect(await whyNot(db, campaignId ?? '')).toMatchObject({ callable: 1 })
    expect(logged.map(({ level, place, state }) => [level, place, state])).toEqual([
      ['warn', 'recordings', 'low'],
      ['error', 'recordings', 'full'],
      ['info', 'recordings', 'ok'],
    ])
    expect(await told(from)).toBe(3)
    await watch.close()
  })

  it('is of no use without the folder that recordings belong into: why-not says that', async () => {
    await db.transaction().execute((tx) => saveFolder(tx, { node: 'node-a', fault: 'folder_unmarked' }))
    expect(await whyNot(db, campaignId ?? '')).toMatchObject({
      callable: 0,
      reasons: [{ reason: 'recordings_folder', count: 1 }],
    })
    await db.transaction().execute((tx) => saveFolder(tx, { node: 'node-a', fault: null }))
    expect(await whyNot(db, campaignId ?? '')).toMatchObject({ callable: 1 })
  })

  it('is told by /readyz as a warning: the house works all the same', async () => {
    const watch = await open()
    const ready = async () => readiness([watch.readiness])
    expect(await ready()).toEqual({ ready: true, parts: [{ name: 'disk', ready: true, reason: null }] })
    free.data = 0.5 * gb
    await watch.look()
    expect(await ready()).toEqual({
      ready: true,
      parts: [{ name: 'disk', ready: true, reason: 'data full, 0.5 GB free' }],
    })
    await watch.close()
  })

  it('of a disk that holds data and recordings is told once', async () => {
    oneDisk = true
    free = { data: 5 * gb, recordings: 5 * gb }
    const watch = await open('node-one')
    const { disks } = await storageBoard({ db, folder: 'recordings' })
    expect(disks.filter(({ node }) => node === 'node-one').map(({ place }) => place)).toEqual(['data'])
    await watch.close()
  })

  it('of a disk that cannot be looked at is what it was, and that is logged once', async () => {
    const watch = await open()
    free.recordings = Number.NaN
    await watch.look()
    await watch.look()
    expect([watch.hasRoom, logged.length]).toEqual([true, 1])
    await watch.close()
  })

  it('is judged by the hospital’s thresholds as soon as they are changed', async () => {
    const watch = await open()
    const to = { warnGb: 60, warnPercent: 0, stopGb: 55 }
    await changeDiskThresholds(db, { actor: systemActor, to, reason: '测试' })
    await waitFor(() => !watch.hasRoom, { what: 'the watch to hear of it' })
    await changeDiskThresholds(db, { actor: systemActor, to: { warnGb: 10, warnPercent: 10, stopGb: 1 }, reason: null })
    await waitFor(() => watch.hasRoom, { what: 'the watch to hear of it' })
    await watch.close()
  })

  it('is on the live page of who can do something about it, and of nobody else', async () => {
    free.data = 5 * gb
    const watch = await open()
    const live = new Live({ db, decrypt: () => '', whyNot })
    expect((await live.snapshot({ clear: false, disks: true })).disks).toContainEqual({
      state: 'low',
      freeBytes: 5 * gb,
      daysLeft: null,
    })
    expect((await live.snapshot({ clear: false })).disks).toEqual([])
    await watch.close()
  })

  it('of a disk that hangs does not keep another from being looked at', async () => {
    const hung = Promise.withResolvers<never>()
    hanging = hung.promise
    free.recordings = 0.5 * gb
    const opening = open()
    await waitFor(() => clock.pending > 0, { what: 'the silent disk to be asked' })
    await clock.advance(5_000)
    const watch = await opening
    expect(watch.hasRoom).toBe(false)
    expect(logged).toContainEqual(expect.objectContaining({ place: 'data', msg: 'a disk cannot be looked at' }))
    hung.reject(new Error('unmounted'))
    await watch.close()
  })

  it('of this machine is what the system says', async () => {
    const space = await askDisk('.')
    expect(space.freeBytes).toBeGreaterThan(0)
    expect(space.totalBytes).toBeGreaterThan(space.freeBytes)
  })
})
