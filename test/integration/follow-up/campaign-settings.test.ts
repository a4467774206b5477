import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { setUpTeam } from '../../../src/contact-center/acd/agent-setup.ts'
import { seedCalendar } from '../../../src/follow-up/calling/calendar-service.ts'
import { calendarDays } from '../../../src/follow-up/calling/calendar-store.ts'
import {
  type CallingRule,
  type CampaignCalling,
  closedBy,
  windowOf,
} from '../../../src/follow-up/calling/calling-rule.ts'
import { windowOfProgramme } from '../../../src/follow-up/calling/calling-rule-store.ts'
import { instantAt } from '../../../src/follow-up/calling/hospital-day.ts'
import { defaultRetryPlan } from '../../../src/follow-up/tasks/retry.ts'
import { retryPlanOf } from '../../../src/follow-up/tasks/task-store.ts'
import { workChannel } from '../../../src/follow-up/tasks/work-channel.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { frozenClock } from '../../../src/platform/clock.ts'
import { openListener } from '../../../src/platform/database/listen.ts'
import { newId } from '../../../src/platform/ids.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { type Face, openFace, type SignedIn, signedIn } from '../../e2e/fixture/face.ts'
import { waitFor } from '../../harness/wait-for.ts'
import { lease, monday, Office } from './office.ts'

let office: Office
let face: Face
let supervisor: SignedIn
let campaignId: string
let programmeId: string
let teamId: string
beforeAll(async () => {
  office = await Office.open()
  await seedCalendar(office.db)
  campaignId = await office.campaign({ trunkId: office.realTrunkId })
  programmeId = await office.programme({ campaignId })
  teamId = await setUpTeam(office.db, { name: '随访一组', campaign: null })
  face = await openFace({ db: office.db, databaseUrl: office.database.url, clock: frozenClock(office.now) })
  supervisor = await signIn('supervisor')
})
afterAll(async () => {
  await face.close()
  await office.close()
})
beforeEach(async () => {
  await sql`
    update campaign set calling = null, retry = null, team_id = null, rating_flow = null, pacing = 'agentless',
      trunk_id = ${office.realTrunkId}, any_hour = false where id = ${campaignId}
  `.execute(office.db)
})

const signIn = (role: Role) => signedIn(face, office.db, [role])

const path = () => `/campaigns/${campaignId}/settings`
const board = async () => (await supervisor.ask('GET', path())).json()
const reason = '下月正式外呼'

async function change(fields: Record<string, unknown>, wish: Record<string, unknown> = {}) {
  const { version, settings } = await board()
  return supervisor.ask('PUT', path(), { basedOn: version, settings: { ...settings, ...fields }, reason, ...wish })
}

type Refused = [how: string, fields: () => Record<string, unknown>, code: string, wish?: Record<string, unknown>]

describe('a campaign’s settings', () => {
  it('are others at once: what was claimed is given back, diallers and live pages hear of it, before and after are kept', async () => {
    const { taskId } = await office.due()
    const [claimed] = await office.work().claim(lease, office.realTrunkId, 1)
    expect(claimed?.taskId).toBe(taskId)
    const listener = await openListener({ url: office.database.url, log: silentLog })
    const woken: string[] = []
    await listener.listen(workChannel, { onPayload: (payload) => woken.push(payload), onResync: () => undefined })
    const before = await board()
    expect(before).toMatchObject({ programmeRetry: defaultRetryPlan, settings: { ringSeconds: 30, retry: null } })
    const answer = await change({ ringSeconds: 45, teamId, pacing: 'progressive', rating: true })
    expect(answer.statusCode, answer.body).toBe(204)
    expect((await office.task(taskId)).state).toBe('scheduled')
    expect(claimed && (await office.work().begin(claimed, lease))).toMatchObject({ ok: false })
    await waitFor(() => woken.length > 0, { what: 'the diallers to hear of it' })
    const after = await board()
    expect(after).toMatchObject({
      version: before.version + 1,
      settings: { ringSeconds: 45, pacing: 'progressive', teamId, rating: true },
      changed: { by: supervisor.name, reason },
    })
    const audit = await office.db
      .selectFrom('auditRow')
      .select(['actorName', 'detail'])
      .where('action', '=', 'campaign.changed')
      .executeTakeFirst()
    expect(audit).toMatchObject({
      actorName: supervisor.name,
      detail: { reason, version: after.version, from: before.settings, to: after.settings },
    })
    const { rows } = await sql<{ type: string }>`
      select type from stream_event where stream_id = 'live' order by event_offset desc limit 1
    `.execute(office.db)
    expect(rows).toEqual([{ type: 'calling.changed' }])
    await listener.close()
    // Dialled for seats now, of which there is none.
    expect(await office.work().claim(lease, office.realTrunkId, 10)).toEqual([])
  })

  it('ring for as long as they say from the next call on', async () => {
    await office.due()
    expect((await change({ ringSeconds: 20 })).statusCode).toBe(204)
    const [claimed] = await office.work().claim(lease, office.realTrunkId, 1)
    if (claimed === undefined) throw new Error('nothing claimed')
    expect((await office.begin(claimed)).ringTimeoutMs).toBe(20_000)
  })

  it('have a retry plan of their own, which holds for who is enrolled already', async () => {
    const { rows } = await sql<{
      id: string
    }>`select id from programme_version where programme_id = ${programmeId}`.execute(office.db)
    const planOf = () => office.db.transaction().execute((tx) => retryPlanOf(tx, rows[0]?.id ?? ''))
    const retry = {
      ...defaultRetryPlan,
      rules: defaultRetryPlan.rules.map((rule) =>
        rule.result === 'rejected' ? { ...rule, maxTimes: 3, delayMinutes: 60 } : rule,
      ),
    }
    expect(await planOf()).toEqual(defaultRetryPlan)
    expect((await change({ retry })).statusCode).toBe(204)
    expect(await planOf()).toEqual(retry)
    expect((await change({ retry: null })).statusCode).toBe(204)
    expect(await planOf()).toEqual(defaultRetryPlan)
  })

  const without = (result: string) => ({
    ...defaultRetryPlan,
    rules: defaultRetryPlan.rules.filter((rule) => rule.result !== result),
  })
  it.each([
    ['without a reason', () => ({}), 'INPUT_INVALID', { reason: ' ' }],
    ['of another version', () => ({}), 'CAMPAIGN_CHANGED', { basedOn: 0 }],
    ['ringing for less than 15 s', () => ({ ringSeconds: 14 }), 'INPUT_INVALID'],
    ['ringing for more than 60 s', () => ({ ringSeconds: 61 }), 'INPUT_INVALID'],
    ['dialling ahead of agents', () => ({ pacing: 'predictive' }), 'INPUT_INVALID'],
    ['for agents without a team', () => ({ pacing: 'progressive' }), 'CAMPAIGN_TEAM_MISSING'],
    ['of a team that there is not', () => ({ teamId: newId() }), 'CAMPAIGN_TEAM_UNKNOWN'],
    ['over a trunk that there is not', () => ({ trunkId: newId() }), 'CAMPAIGN_TRUNK_UNKNOWN'],
    ['at any hour over a real trunk', () => ({ anyHour: true }), 'CAMPAIGN_ANY_HOUR_REAL'],
    [
      'at any hour and at hours of its own',
      () => ({ trunkId: office.trunkId, anyHour: true, calling: { weekends: 'closed' } }),
      'CAMPAIGN_HOURS_AND_ANY',
    ],
    [
      'beyond the hospital’s hours',
      () => ({ calling: { periods: [{ opens: '09:00', closes: '12:00' }] } }),
      'CAMPAIGN_HOURS_OUTSIDE',
    ],
    ['on holidays that the hospital keeps', () => ({ calling: { holidays: 'open' } }), 'CAMPAIGN_HOURS_OUTSIDE'],
    ['with a result left out of the plan', () => ({ retry: without('busy') }), 'CAMPAIGN_RETRY_INVALID'],
    [
      'that dials numbers again that are nobody’s',
      () => ({
        retry: {
          ...defaultRetryPlan,
          rules: defaultRetryPlan.rules.map((rule) =>
            rule.result === 'invalid_number' ? { ...rule, number: 'same' } : rule,
          ),
        },
      }),
      'CAMPAIGN_RETRY_INVALID',
    ],
    [
      'with more dials a day than the cap',
      () => ({ retry: { ...defaultRetryPlan, maxPerDay: 3 } }),
      'CAMPAIGN_RETRY_BEYOND_CAP',
    ],
  ] satisfies Refused[])('are not changed %s', async (_how, fields, code, wish?: Record<string, unknown>) => {
    const before = await board()
    expect((await change(fields(), wish)).json()).toMatchObject({ code })
    expect(await board()).toEqual(before)
  })

  it('move to no trunk that is switched off', async () => {
    await sql`update trunk set enabled = false where id = ${office.trunkId}`.execute(office.db)
    expect((await change({ trunkId: office.trunkId })).json()).toMatchObject({ code: 'CAMPAIGN_TRUNK_DISABLED' })
    await sql`update trunk set enabled = true where id = ${office.trunkId}`.execute(office.db)
  })

  it('are whoever’s who may start and stop it', async () => {
    const agent = await signIn('agent')
    expect((await agent.ask('GET', path())).statusCode).toBe(403)
    expect((await agent.ask('PUT', path(), {})).statusCode).toBe(403)
  })
})

describe('a campaign’s own hours', () => {
  it('hold at once, within the hospital’s, and say when they open', async () => {
    const { taskId, numberId } = await office.due()
    const calling = { periods: [{ opens: '15:00', closes: '17:00' }], weekends: 'closed' }
    expect((await change({ calling })).statusCode).toBe(204)
    const gate = (day: string, time: string) => office.gate(taskId, numberId, office.at(instantAt(day, time)))
    expect(await gate(monday, '10:00')).toBe('outside_window')
    expect(await gate(monday, '15:00')).toBeNull()
    expect(await office.work().claim(lease, office.realTrunkId, 10)).toEqual([])
    expect(await office.work().nextDueAt(office.realTrunkId)).toEqual(instantAt(monday, '15:00'))
    expect(await gate('2026-11-28', '15:30')).toBe('weekend')
  })

  it('open never when the hospital is closed, nor when they are themselves, whatever both say', async () => {
    const calendar = await calendarDays(office.db)
    const time = fc
      .integer({ min: 0, max: 96 })
      .map((n) => `${String(Math.floor(n / 4)).padStart(2, '0')}:${String((n % 4) * 15).padStart(2, '0')}`)
    const periods = fc
      .uniqueArray(time, { minLength: 0, maxLength: 6 })
      .map((times) => [...times].sort())
      .map((times) =>
        times.flatMap((opens, n) => (n % 2 === 0 && times[n + 1] ? [{ opens, closes: times[n + 1] ?? '' }] : [])),
      )
    const days = fc.constantFrom<'open' | 'closed'>('open', 'closed')
    const rules = fc.record({ periods, holidays: days, weekends: days })
    const owns = fc.record({ periods, holidays: days, weekends: days }, { requiredKeys: [] })
    const instants = fc.array(fc.integer({ min: 0, max: 400 * 96 }), { minLength: 40, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(rules, owns, instants, async (hours, drawn, quarters) => {
        const rule: CallingRule = { ...hours, capPerDay: 2, capPerWeek: 5 }
        const own = drawn as CampaignCalling
        await sql`
          insert into setting (key, version, value)
          select 'calling', max(version) + 1, ${JSON.stringify(rule)}::jsonb from setting where key = 'calling'
        `.execute(office.db)
        await sql`update campaign set calling = ${JSON.stringify(own)}::jsonb where id = ${campaignId}`.execute(
          office.db,
        )
        const at = quarters.map((n) => new Date(instantAt('2025-12-01', '00:00').getTime() + n * 900_000))
        const { rows } = await sql<{ reason: string | null }>`
          select gate_programme(${programmeId}, t.at) as reason from unnest(${at}::timestamptz[]) with ordinality as t (at, n) order by n
        `.execute(office.db)
        const open = rows.map((row) => row.reason === null)
        const hospital = windowOf(rule, {}, calendar)
        const alone = windowOf({ ...rule, ...own }, {}, calendar)
        expect(open).toEqual(at.map((one) => closedBy(hospital, one) === null && closedBy(alone, one) === null))
        const planned = await windowOfProgramme(office.db, programmeId)
        expect(open).toEqual(at.map((one) => closedBy(planned, one) === null))
      }),
      { numRuns: 40 },
    )
  })
})

describe('the first steps of an empty hospital', () => {
  it('are told until each is done, and the calling rule counts once somebody has looked at it', async () => {
    const empty = await Office.open()
    await sql`update trunk set kind = 'sip', enabled = false`.execute(empty.db)
    const there = await openFace({ db: empty.db, databaseUrl: empty.database.url })
    const supervisor = await signedIn(there, empty.db, ['supervisor'])
    const open = async () => {
      const answer = await supervisor.ask('GET', '/live')
      return answer.json().firstSteps.flatMap(({ step, done }: { step: string; done: boolean }) => (done ? [] : [step]))
    }
    expect(await open()).toEqual(['trunk', 'import', 'rule', 'calendar', 'start'])
    expect((await supervisor.ask('POST', '/calling/reviewed')).statusCode).toBe(204)
    expect(await open()).toEqual(['trunk', 'import', 'calendar', 'start'])
    await seedCalendar(empty.db)
    await sql`
      insert into calendar_year (year, source, imported_at) values (2027, 'test', app_now()) on conflict do nothing
    `.execute(empty.db)
    await sql`update trunk set enabled = true where id = ${empty.realTrunkId}`.execute(empty.db)
    await empty.patient()
    expect(await open()).toEqual(['start'])
    await empty.campaign({ trunkId: empty.realTrunkId })
    expect(await open()).toEqual([])
    await there.close()
    await empty.close()
  })
})
