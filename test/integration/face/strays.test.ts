import { existsSync } from 'node:fs'
import { mkdir, readFile, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, describe, expect, it } from 'vitest'
import { judgeClosedRecording } from '../../../src/contact-center/recording/recording-service.ts'
import { expireRecordings } from '../../../src/contact-center/retention/retention-run.ts'
import { approveRetention, changeRetention } from '../../../src/contact-center/retention/retention-service.ts'
import { storageCommand } from '../../../src/contact-center/retention/storage-command.ts'
import type { StorageBoard } from '../../../src/contact-center/retention/storage-schema.ts'
import { searchStrays } from '../../../src/contact-center/retention/stray-service.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { newId } from '../../../src/platform/ids.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { makeAccount, openFace, testPassword, writeToneWav } from '../../e2e/fixture/face.ts'
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
const hospital = await makeHospital(db, face.secrets, { patients: 12 })
const script = new CallScript(db, hospital)
const parts = { db, clock: systemClock, log: silentLog, folder }
let dialled = 0

/** A call whose node died in it, before it could say that the recording had begun; or before it could say it was answered. */
async function lostCall({ answered = true }: { readonly answered?: boolean } = {}): Promise<string> {
  const task = hospital.tasks[dialled]
  dialled += 1
  if (task === undefined) throw new Error('no such task')
  const call = await script.dial(task)
  await script.ring(call)
  if (answered) await script.answer(call)
  await script.end(call, answered ? 'answered' : 'ringing', 'restart', 'retry_wait')
  if (answered) await sql`update recording set state = 'missing' where attempt_id = ${call.attemptId}`.execute(db)
  return call.attemptId
}

/** A file that was last written so long ago. */
async function file(name: string, { hoursAgo = 1, seconds = 2 } = {}): Promise<string> {
  const path = join(folder, name)
  await mkdir(dirname(path), { recursive: true })
  await writeToneWav(path, seconds)
  const at = new Date(Date.now() - hoursAgo * 3_600_000)
  await utimes(path, at, at)
  return path
}

const recordingOf = (attemptId: string) =>
  db
    .selectFrom('recording')
    .select(['id', 'state', 'path', 'faults'])
    .where('attemptId', '=', attemptId)
    .executeTakeFirst()

async function systemAdmin() {
  const who = await makeAccount(db, ['system_admin'])
  const { token } = await face.auth.signIn(who, testPassword, { ip: null, userAgent: null, requestId: null })
  const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` }
  return {
    who,
    board: async (): Promise<StorageBoard> => (await face.server.inject({ url: '/api/storage', headers })).json(),
    remove: (id: string, payload: object) =>
      face.server.inject({ method: 'POST', url: `/api/storage/strays/${id}/remove`, headers, payload }),
  }
}

const strayNames = async () => (await (await systemAdmin()).board()).strays.first.map(({ name }) => name)

describe('a recording that its call does not know of', () => {
  it.each([true, false])('becomes its call’s and is verified like others (answer told: %s)', async (answered) => {
    const attemptId = await lostCall({ answered })
    const name = `2026-11-20/${attemptId}.wav`
    await file(name)
    expect(await searchStrays(parts)).toMatchObject({ attached: 1 })
    const row = await recordingOf(attemptId)
    expect(row).toMatchObject({ state: 'closed', path: name })
    await judgeClosedRecording({ db, log: silentLog, folder, gapless: true }, row?.id ?? '')
    expect(await recordingOf(attemptId)).toMatchObject({ state: 'verified', faults: [] })
    expect(await searchStrays(parts)).toMatchObject({ attached: 0 })
  })

  it('waits while it may be written to still, and while its call goes on', async () => {
    const young = await lostCall()
    await file(`2026-11-20/${young}.wav`, { hoursAgo: 0 })
    const task = hospital.tasks[dialled++]
    if (task === undefined) throw new Error('no such task')
    const { attemptId } = await script.dial(task)
    await file(`2026-11-20/${attemptId}.wav`)
    expect(await searchStrays(parts)).toEqual({ attached: 0, listed: 0 })
    expect(await recordingOf(young)).toMatchObject({ state: 'missing', path: null })
  })

  it('is listed where its call has a recording already, or is not of this house', async () => {
    const attemptId = await lostCall()
    await file(`2026-11-20/${attemptId}.wav`)
    await searchStrays(parts)
    await file(`2026-11-21/${attemptId}.wav`)
    await file(`2026-11-21/${newId()}.wav`)
    await file('2026-11-21/notes.txt')
    await searchStrays(parts)
    const admin = await systemAdmin()
    const { strays } = await admin.board()
    expect(strays.count).toBe(3)
    expect(strays.first.map(({ cause }) => cause).toSorted()).toEqual([
      'call_has_another',
      'no_such_call',
      'not_a_recording',
    ])
  })
})

describe('a file of no call', () => {
  it('is removed by a person’s decision, with a reason, once, and audited', async () => {
    const name = `2026-10-01/${newId()}.wav`
    const path = await file(name)
    await searchStrays(parts)
    const admin = await systemAdmin()
    const stray = (await admin.board()).strays.first.find((one) => one.name === name)
    if (stray === undefined) throw new Error('it is not listed')
    expect((await admin.remove(stray.id, { reason: ' ' })).statusCode).toBe(400)
    expect(existsSync(path)).toBe(true)
    expect((await admin.remove(stray.id, { reason: '测试残留' })).statusCode).toBe(204)
    expect(existsSync(path)).toBe(false)
    expect((await admin.remove(stray.id, { reason: '测试残留' })).json()).toMatchObject({ code: 'STRAY_GONE' })
    const audit = await db
      .selectFrom('auditRow')
      .select('detail')
      .where('action', '=', 'recording.stray_removed')
      .where('actorName', '=', admin.who)
      .execute()
    expect(audit).toEqual([{ detail: { file: name, reason: '测试残留' } }])
  })

  it('is not removed once a call has it', async () => {
    const attemptId = newId()
    const name = `2026-10-02/${attemptId}.wav`
    const path = await file(name)
    await searchStrays(parts)
    const known = await lostCall()
    await sql`update recording set path = ${name} where attempt_id = ${known}`.execute(db)
    const admin = await systemAdmin()
    const stray = (await admin.board()).strays.first.find((one) => one.name === name)
    expect((await admin.remove(stray?.id ?? '', { reason: 'x' })).json()).toMatchObject({ code: 'STRAY_GONE' })
    expect(existsSync(path)).toBe(true)
    await searchStrays(parts)
    expect(await strayNames()).not.toContain(name)
  })

  it('goes under the approved rule when it is older than recordings are kept, unless it is no sound', async () => {
    const day = 24
    const old = await file(`2026-01-01/${newId()}.wav`, { hoursAgo: 101 * day })
    const young = await file(`2026-01-01/${newId()}.wav`, { hoursAgo: 99 * day })
    const text = await file('2026-01-01/list.txt', { hoursAgo: 101 * day })
    await searchStrays(parts)
    const to = { recordingDays: 100, clinicalYears: 30, auditMonths: 36 }
    await changeRetention(db, { actor: systemActor, to, reason: '院内规定' })
    expect(await expireRecordings(parts)).toBeNull()
    await approveRetention(db, { actor: systemActor, reason: '例会' })
    expect(await expireRecordings(parts)).toEqual({ recordings: 0, bytes: 0, strays: 1 })
    expect([old, young, text].map((path) => existsSync(path))).toEqual([false, true, true])
    const [ran] = (await (await systemAdmin()).board()).runs
    expect(ran).toMatchObject({ recordings: 0, strays: 1 })
  })

  it('is listed and removed at the server too', async () => {
    const name = `2026-10-03/${newId()}.wav`
    const path = await file(name)
    const strays = (...argv: string[]) =>
      storageCommand({ db, clock: systemClock, log: silentLog }, ['strays', ...argv], folder)
    expect(await strays()).toMatchObject({ first: expect.arrayContaining([expect.objectContaining({ name })]) })
    const { id } = await db.selectFrom('strayRecording').select('id').where('name', '=', name).executeTakeFirstOrThrow()
    expect(await strays('--remove', id)).toBeNull()
    expect(await readFile(path)).not.toHaveLength(0)
    await strays('--remove', id, '--reason', '残留')
    expect(existsSync(path)).toBe(false)
  })
})
