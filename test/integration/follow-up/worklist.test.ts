import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { whyNot } from '../../../src/follow-up/status/why-not.ts'
import { sweepTasks } from '../../../src/follow-up/tasks/task-sweep.ts'
import type {
  TaskChanged,
  TaskDetail,
  TaskForeseen,
  TaskGlanced,
  TaskPage,
} from '../../../src/follow-up/tasks/worklist-schema.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { newId } from '../../../src/platform/ids.ts'
import { type Face, makeAccount, makeAgent, openFace, testPassword } from '../../e2e/fixture/face.ts'
import { answered, answerOf, endedBy, invited, lease, Office, secrets, tenOnMonday } from './office.ts'

const minutes = (count: number) => new Date(tenOnMonday.getTime() + count * 60_000)
const days = (count: number) => minutes(count * 24 * 60)

let office: Office
let face: Face
let supervisor: Awaited<ReturnType<typeof signIn>>
let agent: Awaited<ReturnType<typeof signIn>>
beforeAll(async () => {
  office = await Office.open()
  face = await openFace({ db: office.db, databaseUrl: office.database.url, secrets })
  supervisor = await signIn('supervisor')
  agent = await signIn('agent')
})
afterAll(async () => {
  await face.close()
  await office.close()
})

async function signIn(role: Role) {
  const name = await makeAccount(office.db, [role])
  const { token } = await face.auth.signIn(name, testPassword, { ip: null, userAgent: null, requestId: null })
  const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}`, 'accept-language': 'zh' }
  const post = (path: string, payload: Record<string, unknown>) =>
    face.server.inject({ method: 'POST', url: `/api/tasks/${path}`, headers, payload })
  return {
    name,
    post,
    get: (path: string) => face.server.inject({ method: 'GET', url: `/api/tasks/${path}`, headers }),
    list: async (filter: Record<string, unknown> = {}): Promise<TaskPage> => {
      const answer = await post('search', { group: 'all', limit: 100, ...filter })
      expect(answer.statusCode, answer.body).toBe(200)
      return answer.json()
    },
    change: async (taskIds: readonly string[], wish: Record<string, unknown>): Promise<TaskChanged> => {
      const answer = await post('change', { taskIds, reason: '核对病历', ...wish })
      expect(answer.statusCode, answer.body).toBe(200)
      return answer.json()
    },
  }
}

const idsOf = ({ tasks }: Pick<TaskPage, 'tasks'>) => tasks.map(({ taskId }) => taskId)

/** Tasks of one programme in many states, held by many things. */
async function mixedOffice() {
  const campaignId = await office.campaign()
  const programmeId = await office.programme({ campaignId, match: { kinds: ['inpatient'] } })
  const made = { callable: await office.due(), later: await office.due(), capped: await office.due() }
  await office.db
    .updateTable('task')
    .set({ dueAt: days(2) })
    .where('id', '=', made.later.taskId)
    .execute()
  for (const result of ['no_answer', 'busy'] as const) {
    await office.db.updateTable('task').set({ dueAt: office.now }).where('id', '=', made.capped.taskId).execute()
    await office.fail(await office.claimOne(made.capped.taskId), result)
  }
  await office.db.updateTable('task').set({ dueAt: office.now }).where('id', '=', made.capped.taskId).execute()
  const numberless = await office.due({ numbers: [] })
  const barred = await office.due()
  await office.db
    .insertInto('doNotCall')
    .values({ id: newId(), phoneNumberId: barred.numberId, source: 'supervisor' })
    .execute()
  const stopped = await office.due()
  await supervisor.change([stopped.taskId], { action: 'stop', why: 'plan_unfit' })
  const inCall = await office.due()
  const work = await office.claimOne(inCall.taskId)
  await office.work().begin(work, lease)
  await office.tell(work, [invited])
  const shared = { numbers: ['+8613944450001'] }
  const claimed = await office.due(shared)
  const sharing = await office.due(shared)
  await office.claimOne(claimed.taskId)
  const done = await office.due()
  const call = await office.claimOne(done.taskId)
  await office.work().begin(call, lease)
  await office.tell(call, [
    invited,
    answered,
    answerOf('q1', '1'),
    { type: 'outcome', outcome: 'done' },
    endedBy('completed'),
  ])
  return { campaignId, programmeId, ...made, numberless, barred, stopped, inCall, claimed, sharing, done }
}

describe('the list of tasks', () => {
  let all: Awaited<ReturnType<typeof mixedOffice>>
  beforeAll(async () => {
    all = await mixedOffice()
  })

  it('has as many of each state as it counts, whatever it is asked', async () => {
    const { campaignId, programmeId } = all
    const filters: Record<string, unknown>[] = [
      {},
      { group: 'open' },
      { group: 'closed' },
      { group: 'open', campaignId },
      { programmeId, to: '2026-11-23' },
      { from: '2026-11-24' },
      { lastResult: 'no_answer' },
      { lastResult: 'busy' },
      { lastResult: 'none' },
      { reason: 'do_not_call' },
      { patient: '患者1' },
      { departmentId: newId() },
    ]
    for (const filter of filters) {
      const { tasks, counts, total } = await supervisor.list(filter)
      const listed: Record<string, number> = {}
      for (const { state } of tasks) listed[state] = (listed[state] ?? 0) + 1
      expect(listed, JSON.stringify(filter)).toEqual(counts)
      expect(total).toBe(tasks.length)
      for (const state of Object.keys(counts)) {
        const one = await supervisor.list({ ...filter, state })
        expect(one.counts).toEqual(counts)
        expect(one.total).toBe(counts[state])
        expect(one.tasks).toHaveLength(counts[state] ?? -1)
        expect(new Set(one.tasks.map((task) => task.state))).toEqual(new Set([state]))
      }
    }
    const { counts } = await supervisor.list()
    expect(Object.keys(counts).sort()).toEqual(
      ['claimed', 'completed', 'due', 'in_progress', 'retry_wait', 'scheduled', 'stopped'].sort(),
    )
  })

  it('finds by a reason whom the live page counts under it, and says the same of each', async () => {
    const told = await whyNot(office.db, all.campaignId)
    expect(told.reasons.map(({ reason }) => reason).sort()).toEqual([
      'cap_day',
      'do_not_call',
      'no_number',
      'not_due',
      'number_active',
    ])
    for (const { reason, count } of [...told.reasons, { reason: 'callable', count: told.callable }]) {
      const { tasks, total } = await supervisor.list({ group: 'open', campaignId: all.campaignId, reason })
      expect(total, reason).toBe(count)
      expect(new Set(tasks.map(({ heldBy }) => heldBy ?? 'callable'))).toEqual(new Set([reason]))
    }
    expect(idsOf(await supervisor.list({ reason: 'cap_day' }))).toEqual([all.capped.taskId])
  })

  it('asks the gate where a hold has run out or a claim has just taken the number, as the live page does', async () => {
    // The next morning: the cap of the day before holds nobody, and nothing has asked since.
    const morning = days(1)
    const db = office.at(morning)
    const later = await openFace({ db, databaseUrl: office.database.url, secrets })
    const { token } = await later.auth.signIn(supervisor.name, testPassword, {
      ip: null,
      userAgent: null,
      requestId: null,
    })
    const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` }
    const told = await whyNot(db, all.campaignId)
    for (const { reason, count } of [...told.reasons, { reason: 'callable', count: told.callable }]) {
      const payload = { group: 'open', limit: 100, campaignId: all.campaignId, reason }
      const answer = await later.server.inject({ method: 'POST', url: '/api/tasks/search', headers, payload })
      const { tasks, total }: TaskPage = answer.json()
      expect({ reason, total }).toEqual({ reason, total: count })
      expect(new Set(tasks.map(({ heldBy }) => heldBy ?? 'callable'))).toEqual(new Set([reason]))
    }
    await later.close()
    expect(told.reasons.map(({ reason }) => reason)).not.toContain('cap_day')
  })

  it('says what keeps a whole programme, and that no seat is free', async () => {
    const campaignId = await office.campaign({ state: 'paused' })
    const programmeId = await office.programme({ campaignId, match: { kinds: ['outpatient'] } })
    const patient = await office.patient()
    await office.enrol(await office.discharge(patient.id, { kind: 'outpatient' }))
    const only = async (reason: string) => (await supervisor.list({ programmeId, reason })).total
    expect(await only('campaign_paused')).toBe(1)
    expect(await only('callable')).toBe(0)
    await office.db.updateTable('campaign').set({ state: 'running' }).where('id', '=', campaignId).execute()
    expect(await only('callable')).toBe(1)
    const [site, teamId] = [office.siteId, newId()]
    await office.db.insertInto('team').values({ id: teamId, siteId: site, name: '一组' }).execute()
    await office.db
      .updateTable('campaign')
      .set({ pacing: 'progressive', teamId })
      .where('id', '=', campaignId)
      .execute()
    expect(await only('no_free_seat')).toBe(1)
    expect(await only('callable')).toBe(0)
    expect((await supervisor.list({ programmeId })).tasks).toMatchObject([{ heldBy: 'no_free_seat' }])
  })

  it('is turned page by page in the order of the next calls, every task once', async () => {
    const whole = await supervisor.list()
    const times = whole.tasks.map(({ dueAt }) => Date.parse(dueAt))
    expect(times).toEqual(times.toSorted((one, other) => one - other))
    const turned: string[] = []
    for (let after: string | null = null, pages = 0; pages < 20; pages += 1) {
      const page: TaskPage = await supervisor.list({ limit: 3, ...(after === null ? {} : { after }) })
      turned.push(...idsOf(page))
      expect(page.total).toBe(whole.total)
      after = page.next
      if (after === null) break
    }
    expect(turned).toEqual(idsOf(whole))
  })

  it('is masked for who may not see patients in the clear, who finds them by whole numbers only', async () => {
    const { name } = await office.db
      .selectFrom('patient')
      .select('name')
      .where('id', '=', all.callable.patientId)
      .executeTakeFirstOrThrow()
    const [clear] = (await supervisor.list({ patient: name })).tasks
    expect(clear).toMatchObject({ taskId: all.callable.taskId, name, recordNumber: expect.stringMatching(/^ZY\d+$/) })
    const record = clear?.recordNumber ?? ''
    const masked = await agent.list({ patient: record })
    expect(masked.tasks).toMatchObject([{ taskId: clear?.taskId, name: expect.stringMatching(/^患\*+$/) }])
    expect(JSON.stringify(masked)).not.toContain(record)
    expect((await agent.post('search', { group: 'all', limit: 10, patient: '患者' })).json()).toMatchObject({
      code: 'CALL_LOOK_UP_MASKED',
    })
    const number = clear?.phone ?? ''
    expect(idsOf(await agent.list({ patient: number }))).toEqual([clear?.taskId])
    expect(idsOf(await supervisor.list({ patient: number.slice(-4) }))).toContain(clear?.taskId)
    const looked = await office.db
      .selectFrom('auditRow')
      .select('detail')
      .where('action', '=', 'call.looked_up')
      .where('actorName', '=', agent.name)
      .execute()
    expect(looked).toHaveLength(2)
    expect(JSON.stringify(looked)).not.toContain(number)
  })

  it('writes down who looked and for what, and no word of whom', async () => {
    await supervisor.list({ group: 'open', patient: '患者1', reason: 'cap_day' })
    const row = await office.db
      .selectFrom('auditRow')
      .select(['actorName', 'detail'])
      .where('action', '=', 'task.listed')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow()
    expect(row).toMatchObject({
      actorName: supervisor.name,
      detail: { group: 'open', reason: 'cap_day', byPatient: true },
    })
    expect(JSON.stringify(row.detail)).not.toContain('患者')
  })

  it('tells a page that stays open how its rows stand by now, without a name', async () => {
    const taskIds = [all.callable.taskId, all.capped.taskId]
    const answer = await agent.post('glance', { filter: { group: 'open' }, taskIds })
    const glanced: TaskGlanced = answer.json()
    expect(glanced.tasks.find(({ taskId }) => taskId === all.capped.taskId)).toMatchObject({ heldBy: 'cap_day' })
    expect(glanced.counts).toEqual((await supervisor.list({ group: 'open' })).counts)
    expect(answer.body).not.toContain('患')
  })

  it('has one task with its attempts, what keeps it and its answers', async () => {
    const capped: TaskDetail = (await supervisor.get(all.capped.taskId)).json()
    expect(capped).toMatchObject({
      task: { heldBy: 'cap_day', heldUntil: '2026-11-23T16:00:00.000Z', attempts: 2, lastResult: 'busy' },
      campaign: { id: all.campaignId },
      attempts: [{ result: 'no_answer' }, { result: 'busy' }],
    })
    const done: TaskDetail = (await agent.get(all.done.taskId)).json()
    expect(done.task).toMatchObject({ state: 'completed', heldBy: null, name: expect.stringContaining('*') })
    expect(done.form).toMatchObject([{ questionId: 'q1', answer: { attemptId: done.attempts[0]?.attemptId } }])
    expect(done.attempts[0]?.phone).toContain('****')
    expect((await supervisor.get(newId())).json()).toMatchObject({ code: 'TASK_UNKNOWN' })
  })

  it('lets an agent change nothing', async () => {
    const taskIds = [all.callable.taskId]
    for (const path of ['change', 'foresee']) {
      const answer = await agent.post(path, { taskIds, action: 'reopen', reason: '试' })
      expect(answer.json()).toMatchObject({ code: 'RIGHT_MISSING' })
    }
    const qa = await signIn('qa')
    expect((await qa.list()).total).toBeGreaterThan(0)
    expect((await (await signIn('system_admin')).post('search', { group: 'all', limit: 1 })).statusCode).toBe(403)
  })
})

describe('a task changed by hand', () => {
  beforeAll(() => office.programme({ match: { kinds: ['checkup'] } }))

  async function due(draft: Parameters<Office['patient']>[0] = {}) {
    const patient = await office.patient(draft)
    await office.enrol(await office.discharge(patient.id, { kind: 'checkup' }))
    return (await office.taskOf(patient.id)).id
  }
  const one = async (taskId: string, wish: Record<string, unknown>) =>
    (await supervisor.change([taskId], wish)).results[0]
  const liveEvents = async () =>
    (
      await office.db
        .selectFrom('streamEvent')
        .select(['type', 'payload'])
        .where('streamId', '=', 'live')
        .orderBy('eventOffset', 'desc')
        .limit(2)
        .execute()
    ).reverse()

  it('is stopped with what was claimed given back, opened again and told of, with who did it and why', async () => {
    const taskId = await due()
    const { attemptId } = await office.claimOne(taskId)
    expect(await one(taskId, { action: 'stop', why: 'plan_repeated' })).toEqual({
      taskId,
      code: null,
      message: null,
      hold: null,
    })
    expect(await office.task(taskId)).toMatchObject({ state: 'stopped', reason: 'plan_repeated' })
    expect(await office.attempt(attemptId)).toMatchObject({ state: 'ended', result: 'cancelled' })
    expect(await liveEvents()).toMatchObject([
      { type: 'attempt.changed', payload: { attemptId, to: 'ended', result: 'cancelled' } },
      { type: 'task.changed', payload: { taskId, from: 'scheduled', to: 'stopped' } },
    ])
    expect(await one(taskId, { action: 'reopen' })).toMatchObject({ code: null })
    expect(await office.task(taskId)).toMatchObject({ state: 'scheduled', reason: null })
    const { history }: TaskDetail = (await supervisor.get(taskId)).json()
    expect(history).toMatchObject([
      { action: 'task.reopen', by: supervisor.name, reason: '核对病历', why: null },
      { action: 'task.stopped', by: supervisor.name, reason: '核对病历', why: 'plan_repeated' },
    ])
    expect((await office.claimOne(taskId)).taskId).toBe(taskId)
  })

  it('that has expired and is opened again has its time anew: the sweep leaves it', async () => {
    const taskId = await due()
    await office.db
      .updateTable('task')
      .set({ expiresAt: minutes(-1) })
      .where('id', '=', taskId)
      .execute()
    await sweepTasks(office.db)
    expect((await office.task(taskId)).state).toBe('expired')
    await one(taskId, { action: 'reopen' })
    await sweepTasks(office.db)
    expect(await office.task(taskId)).toMatchObject({ state: 'scheduled', expiresAt: days(30) })
  })

  it('that is opened again dials a number that may be dialled, and says what keeps it all the same', async () => {
    const taskId = await due({ numbers: ['+8613944460001', '+8613944460002'] })
    const { phoneNumberId } = await office.task(taskId)
    await one(taskId, { action: 'stop', why: 'other' })
    await office.db
      .updateTable('phoneNumber')
      .set({ flag: 'invalid', flaggedAt: office.now })
      .where('id', '=', phoneNumberId)
      .execute()
    expect(await one(taskId, { action: 'reopen' })).toMatchObject({ code: null, hold: null })
    const reopened = await office.task(taskId)
    expect(reopened.phoneNumberId).not.toBe(phoneNumberId)
    await one(taskId, { action: 'stop', why: 'other' })
    const { patientId } = reopened
    await office.db.insertInto('doNotCall').values({ id: newId(), patientId, source: 'supervisor' }).execute()
    expect(await one(taskId, { action: 'reopen' })).toMatchObject({ code: null, hold: 'do_not_call' })
  })

  it('goes on after it was suspended', async () => {
    const taskId = await due()
    await office.force(taskId, 'suspended')
    expect(await one(taskId, { action: 'dial_at', at: minutes(30).toISOString() })).toMatchObject({
      code: 'TASK_SUSPENDED',
    })
    expect(await one(taskId, { action: 'resume' })).toMatchObject({ code: null })
    expect((await office.task(taskId)).state).toBe('scheduled')
  })

  it('is dialled at the time it was moved to, and not before', async () => {
    const taskId = await due()
    expect(await one(taskId, { action: 'dial_at', at: minutes(30).toISOString() })).toMatchObject({ code: null })
    expect(await liveEvents()).toContainEqual(
      expect.objectContaining({ type: 'task.changed', payload: expect.objectContaining({ taskId, to: 'scheduled' }) }),
    )
    await expect(office.claimOne(taskId)).rejects.toThrow('not claimed')
    expect((await office.claimOne(taskId, minutes(30))).taskId).toBe(taskId)
  })

  it('that was answered in part waits for its call again, also after its time has run out', async () => {
    const taskId = await due()
    await office.force(taskId, 'partial')
    await office.db
      .updateTable('task')
      .set({ expiresAt: minutes(-1) })
      .where('id', '=', taskId)
      .execute()
    expect(await one(taskId, { action: 'stop', why: 'other' })).toMatchObject({ code: 'TASK_PART_ANSWERED' })
    expect(await one(taskId, { action: 'dial_at', at: office.now.toISOString() })).toMatchObject({ code: null })
    expect(await office.task(taskId)).toMatchObject({ state: 'retry_wait', dueAt: office.now, expiresAt: days(30) })
  })

  it.each([
    ['past', -2, 'TASK_TIME_PAST'],
    ['beyond its time', 40 * 24 * 60, 'TASK_TIME_TOO_LATE'],
    ['in years', 400 * 24 * 60, 'TASK_TIME_TOO_FAR'],
  ])('is not moved to a time that is %s', async (_name, at, code) => {
    const taskId = await due()
    const before = await office.task(taskId)
    expect(await one(taskId, { action: 'dial_at', at: minutes(at).toISOString() })).toMatchObject({ code })
    expect(await office.task(taskId)).toEqual(before)
  })

  it('of a call in progress or an open one is refused in words that say what to do, each of a set by itself', async () => {
    const [inCall, open, suspended] = [await due(), await due(), await due()]
    const work = await office.claimOne(inCall)
    await office.work().begin(work, lease)
    await office.force(suspended, 'suspended')
    const unknown = newId()
    const taskIds = [inCall, open, suspended, unknown, open]
    const foreseen: TaskForeseen = (await supervisor.post('foresee', { taskIds, action: 'stop' })).json()
    expect(foreseen).toEqual({
      possible: 2,
      refused: [
        { code: 'TASK_IN_CALL', count: 1, message: expect.stringContaining('班长台') },
        { code: 'TASK_UNKNOWN', count: 1, message: expect.stringContaining('刷新') },
      ],
    })
    const { done, results } = await supervisor.change(taskIds, { action: 'stop', why: 'other' })
    expect(done).toBe(2)
    expect(results.map(({ taskId, code }) => [taskId, code])).toEqual([
      [inCall, 'TASK_IN_CALL'],
      [open, null],
      [suspended, null],
      [unknown, 'TASK_UNKNOWN'],
    ])
    expect((await office.attempt(work.attemptId)).state).toBe('dialing')
    expect(await one(open, { action: 'resume' })).toMatchObject({ code: 'TASK_NOT_SUSPENDED' })
    expect(await one(open, { action: 'stop', why: 'other' })).toMatchObject({ code: 'TASK_CLOSED' })
  })

  it.each([
    { action: 'stop', why: 'other', reason: ' ' },
    { action: 'stop', reason: '试' },
    { action: 'dial_at', reason: '试' },
    { action: 'complete', reason: '试' },
    { action: 'reopen', reason: '试', taskIds: Array.from({ length: 201 }, () => newId()) },
  ])('is not changed by a wish that is not whole: $action', async (wish) => {
    const answer = await supervisor.post('change', { taskIds: [newId()], ...wish })
    expect(answer.json()).toMatchObject({ code: 'INPUT_INVALID' })
  })
})

describe('callbacks', () => {
  it('are found by the agent with whom they were agreed', async () => {
    await office.programme({ match: { kinds: ['emergency'] } })
    const agentId = await makeAgent(office.db, agent.name, '8001')
    const patient = await office.patient()
    await office.enrol(await office.discharge(patient.id, { kind: 'emergency' }))
    const { id } = await office.taskOf(patient.id)
    await office.force(id, 'callback')
    await sql`update task set callback_agent_id = ${agentId} where id = ${id}`.execute(office.db)
    expect(await supervisor.list({ agentId })).toMatchObject({ total: 1, tasks: [{ taskId: id, agent: agent.name }] })
    const choices = (await supervisor.get('choices')).json()
    expect(choices.agents).toContainEqual(expect.objectContaining({ id: agentId, agentNo: '8001' }))
  })
})
