import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CallDetail, CallPage } from '../../../src/follow-up/calls/call-schema.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
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

const hospital = await makeHospital(db, face.secrets, { patients: 12 })
const script = new CallScript(db, hospital)
const attempts: string[] = []

beforeAll(async () => {
  for (const [index, task] of hospital.tasks.entries()) {
    const call = await script.dial(task)
    attempts.push(call.attemptId)
    if (index % 2 === 0) {
      await script.end(call, 'dialing', 'busy', 'retry_wait')
      continue
    }
    await script.ring(call)
    await script.answer(call)
    await script.question(call, 0)
    await script.question(call, 1, '2')
    await script.end(call, 'answered', 'partial', 'retry_wait')
  }
})

async function signIn(roles: readonly Role[]) {
  const who = await makeAccount(db, roles)
  const { token } = await face.auth.signIn(who, testPassword, { ip: null, userAgent: null, requestId: null })
  const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` }
  return {
    who,
    search: async (filter: Record<string, unknown>): Promise<CallPage> => {
      const answer = await face.server.inject({
        method: 'POST',
        url: '/api/calls/search',
        headers,
        payload: { page: 1, pageSize: 50, ...filter },
      })
      expect(answer.statusCode).toBe(200)
      return answer.json()
    },
    detail: async (id: string): Promise<CallDetail> =>
      (await face.server.inject({ url: `/api/calls/${id}`, headers })).json(),
  }
}

/** Today in the hospital. */
const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)

describe('the list of calls', () => {
  it('is newest first, paged, with the number of all', async () => {
    const { search } = await signIn(['supervisor'])
    const first = await search({ pageSize: 5 })
    const second = await search({ pageSize: 5, page: 2 })
    expect(first.total).toBe(12)
    expect([...first.calls, ...second.calls].map(({ attemptId }) => attemptId)).toEqual(
      attempts.toReversed().slice(0, 10),
    )
  })

  it('is filtered by day, campaign and result', async () => {
    const { search } = await signIn(['supervisor'])
    expect((await search({ from: today, to: today })).total).toBe(12)
    expect((await search({ to: '2020-01-01' })).total).toBe(0)
    expect((await search({ campaignId: hospital.campaignId, result: 'busy' })).total).toBe(6)
    expect((await search({ campaignId: hospital.siteId })).total).toBe(0)
  })

  it.each([
    ['a name', '张伟', 1],
    ['an admission number', 'ZY2026000003', 1],
    ['the last four digits', '0007', 1],
    ['a whole number', '13800000004', 1],
    ['nobody', '王大锤', 0],
    ['a pattern, taken as it is written', '%', 0],
  ])('finds %s', async (_what, patient, total) => {
    expect((await (await signIn(['supervisor'])).search({ patient })).total).toBe(total)
  })

  it('shows people in the clear only to who may see them', async () => {
    const clear = await (await signIn(['supervisor'])).search({ patient: 'ZY2026000003' })
    expect(clear.calls[0]).toMatchObject({ name: '刘洋', phone: '13800000003', recordNumber: 'ZY2026000003' })
    const masked = await (await signIn(['agent'])).search({ patient: 'ZY2026000003' })
    expect(masked.calls[0]).toMatchObject({ name: '刘*', phone: '138****0003', recordNumber: 'ZY********03' })
  })

  it('is written down: who looked by what filter, and never for whom', async () => {
    const { who, search } = await signIn(['agent'])
    await search({ patient: '刘洋', result: 'partial' })
    const row = await db
      .selectFrom('auditRow')
      .selectAll()
      .where('actorName', '=', who)
      .where('action', '=', 'call.listed')
      .executeTakeFirstOrThrow()
    expect(row.detail).toMatchObject({ byPatient: true, result: 'partial', clear: false, total: 1 })
    expect(JSON.stringify(row)).not.toContain('刘洋')
  })
})

describe('one call', () => {
  it('has its answers in words, its events in order and what the network said', async () => {
    const { detail } = await signIn(['supervisor'])
    const call = await detail(attempts[1] ?? '')
    expect(call.answers).toMatchObject([{ questionId: 'nurses', answer: { zh: '满意', en: 'satisfied' }, keys: '2' }])
    expect(call.events.map(({ type }) => type)).toEqual([
      'invited',
      'ringing',
      'answered',
      'question',
      'key',
      'question',
      'ended',
    ])
    expect(call).toMatchObject({ number: 1, hangupBy: 'hospital', network: { sipStatus: 200 }, respondent: 'patient' })
    expect(call.call.talkSeconds).toBeGreaterThanOrEqual(0)
  })

  it('is masked like the list, and who looked is written down', async () => {
    const { who, detail } = await signIn(['agent'])
    expect((await detail(attempts[3] ?? '')).call).toMatchObject({ name: '刘*', phone: '138****0003' })
    const row = await db
      .selectFrom('auditRow')
      .selectAll()
      .where('actorName', '=', who)
      .where('action', '=', 'call.viewed')
      .executeTakeFirstOrThrow()
    expect(row.objectId).toBe(attempts[3])
  })

  it('that nobody made is answered so', async () => {
    const { detail } = await signIn(['agent'])
    expect(await detail('01900000-0000-7000-8000-000000000000')).toMatchObject({ code: 'CALL_UNKNOWN' })
  })
})
