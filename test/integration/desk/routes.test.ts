import { afterAll, describe, expect, it } from 'vitest'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { newId } from '../../../src/platform/ids.ts'
import { createLog } from '../../../src/platform/log.ts'
import { makeAccount, openFace, testPassword } from '../../e2e/fixture/face.ts'
import { secrets } from '../follow-up/office.ts'
import { Desk, questionnaire } from './desk.ts'

const lines: string[] = []
const desk = await Desk.open()
const face = await openFace({
  db: desk.db,
  databaseUrl: desk.office.database.url,
  secrets,
  log: createLog({ level: 'trace', destination: { write: (line: string) => void lines.push(line) } }),
})
afterAll(async () => {
  await face.close()
  await desk.close()
})

type Method = 'GET' | 'PUT' | 'DELETE'

async function client(roles: readonly Role[]) {
  const name = await makeAccount(desk.db, roles)
  const { id } = await desk.db
    .selectFrom('userAccount')
    .select('id')
    .where('signInName', '=', name)
    .executeTakeFirstOrThrow()
  const { token } = await face.auth.signIn(name, testPassword, { ip: null, userAgent: null, requestId: null })
  const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}`, 'accept-language': 'zh-CN' }
  const seat = await desk.seatFor(id)
  const ask = async (method: Method, url: string, payload?: object) => {
    const answer = await face.server.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
    return { status: answer.statusCode, body: answer.body === '' ? null : answer.json(), text: answer.body }
  }
  return { person: { id, signInName: name, seatId: seat }, ask }
}

const writes = (taskId: string) =>
  [
    ['PUT', `/api/desk/tasks/${taskId}/answers/health`, { value: 'well' }],
    ['DELETE', `/api/desk/tasks/${taskId}/answers/health`, undefined],
    ['PUT', `/api/desk/tasks/${taskId}/respondent`, { respondent: 'child' }],
    ['PUT', `/api/desk/tasks/${taskId}/note`, { note: 'x' }],
    ['PUT', `/api/desk/tasks/${taskId}/outcome`, { outcome: 'partial' }],
    ['PUT', `/api/desk/tasks/${taskId}/result`, { result: null }],
  ] as const

describe('a call at the desk over HTTP', () => {
  it('from the record to the outcome', async () => {
    const { person, ask } = await client(['agent'])
    const { taskId, work } = await desk.talking(person)
    const record = await ask('GET', `/api/desk/tasks/${taskId}`)
    expect(record).toMatchObject({ status: 200, body: { call: { writable: true }, answers: {}, next: 'health' } })
    expect(record.body.questionnaire).toEqual(questionnaire)
    for (const [id, value] of Object.entries({ symptoms: ['fever', 'cough'], pressure: 120, detail: '120' })) {
      expect((await ask('PUT', `/api/desk/tasks/${taskId}/answers/${id}`, { value })).status).toBe(200)
    }
    const { answers } = (await ask('GET', `/api/desk/tasks/${taskId}`)).body
    expect(answers).toEqual({ symptoms: ['fever', 'cough'], pressure: 120, detail: '120' })
    const saved = await ask('PUT', `/api/desk/tasks/${taskId}/answers/health`, { value: 'worse' })
    expect(saved).toMatchObject({
      status: 200,
      body: { complete: true, next: 'visit', findings: [{ level: 'red' }] },
    })
    expect((await ask('DELETE', `/api/desk/tasks/${taskId}/answers/health`)).status).toBe(200)
    expect((await ask('PUT', `/api/desk/tasks/${taskId}/respondent`, { respondent: 'spouse' })).status).toBe(204)
    await desk.hangUp(work)
    expect((await ask('PUT', `/api/desk/tasks/${taskId}/result`, { result: 'machine' })).status).toBe(204)
    const outcome = { outcome: 'callback', callbackAt: '2026-11-24T10:00:00+08:00', note: '明天再打' }
    expect((await ask('PUT', `/api/desk/tasks/${taskId}/outcome`, outcome)).status).toBe(204)
    expect((await ask('GET', `/api/desk/tasks/${taskId}`)).body).toMatchObject({
      outcome: 'callback',
      callbackAt: '2026-11-24T02:00:00.000Z',
      note: '明天再打',
      respondent: 'spouse',
    })
    await desk.finish(work)
    expect((await desk.office.task(taskId)).state).toBe('callback')
  })

  it('has its faults told by code, in the reader’s language, by question and never by value', async () => {
    const { person, ask } = await client(['agent'])
    const { taskId } = await desk.talking(person)
    const wrong = await ask('PUT', `/api/desk/tasks/${taskId}/answers/pressure`, { value: '张三说很高' })
    expect(wrong).toMatchObject({ status: 422, body: { code: 'DESK_ANSWER_NOT_A_NUMBER' } })
    expect(wrong.body.message).toContain('收缩压')
    for (const payload of [
      { outcome: 'splendid' },
      { outcome: 'callback', callbackAt: 'tomorrow' },
      { outcome: 'partial', more: 1 },
    ]) {
      expect(await ask('PUT', `/api/desk/tasks/${taskId}/outcome`, payload)).toMatchObject({ status: 400 })
    }
    const result = await ask('PUT', `/api/desk/tasks/${taskId}/result`, { result: 'restart' })
    expect(result).toMatchObject({ status: 400 })
    expect((await ask('GET', '/api/desk/tasks/not-an-id')).status).toBe(400)
    expect(wrong.text).not.toContain('张三')
  })

  it('leaves nothing personal in the log', async () => {
    const { person, ask } = await client(['supervisor'])
    const { taskId, patientId } = await desk.talking(person)
    await desk.db.updateTable('patient').set({ name: '上官婉儿' }).where('id', '=', patientId).execute()
    await ask('GET', `/api/desk/tasks/${taskId}`)
    await ask('PUT', `/api/desk/tasks/${taskId}/answers/detail`, { value: '上官婉儿头痛' })
    await ask('PUT', `/api/desk/tasks/${taskId}/note`, { note: '上官婉儿' })
    await ask('PUT', `/api/desk/tasks/${taskId}/note`, { note: '上官\u0000' })
    expect(lines.some((line) => line.includes('/api/desk/tasks/:taskId'))).toBe(true)
    expect(lines.join('\n')).not.toMatch(/上官|头痛|\+86199|86199/)
  })
})

describe('refused', () => {
  it.each([['qa'], ['system_admin'], ['security_admin'], ['audit_admin']] as const)(
    'is %s, on every route',
    async (role) => {
      const { ask } = await client([role])
      const { taskId } = await desk.talking(await desk.agent())
      expect(await ask('GET', `/api/desk/tasks/${taskId}`)).toMatchObject({
        status: 403,
        body: { code: 'RIGHT_MISSING' },
      })
      for (const [method, url, payload] of writes(taskId)) {
        expect(await ask(method, url, payload)).toMatchObject({ status: 403, body: { code: 'RIGHT_MISSING' } })
      }
    },
  )

  it('is a supervisor and an agent who write into a colleague’s call', async () => {
    const { taskId } = await desk.talking(await desk.agent())
    for (const role of ['supervisor', 'agent'] as const) {
      const { ask } = await client([role])
      for (const [method, url, payload] of writes(taskId)) {
        expect(await ask(method, url, payload)).toMatchObject({ status: 403, body: { code: 'DESK_NOT_YOURS' } })
      }
    }
    expect(await desk.answers(taskId)).toEqual({})
  })

  it('is an agent without the right to read calls, for every record but that of the call at the seat', async () => {
    await desk.database.owner(`delete from role_right where role_code = 'agent' and right_code = 'call.read'`)
    const { person, ask } = await client(['agent'])
    const own = await desk.talking(person)
    const other = await desk.talking(await desk.agent())
    expect((await ask('GET', `/api/desk/tasks/${own.taskId}`)).status).toBe(200)
    for (const taskId of [other.taskId, newId()]) {
      expect(await ask('GET', `/api/desk/tasks/${taskId}`)).toMatchObject({
        status: 403,
        body: { code: 'DESK_NOT_YOURS' },
      })
    }
    await desk.hangUp(own.work)
    await desk.finish(own.work)
    expect((await ask('GET', `/api/desk/tasks/${own.taskId}`)).status).toBe(403)
  })

  it('is everybody who has not signed in, and every page but our own', async () => {
    const url = `/api/desk/tasks/${newId()}`
    expect((await face.server.inject({ url })).statusCode).toBe(401)
    expect((await face.server.inject({ method: 'PUT', url: `${url}/note`, payload: { note: 'x' } })).statusCode).toBe(
      403,
    )
  })
})
