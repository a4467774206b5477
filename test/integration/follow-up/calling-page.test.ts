import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seedCalendar } from '../../../src/follow-up/calling/calendar-service.ts'
import { instantAt } from '../../../src/follow-up/calling/hospital-day.ts'
import { workChannel } from '../../../src/follow-up/tasks/work-channel.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { frozenClock } from '../../../src/platform/clock.ts'
import { openListener } from '../../../src/platform/database/listen.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { type Face, openFace, type SignedIn, signedIn } from '../../e2e/fixture/face.ts'
import { waitFor } from '../../harness/wait-for.ts'
import { monday, Office } from './office.ts'

let office: Office
let face: Face
let supervisor: SignedIn
beforeAll(async () => {
  office = await Office.open()
  await seedCalendar(office.db)
  await office.programme({ campaignId: await office.campaign({ trunkId: office.realTrunkId }) })
  face = await openFace({ db: office.db, databaseUrl: office.database.url, clock: frozenClock(office.now) })
  supervisor = await signIn('supervisor')
})
afterAll(async () => {
  await face.close()
  await office.close()
})

const signIn = (role: Role) => signedIn(face, office.db, [role])

const board = async () => (await supervisor.ask('GET', '/calling')).json()
const at = (day: string, time: string) => office.at(instantAt(day, time))
const lastAudit = () =>
  office.db
    .selectFrom('auditRow')
    .select(['actorName', 'action', 'objectId', 'detail'])
    .where('action', 'in', ['setting.changed', 'calendar.imported'])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()

describe('the calling rule on its page', () => {
  it('says what holds, what it does at this moment, and whom it keeps waiting', async () => {
    const abroad = await office.due({ numbers: ['+12025550177'] })
    await sql`update phone_number set bar = 'foreign' where id = ${abroad.numberId}`.execute(office.db)
    expect(await board()).toMatchObject({
      version: 1,
      rule: { capPerDay: 2, holidays: 'closed', weekends: 'open' },
      changed: null,
      now: { closedBy: null, until: instantAt(monday, '11:30').toISOString() },
      held: [{ reason: 'number_barred', bar: 'foreign', count: 1 }],
      thisYear: 2026,
      missing: [2027],
    })
  })

  it('is another at once, with a reason: hours, holds of waiting tasks, diallers and live pages', async () => {
    const listener = await openListener({ url: office.database.url, log: silentLog })
    const woken: string[] = []
    await listener.listen(workChannel, { onPayload: (payload) => woken.push(payload), onResync: () => undefined })
    const abroad = await office.due({ numbers: ['+12025550178'] })
    await sql`update phone_number set bar = 'foreign' where id = ${abroad.numberId}`.execute(office.db)
    const usual = await office.due()
    expect((await office.task(abroad.taskId)).hold).toBe('number_barred')
    expect(await office.gate(usual.taskId, usual.numberId, at(monday, '12:30'))).toBe('outside_window')
    const { version, rule } = await board()
    const wish = { ...rule, periods: [{ opens: '12:00', closes: '13:00' }], alsoDialled: ['foreign'] }
    const reason = '午间外呼试点'
    woken.length = 0
    expect((await supervisor.ask('PUT', '/calling', { basedOn: version, rule: wish, reason })).statusCode).toBe(204)
    expect((await office.task(abroad.taskId)).hold).toBeNull()
    expect(await office.gate(usual.taskId, usual.numberId, at(monday, '12:30'))).toBeNull()
    expect(await office.gate(usual.taskId, usual.numberId, at(monday, '10:00'))).toBe('outside_window')
    await waitFor(() => woken.length > 0, { what: 'the diallers to hear of it' })
    expect(await board()).toMatchObject({
      version: version + 1,
      changed: { by: supervisor.name, reason },
      now: { closedBy: 'outside_window', until: instantAt(monday, '12:00').toISOString() },
      held: [],
    })
    expect(await lastAudit()).toMatchObject({
      actorName: supervisor.name,
      action: 'setting.changed',
      objectId: 'calling',
      detail: { version: version + 1, reason, from: rule, to: wish },
    })
    const { rows } = await sql<{ type: string }>`
      select type from stream_event where stream_id = 'live' order by event_offset desc limit 1
    `.execute(office.db)
    expect(rows).toEqual([{ type: 'calling.changed' }])
    await listener.close()
  })

  it.each([
    ['without a reason', (wish: Wish) => ({ ...wish, reason: ' ' }), 'INPUT_INVALID'],
    ['of another version', (wish: Wish) => ({ ...wish, basedOn: wish.basedOn - 1 }), 'CALLING_RULE_CHANGED'],
    [
      'with periods that overlap',
      (wish: Wish) => ({
        ...wish,
        rule: { ...wish.rule, periods: [period('08:00', '12:00'), period('11:00', '13:00')] },
      }),
      'CALLING_RULE_INVALID',
    ],
    [
      'with more calls a day than in seven days',
      (wish: Wish) => ({ ...wish, rule: { ...wish.rule, capPerDay: 3, capPerWeek: 2 } }),
      'CALLING_CAPS_CROSSED',
    ],
    ['with a cap beyond five', (wish: Wish) => ({ ...wish, rule: { ...wish.rule, capPerDay: 6 } }), 'INPUT_INVALID'],
  ])('is not changed %s', async (_how, spoil, code) => {
    const before = await board()
    const wish = { basedOn: before.version, rule: before.rule, reason: '试' }
    const answer = await supervisor.ask('PUT', '/calling', spoil(wish))
    expect(answer.json()).toMatchObject({ code })
    expect(await board()).toEqual(before)
  })
})

interface Wish {
  readonly basedOn: number
  readonly rule: Record<string, unknown>
  readonly reason: string
}
const period = (opens: string, closes: string) => ({ opens, closes })

describe('a year that nobody has announced', () => {
  it('is said on the live page from November on, and the law’s own holidays are kept free of calls', async () => {
    const { taskId, numberId } = await office.due()
    await sql`update task set expires_at = '2028-01-01' where id = ${taskId}`.execute(office.db)
    const agent = await signIn('agent')
    expect((await agent.ask('GET', '/live')).json()).toMatchObject({ calendarMissing: [2027] })
    for (const day of [
      '2027-01-01',
      '2027-02-06',
      '2027-04-05',
      '2027-05-02',
      '2027-06-09',
      '2027-09-15',
      '2027-10-03',
    ]) {
      expect([day, await office.gate(taskId, numberId, at(day, '12:30'))]).toEqual([day, 'holiday'])
    }
    expect(await office.gate(taskId, numberId, at('2027-01-04', '12:30'))).toBeNull()
    const year = (await board()).years.find(({ year }: { year: number }) => year === 2027)
    expect(year).toMatchObject({ source: null, importedAt: null })
  })

  it('is as the imported file says afterwards, and nobody is told any more that it is missing', async () => {
    const { taskId, numberId } = await office.due()
    await sql`update task set expires_at = '2028-01-01' where id = ${taskId}`.execute(office.db)
    const off = ['01-01', '01-04', '05-01', '10-01', '10-02', '10-03']
    const days = off.map((day) => ({ name: '假', date: `2027-${day}`, isOffDay: true }))
    const text = JSON.stringify({ year: 2027, papers: ['国办发明电〔2026〕7号'], days })
    const answer = await supervisor.ask('POST', '/calling/calendar', { text, reason: '国办通知' })
    expect(answer.json()).toEqual({ year: 2027, holidays: 6, workdays: 0, lacking: ['2027-05-02'] })
    expect(await office.gate(taskId, numberId, at('2027-01-04', '12:30'))).toBe('holiday')
    expect(await office.gate(taskId, numberId, at('2027-04-05', '12:30'))).toBeNull()
    expect(await board()).toMatchObject({ missing: [] })
    expect((await supervisor.ask('GET', '/live')).json()).toMatchObject({ calendarMissing: [] })
    expect(await lastAudit()).toMatchObject({
      action: 'calendar.imported',
      objectId: '2027',
      detail: { reason: '国办通知', source: '国办发明电〔2026〕7号' },
    })
    // What a hospital has imported stays, whatever the law says of the day.
    await seedCalendar(office.db)
    expect(await office.gate(taskId, numberId, at('2027-04-05', '12:30'))).toBeNull()
  })

  it('is not taken from a file that lists no day', async () => {
    const text = JSON.stringify({ year: 2028, papers: [], days: [] })
    const answer = await supervisor.ask('POST', '/calling/calendar', { text, reason: '试' })
    expect(answer.json()).toMatchObject({ code: 'CALENDAR_NOT_ANNOUNCED' })
    expect((await board()).years.map(({ year }: { year: number }) => year)).toEqual([2025, 2026, 2027])
  })
})
