import { existsSync } from 'node:fs'
import { mkdir, rm, unlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { expireRecordings } from '../../../src/contact-center/retention/retention-run.ts'
import { approveRetention, changeRetention } from '../../../src/contact-center/retention/retention-service.ts'
import { expireOldest, lastApproval, openRun } from '../../../src/contact-center/retention/retention-store.ts'
import { checkStorage } from '../../../src/contact-center/retention/storage-check.ts'
import { storageCommand } from '../../../src/contact-center/retention/storage-command.ts'
import type { StorageBoard } from '../../../src/contact-center/retention/storage-schema.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { openDatabase } from '../../../src/platform/database/database.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { makeAccount, openFace, testPassword } from '../../e2e/fixture/face.ts'
import { CallScript, makeHospital } from '../../e2e/fixture/hospital.ts'
import { testDatabase } from '../../harness/database.ts'

const database = await testDatabase()
const { db } = database
const face = await openFace({ db, databaseUrl: database.url })
afterAll(async () => {
  await face.close()
  await database.close()
})

const folder = face.recordings
const hospital = await makeHospital(db, face.secrets, { patients: 40 })
const script = new CallScript(db, hospital)
const parts = { db, log: silentLog, folder }
const rule = { recordingDays: 100, clinicalYears: 30, auditMonths: 36 }
const actor = systemActor
let dialled = 0

interface Recorded {
  readonly id: string
  readonly path: string
}

/** A verified recording of a call of so many days ago. */
async function recorded(daysAgo: number, name?: string, verdict = 'verified'): Promise<Recorded> {
  const task = hospital.tasks[dialled]
  dialled += 1
  if (task === undefined) throw new Error('no such task')
  const path = join(folder, name ?? `2026-01-${String(dialled % 28).padStart(2, '0')}/${dialled}.wav`)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, 'RIFF of a thousand and one nights')
  const call = await script.dial(task)
  await script.ring(call)
  await script.answer(call)
  await script.end(call, 'answered', 'completed', 'completed', verdict === 'verified' ? path : null)
  if (verdict === 'damaged') {
    for (const state of ['recording', 'closed', 'damaged']) {
      await sql`update recording set state = ${state} where attempt_id = ${call.attemptId}`.execute(db)
    }
  }
  const { rows } = await sql<{ id: string }>`
    update recording set path = ${name ?? path.slice(folder.length + 1)}, bytes = 1000,
      expected_at = app_now() - make_interval(days => ${daysAgo})
    where attempt_id = ${call.attemptId} returning id
  `.execute(db)
  return { id: rows[0]?.id ?? '', path }
}

const rowOf = async (id: string) =>
  db
    .selectFrom('recording')
    .select(['state', 'sha256', 'path', 'expiredAt', 'expiredRun', 'fileRemovedAt'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()

async function signIn(roles: readonly Role[]) {
  const who = await makeAccount(db, roles)
  const { token } = await face.auth.signIn(who, testPassword, { ip: null, userAgent: null, requestId: null })
  const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` }
  return {
    who,
    get: (url: string) => face.server.inject({ url, headers }),
    send: (method: 'POST' | 'PUT', url: string, payload: object) =>
      face.server.inject({ method, url, headers, payload }),
  }
}

const approve = () => approveRetention(db, { actor, reason: '信息科例会' })
/** Another version of the same rule: nobody has approved that one. */
const changeRule = (recordingDays = 100) =>
  changeRetention(db, { actor, to: { ...rule, recordingDays }, reason: '院内规定' })

beforeEach(() => changeRule())

describe('recordings older than the rule keeps them', () => {
  it('stay until a person has approved the rule, and under a changed rule until it is approved again', async () => {
    const old = await recorded(101)
    expect(await expireRecordings(parts)).toBeNull()
    await changeRule(101)
    await approve()
    await changeRule(100)
    expect(await expireRecordings(parts)).toBeNull()
    expect([existsSync(old.path), (await rowOf(old.id)).state]).toEqual([true, 'verified'])
    expect(await approve()).toMatchObject({ recordings: 1, bytes: 1000 })
    expect(await expireRecordings(parts)).toMatchObject({ recordings: 1, bytes: 1000 })
    expect(existsSync(old.path)).toBe(false)
  })

  it('become tombstones that keep the hash, and the run tells what it removed', async () => {
    const old = await recorded(400)
    const young = await recorded(99)
    const damaged = await recorded(101, undefined, 'damaged')
    await approve()
    await expireRecordings(parts)
    const row = await rowOf(old.id)
    expect(row).toMatchObject({ state: 'expired', expiredAt: expect.any(Date), fileRemovedAt: expect.any(Date) })
    expect(row.sha256).toHaveLength(32)
    expect([old, damaged, young].map(({ path }) => existsSync(path))).toEqual([false, false, true])
    const run = await db
      .selectFrom('retentionRun')
      .selectAll()
      .where('id', '=', row.expiredRun)
      .executeTakeFirstOrThrow()
    expect(run).toMatchObject({ recordings: 2, recordingDays: 100, held: 0, inReview: 0, endedAt: expect.any(Date) })
    const audit = await db
      .selectFrom('auditRow')
      .select(['actorName', 'detail'])
      .where('action', '=', 'retention.ran')
      .where('objectId', '=', run.id)
      .execute()
    expect(audit).toMatchObject([{ actorName: 'suifang', detail: { recordings: 2, bytes: 2000 } }])
    // A night with nothing to do is no run.
    expect(await expireRecordings(parts)).toBeNull()
  })

  it('stay while they are held, and while somebody works with them', async () => {
    const held = await recorded(400)
    const opened = await recorded(400)
    const qa = await signIn(['qa'])
    expect((await qa.send('POST', `/api/recordings/${held.id}/hold`, { reason: '投诉 2026-17' })).statusCode).toBe(204)
    expect((await qa.send('POST', `/api/recordings/${opened.id}/open`, { purpose: 'play' })).statusCode).toBe(200)
    expect(await approve()).toMatchObject({ recordings: 0, held: 1, inReview: 1 })
    expect(await expireRecordings(parts)).toBeNull()
    await qa.send('POST', `/api/recordings/${held.id}/hold/lift`, { reason: '投诉已结案' })
    await sql`update recording set opened_at = app_now() - interval '8 days' where id = ${opened.id}`.execute(db)
    expect(await expireRecordings(parts)).toMatchObject({ recordings: 2 })
    expect([held, opened].map(({ path }) => existsSync(path))).toEqual([false, false])
  })

  it('are not asked for outside of the folder, whatever a row says', async () => {
    const outside = await recorded(400, '../outside-storage.wav')
    await approve()
    await expireRecordings(parts)
    expect([(await rowOf(outside.id)).state, existsSync(outside.path)]).toEqual(['expired', true])
    await rm(outside.path)
  })

  it('answer who hears or opens them that they have been removed', async () => {
    const { id } = await recorded(400)
    const qa = await signIn(['qa'])
    const { url } = (await qa.send('POST', `/api/recordings/${id}/open`, { purpose: 'play' })).json()
    await sql`update recording set opened_at = null where id = ${id}`.execute(db)
    await approve()
    await expireRecordings(parts)
    for (const answer of [
      await qa.get(url),
      await qa.send('POST', `/api/recordings/${id}/open`, { purpose: 'play' }),
      await qa.send('POST', `/api/recordings/${id}/hold`, { reason: '迟了' }),
    ]) {
      expect([answer.statusCode, answer.json().code]).toEqual([410, 'RECORDING_EXPIRED'])
    }
  })
})

describe('recordings that only seem old, or gone', () => {
  it('stay under a business date that was set ahead', async () => {
    const { id, path } = await recorded(30)
    await approve()
    const ahead = openDatabase({ url: database.url, now: new Date('2099-01-01T00:00:00Z') })
    expect(await expireRecordings({ ...parts, db: ahead })).toBeNull()
    await ahead.destroy()
    expect([(await rowOf(id)).state, existsSync(path)]).toEqual(['verified', true])
  })

  it('stay while their folder is not there: a disk that comes back has them', async () => {
    const { id, path } = await recorded(500)
    await approve()
    expect(await expireRecordings({ ...parts, folder: join(folder, 'not-mounted') })).toBeNull()
    expect([(await rowOf(id)).state, existsSync(path)]).toEqual(['verified', true])
    expect(await expireRecordings(parts)).toMatchObject({ recordings: 1 })
  })
})

describe('a process that dies', () => {
  /** As far as the tombstones. */
  async function died() {
    const approval = await lastApproval(db)
    if (approval === null) throw new Error('nobody approved')
    const id = await db.transaction().execute((tx) => openRun(tx, approval))
    await db.transaction().execute((tx) => expireOldest(tx, { id, recordingDays: 100 }, 1))
    return id
  }

  it('between tombstone and file leaves a file that the next run removes, and the run goes on', async () => {
    const first = await recorded(500)
    const second = await recorded(400)
    await approve()
    const run = await died()
    expect([(await rowOf(first.id)).state, existsSync(first.path)]).toEqual(['expired', true])
    expect(await expireRecordings(parts)).toMatchObject({ recordings: 2, bytes: 2000 })
    for (const { id, path } of [first, second]) {
      expect(await rowOf(id)).toMatchObject({ expiredRun: run, fileRemovedAt: expect.any(Date) })
      expect(existsSync(path)).toBe(false)
    }
  })

  it('between file and its mark leaves nothing to remove', async () => {
    const { id, path } = await recorded(500)
    await approve()
    await died()
    await unlink(path)
    await expireRecordings(parts)
    expect((await rowOf(id)).fileRemovedAt).toEqual(expect.any(Date))
  })
})

describe('a file that cannot be removed', () => {
  it('is tried again the next night, and told until then', async () => {
    const { id, path } = await recorded(500)
    await rm(path)
    await mkdir(path)
    await approve()
    await expireRecordings(parts)
    expect((await rowOf(id)).fileRemovedAt).toBeNull()
    const admin = await signIn(['system_admin'])
    const board: StorageBoard = (await admin.get('/api/storage')).json()
    expect(board.runs[0]).toMatchObject({ recordings: 1, filesLeft: 1 })
    await rm(path, { recursive: true })
    await expireRecordings(parts)
    expect((await rowOf(id)).fileRemovedAt).toEqual(expect.any(Date))
  })
})

describe('a hold', () => {
  it('is placed and lifted with a reason, by who reviews, and shown with the call', async () => {
    const { id } = await recorded(1)
    const qa = await signIn(['qa'])
    const hold = (payload: object) => qa.send('POST', `/api/recordings/${id}/hold`, payload)
    expect((await hold({ reason: '  ' })).statusCode).toBe(400)
    expect((await hold({ reason: '纠纷' })).statusCode).toBe(204)
    expect((await hold({ reason: '纠纷' })).json()).toMatchObject({ code: 'RECORDING_HELD' })
    const { attemptId } = await db
      .selectFrom('recording')
      .select('attemptId')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    const shown = async () => (await qa.get(`/api/calls/${attemptId}/replay`)).json().parts[0]
    expect(await shown()).toMatchObject({ state: 'held', hold: { reason: '纠纷' }, expiredAt: null })
    const lift = () => qa.send('POST', `/api/recordings/${id}/hold/lift`, { reason: '和解' })
    expect((await lift()).statusCode).toBe(204)
    expect((await lift()).json()).toMatchObject({ code: 'RECORDING_NOT_HELD' })
    expect(await shown()).toMatchObject({ state: 'stored', hold: null })
    const audit = await db
      .selectFrom('auditRow')
      .select(['action', 'detail'])
      .where('actorName', '=', qa.who)
      .where('action', 'in', ['recording.held', 'recording.hold_lifted'])
      .orderBy('id')
      .execute()
    expect(audit).toMatchObject([
      { action: 'recording.held', detail: { reason: '纠纷' } },
      { action: 'recording.hold_lifted', detail: { reason: '和解' } },
    ])
  })

  it('stands in the database itself: what is held does not expire, and nothing is held without a hold', async () => {
    const { id } = await recorded(1)
    const qa = await signIn(['qa'])
    const move = (state: string) => sql`update recording set state = ${state} where id = ${id}`.execute(db)
    await move('stored')
    await expect(move('held')).rejects.toMatchObject({ code: 'SF013' })
    await qa.send('POST', `/api/recordings/${id}/hold`, { reason: '纠纷' })
    await expect(move('stored')).rejects.toMatchObject({ code: 'SF013' })
    await expect(move('expired')).rejects.toMatchObject({ code: 'SF005' })
  })

  it('is nobody’s who administers', async () => {
    const { id } = await recorded(1)
    const admin = await signIn(['system_admin'])
    expect((await admin.send('POST', `/api/recordings/${id}/hold`, { reason: 'x' })).statusCode).toBe(403)
    const qa = await signIn(['qa', 'supervisor'])
    expect((await qa.get('/api/storage')).statusCode).toBe(403)
  })
})

describe('the page Storage', () => {
  it('shows rule, preview, approval and figures, and changes with a reason', async () => {
    const admin = await signIn(['system_admin'])
    const board = async (): Promise<StorageBoard> => (await admin.get('/api/storage')).json()
    await recorded(200)
    const before = await board()
    expect(before).toMatchObject({ rule, approval: null, preview: { recordings: 1, bytes: 1000 } })
    const wish = { rule: { ...rule, recordingDays: 300 }, reason: '法务意见', basedOn: before.ruleVersion }
    expect((await admin.send('PUT', '/api/storage/rule', wish)).statusCode).toBe(204)
    expect((await admin.send('PUT', '/api/storage/rule', wish)).json()).toMatchObject({
      code: 'RETENTION_RULE_CHANGED',
    })
    const tooShort = { ...wish, rule: { ...rule, recordingDays: 29 } }
    expect((await admin.send('PUT', '/api/storage/rule', tooShort)).statusCode).toBe(400)
    const approval = (ruleVersion: number) =>
      admin.send('POST', '/api/storage/approval', { ruleVersion, reason: '已核对' })
    expect((await approval(before.ruleVersion)).json()).toMatchObject({ code: 'RETENTION_RULE_CHANGED' })
    expect((await approval(before.ruleVersion + 1)).statusCode).toBe(204)
    expect((await approval(before.ruleVersion + 1)).json()).toMatchObject({ code: 'RETENTION_APPROVED' })
    expect(await board()).toMatchObject({ approval: { reason: '已核对', recordings: 0 }, rule: { recordingDays: 300 } })
    const thresholds = { warnGb: 20, warnPercent: 5, stopGb: 2 }
    const put = (to: object) => admin.send('PUT', '/api/storage/thresholds', { thresholds: to, reason: '新磁盘' })
    expect((await put({ ...thresholds, stopGb: 21 })).json()).toMatchObject({ code: 'DISK_THRESHOLDS_CROSSED' })
    expect((await put(thresholds)).statusCode).toBe(204)
    expect(await board()).toMatchObject({ thresholds })
  })
})

describe('at the server', () => {
  const command = (...argv: string[]) => storageCommand({ db, clock: systemClock, log: silentLog }, argv, folder)

  it('the rule is shown, changed, previewed and approved', async () => {
    await recorded(45)
    expect(await command('rule')).toEqual(rule)
    expect(await command('rule', '--recording-days', '40')).toMatchObject({ recordingDays: 40, auditMonths: 36 })
    expect(await command('preview')).toMatchObject({ recordingDays: 40, approved: false })
    expect(await command('approve')).toBeNull()
    await command('approve', '--reason', '例会')
    expect(await command('preview')).toMatchObject({ approved: true })
    expect(await command('status')).toMatchObject({ rule: { recordingDays: 40 } })
    await expect(command('rule', '--recording-days', '29')).rejects.toMatchObject({ code: 'HOSPITAL_SETTING_INVALID' })
    expect(await command('disk')).toMatchObject({ stopGb: expect.any(Number) })
    expect(await command('nonsense')).toBeNull()
  })

  it('files and rows are compared; what does not fit is told and stays', async () => {
    const lost = await recorded(1)
    await unlink(lost.path)
    const stray = join(folder, '2026-02-02/stray.wav')
    await mkdir(dirname(stray), { recursive: true })
    await writeFile(stray, 'x')
    const fresh = join(folder, '2026-02-02/fresh.wav')
    await writeFile(fresh, 'x')
    const hourAgo = new Date(Date.now() - 3_600_000)
    await utimes(stray, hourAgo, hourAgo)
    const found = await checkStorage({ db, folder }, new Date())
    expect(found.filesWithoutRow).toEqual({ count: 1, first: ['2026-02-02/stray.wav'] })
    expect(found.rowsWithoutFile.first).toContain(lost.id)
    expect(found.expiredWithFile.count).toBe(0)
    expect(existsSync(stray)).toBe(true)
  })
})
