import { appendFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OpenedRecording } from '../../../src/contact-center/recording/recording-schema.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { virtualClock } from '../../../src/platform/clock.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { makeAccount, openFace, testPassword, writeToneWav } from '../../e2e/fixture/face.ts'
import { CallScript, type HospitalCall, makeHospital } from '../../e2e/fixture/hospital.ts'
import { testDatabase } from '../../harness/database.ts'

const database = await testDatabase()
const { db } = database
const clock = virtualClock(new Date())
const face = await openFace({ db, databaseUrl: database.url, clock })
afterAll(async () => {
  await face.close()
  await database.close()
})

const hospital = await makeHospital(db, face.secrets, { patients: 24 })
const script = new CallScript(db, hospital)
const content = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 251))
let dialled = 0

async function recorded(path: string): Promise<string> {
  const call = await answered()
  await script.end(call, 'answered', 'completed', 'completed', path)
  return recordingOf(call)
}

async function answered(): Promise<HospitalCall> {
  const task = hospital.tasks[dialled]
  dialled += 1
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
  const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` }
  const open = (id: string, payload: Record<string, unknown> = { purpose: 'play' }) =>
    face.server.inject({ method: 'POST', url: `/api/recordings/${id}/open`, headers, payload })
  const opened = async (id: string, payload?: Record<string, unknown>): Promise<OpenedRecording> => {
    const answer = await open(id, payload)
    expect(answer.statusCode).toBe(200)
    return answer.json()
  }
  const get = (url: string, range?: string) =>
    face.server.inject({ url, headers: { ...headers, ...(range === undefined ? {} : { range }) } })
  const rows = () =>
    db
      .selectFrom('auditRow')
      .select(['action', 'objectId', 'outcome', 'detail'])
      .where('actorName', '=', who)
      .where((where) => where.or([where('action', 'like', 'recording.%'), where('outcome', '=', 'denied')]))
      .orderBy('id')
      .execute()
  return { open, opened, get, rows, headers }
}

async function askWhenPlaying(ask: boolean): Promise<void> {
  const { headers } = await signIn(['security_admin'])
  const answer = await face.server.inject({
    method: 'PUT',
    url: '/api/recordings/policy',
    headers,
    payload: { askWhenPlaying: ask },
  })
  expect(answer.statusCode).toBe(204)
}

let id = ''
beforeAll(async () => {
  const path = join(face.recordings, 'call.wav')
  await writeFile(path, content)
  id = await recorded(path)
})

describe('opening a recording', () => {
  it('writes who, which and why before anything is handed out', async () => {
    const { opened, rows } = await signIn(['qa'])
    await opened(id)
    await opened(id, { purpose: 'play', reason: 'complaint', note: ' 12345 ' })
    expect(await rows()).toMatchObject([
      { action: 'recording.played', objectId: id, outcome: 'ok', detail: { reason: 'quality_review' } },
      { action: 'recording.played', objectId: id, outcome: 'ok', detail: { reason: 'complaint', note: '12345' } },
    ])
  })

  it('asks for the reason of every download, and of "other" in words', async () => {
    const { open, rows } = await signIn(['supervisor'])
    for (const wish of [
      { purpose: 'download' },
      { purpose: 'play', reason: 'other' },
      { purpose: 'play', reason: 'other', note: '  ' },
    ]) {
      const answer = await open(id, wish)
      expect([answer.statusCode, answer.json().code]).toEqual([422, 'RECORDING_REASON_NEEDED'])
    }
    expect(await rows()).toEqual([])
  })

  it('asks for the reason of playing where the hospital says so', async () => {
    const { open } = await signIn(['qa'])
    await askWhenPlaying(true)
    expect((await open(id)).json()).toMatchObject({ code: 'RECORDING_REASON_NEEDED' })
    expect((await open(id, { purpose: 'play', reason: 'training' })).statusCode).toBe(200)
    await askWhenPlaying(false)
    expect((await open(id)).statusCode).toBe(200)
  })

  it('to play does not open it to download: that is a right of its own, and its refusal is written down', async () => {
    const qa = await signIn(['qa'])
    const answer = await qa.open(id, { purpose: 'download', reason: 'training' })
    expect([answer.statusCode, answer.json()]).toMatchObject([403, { code: 'RIGHT_MISSING' }])
    expect(await qa.rows()).toMatchObject([{ action: 'access.denied', outcome: 'denied' }])
  })

  it('draws both channels and tells the length, whatever the row says', async () => {
    const path = join(face.recordings, 'tone.wav')
    await writeToneWav(path, 3)
    const { opened } = await signIn(['qa'])
    const told = await opened(await recorded(path))
    expect(told).toMatchObject({ intact: true, durationMs: 3_000, state: 'verified' })
    const [patient = [], hospitalSide = []] = told.peaks
    const loudest = (row: number[], second: number) => Math.max(...row.slice(second * 100, (second + 1) * 100))
    // The tone's script: the hospital speaks in the first and third second, the patient in the second.
    expect([0, 1, 2].map((second) => loudest(patient, second) > 20)).toEqual([false, true, false])
    expect([0, 1, 2].map((second) => loudest(hospitalSide, second) > 20)).toEqual([true, false, true])
  })

  it('of a call that is still on has to wait', async () => {
    const { open, rows } = await signIn(['qa'])
    const answer = await open(await recordingOf(await answered()))
    expect([answer.statusCode, answer.json().code]).toEqual([409, 'RECORDING_NOT_READY'])
    expect(await rows()).toEqual([])
  })

  it('never reaches outside the folder of recordings, whatever a row says', async () => {
    const { open } = await signIn(['qa'])
    const outside = join(face.recordings, '..', `outside-${id}.wav`)
    await writeFile(outside, 'secret')
    for (const path of ['/etc/passwd', outside, '../../../etc/passwd', face.recordings]) {
      const answer = await open(await recorded(path))
      expect([answer.statusCode, answer.json().code]).toEqual([404, 'RECORDING_GONE'])
    }
    await rm(outside)
  })

  it('of an unknown recording answers so', async () => {
    const { open } = await signIn(['qa'])
    expect((await open('01900000-0000-7000-8000-000000000000')).json()).toMatchObject({ code: 'RECORDING_UNKNOWN' })
    expect((await open('..%2f..%2fetc')).statusCode).toBe(400)
  })
})

describe('a file that is not the one that was verified', () => {
  it('is reported and not played, and the list shows it', async () => {
    const path = join(face.recordings, 'changed.wav')
    await writeToneWav(path, 2)
    const changed = await recorded(path)
    await appendFile(path, 'x')
    const { open, rows } = await signIn(['qa'])
    const answer = await open(changed)
    expect([answer.statusCode, answer.json().code]).toEqual([409, 'RECORDING_CHANGED'])
    expect(await rows()).toMatchObject([{ action: 'recording.changed_found', outcome: 'failed', objectId: changed }])
    const row = await db
      .selectFrom('recording')
      .select('changedFoundAt')
      .where('id', '=', changed)
      .executeTakeFirstOrThrow()
    expect(row.changedFoundAt).not.toBeNull()
  })

  it('is not played either when it was changed after it had been opened', async () => {
    const path = join(face.recordings, 'later.wav')
    await writeToneWav(path, 2)
    const later = await recorded(path)
    const { opened, get } = await signIn(['qa'])
    const { url } = await opened(later)
    expect((await get(url)).statusCode).toBe(200)
    await writeToneWav(path, 2)
    // Who changes a file can set its time back.
    await utimes(path, new Date(0), new Date(0))
    expect((await get(url)).json()).toMatchObject({ code: 'RECORDING_TOUCHED' })
  })

  it('that could not be read when it was judged is opened with its faults told', async () => {
    const path = join(face.recordings, 'noise.wav')
    await writeFile(path, 'RIFFnoise')
    const noise = await recorded(path)
    await sql`update recording set sha256 = null, faults = '{unreadable}' where id = ${noise}`.execute(db)
    const { opened } = await signIn(['qa'])
    expect(await opened(noise)).toMatchObject({ intact: null, faults: ['unreadable'], peaks: [] })
  })
})

describe('the ticket', () => {
  it('sends the whole file, or the part that is asked for', async () => {
    const { opened, get } = await signIn(['qa'])
    const { url } = await opened(id)
    const whole = await get(url)
    expect([whole.statusCode, whole.headers['content-type'], whole.headers['accept-ranges']]).toEqual([
      200,
      'audio/wav',
      'bytes',
    ])
    expect(whole.rawPayload.equals(content)).toBe(true)
    const part = await get(url, 'bytes=100-199')
    expect([part.statusCode, part.headers['content-range']]).toEqual([206, 'bytes 100-199/1000'])
    expect(part.rawPayload.equals(content.subarray(100, 200))).toBe(true)
    const tail = await get(url, 'bytes=-10')
    expect(tail.rawPayload.equals(content.subarray(990))).toBe(true)
    const beyond = await get(url, 'bytes=1000-')
    expect([beyond.statusCode, beyond.headers['content-range']]).toEqual([416, 'bytes */1000'])
  })

  it('is one opening, however many pieces the player asks for', async () => {
    const { opened, get, rows } = await signIn(['qa'])
    const { url } = await opened(id)
    for (const range of ['bytes=0-', 'bytes=100-', 'bytes=-50']) expect((await get(url, range)).statusCode).toBe(206)
    expect(await rows()).toHaveLength(1)
  })

  it('saves under a name that tells nobody’s', async () => {
    const { opened, get } = await signIn(['supervisor'])
    const { url } = await opened(id, { purpose: 'download', reason: 'complaint' })
    const file = await get(url)
    expect(file.headers['content-disposition']).toBe(`attachment; filename="recording-${id}.wav"`)
  })

  it('is needed: an address alone gives nothing, and the attempt is written down', async () => {
    const { get, rows } = await signIn(['supervisor'])
    for (const url of [`/api/recordings/${id}/audio`, `/api/recordings/${id}/file?ticket=eyJ9.x`]) {
      const answer = await get(url)
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'RECORDING_TICKET_REFUSED'])
    }
    expect(await rows()).toMatchObject([
      { action: 'recording.refused', outcome: 'denied', detail: { purpose: 'play', ticket: 'none' } },
      { action: 'recording.refused', outcome: 'denied', detail: { purpose: 'download', ticket: 'bad' } },
    ])
  })

  it('is good for its session, recording and purpose only', async () => {
    const one = await signIn(['supervisor'])
    const other = await signIn(['supervisor'])
    const path = join(face.recordings, 'other.wav')
    await writeFile(path, content)
    const another = await recorded(path)
    const { url } = await one.opened(id)
    for (const answer of [
      await other.get(url),
      await one.get(url.replace(id, another)),
      await one.get(url.replace('/audio', '/file')),
    ]) {
      expect(answer.json()).toMatchObject({ code: 'RECORDING_TICKET_REFUSED' })
    }
    expect((await one.get(url)).statusCode).toBe(200)
  })

  it('runs out', async () => {
    const { opened, get } = await signIn(['supervisor'])
    const play = await opened(id)
    const download = await opened(id, { purpose: 'download', reason: 'training' })
    await clock.advance(61_000)
    expect((await get(download.url)).json()).toMatchObject({ code: 'RECORDING_TICKET_REFUSED' })
    expect((await get(play.url)).statusCode).toBe(200)
    await clock.advance(3_600_000)
    expect((await get(play.url)).json()).toMatchObject({ code: 'RECORDING_TICKET_REFUSED' })
  })
})
