import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { newId } from '../../../src/platform/ids.ts'
import { makeAccount, openFace, testPassword } from '../../e2e/fixture/face.ts'
import { testDatabase } from '../../harness/database.ts'

const database = await testDatabase()
const { db } = database
const face = await openFace({ db, databaseUrl: database.url })
afterAll(async () => {
  await face.close()
  await database.close()
})
let post: (method: 'POST' | 'PUT', url: string, payload: object) => Promise<{ statusCode: number; json(): unknown }>

beforeAll(async () => {
  const who = await makeAccount(db, ['supervisor', 'system_admin'])
  const { token } = await face.auth.signIn(who, testPassword, { ip: null, userAgent: null, requestId: null })
  const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` }
  post = (method, url, payload) => face.server.inject({ method, url, headers, payload })
})

describe('a body is taken as it is', () => {
  const thresholds = { warnGb: 20, warnPercent: 5, stopGb: 2 }
  const rule = { recordingDays: 100, clinicalYears: 30, auditMonths: 36 }
  it.each([
    ['a text for a number', '/api/storage/thresholds', { thresholds: { ...thresholds, warnGb: '20' }, reason: 'x' }],
    ['nothing for zero', '/api/storage/thresholds', { thresholds: { ...thresholds, warnPercent: null }, reason: 'x' }],
    [
      'an empty text for zero',
      '/api/storage/thresholds',
      { thresholds: { ...thresholds, warnPercent: '' }, reason: 'x' },
    ],
    ['yes for one', '/api/storage/rule', { basedOn: true, rule, reason: 'x' }],
    ['a number for a text', '/api/storage/rule', { basedOn: 0, rule, reason: 7 }],
    ['one for a list of one', '/api/owned-numbers', { numbers: '07522288288', reason: 'x' }],
  ])('%s is refused', async (_what, url, body) => {
    const answer = await post('PUT', url, body)
    expect([answer.statusCode, answer.json()]).toEqual([400, expect.objectContaining({ code: 'INPUT_INVALID' })])
  })
})

describe('a reason', () => {
  const body = { reason: '患者 138 0013 8000 来电' }
  it.each([
    ['PUT', '/api/owned-numbers', { numbers: [], ...body }],
    ['POST', `/api/storage/strays/${newId()}/remove`, body],
    // Of a union of wishes.
    ['POST', '/api/tasks/change', { taskIds: [newId()], action: 'reopen', ...body }],
    ['POST', `/api/do-not-call/${newId()}/lift`, body],
  ] as const)('with a number of somebody is refused at the door: %s %s', async (method, url, payload) => {
    const answer = await post(method, url, payload)
    expect([answer.statusCode, answer.json()]).toEqual([400, expect.objectContaining({ code: 'REASON_HOLDS_NUMBER' })])
  })

  it.each(['', ' ', '\u3000', '\u200b', '\u202e', '……'])('in which nothing is written is none: %j', async (reason) => {
    const answer = await post('PUT', '/api/owned-numbers', { numbers: [], reason })
    expect([answer.statusCode, answer.json()]).toEqual([400, expect.objectContaining({ code: 'INPUT_INVALID' })])
  })

  it('cannot be forgotten: every reason in free words is of the one schema', async () => {
    const loose = Object.entries(face.server.swagger().paths ?? {}).flatMap(([path, methods]) =>
      Object.values(methods).flatMap((method) =>
        (isObject(method) ? freeReasonsIn(method.requestBody) : []).map(() => path),
      ),
    )
    expect(loose).toEqual([])
  })
})

/** Schemas of properties named `reason` that take a sentence, and are not the one that looks at it. */
function freeReasonsIn(schema: unknown): readonly unknown[] {
  if (Array.isArray(schema)) return schema.flatMap(freeReasonsIn)
  if (!isObject(schema)) return []
  const { reason } = isObject(schema.properties) ? schema.properties : {}
  const isFree =
    isObject(reason) && reason.type === 'string' && Number(reason.maxLength) > 60 && reason.format !== 'reason'
  return [...(isFree ? [reason] : []), ...Object.values(schema).flatMap(freeReasonsIn)]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
