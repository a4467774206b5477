import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { TrunkWatch } from '../../../src/contact-center/trunks/trunk-watch.ts'
import { seedCalendar } from '../../../src/follow-up/calling/calendar-service.ts'
import { gateReasons } from '../../../src/follow-up/calling/gate-reason.ts'
import { whyNot } from '../../../src/follow-up/status/why-not.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { frozenClock } from '../../../src/platform/clock.ts'
import { openListener } from '../../../src/platform/database/listen.ts'
import { silentLog } from '../../../src/platform/log.ts'
import type { DialFailure, DialOrder, Telephony, TrunkReply } from '../../../src/telephony/telephony.ts'
import { type Face, openFace, type SignedIn, signedIn } from '../../e2e/fixture/face.ts'
import { noLeg } from '../acd/fake-telephony.ts'
import { lease, Office, secrets } from './office.ts'

let office: Office
let face: Face
let admin: SignedIn

/** A carrier that says what a test wants of it. */
const carrier = {
  up: true,
  reply: 'answered' as TrunkReply['reply'],
  failure: { cause: 'refused', sipStatus: 403, q850: 21 } as Pick<DialFailure, 'cause' | 'sipStatus' | 'q850'>,
  dialled: [] as DialOrder[],
}
const telephony: Pick<Telephony, 'up' | 'dial' | 'askTrunk'> = {
  get up() {
    return carrier.up
  },
  dial: (order) => {
    carrier.dialled.push(order)
    const result: DialFailure = {
      answered: false,
      sipReason: null,
      earlyMedia: false,
      rang: false,
      ref: noLeg,
      ...carrier.failure,
    }
    return { result: Promise.resolve(result), cancel: () => {} }
  },
  askTrunk: async () => ({ reply: carrier.reply, sipStatus: carrier.reply === 'answered' ? 200 : 408, ms: 7 }),
}

beforeAll(async () => {
  office = await Office.open()
  await seedCalendar(office.db)
  await office.programme({ campaignId: await office.campaign({ trunkId: office.realTrunkId }) })
  const { db, now } = office
  face = await openFace({ db, databaseUrl: office.database.url, clock: frozenClock(now), secrets, telephony })
  admin = await signIn('system_admin')
})
afterAll(async () => {
  await face.close()
  await office.close()
})

const signIn = (role: Role) => signedIn(face, office.db, [role])

const lastAudit = (action: string) =>
  office.db
    .selectFrom('auditRow')
    .select(['actorName', 'objectId', 'detail'])
    .where('action', '=', action)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()

const draft = {
  name: '电信一',
  host: '10.0.0.9',
  port: 5060,
  lines: 30,
  callsPerSecond: 5,
  callerNumber: '07522288288',
  watched: true,
}
const reason = '合同 2026-11'
const own = (numbers: string[]) => admin.ask('PUT', '/owned-numbers', { numbers, reason })
const shown = async (id: string) =>
  (await admin.ask('GET', '/trunks')).json().trunks.find((trunk: { id: string }) => trunk.id === id)

async function added(fields: Record<string, unknown> = {}): Promise<string> {
  await own(['07522288288', '+867520000000'])
  const answer = await admin.ask('POST', '/trunks', { ...draft, ...fields, reason })
  expect(answer.statusCode, answer.body).toBe(201)
  return answer.json().id
}

describe('a trunk on its page', () => {
  it('shows no number that the hospital does not own, and a shown one stays in the list', async () => {
    await own([])
    expect((await admin.ask('POST', '/trunks', { ...draft, reason })).json()).toMatchObject({
      code: 'TRUNK_NUMBER_NOT_OWNED',
    })
    const id = await added({ name: '显示号码' })
    expect((await own([])).json()).toMatchObject({ code: 'OWNED_NUMBER_IN_USE' })
    expect((await lastAudit('trunk.added'))?.objectId).toBe(id)
    expect(await lastAudit('setting.changed')).toMatchObject({ objectId: 'numbers.owned', detail: { reason } })
  })

  it('is changed with reason, before and after; its password goes in and never comes out', async () => {
    const credentials = { username: 'hospital', password: 'Trunk-Secret-77' }
    const id = await added({ name: '有密码', credentials })
    expect(await shown(id)).toMatchObject({ hasCredentials: true, version: 1, answers: null })
    const change = { ...draft, name: '有密码', lines: 12, reason: '运营商减线', basedOn: 1 }
    expect((await admin.ask('PUT', `/trunks/${id}`, change)).statusCode).toBe(204)
    const { rows } = await sql<{
      sealed: Buffer
    }>`select password_ciphertext as sealed from trunk where id = ${id}`.execute(office.db)
    expect(secrets.decrypt(rows[0]?.sealed ?? Buffer.alloc(0))).toBe(credentials.password)
    const audit = await lastAudit('trunk.changed')
    expect(audit).toMatchObject({
      actorName: admin.name,
      detail: { reason: '运营商减线', from: { lines: 30 }, to: { lines: 12 }, credentials: false },
    })
    const told = JSON.stringify([audit, (await admin.ask('GET', '/trunks')).json()])
    expect(told).not.toContain(credentials.password)
    expect((await admin.ask('PUT', `/trunks/${id}`, change)).json()).toMatchObject({ code: 'TRUNK_CHANGED' })
    // Nobody has the kept password proved to a host of his own.
    const moved = await admin.ask('PUT', `/trunks/${id}`, { ...change, basedOn: 2, host: '10.6.6.6' })
    expect(moved.json()).toMatchObject({ code: 'TRUNK_CREDENTIALS_AGAIN' })
    const none = { ...change, basedOn: 2, credentials: null }
    expect((await admin.ask('PUT', `/trunks/${id}`, none)).statusCode).toBe(204)
    expect(await shown(id)).toMatchObject({ hasCredentials: false })
  })

  it.each([
    ['without a reason', { reason: ' ' }, 'INPUT_INVALID'],
    ['with a host that is none', { host: 'sip:10.0.0.9' }, 'TRUNK_HOST_UNUSABLE'],
    ['to this machine, by a house that others reach', { host: '127.0.0.1' }, 'TRUNK_HOST_UNUSABLE'],
    ['without lines', { lines: 0 }, 'TRUNK_INVALID'],
    ['under a name that is taken', { name: 'real' }, 'TRUNK_NAME_TAKEN'],
  ])('is not made %s', async (_how, fields, code) => {
    await own(['07522288288', '+867520000000'])
    expect((await admin.ask('POST', '/trunks', { ...draft, name: '另一条', reason, ...fields })).json()).toMatchObject({
      code,
    })
  })

  it('leaves a simulated line where its carrier is', async () => {
    const { version } = await shown(office.trunkId)
    const moved = { ...draft, name: 'simulated', basedOn: version, reason }
    expect((await admin.ask('PUT', `/trunks/${office.trunkId}`, moved)).json()).toMatchObject({
      code: 'TRUNK_SIMULATED',
    })
  })

  it('switched off with a reason is dialled over by nobody, and says so', async () => {
    const { taskId, numberId } = await office.due()
    const path = `/trunks/${office.realTrunkId}`
    expect((await admin.ask('POST', `${path}/disable`, { reason: '检修' })).statusCode).toBe(204)
    expect(await office.gate(taskId, numberId)).toBe('trunk_disabled')
    expect(await lastAudit('trunk.disabled')).toMatchObject({ actorName: admin.name, detail: { reason: '检修' } })
    expect((await admin.ask('POST', `${path}/enable`, { reason: '恢复' })).statusCode).toBe(204)
    expect(await office.gate(taskId, numberId)).toBeNull()
  })

  it('is the system administrator’s alone, who sees nothing of patients there', async () => {
    const supervisor = await signIn('supervisor')
    for (const path of ['/trunks', `/trunks/${office.realTrunkId}/test`]) {
      const answer = await (path === '/trunks'
        ? supervisor.ask('GET', path)
        : supervisor.ask('POST', path, { number: '13800000000' }))
      expect(answer.statusCode).toBe(403)
    }
  })
})

describe('a trunk that is asked whether it is there', () => {
  it('falls silent: it is not dialled over, live page and why-not say so, until it answers again', async () => {
    const listener = await openListener({ url: office.database.url, log: silentLog })
    const told = vi.spyOn(silentLog, 'error')
    const watch = new TrunkWatch({ db: office.db, listener, telephony, clock: frozenClock(office.now), log: silentLog })
    const { taskId, numberId } = await office.due()
    const campaignId =
      (await sql<{ id: string }>`select campaign_id as id from programme limit 1`.execute(office.db)).rows[0]?.id ?? ''
    carrier.reply = 'silent'
    await watch.round()
    // It has never answered: many carriers answer no OPTIONS.
    expect(await office.gate(taskId, numberId)).toBeNull()
    carrier.reply = 'answered'
    await watch.round()
    expect(await shown(office.realTrunkId)).toMatchObject({ answers: true, answersSince: office.now.toISOString() })
    carrier.reply = 'silent'
    await watch.round()
    // One lost request is no alarm.
    expect(await shown(office.realTrunkId)).toMatchObject({ answers: true })
    await sql`update trunk set answered_at = answered_at - interval '1 minute'`.execute(office.db)
    await watch.round()
    expect(await office.gate(taskId, numberId)).toBe('trunk_silent')
    expect(told).toHaveBeenCalledWith(
      expect.objectContaining({ trunkId: office.realTrunkId }),
      expect.stringContaining('does not answer'),
    )
    told.mockRestore()
    expect((await whyNot(office.db, campaignId)).reasons).toContainEqual({
      reason: 'trunk_silent',
      count: expect.any(Number),
    })
    const agent = await signIn('agent')
    expect((await agent.ask('GET', '/live')).json().silentTrunks).toContainEqual({
      name: 'real',
      since: office.now.toISOString(),
    })
    expect(await office.work().claim(lease, office.realTrunkId, 10)).toEqual([])
    carrier.reply = 'answered'
    await watch.round()
    expect(await office.gate(taskId, numberId)).toBeNull()
    expect((await agent.ask('GET', '/live')).json().silentTrunks).toEqual([])
    await watch.close()
    await listener.close()
  })

  it('is asked by the button too, which says what came', async () => {
    carrier.reply = 'silent'
    const path = `/trunks/${office.realTrunkId}/ask`
    expect((await admin.ask('POST', path)).json()).toEqual({ reply: 'silent', sipStatus: 408, ms: 7 })
    carrier.reply = 'answered'
  })
})

describe('a test call', () => {
  const test = (number: string) => admin.ask('POST', `/trunks/${office.realTrunkId}/test`, { number })

  it('says in the network’s words and ours what came back, and is audited without the number', async () => {
    carrier.dialled.length = 0
    expect((await test('139 1111 0001')).json()).toEqual({ fault: 'caller_refused', sipStatus: 403, q850: 21 })
    expect(carrier.dialled).toMatchObject([{ number: '+8613911110001', ringTimeoutMs: 30_000 }])
    const audit = await lastAudit('trunk.tested')
    expect(audit).toMatchObject({
      actorName: admin.name,
      detail: { last4: '0001', fault: 'caller_refused', sipStatus: 403 },
    })
    expect(JSON.stringify(audit)).not.toContain('1391111')
    expect(await shown(office.realTrunkId)).toMatchObject({ lastTest: { fault: 'caller_refused', sipStatus: 403 } })
  })

  it('is one of the calls that a number takes in a day, for the next test, and keeps no patient from being called', async () => {
    const number = '+8613911110002'
    const { taskId, numberId } = await office.due({ numbers: [number] })
    expect((await test(number)).statusCode).toBe(200)
    expect((await test(number)).statusCode).toBe(200)
    expect((await test(number)).json()).toMatchObject({ code: 'TRUNK_TEST_REFUSED' })
    expect(await office.gate(taskId, numberId)).toBeNull()
  })

  it.each([
    [
      'on the do-not-call list',
      'do_not_call',
      '+8613911110003',
      async (id: string) => {
        await sql`insert into do_not_call (id, phone_number_id, source) values (new_id(), ${id}, 'supervisor')`.execute(
          office.db,
        )
      },
    ],
    ['that is barred', 'number_barred', '+8613911110005', async () => {}],
  ] as const)('does not ring a number %s', async (_what, why, number, close) => {
    const { numberId } = await office.due({ numbers: [number] })
    if (why === 'number_barred')
      await sql`update phone_number set bar = 'premium' where id = ${numberId}`.execute(office.db)
    await close(numberId)
    carrier.dialled.length = 0
    const answer = (await test(number)).json()
    expect(answer.code).toBe('TRUNK_TEST_REFUSED')
    expect(answer.message).toContain(gateReasons[why].en)
    expect(carrier.dialled).toEqual([])
    // What a refusal tells of a number is told to nobody unseen.
    const { rows } =
      await sql`select outcome, detail from audit_row where action = 'trunk.tested' order by id desc limit 1`.execute(
        office.db,
      )
    expect(rows).toEqual([{ outcome: 'denied', detail: { last4: number.slice(-4), reason: why } }])
  })

  it('takes a line, and is no way to dial number after number', async () => {
    const testing = (at: string) =>
      sql`insert into trunk_test (id, trunk_id, phone_number_id, at) select new_id(), ${office.realTrunkId}, ${phone},
        app_now() - ${at}::interval from generate_series(1, 30)`.execute(office.db)
    const phone = await office.number('+8613911110009')
    await testing('1 minute')
    expect((await test('13911110010')).json().message).toContain('no line is free')
    await sql`update trunk_test set at = at - interval '5 minutes' where phone_number_id = ${phone}`.execute(office.db)
    expect((await test('13911110010')).json().message).toContain('30 test calls')
    await sql`update trunk_test set at = at - interval '1 hour' where phone_number_id = ${phone}`.execute(office.db)
    expect((await test('13911110010')).statusCode).toBe(200)
  })

  it('is not made while our own servers are away', async () => {
    carrier.up = false
    expect((await test('13911110004')).json()).toMatchObject({ code: 'TRUNK_TEST_SERVERS_AWAY' })
    carrier.up = true
  })
})
