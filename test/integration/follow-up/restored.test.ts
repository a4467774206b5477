import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { recordingPlace } from '../../../src/contact-center/recording/recording-place.ts'
import {
  confirmDatabase,
  markFile,
  RestoredWatch,
  restoredReadiness,
} from '../../../src/contact-center/restored/restored-watch.ts'
import { folderMark } from '../../../src/contact-center/retention/folder-store.ts'
import { markName } from '../../../src/contact-center/retention/retention-guard.ts'
import { storageBoard } from '../../../src/contact-center/retention/storage-service.ts'
import { whyNot } from '../../../src/follow-up/status/why-not.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import { virtualClock } from '../../../src/platform/clock.ts'
import { openDatabase } from '../../../src/platform/database/database.ts'
import { newId } from '../../../src/platform/ids.ts'
import { createLog } from '../../../src/platform/log.ts'
import { lease, Office } from './office.ts'

let office: Office
let due: { readonly taskId: string; readonly numberId: string }
let campaignId: string
let folders: string[]
let told: { level: string; doubt?: string; msg: string }[]
let recordings: string
const watches: RestoredWatch[] = []

beforeEach(async () => {
  office = await Office.open()
  await office.programme()
  due = await office.due()
  campaignId = (await office.db.selectFrom('programme').select('campaignId').executeTakeFirstOrThrow()).campaignId ?? ''
  folders = []
  told = []
  recordings = await markedFolder()
})
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.close()
  for (const folder of folders) await rm(folder, { recursive: true })
  await office.close()
})

async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'suifang-restored-'))
  folders.push(folder)
  return folder
}

/** As the house marks its folder of recordings. */
async function markedFolder(): Promise<string> {
  const folder = await dataFolder()
  await writeFile(join(folder, markName), await folderMark(office.db))
  return folder
}

/** A recording of the call of this attempt, begun now. */
async function recordingOf(attemptId: string): Promise<void> {
  const { path } = recordingPlace(recordings, attemptId, new Date())
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, '')
}

/** A node that has opened over this data folder. */
async function node(dataDir: string): Promise<RestoredWatch> {
  const log = createLog({ destination: { write: (line) => void told.push(JSON.parse(line)) } })
  const watch = new RestoredWatch({ db: office.db, clock: virtualClock(office.now), log, dataDir, recordings })
  watches.push(watch)
  await watch.look()
  return watch
}

async function asOwner(statement: string): Promise<void> {
  const owner = openDatabase({ url: office.database.ownerUrl, maxConnections: 1 })
  await sql.raw('alter table database_mark disable trigger user').execute(owner)
  await sql.raw(statement).execute(owner)
  await sql.raw('alter table database_mark enable trigger user').execute(owner)
  await owner.destroy()
}

/** As `pg_restore` leaves it: how far it was then, and some hours ago. */
const restore = (mark: number) =>
  asOwner(`update database_mark set mark = ${mark}, moved_at = clock_timestamp() - interval '9 hours', doubt = null,
    doubted_at = null`)
const hoursPass = () => asOwner(`update database_mark set moved_at = clock_timestamp() - interval '9 hours'`)
const gate = () => office.gate(due.taskId, due.numberId)

describe('a restored database', () => {
  it('calls nobody until a person has confirmed it, says so everywhere, and goes on then; audited', async () => {
    const folder = await dataFolder()
    const house = await node(folder)
    for (let i = 0; i < 5; i++) await house.look()
    await house.close()
    expect(await gate()).toBeNull()
    await restore(3)
    await node(folder)
    expect([await gate(), told.at(-1)]).toEqual(['database_restored', expect.objectContaining({ doubt: 'earlier' })])
    expect(await office.work().claim(lease, office.trunkId, 10)).toEqual([])
    expect(await whyNot(office.db, campaignId)).toEqual({
      callable: 0,
      reasons: [{ reason: 'database_restored', count: 1 }],
    })
    expect(await restoredReadiness(office.db).check()).toMatch(/no call begins: the database is an earlier one/)
    expect((await storageBoard({ db: office.db, folder })).restored).toMatchObject({ why: 'earlier' })
    // A start does not make it trusted.
    await node(folder)
    expect(await gate()).toBe('database_restored')
    await confirmDatabase(office.db, { actor: systemActor, reason: '已补录' })
    await node(folder)
    expect([await gate(), await restoredReadiness(office.db).check()]).toEqual([null, null])
    expect((await storageBoard({ db: office.db, folder })).restored).toBeNull()
    expect(await office.work().claim(lease, office.trunkId, 10)).toHaveLength(1)
    const audit = await office.db
      .selectFrom('auditRow')
      .select('detail')
      .where('action', '=', 'database.confirmed')
      .execute()
    expect(audit).toMatchObject([{ detail: { reason: '已补录', doubt: 'earlier' } }])
  })

  it('is noticed under a house that is open', async () => {
    const house = await node(await dataFolder())
    for (let i = 0; i < 5; i++) await house.look()
    await restore(2)
    await house.look()
    expect(await gate()).toBe('database_restored')
  })

  it('is noticed by a node that comes after another, whose folder was restored too', async () => {
    const [restoredFolder, kept] = [await dataFolder(), await dataFolder()]
    const first = await node(restoredFolder)
    const saved = await readFile(join(restoredFolder, markFile), 'utf8')
    const other = await node(kept)
    for (let i = 0; i < 5; i++) await other.look()
    await first.close()
    await restore(JSON.parse(saved).mark)
    await writeFile(join(restoredFolder, markFile), saved)
    await node(restoredFolder)
    expect(await gate()).toBeNull()
    await node(kept)
    expect(await gate()).toBe('database_restored')
  })

  it('on a machine that never saw it is held: a fresh data folder, or one without its mark', async () => {
    const house = await node(await dataFolder())
    await house.close()
    await hoursPass()
    await node(await dataFolder())
    expect([await gate(), told.at(-1)]).toEqual(['database_restored', expect.objectContaining({ doubt: 'unknown' })])
  })
})

describe('a database restored under an open house', () => {
  it('dials nobody by a claim that came before the house has looked', async () => {
    const house = await node(await dataFolder())
    for (let i = 0; i < 5; i++) await house.look()
    await restore(2)
    const work = office.workOver(office.db, office.now, { restored: house })
    const [claimed] = await work.claim(lease, office.trunkId, 1)
    expect(claimed && (await work.begin(claimed, lease))).toEqual({ ok: false, reason: 'database_restored' })
    expect(await office.task(due.taskId)).toMatchObject({ state: 'scheduled' })
    expect([await gate(), await work.claim(lease, office.trunkId, 1)]).toEqual(['database_restored', []])
  })

  it('goes on dialling where it is the one that the house has seen', async () => {
    const house = await node(await dataFolder())
    const work = office.workOver(office.db, office.now, { restored: house })
    const [claimed] = await work.claim(lease, office.trunkId, 1)
    await house.look()
    expect(claimed && (await work.begin(claimed, lease))).toMatchObject({ ok: true })
  })
})

describe('what a node has written down of its database', () => {
  it.each([
    ['no JSON', (file: string) => writeFile(file, '{"id":')],
    ['something else', (file: string) => writeFile(file, '{"id":7}')],
    ['empty', (file: string) => writeFile(file, '')],
    ['no file', (file: string) => rm(file).then(() => mkdir(file))],
  ])('and is %s now holds every call until a person has looked; told once', async (_what, breaks) => {
    const folder = await dataFolder()
    await (await node(folder)).close()
    await breaks(join(folder, markFile))
    const house = await node(folder)
    expect(await gate()).toBe('database_restored')
    expect((await storageBoard({ db: office.db, folder })).restored).toMatchObject({ why: 'unreadable' })
    expect(await restoredReadiness(office.db).check()).toMatch(/database-mark .* cannot be read/)
    const lines = told.length
    await house.look()
    await house.look()
    expect(told).toHaveLength(lines)
    await confirmDatabase(office.db, { actor: systemActor, reason: '已核对' })
    await house.look()
    expect(await gate()).toBeNull()
  })

  it('and cannot be written is told once, and holds nothing: it knows the database while it is open', async () => {
    const folder = await dataFolder()
    const house = await node(folder)
    await mkdir(join(folder, `${markFile}.part`))
    for (let i = 0; i < 3; i++) await house.look()
    expect(told.map(({ msg }) => msg)).toEqual(['how far the database has come was not kept'])
    expect(await gate()).toBeNull()
    await restore(1)
    await house.look()
    expect(await gate()).toBe('database_restored')
  })
})

describe('a data folder that was put back whole, with its mark', () => {
  it('is noticed by a recording of a call that the database does not know', async () => {
    const folder = await dataFolder()
    await (await node(folder)).close()
    await hoursPass()
    await recordingOf(newId())
    await node(folder)
    expect([await gate(), told.at(-1)]).toEqual(['database_restored', expect.objectContaining({ doubt: 'earlier' })])
    await confirmDatabase(office.db, { actor: systemActor, reason: '已补录' })
    // Of that recording nobody asks again.
    await node(folder)
    expect(await gate()).toBeNull()
  })

  it('is noticed as soon as the disk of the recordings is there', async () => {
    const folder = await dataFolder()
    await (await node(folder)).close()
    await hoursPass()
    await recordingOf(newId())
    const mark = await readFile(join(recordings, markName), 'utf8')
    await rm(join(recordings, markName))
    const house = await node(folder)
    expect(await gate()).toBeNull()
    await writeFile(join(recordings, markName), mark)
    await house.look()
    expect(await gate()).toBe('database_restored')
  })

  it.each([
    [
      'of its last calls, before a crash',
      async () => (await office.work().claim(lease, office.trunkId, 1))[0]?.attemptId,
    ],
    ['that is no recording', async () => 'notes'],
  ])('is not suspected for a file %s', async (_what, named) => {
    const folder = await dataFolder()
    await (await node(folder)).close()
    await hoursPass()
    await recordingOf((await named()) ?? '')
    await node(folder)
    expect(await restoredReadiness(office.db).check()).toBeNull()
  })
})

describe('a database that is the one it was', () => {
  it.each([
    ['a start', async (_folder: string) => {}],
    ['a start after a weekend', hoursPass],
    ['a kill between counting and remembering', () => asOwner('update database_mark set mark = mark + 1')],
  ])('is not held after %s', async (_what, happens) => {
    const folder = await dataFolder()
    const house = await node(folder)
    await house.look()
    await house.close()
    await happens(folder)
    await node(folder)
    expect(await gate()).toBeNull()
  })

  it('is not held for another node with a data folder of its own', async () => {
    await node(await dataFolder())
    await node(await dataFolder())
    expect(await gate()).toBeNull()
  })

  it('of a release that did not count yet is not held', async () => {
    await office.work().claim(lease, office.trunkId, 1)
    await node(await dataFolder())
    const another = await office.due()
    expect(await office.gate(another.taskId, another.numberId)).toBeNull()
  })

  it('cannot be set back by the application', async () => {
    const house = await node(await dataFolder())
    await house.look()
    await expect(sql`update database_mark set mark = mark - 1`.execute(office.db)).rejects.toMatchObject({
      code: 'SF033',
    })
  })
})
