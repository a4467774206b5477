import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keepQuality } from '../../../src/contact-center/calls/call-quality.ts'
import type { CallDetail, CallPage, CallReplay } from '../../../src/follow-up/calls/call-schema.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { makeAccount, makeAgent, openFace, testPassword } from '../../e2e/fixture/face.ts'
import { CallScript, type HospitalCall, type HospitalTask, makeHospital } from '../../e2e/fixture/hospital.ts'
import { testDatabase } from '../../harness/database.ts'

const database = await testDatabase()
const { db } = database
const face = await openFace({ db, databaseUrl: database.url })
afterAll(async () => {
  await face.close()
  await database.close()
})

const hospital = await makeHospital(db, face.secrets, { patients: 16 })
const script = new CallScript(db, hospital)
const attempts: string[] = []

beforeAll(async () => {
  for (const [index, task] of hospital.tasks.slice(0, 12).entries()) {
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
        payload: { limit: 50, ...filter },
      })
      expect(answer.statusCode).toBe(200)
      return answer.json()
    },
    refusal: async (patient: string): Promise<string> => {
      const payload = { limit: 50, patient }
      const answer = await face.server.inject({ method: 'POST', url: '/api/calls/search', headers, payload })
      return answer.json().code ?? 'none'
    },
    detail: async (id: string): Promise<CallDetail> =>
      (await face.server.inject({ url: `/api/calls/${id}`, headers })).json(),
    replay: async (id: string): Promise<CallReplay> =>
      (await face.server.inject({ url: `/api/calls/${id}/replay`, headers })).json(),
    choices: async () => (await face.server.inject({ url: '/api/calls/choices', headers })).json(),
  }
}

/** Today in the hospital. */
const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)

describe('the list of calls', () => {
  it('is newest first, paged, with the number of all', async () => {
    const { search } = await signIn(['supervisor'])
    const seen: string[] = []
    let before: string | null = null
    do {
      const page: CallPage = await search({ limit: 5, ...(before === null ? {} : { before }) })
      expect([page.total, page.more]).toEqual([12, false])
      seen.push(...page.calls.map(({ attemptId }) => attemptId))
      before = page.next
    } while (before !== null)
    expect(seen).toEqual(attempts.toReversed())
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
    await search({ patient: 'ZY2026000003', result: 'partial' })
    const row = await db
      .selectFrom('auditRow')
      .selectAll()
      .where('actorName', '=', who)
      .where('action', '=', 'call.listed')
      .executeTakeFirstOrThrow()
    expect(row.detail).toMatchObject({ byPatient: true, result: 'partial', clear: false, total: 1 })
    expect(JSON.stringify(row)).not.toContain('ZY2026000003')
  })

  it('confirms no name to who sees names masked, and whole numbers so often an hour, written down each', async () => {
    const { who, search, refusal } = await signIn(['agent', 'qa'])
    for (const name of ['刘洋', '王大锤']) expect(await refusal(name)).toBe('CALL_LOOK_UP_MASKED')
    expect((await search({ patient: 'ZY2026' })).total).toBe(0)
    // What is shown anyway may be asked for as often as one likes.
    for (let n = 0; n <= 30; n += 1) expect((await search({ patient: '0007' })).total).toBe(1)
    const guesses = await Promise.all(
      Array.from({ length: 31 }, (_none, n) => refusal(n % 2 === 0 ? `138${1000 + n}0003` : `ZY20260001${10 + n}`)),
    )
    expect(guesses.filter((code) => code === 'none')).toHaveLength(29)
    expect(guesses.filter((code) => code === 'CALL_LOOK_UP_TOO_OFTEN')).toHaveLength(2)
    // The next page of a search is a search, too.
    expect(await refusal('13800000003')).toBe('CALL_LOOK_UP_TOO_OFTEN')
    const rows = await db
      .selectFrom('auditRow')
      .select(['outcome', 'detail'])
      .where('actorName', '=', who)
      .where('action', '=', 'call.looked_up')
      .execute()
    expect([rows.length, rows.filter(({ outcome }) => outcome === 'denied').length]).toEqual([33, 3])
    expect((await (await signIn(['agent'])).search({ patient: '13800000003' })).total).toBe(1)
  })
})

describe('one call', () => {
  it('has its answers in words, its events in order and what the network said', async () => {
    const { detail } = await signIn(['supervisor'])
    const call = await detail(attempts[1] ?? '')
    expect(call.form.map(({ questionId }) => questionId)).toEqual(hospital.questionIds)
    expect(call.form.filter(({ answer }) => answer !== null)).toMatchObject([
      { questionId: 'nurses', answer: { words: { zh: '满意', en: 'satisfied' }, keys: '2', attemptId: attempts[1] } },
    ])
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

  it('tells how its line was, in a word and in figures; one without sound tells nothing', async () => {
    const { detail, search } = await signIn(['supervisor'])
    const [, attemptId = ''] = attempts
    const line = { lossIn: 0.25, lossOut: null, jitterInMs: 12, jitterOutMs: 4, roundTripMs: 80, mos: 3.5 }
    await db.transaction().execute((tx) => keepQuality(tx, { attemptId, at: new Date() }, { packetsIn: 900, ...line }))
    expect((await detail(attemptId)).call.quality).toEqual({ grade: 'poor', ...line })
    const listed = await search({ limit: 50 })
    expect(listed.calls.filter(({ quality }) => quality !== null).map((call) => call.attemptId)).toEqual([attemptId])
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

describe('a call with an agent', () => {
  const start = Date.parse('2026-11-10T02:00:00Z')
  const seconds = (after: number) => new Date(start + after * 1000)
  let call: HospitalCall
  let agentId = ''

  beforeAll(async () => {
    agentId = await makeAgent(db, await makeAccount(db, ['agent']), '0042')
    const supervisorId = await makeAgent(db, await makeAccount(db, ['supervisor']), '0001')
    const told = new CallScript(db, hospital)
    const step = async (after: number, happens: () => Promise<unknown>) => {
      told.now = seconds(after)
      await happens()
    }
    await step(-20, async () => {
      call = await told.dial(taskAt(12))
    })
    await step(-15, () => told.ring(call))
    await step(0, () => told.answer(call))
    await step(2, () => told.bridge(call, agentId))
    await step(10, () => told.question(call, 0))
    await step(14, () => told.question(call, 1, '2'))
    await step(20, () => told.happens(call, { type: 'held' }))
    await step(30, () => told.happens(call, { type: 'resumed' }))
    await step(40, () => told.happens(call, { type: 'supervised', supervisorId, mode: 'coach' }))
    told.seatLines = [
      { seatId: agentId, agentId, lossIn: 0.01, lossOut: 0, jitterInMs: 3, jitterOutMs: 2, roundTripMs: 20 },
      { seatId: agentId, agentId, lossIn: null, lossOut: 0.2, jitterInMs: null, jitterOutMs: 2, roundTripMs: 950 },
    ]
    await step(90, () => told.end(call, 'bridged', 'completed', 'completed', join(face.recordings, 'none.wav')))
    await sql`
      update recording set duration_ms = 88000, gap_ms = 2000 where attempt_id = ${call.attemptId}
    `.execute(db)
    await sql`
      insert into rating (attempt_id, agent_id, value, at) values (${call.attemptId}, ${agentId}, 4, app_now())
    `.execute(db)
  })

  it('shows agent, programme, length and rating, and is found by each of them', async () => {
    const { search } = await signIn(['qa'])
    const only = (page: CallPage) => page.calls.map(({ attemptId }) => attemptId)
    const [item] = (await search({ agentId })).calls
    expect(item).toMatchObject({
      agent: { agentNo: '0042' },
      programme: '出院 D+7 满意度',
      talkSeconds: 90,
      rating: 4,
      recording: { state: 'verified', gapMs: 2_000, changed: false },
    })
    for (const filter of [
      { agentId },
      { minSeconds: 90, maxSeconds: 90 },
      { ratings: [1, 4] },
      { from: '2026-11-10', to: '2026-11-10', programmeId: hospital.programmeId },
    ]) {
      expect(only(await search(filter)), JSON.stringify(filter)).toEqual([call.attemptId])
    }
    for (const filter of [
      { minSeconds: 91 },
      { ratings: [1, 2] },
      { agentId, ratings: [0] },
      { agentId: hospital.siteId },
    ]) {
      expect((await search(filter)).total, JSON.stringify(filter)).toBe(0)
    }
    expect((await search({ ratings: [0] })).total).toBe(12)
  })

  it('tells how the agent’s own line was at each stay, beside the patient’s, by name and not by number', async () => {
    const { detail, search } = await signIn(['supervisor'])
    const { call: shown, events } = await detail(call.attemptId)
    const agent = shown.agent?.name
    expect(shown).toMatchObject({
      quality: null,
      agentLines: [
        { grade: 'good', agent, lossIn: 0.01, lossOut: 0, jitterInMs: 3, jitterOutMs: 2, roundTripMs: 20 },
        { grade: 'poor', agent, lossIn: null, lossOut: 0.2, jitterInMs: null, jitterOutMs: 2, roundTripMs: 950 },
      ],
    })
    expect(JSON.stringify(events)).not.toContain(agentId)
    const listed = await search({ limit: 50 })
    const measured = listed.calls.filter(({ agentLines }) => agentLines.length > 0)
    expect(measured.map(({ attemptId }) => attemptId)).toEqual([call.attemptId])
  })

  it('is found by the result that a person has put right, and shows both', async () => {
    const { search } = await signIn(['qa'])
    await sql`update attempt set corrected_result = 'machine' where id = ${call.attemptId}`.execute(db)
    expect((await search({ result: 'machine' })).calls).toMatchObject([
      { result: 'completed', correctedResult: 'machine' },
    ])
    expect((await search({ result: 'completed' })).total).toBe(0)
  })

  it('offers agents, programmes and campaigns to filter by', async () => {
    const { choices } = await signIn(['qa'])
    expect(await choices()).toMatchObject({
      agents: [{ agentNo: '0001' }, { agentNo: '0042', id: agentId }],
      programmes: [{ id: hospital.programmeId }],
      campaigns: [{ id: hospital.campaignId }],
    })
  })

  it('has its marks where they lie in the recording, people by name and nothing of the house’s own', async () => {
    const { who, replay } = await signIn(['qa'])
    const { parts, markers, places } = await replay(call.attemptId)
    const read = db.selectFrom('auditRow').select('objectId').where('action', '=', 'call.replay_viewed')
    expect(await read.where('actorName', '=', who).execute()).toEqual([{ objectId: call.attemptId }])
    expect(parts).toMatchObject([{ state: 'verified', durationMs: 88_000, gapMs: 2_000, changed: false }])
    expect(markers.map(({ type, offsetMs }) => [type, offsetMs / 1000])).toEqual([
      ['answered', 0],
      ['bridged', 2],
      ['question', 10],
      ['key', 14],
      ['question', 14],
      ['held', 20],
      ['resumed', 30],
      ['supervised', 40],
      // The hang-up is at the last sample that there is.
      ['ended', 88],
    ])
    expect(markers.find(({ type }) => type === 'supervised')?.body).toEqual({
      supervisor: expect.stringMatching(/^user-/),
      mode: 'coach',
    })
    expect(JSON.stringify(markers)).not.toContain(agentId)
    expect(places.slice(0, 2)).toMatchObject([
      { questionId: hospital.questionIds[0], offsetMs: 10_000 },
      { questionId: hospital.questionIds[1], offsetMs: 14_000 },
    ])
  })

  it('leads to the other calls of its task, and each answer to the call in which it was given', async () => {
    const { detail } = await signIn(['qa'])
    const told = new CallScript(db, hospital)
    const first = await told.dial(taskAt(13))
    await told.ring(first)
    await told.answer(first)
    await told.question(first, 0)
    await told.question(first, 1, '1')
    await told.end(first, 'answered', 'partial', 'retry_wait')
    const again = await told.dial(taskAt(13))
    await told.ring(again)
    await told.answer(again)
    await told.end(again, 'answered', 'partial', 'retry_wait')
    const { form, others, number } = await detail(again.attemptId)
    expect(number).toBe(2)
    expect(others).toMatchObject([{ attemptId: first.attemptId, result: 'partial' }])
    expect(form[0]?.answer).toMatchObject({ attemptId: first.attemptId })
  })
})

describe('while somebody turns the pages', () => {
  it('a new call moves nothing on those that come', async () => {
    const { search } = await signIn(['supervisor'])
    const all = (await search({ limit: 100 })).calls.map(({ attemptId }) => attemptId)
    const first = await search({ limit: 5 })
    await script.dial(taskAt(14))
    const second = await search({ limit: 5, before: first.next })
    expect(second.calls.map(({ attemptId }) => attemptId)).toEqual(all.slice(5, 10))
    expect((await search({ limit: 5 })).total).toBe(all.length + 1)
  })
})

function taskAt(index: number): HospitalTask {
  const task = hospital.tasks[index]
  if (task === undefined) throw new Error('no such task')
  return task
}
