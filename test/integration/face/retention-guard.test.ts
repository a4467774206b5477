import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { everyFolderIsAway, saveFolder } from '../../../src/contact-center/retention/folder-store.ts'
import { FolderWatch } from '../../../src/contact-center/retention/folder-watch.ts'
import {
  confirmGuard,
  guardReadiness,
  markName,
  openRetentionGuard,
  retentionHold,
} from '../../../src/contact-center/retention/retention-guard.ts'
import { expireRecordings } from '../../../src/contact-center/retention/retention-run.ts'
import { approveRetention, changeRetention } from '../../../src/contact-center/retention/retention-service.ts'
import { storageCommand } from '../../../src/contact-center/retention/storage-command.ts'
import { removeStray, searchStrays } from '../../../src/contact-center/retention/stray-service.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import { systemClock, virtualClock } from '../../../src/platform/clock.ts'
import { openListener } from '../../../src/platform/database/listen.ts'
import { newId } from '../../../src/platform/ids.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { lastOffset, readStream } from '../../../src/platform/realtime/stream-store.ts'
import { secretsOf } from '../../../src/platform/secrets.ts'
import { CallScript, makeHospital } from '../../e2e/fixture/hospital.ts'
import { testDatabase } from '../../harness/database.ts'
import { waitFor } from '../../harness/wait-for.ts'

const database = await testDatabase()
const { db } = database
const place = await mkdtemp(join(tmpdir(), 'suifang-guard-'))
const folder = join(place, 'recordings')
await mkdir(folder)
afterAll(async () => {
  await database.close()
  await rm(place, { recursive: true, force: true })
})
const hospital = await makeHospital(db, secretsOf(Buffer.alloc(32, 7)), { patients: 12 })
const script = new CallScript(db, hospital)
const parts = { db, log: silentLog, folder, clock: systemClock }
let dialled = 0

async function oldRecording(): Promise<string> {
  const task = hospital.tasks[dialled++]
  if (task === undefined) throw new Error('no such task')
  const path = join(folder, `${newId()}.wav`)
  await writeFile(path, 'RIFF')
  const call = await script.dial(task)
  await script.ring(call)
  await script.answer(call)
  await script.end(call, 'answered', 'completed', 'completed', path)
  await sql`update recording set path = ${path.slice(folder.length + 1)}, expected_at = app_now() - interval '400 days'
    where attempt_id = ${call.attemptId}`.execute(db)
  return path
}

/** The clock was last believed so many days before, or after, now. */
const seen = (daysAgo: number) =>
  sql`update retention_guard set clock_seen_at = clock_timestamp() - make_interval(days => ${daysAgo})`.execute(db)
const why = async () => (await retentionHold(parts))?.why ?? null
const confirm = (what: 'folder' | 'clock') => confirmGuard(parts, { actor: systemActor, what, reason: '已核对' })

beforeEach(async () => {
  await openRetentionGuard(parts)
  await seen(0)
  const to = { recordingDays: 100 + dialled, clinicalYears: 30, auditMonths: 36 }
  await changeRetention(db, { actor: systemActor, to, reason: '规定' })
  await approveRetention(db, { actor: systemActor, reason: '例会' })
})

describe('a clock that was set ahead', () => {
  it('makes no recording expire until a person says that it is right', async () => {
    const path = await oldRecording()
    await seen(8)
    expect([await why(), await expireRecordings(parts), existsSync(path)]).toEqual(['clock_ahead', null, true])
    // Looking at it does not make it believed.
    expect(await why()).toBe('clock_ahead')
    await confirm('clock')
    expect(await expireRecordings(parts)).toMatchObject({ recordings: 1 })
    expect(existsSync(path)).toBe(false)
  })

  it('is believed again once it has been set right', async () => {
    await seen(8)
    expect(await why()).toBe('clock_ahead')
    await seen(0)
    expect(await why()).toBeNull()
  })

  it('and believed there shows when it goes back, so that the next jump is not hidden', async () => {
    await seen(-8)
    expect(await why()).toBe('clock_back')
    await confirm('clock')
    expect(await why()).toBeNull()
  })

  it('is believed by less than a week at once, as a house that was off for some days needs', async () => {
    await seen(6)
    expect(await why()).toBeNull()
    const { rows } = await sql<{ days: number }>`
      select extract(epoch from clock_timestamp() - clock_seen_at)::float8 / 86400 as days from retention_guard`.execute(
      db,
    )
    expect(rows[0]?.days).toBeLessThan(0.1)
  })
})

describe('a folder that is not the one that was there', () => {
  it('is not marked again by a start: its recordings wait for their disk', async () => {
    const path = await oldRecording()
    await rename(folder, join(place, 'unmounted'))
    await mkdir(folder)
    await openRetentionGuard(parts)
    expect([await why(), await expireRecordings(parts)]).toEqual(['folder_unmarked', null])
    expect(await guardReadiness(parts).check()).toContain('mounted')
    await rm(folder, { recursive: true })
    expect([await why(), await expireRecordings(parts)]).toEqual(['folder_gone', null])
    await rename(join(place, 'unmounted'), folder)
    expect([existsSync(path), await why()]).toEqual([true, null])
    expect(await expireRecordings(parts)).toMatchObject({ recordings: 1 })
  })

  it('holds calls, says so, and lets them go on by itself when its disk is back, or a person confirms the folder', async () => {
    let wakes = 0
    const listener = await openListener({ url: database.url })
    const clock = virtualClock(new Date())
    const watching = { db, listener, clock, log: silentLog, node: 'node-a', folder }
    const watch = new FolderWatch({
      ...watching,
      onOurs: () => {
        wakes += 1
      },
    })
    await watch.start()
    expect([watch.isOurs, wakes, await everyFolderIsAway(db)]).toEqual([true, 0, false])

    const from = await lastOffset(db, 'live')
    await rename(folder, join(place, 'unmounted'))
    await mkdir(folder)
    await clock.advance(30_000)
    await watch.look()
    expect([watch.isOurs, await everyFolderIsAway(db)]).toEqual([false, true])
    await rm(folder, { recursive: true })
    await rename(join(place, 'unmounted'), folder)
    await watch.look()
    expect([watch.isOurs, wakes, await everyFolderIsAway(db)]).toEqual([true, 1, false])
    const { events } = await readStream(db, 'live', from, 100)
    expect(events.filter(({ type }) => type === 'disk.changed')).toHaveLength(2)

    await rename(join(folder, markName), join(folder, '.away'))
    await watch.look()
    expect(watch.isOurs).toBe(false)
    await confirm('folder')
    await waitFor(() => watch.isOurs, { what: 'the watch to hear of it' })
    await watch.close()
    await listener.close()
  })

  it('that hangs holds calls until it answers, and is asked once meanwhile', async () => {
    const listener = await openListener({ url: database.url })
    const clock = virtualClock(new Date())
    const watch = new FolderWatch({ db, listener, clock, log: silentLog, node: 'node-a', folder, onOurs: () => {} })
    await rename(join(folder, markName), join(folder, '.away'))
    // Opening it to read waits for somebody to write, as a network disk's server does that is away.
    const pipe = join(folder, markName)
    await promisify(execFile)('mkfifo', [pipe])
    const asked = Array.from({ length: 8 }, () => guardReadiness(parts).check())
    await Promise.all([watch.start(), ...asked])
    expect(watch.isOurs).toBe(false)
    expect(await asked[0]).toContain('does not answer')
    // Of the process's four threads for files at least one is free, or this would wait, too.
    await writeFile(pipe, await readFile(join(folder, '.away')))
    await rm(pipe)
    await rename(join(folder, '.away'), pipe)
    await watch.look()
    expect(watch.isOurs).toBe(true)
    await watch.close()
    await listener.close()
  })

  it('holds nothing while another node has the folder', async () => {
    await db.transaction().execute((tx) => saveFolder(tx, { node: 'node-b', fault: 'folder_gone' }))
    await db.transaction().execute((tx) => saveFolder(tx, { node: 'node-a', fault: null }))
    expect(await everyFolderIsAway(db)).toBe(false)
    await db.transaction().execute((tx) => saveFolder(tx, { node: 'node-a', fault: 'folder_foreign' }))
    expect(await everyFolderIsAway(db)).toBe(true)
  })

  it('has no strays looked for or removed', async () => {
    await rename(join(folder, markName), join(folder, '.away'))
    const strange = { code: 'RECORDINGS_FOLDER_STRANGE' }
    await expect(searchStrays(parts)).rejects.toMatchObject(strange)
    const wish = { actor: systemActor, id: newId(), reason: 'x' }
    await expect(removeStray(parts, wish)).rejects.toMatchObject(strange)
    await rename(join(folder, '.away'), join(folder, markName))
  })

  it('of another house becomes this one’s by a person’s word, audited', async () => {
    const own = await readFile(join(folder, markName), 'utf8')
    await writeFile(join(folder, markName), `${newId()}\n`)
    expect(await why()).toBe('folder_foreign')
    const command = (...argv: string[]) => storageCommand(parts, ['confirm', ...argv], folder)
    expect(await command('folder')).toBeNull()
    expect(await command('disk', '--reason', 'x')).toBeNull()
    expect(await command('folder', '--reason', '新磁盘')).toEqual({ confirmed: 'folder', hold: null })
    expect(await readFile(join(folder, markName), 'utf8')).toBe(own)
    const audit = await db.selectFrom('auditRow').select('detail').where('action', '=', 'retention.confirmed').execute()
    expect(audit.at(-1)).toEqual({ detail: { reason: '新磁盘' } })
  })
})
