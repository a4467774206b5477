import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { sessionCookie } from '../../../src/platform/http/access.ts'
import { makeAccount, openFace, testPassword } from '../../e2e/fixture/face.ts'
import { CallScript, type HospitalCall, makeHospital } from '../../e2e/fixture/hospital.ts'
import { testDatabase } from '../../harness/database.ts'

const database = await testDatabase()
const { db } = database
const face = await openFace({ db, databaseUrl: database.url })
afterAll(async () => {
  await face.close()
  await database.close()
})

const hospital = await makeHospital(db, face.secrets, { patients: 8 })
const script = new CallScript(db, hospital)
const content = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 251))

async function recorded(index: number, path: string): Promise<string> {
  const call = await answered(index)
  await script.end(call, 'answered', 'completed', 'completed', path)
  return recordingOf(call)
}

async function answered(index: number): Promise<HospitalCall> {
  const task = hospital.tasks[index]
  if (task === undefined) throw new Error('no such task')
  const call = await script.dial(task)
  await script.ring(call)
  await script.answer(call)
  return call
}

async function recordingOf({ attemptId }: HospitalCall): Promise<string> {
  const row = await db.selectFrom('recording').select('id').where('attemptId', '=', attemptId).executeTakeFirstOrThrow()
  return row.id
}

async function signIn(roles: readonly Role[]) {
  const who = await makeAccount(db, roles)
  const { token } = await face.auth.signIn(who, testPassword, { ip: null, userAgent: null, requestId: null })
  const get = (id: string, headers: Record<string, string> = {}, what = 'audio') =>
    face.server.inject({
      url: `/api/recordings/${id}/${what}`,
      headers: { ...headers, cookie: `${sessionCookie}=${token}` },
    })
  const uses = async () =>
    (
      await db
        .selectFrom('auditRow')
        .select(['action', 'objectId'])
        .where('actorName', '=', who)
        .where('action', 'like', 'recording.%')
        .orderBy('id')
        .execute()
    ).map(({ action, objectId }) => `${action} ${objectId}`)
  return { get, uses }
}

let id = ''
beforeAll(async () => {
  const path = join(face.recordings, 'call.wav')
  await writeFile(path, content)
  id = await recorded(0, path)
})

describe('playback', () => {
  it('sends the whole file, or the part that is asked for', async () => {
    const { get } = await signIn(['qa'])
    const whole = await get(id)
    expect([whole.statusCode, whole.headers['content-type'], whole.headers['accept-ranges']]).toEqual([
      200,
      'audio/wav',
      'bytes',
    ])
    expect(whole.rawPayload.equals(content)).toBe(true)
    const part = await get(id, { range: 'bytes=100-199' })
    expect([part.statusCode, part.headers['content-range']]).toEqual([206, 'bytes 100-199/1000'])
    expect(part.rawPayload.equals(content.subarray(100, 200))).toBe(true)
    const tail = await get(id, { range: 'bytes=-10' })
    expect(tail.rawPayload.equals(content.subarray(990))).toBe(true)
    const beyond = await get(id, { range: 'bytes=1000-' })
    expect([beyond.statusCode, beyond.headers['content-range']]).toEqual([416, 'bytes */1000'])
  })

  it('is written down once, however many pieces the player asks for', async () => {
    const { get, uses } = await signIn(['qa'])
    await get(id, { range: 'bytes=0-' })
    for (const range of ['bytes=100-', 'bytes=200-299', 'bytes=-50']) await get(id, { range })
    expect(await uses()).toEqual([`recording.played ${id}`])
    await get(id)
    expect(await uses()).toHaveLength(2)
  })

  it('is written down also when its head is left out', async () => {
    const { get, uses } = await signIn(['qa'])
    await get(id, { range: 'bytes=1-' })
    expect(await uses()).toEqual([`recording.played ${id}`])
  })

  it('is not download: that is a right of its own, and is written down each time', async () => {
    const qa = await signIn(['qa'])
    expect((await qa.get(id, {}, 'file')).json()).toMatchObject({ code: 'RIGHT_MISSING' })
    const supervisor = await signIn(['supervisor'])
    const file = await supervisor.get(id, {}, 'file')
    expect(file.headers['content-disposition']).toBe(`attachment; filename="recording-${id}.wav"`)
    await supervisor.get(id, {}, 'file')
    expect(await supervisor.uses()).toEqual([`recording.downloaded ${id}`, `recording.downloaded ${id}`])
  })

  it('of a call that is still on has to wait', async () => {
    const { get, uses } = await signIn(['qa'])
    const running = await recordingOf(await answered(1))
    const answer = await get(running)
    expect([answer.statusCode, answer.json().code]).toEqual([409, 'RECORDING_NOT_READY'])
    expect(await uses()).toEqual([])
  })

  it('never reaches outside the folder of recordings, whatever a row says', async () => {
    const { get } = await signIn(['qa'])
    const outside = join(face.recordings, '..', `outside-${id}.wav`)
    await writeFile(outside, 'secret')
    for (const [index, path] of ['/etc/passwd', outside, '../../../etc/passwd', face.recordings].entries()) {
      const answer = await get(await recorded(2 + index, path))
      expect([answer.statusCode, answer.json().code]).toEqual([404, 'RECORDING_GONE'])
    }
    await rm(outside)
  })

  it('of an unknown recording answers so', async () => {
    const { get } = await signIn(['qa'])
    expect((await get('01900000-0000-7000-8000-000000000000')).json()).toMatchObject({ code: 'RECORDING_UNKNOWN' })
    expect((await get('..%2f..%2fetc')).statusCode).toBe(400)
  })
})
