import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Claimed } from '../../../src/contact-center/work-source.ts'
import { decideConsent, liftConsent } from '../../../src/follow-up/patients/consent.ts'
import { addDoNotCall, liftDoNotCall } from '../../../src/follow-up/patients/do-not-call.ts'
import { patientsDied, patientsReadmitted } from '../../../src/follow-up/patients/patient-news.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { type Face, makeAccount, openFace, testPassword } from '../../e2e/fixture/face.ts'
import { answered, endedBy, invited, lease, Office, secrets, tenOnMonday } from './office.ts'

let office: Office
let face: Face
let supervisor: Awaited<ReturnType<typeof signIn>>
beforeAll(async () => {
  office = await Office.open()
  await office.programme()
  face = await openFace({ db: office.db, databaseUrl: office.database.url, secrets })
  supervisor = await signIn('supervisor')
})
afterAll(async () => {
  await face.close()
  await office.close()
})

async function signIn(...roles: Role[]) {
  const name = await makeAccount(office.db, roles)
  const { token } = await face.auth.signIn(name, testPassword, { ip: null, userAgent: null, requestId: null })
  const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` }
  const send = (method: 'GET' | 'POST' | 'PUT', path: string, payload?: Record<string, unknown>) =>
    face.server.inject({
      method,
      url: `/api/patients${path}`,
      headers,
      ...(payload === undefined ? {} : { payload }),
    })
  return {
    name,
    card: async (id: string) => (await send('GET', `/${id}`)).json(),
    find: async (patient?: string, more: Record<string, unknown> = {}) =>
      (await send('POST', '/search', { ...(patient === undefined ? {} : { patient }), limit: 50, ...more })).json(),
    post: (path: string, payload: Record<string, unknown>) => send('POST', path, payload),
    put: (path: string, payload: Record<string, unknown>) => send('PUT', path, payload),
    get: (path: string) => send('GET', path),
  }
}

const audited = async (action: string, objectId: string) =>
  office.db
    .selectFrom('auditRow')
    .select(['actorName', 'detail'])
    .where('action', '=', action)
    .where('objectId', '=', objectId)
    .orderBy('id', 'desc')
    .execute()

const tasksOf = (patientId: string) =>
  office.db
    .selectFrom('task')
    .select(['id', 'state', 'reason', 'hold', 'dueOn'])
    .where('patientId', '=', patientId)
    .orderBy('dueAt')
    .orderBy('id')
    .execute()

const liveSaid = async (taskId: string) => {
  const rows = await office.db
    .selectFrom('streamEvent')
    .select(['type', 'payload'])
    .where('streamId', '=', 'live')
    .orderBy('eventOffset')
    .execute()
  return rows.flatMap(({ type, payload }) => {
    const told = JSON.stringify(payload)
    return type === 'task.changed' && told.includes(taskId) ? [JSON.parse(told).to] : []
  })
}

/** A whole call, of which an agent says this. */
async function agentSays(work: Claimed, outcome: 'deceased' | 'moved') {
  const { id: writtenBy } = await office.db
    .selectFrom('userAccount')
    .select('id')
    .where('signInName', '=', supervisor.name)
    .executeTakeFirstOrThrow()
  await office.work().begin(work, lease)
  await office.tell(work, [invited, answered])
  await office.db
    .insertInto('callSummary')
    .values({
      attemptId: work.attemptId,
      version: 1,
      outcome,
      outcomeText: null,
      note: null,
      callbackAt: null,
      writtenBy,
    })
    .execute()
  await office.tell(work, [endedBy('completed')])
}

const because = { reason: '登记有误' }

describe('a death', () => {
  it('is entered by a person with a reason, gives back what is claimed and ends every plan at once', async () => {
    const { patientId, taskId } = await office.due()
    const work = await office.claimOne(taskId)
    const said = await supervisor.post(`/${patientId}/death`, { on: '2026-11-20', reason: ' 家属来电 ' })
    expect(said.statusCode).toBe(204)
    expect(await office.attempt(work.attemptId)).toMatchObject({ state: 'ended', result: 'cancelled' })
    expect(await office.task(taskId)).toMatchObject({ state: 'stopped', reason: 'deceased' })
    expect((await liveSaid(taskId)).slice(-2)).toEqual(['scheduled', 'stopped'])
    const card = await supervisor.card(patientId)
    expect(card).toMatchObject({
      deceasedOn: '2026-11-20',
      record: { patient: { deceased: true } },
      numbers: [{ refused: 'deceased' }],
      news: [{ kind: 'deceased', source: 'supervisor', by: supervisor.name, reason: '家属来电', takenBackAt: null }],
    })
    expect(await audited('patient.deceased', patientId)).toMatchObject([
      { actorName: supervisor.name, detail: { reason: '家属来电' } },
    ])
    expect((await supervisor.post(`/${patientId}/death`, because)).json()).toMatchObject({ code: 'PATIENT_DECEASED' })
  })

  it('said in a call by mistake is taken back: the plan goes on, and the gate alone says when it is dialled', async () => {
    const { patientId, taskId, numberId } = await office.due()
    const work = await office.claimOne(taskId)
    await agentSays(work, 'deceased')
    expect(await office.task(taskId)).toMatchObject({ state: 'stopped', reason: 'deceased' })
    expect(await supervisor.card(patientId)).toMatchObject({
      news: [{ kind: 'deceased', source: 'agent', attemptId: work.attemptId }],
    })

    const back = await supervisor.post(`/${patientId}/take-back`, { kind: 'deceased', ...because })
    expect(back.json()).toEqual({ waiting: 1, expired: 0 })
    expect(await office.task(taskId)).toMatchObject({ state: 'scheduled', reason: null, hold: null })
    expect(await office.gate(taskId, numberId)).toBeNull()
    expect((await liveSaid(taskId)).at(-1)).toBe('scheduled')
    expect(await audited('task.reopen', taskId)).toMatchObject([{ detail: { reason: 'not_deceased' } }])
    expect(await audited('patient.deceased_taken_back', patientId)).toMatchObject([
      { actorName: supervisor.name, detail: { ...because, waiting: 1 } },
    ])
    expect(await supervisor.card(patientId)).toMatchObject({
      deceasedAt: null,
      record: { patient: { deceased: false } },
      news: [{ takenBackBy: supervisor.name, takenBackReason: because.reason }],
    })

    // The number has been called once today; the second call fills the day.
    const again = await office.claimOne(taskId)
    await office.fail(again, 'no_answer')
    await supervisor.post(`/${patientId}/death`, because)
    await supervisor.post(`/${patientId}/take-back`, { kind: 'deceased', ...because })
    expect(await office.task(taskId)).toMatchObject({ state: 'scheduled', hold: 'cap_day' })
    const night = new Date('2026-11-24T22:00:00+08:00')
    const later = new Date('2026-11-25T10:00:00+08:00')
    const claimedAt = async (now: Date) =>
      (await office.work(now).claim(lease, office.trunkId, 30)).filter((one) => one.taskId === taskId).length
    expect(await claimedAt(tenOnMonday)).toBe(0)
    expect(await claimedAt(night)).toBe(0)
    expect(await claimedAt(later)).toBe(1)
  })

  it('told of a stay by a list is taken back with the tasks that were never made, late ones as expired', async () => {
    const late = await office.programme({ match: { kinds: ['checkup'] }, steps: [{ afterDays: 1 }, { afterDays: 60 }] })
    const { id } = await office.patient()
    const stay = { kind: 'checkup', on: '2026-10-01', disposition: '5' } as const
    const encounterId = await office.discharge(id, stay)
    const death = { patientId: id, on: '2026-10-01', encounterId }
    await office.db.transaction().execute((tx) => patientsDied(tx, [death], { source: 'list' }))
    await office.enrol(encounterId)
    expect(await supervisor.card(id)).toMatchObject({ tasks: [], leftOut: [{ reason: 'deceased' }] })

    const back = await supervisor.post(`/${id}/take-back`, { kind: 'deceased', ...because })
    expect(back.json()).toEqual({ waiting: 1, expired: 1 })
    expect(await tasksOf(id)).toMatchObject([
      { state: 'expired', dueOn: '2026-10-02' },
      { state: 'scheduled', dueOn: '2026-11-30' },
    ])
    const { state, reason } = await office.db
      .selectFrom('enrolment')
      .select(['state', 'reason'])
      .where('patientId', '=', id)
      .where('programmeId', '=', late)
      .executeTakeFirstOrThrow()
    expect({ state, reason }).toEqual({ state: 'active', reason: null })
    const encounter = await office.db
      .selectFrom('encounter')
      .select(['disposition', 'deathTakenBackAt'])
      .where('id', '=', encounterId)
      .executeTakeFirstOrThrow()
    expect(encounter).toEqual({ disposition: null, deathTakenBackAt: tenOnMonday })
  })

  it('taken back leaves what else stands: a refusal of the patient, a readmission, a later discharge', async () => {
    const refused = await office.due()
    await supervisor.post(`/${refused.patientId}/death`, because)
    await addDoNotCall(office.db, { patientId: refused.patientId, source: 'supervisor' }, systemActor)
    await supervisor.post(`/${refused.patientId}/take-back`, { kind: 'deceased', ...because })
    expect(await office.task(refused.taskId)).toMatchObject({ state: 'stopped', reason: 'patient_refused' })

    const inHospital = await office.due()
    const readmit = { source: 'agent' } as const
    await office.db.transaction().execute((tx) => patientsReadmitted(tx, [inHospital.patientId], readmit))
    await supervisor.post(`/${inHospital.patientId}/death`, because)
    await supervisor.post(`/${inHospital.patientId}/take-back`, { kind: 'deceased', ...because })
    expect(await office.task(inHospital.taskId)).toMatchObject({ state: 'suspended', reason: 'readmitted' })

    const again = await office.due()
    await supervisor.post(`/${again.patientId}/death`, because)
    await office.enrol(await office.discharge(again.patientId, { on: '2026-11-20', admittedOn: '2026-11-18' }))
    await supervisor.post(`/${again.patientId}/take-back`, { kind: 'deceased', ...because })
    expect(await tasksOf(again.patientId)).toMatchObject([
      { id: again.taskId, state: 'stopped', reason: 'readmitted' },
      { state: 'scheduled' },
    ])
  })

  it('of two who take it back at once, one does', async () => {
    const { patientId, taskId } = await office.due()
    await supervisor.post(`/${patientId}/death`, because)
    const other = await signIn('supervisor')
    const both = await Promise.all(
      [supervisor, other].map((who) => who.post(`/${patientId}/take-back`, { kind: 'deceased', ...because })),
    )
    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409])
    expect(await audited('task.reopen', taskId)).toHaveLength(1)
  })

  it('entered while the task is being claimed is never dialled', async () => {
    const { patientId, taskId } = await office.due()
    await office.db.updateTable('task').set({ priority: 0 }).where('id', '=', taskId).execute()
    const [claimed] = await Promise.all([
      office.work().claim(lease, office.trunkId, 1),
      supervisor.post(`/${patientId}/death`, because),
    ])
    for (const work of claimed.filter((one) => one.taskId === taskId)) {
      const begun = await office.work().begin(work, lease)
      expect(begun.ok).toBe(false)
    }
    expect((await office.attemptsOf(taskId)).filter(({ invitedAt }) => invitedAt !== null)).toEqual([])
    expect(await office.gate(taskId, (await office.task(taskId)).phoneNumberId)).not.toBeNull()
  })
})

describe('a readmission and a move', () => {
  it('are taken back by a person, and the tasks they halted go on', async () => {
    const { patientId, taskId } = await office.due()
    await office.db.transaction().execute((tx) => patientsReadmitted(tx, [patientId], { source: 'agent' }))
    expect(await office.task(taskId)).toMatchObject({ state: 'suspended' })
    const over = await supervisor.post(`/${patientId}/take-back`, { kind: 'readmitted', ...because })
    expect(over.json()).toEqual({ waiting: 1, expired: 0 })
    expect(await office.task(taskId)).toMatchObject({ state: 'scheduled', reason: null })

    const work = await office.claimOne(taskId)
    await agentSays(work, 'moved')
    expect(await office.task(taskId)).toMatchObject({ state: 'stopped', reason: 'moved' })
    await supervisor.post(`/${patientId}/take-back`, { kind: 'moved', ...because })
    expect(await office.task(taskId)).toMatchObject({ state: 'scheduled', reason: null })
    const nothing = await supervisor.post(`/${patientId}/take-back`, { kind: 'moved', ...because })
    expect(nothing.json()).toMatchObject({ code: 'PATIENT_NEWS_NOT_THERE' })
  })
})

describe('consent', () => {
  const given = { purpose: 'research', decision: 'given', words: '同意接受科研随访', how: 'spoken' } as const

  it('is given with its words and who said it, is refused and is lifted, and the gate hears each at once', async () => {
    const research = { legalBasis: 'consent', purpose: 'research', match: { kinds: ['emergency'] } } as const
    await office.programme({ ...research, match: { kinds: ['emergency'] } })
    const { id } = await office.patient()
    await office.enrol(await office.discharge(id, { kind: 'emergency' }))
    const task = await office.taskOf(id)
    expect(task.hold).toBe('consent_missing')
    const say = (said: object) =>
      supervisor.post(`/${id}/consents`, { ...given, declaredBy: '本人', ...because, ...said })
    expect((await say({})).statusCode).toBe(204)
    expect((await office.task(task.id)).hold).toBeNull()
    const { consents } = await supervisor.card(id)
    expect(consents).toMatchObject([
      { purpose: 'research', words: given.words, declaredBy: '本人', source: 'spoken', recordedBy: supervisor.name },
    ])
    await say({ decision: 'refused' })
    expect((await office.task(task.id)).hold).toBe('consent_refused')
    const [refusal] = (await supervisor.card(id)).consents
    const lift = (who: string) => supervisor.post(`/${who}/consents/${refusal.id}/lift`, because)
    const somebodyElse = await office.patient()
    expect((await lift(somebodyElse.id)).json()).toMatchObject({ code: 'CONSENT_UNKNOWN' })
    expect((await lift(id)).statusCode).toBe(204)
    expect((await office.task(task.id)).hold).toBeNull()
    expect(await audited('consent.lifted', refusal.id)).toMatchObject([{ detail: because }])
    expect((await lift(id)).json()).toMatchObject({ code: 'CONSENT_UNKNOWN' })
    expect((await say({ words: ' ' })).json()).toMatchObject({ code: 'INPUT_INVALID' })
  })
})

describe('a refusal that is lifted', () => {
  it('lets the discharges be followed up that it alone kept from it, and reopens nothing that it stopped', async () => {
    await office.programme({ match: { kinds: ['outpatient'] }, steps: [{ afterDays: 1 }, { afterDays: 60 }] })
    const { id } = await office.patient()
    await office.enrol(await office.discharge(id, { kind: 'outpatient', on: '2026-10-01' }))
    const refusal = await addDoNotCall(office.db, { patientId: id, source: 'supervisor' }, systemActor)
    const consent = { patientId: id, purpose: 'satisfaction', decision: 'refused', source: 'spoken' } as const
    const other = await decideConsent(office.db, consent, systemActor)
    await office.enrol(await office.discharge(id, { kind: 'outpatient', on: '2026-10-02' }))
    expect((await supervisor.card(id)).leftOut).toMatchObject([{ reason: 'opted_out' }])

    await liftDoNotCall(office.db, refusal, systemActor)
    expect((await supervisor.card(id)).leftOut).toHaveLength(1)
    await liftConsent(office.db, { id: other }, systemActor)
    expect((await supervisor.card(id)).leftOut).toEqual([])
    expect((await tasksOf(id)).map(({ state, dueOn }) => ({ state, dueOn }))).toEqual([
      { state: 'stopped', dueOn: '2026-10-02' },
      { state: 'expired', dueOn: '2026-10-03' },
      { state: 'stopped', dueOn: '2026-11-30' },
      { state: 'scheduled', dueOn: '2026-12-01' },
    ])
  })
})

describe('the numbers of a patient', () => {
  it('are added as lists write them, put in order, taken away and put back, each with its reason', async () => {
    const { patientId, taskId, numberIds } = await office.due({ numbers: ['+8613955550011', '+8613955550012'] })
    const add = (number: string) =>
      supervisor.post(`/${patientId}/numbers`, { number, relation: '3', contactName: '王芳', ...because })
    expect((await add('139-5555-0013')).statusCode).toBe(204)
    expect((await add('+86 139 5555 0013')).json()).toMatchObject({ code: 'PATIENT_NUMBER_STANDS' })
    expect((await add('12')).statusCode).toBe(400)
    const standing = async () =>
      (await supervisor.card(patientId)).numbers.filter((one: { removedAt: string | null }) => one.removedAt === null)
    const [first, second, third] = await standing()
    expect(third).toMatchObject({ number: '13955550013', relation: '3', contactName: '王芳', addedBy: supervisor.name })

    const order = (ids: readonly string[]) => supervisor.put(`/${patientId}/numbers/order`, { order: ids, ...because })
    expect((await order([second.id, first.id])).json()).toMatchObject({ code: 'PATIENT_NUMBERS_CHANGED' })
    expect((await order([second.id, third.id, first.id])).statusCode).toBe(204)
    expect((await office.task(taskId)).phoneNumberId).toBe(numberIds[1])

    const work = await office.claimOne(taskId)
    const take = (id: string, verb: string) => supervisor.post(`/${patientId}/numbers/${id}/${verb}`, because)
    expect((await take(second.id, 'remove')).statusCode).toBe(204)
    expect(await office.attempt(work.attemptId)).toMatchObject({ state: 'ended', result: 'cancelled' })
    expect(await office.task(taskId)).toMatchObject({ state: 'scheduled', phoneNumberId: third.phoneNumberId })
    expect((await take(second.id, 'remove')).json()).toMatchObject({ code: 'PATIENT_NUMBER_UNKNOWN' })
    expect((await take(second.id, 'put-back')).statusCode).toBe(204)
    expect(await standing()).toHaveLength(3)
    expect(await audited('patient.number_removed', patientId)).toMatchObject([{ detail: because }])
  })

  it('on which somebody else answered is the patient’s again', async () => {
    const { patientId, taskId, numberId } = await office.due()
    await office.db
      .updateTable('patientPhone')
      .set({ wrongPersonAt: tenOnMonday })
      .where('patientId', '=', patientId)
      .execute()
    const [number] = (await supervisor.card(patientId)).numbers
    expect(number).toMatchObject({ refused: 'wrong_person' })
    await supervisor.post(`/${patientId}/numbers/${number.id}/right-person`, because)
    expect(await supervisor.card(patientId)).toMatchObject({ numbers: [{ refused: null }] })
    expect(await office.gate(taskId, numberId)).toBeNull()
  })
})

describe('looking patients up', () => {
  it('finds by the beginning of a name, by record or admission number and by a whole number, page by page', async () => {
    const one = await office.due({ numbers: ['+8613955550021'] })
    const two = await office.due({ numbers: ['+8675583901234'] })
    for (const [{ patientId }, name, patientNo] of [
      [one, '诸葛青', 'BA-1'],
      [two, '诸葛%白', 'BA-2'],
    ] as const) {
      await office.db.updateTable('patient').set({ name, patientNo }).where('id', '=', patientId).execute()
    }
    const ids = async (text: string, more = {}) =>
      (await supervisor.find(text, more)).patients.map(({ id }: { id: string }) => id)
    expect(await ids('诸葛')).toEqual([two.patientId, one.patientId])
    expect(await ids('诸葛%')).toEqual([two.patientId])
    expect(await ids('BA-1')).toEqual([one.patientId])
    expect(await ids('139 5555 0021')).toEqual([one.patientId])
    expect(await ids('0755-83901234')).toEqual([two.patientId])
    expect(await ids('1234')).toEqual([two.patientId])
    expect(await ids('5550021')).toEqual([])
    const page = await supervisor.find('诸葛', { limit: 1 })
    expect(page).toMatchObject({ patients: [{ id: two.patientId, name: '诸葛%白', open: 1 }], next: two.patientId })
    expect(await supervisor.find('诸葛', { limit: 1, before: page.next })).toMatchObject({
      patients: [{ id: one.patientId, phone: '13955550021' }],
      next: null,
    })
    await supervisor.post(`/${one.patientId}/death`, because)
    expect(await ids('诸葛', { deceased: true })).toEqual([one.patientId])
  })

  it('writes down who opened whose card, and who searched by what, and not what was typed', async () => {
    const { patientId } = await office.due()
    await supervisor.card(patientId)
    expect(await audited('record.opened', patientId)).toMatchObject([
      { actorName: supervisor.name, detail: { by: 'card', clear: true } },
    ])
    await supervisor.find('欧阳不在')
    const [row] = await office.db
      .selectFrom('auditRow')
      .select('detail')
      .where('action', '=', 'patient.listed')
      .orderBy('id', 'desc')
      .limit(1)
      .execute()
    expect(row?.detail).toMatchObject({ by: 'text', found: 0 })
    expect(JSON.stringify(row)).not.toContain('欧阳')
    expect((await supervisor.get(`/${office.siteId}`)).json()).toMatchObject({ code: 'PATIENT_UNKNOWN' })
  })

  it('is no oracle to who sees people masked: no names, and a whole number so many times an hour', async () => {
    const { patientId } = await office.due({ numbers: ['+8613955550031'] })
    await office.db.updateTable('patient').set({ name: '司马光' }).where('id', '=', patientId).execute()
    const qa = await signIn('qa')
    expect(await qa.find('司马')).toMatchObject({ code: 'CALL_LOOK_UP_MASKED' })
    expect(await qa.find('13955550031')).toMatchObject({
      patients: [{ id: patientId, name: '司**', phone: '139****0031' }],
    })
    for (let guess = 1; guess < 30; guess += 1) await qa.find(`139555${String(50_000 + guess)}`)
    expect(await qa.find('13955550031')).toMatchObject({ code: 'CALL_LOOK_UP_TOO_OFTEN' })
    expect(await qa.find('BA-1')).toMatchObject({ code: 'CALL_LOOK_UP_TOO_OFTEN' })
    const card = JSON.stringify(await qa.card(patientId))
    expect(card).not.toContain('司马光')
    expect(card).not.toContain('13955550031')
  })
})

it.each([
  ['agent', 403, 403],
  ['qa', 200, 403],
  ['system_admin', 403, 403],
  ['security_admin', 403, 403],
  ['audit_admin', 403, 403],
  ['supervisor', 200, 204],
] as const)('%s: %d for a card, %d for what changes it', async (role, reads, changes) => {
  const { patientId } = await office.due()
  const who = await signIn(role)
  expect((await who.get(`/${patientId}`)).statusCode).toBe(reads)
  expect((await who.post('/search', { limit: 1 })).statusCode).toBe(reads)
  expect((await who.post(`/${patientId}/death`, because)).statusCode).toBe(changes)
})
