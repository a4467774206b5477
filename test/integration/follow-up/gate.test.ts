import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AttemptResult } from '../../../src/contact-center/calls/call-event.ts'
import { seedCalendar } from '../../../src/follow-up/calling/calendar-service.ts'
import { calendarDays } from '../../../src/follow-up/calling/calendar-store.ts'
import { type CallingRule, closedBy, windowOf } from '../../../src/follow-up/calling/calling-rule.ts'
import { isGateReason } from '../../../src/follow-up/calling/gate-reason.ts'
import { addDays, instantAt } from '../../../src/follow-up/calling/hospital-day.ts'
import { barStoredNumbers } from '../../../src/follow-up/calling/number-bar-store.ts'
import { decideConsent, liftConsent } from '../../../src/follow-up/patients/consent.ts'
import { addDoNotCall, liftDoNotCall } from '../../../src/follow-up/patients/do-not-call.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import { newId } from '../../../src/platform/ids.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { lease, monday, Office, secrets, tenOnMonday } from './office.ts'

let office: Office
beforeAll(async () => {
  office = await Office.open()
  await seedCalendar(office.db)
  await office.programme()
})
afterAll(() => office.close())

/** Dials this task's number at an instant and lets the call end so. */
async function dialled(taskId: string, now: Date, result: AttemptResult): Promise<void> {
  await sql`update task set due_at = ${now} where id = ${taskId}`.execute(office.db)
  await office.fail(await office.claimOne(taskId, now), result, { now })
}

const minutesLater = (minutes: number, from = tenOnMonday) => new Date(from.getTime() + minutes * 60_000)

describe('the hours', () => {
  it.each([
    ['08:29:59', 'outside_window'],
    ['08:30:00', null],
    ['11:29:59', null],
    ['11:30:00', 'outside_window'],
    ['14:30:00', null],
    ['19:59:59', null],
    ['20:00:00', 'outside_window'],
    ['00:00:00', 'outside_window'],
  ] as const)('at %s on a working day say %s', async (time, reason) => {
    const { taskId, numberId } = await office.due()
    const now = new Date(`${monday}T${time}+08:00`)
    expect(await office.gate(taskId, numberId, office.at(now))).toBe(reason)
  })

  it('are closed on a statutory holiday and open on the weekend day that makes up for it', async () => {
    const programmeId = await office.programme({
      campaignId: await office.campaign({ calling: { weekends: 'closed' } }),
    })
    const at = async (day: string) => {
      const { rows } = await sql<{ reason: string | null }>`
        select gate_programme(${programmeId}, ${instantAt(day, '10:00')}) as reason
      `.execute(office.db)
      return rows[0]?.reason
    }
    expect(await at('2026-10-01')).toBe('holiday')
    expect(await at('2026-10-10')).toBeNull()
    expect(await at('2026-10-17')).toBe('weekend')
    expect(await at('2026-10-19')).toBeNull()
  })

  it('do not bind a campaign that may dial at any hour', async () => {
    const campaignId = await office.campaign({ anyHour: true })
    const programmeId = await office.programme({ campaignId, match: { kinds: ['emergency'], diagnoses: ['A00'] } })
    const { rows } = await sql<{ reason: string | null }>`
      select gate_programme(${programmeId}, ${instantAt('2026-10-01', '03:00')}) as reason
    `.execute(office.db)
    expect(rows).toEqual([{ reason: null }])
  })

  it('are the same to the gate and to the planning of retries', async () => {
    const calendar = await calendarDays(office.db)
    const time = fc
      .integer({ min: 0, max: 1_440 })
      .map((m) => `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`)
    const periods = fc
      .uniqueArray(time, { minLength: 0, maxLength: 6 })
      .map((times) => [...times].sort())
      .map((times) =>
        times.flatMap((opens, n) =>
          n % 2 === 0 && times[n + 1] !== undefined ? [{ opens, closes: times[n + 1] ?? '' }] : [],
        ),
      )
    const days = fc.constantFrom<CallingRule['holidays']>('open', 'closed')
    const instants = fc.array(fc.integer({ min: 0, max: 500 * 86_400 }), { minLength: 40, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(periods, days, days, instants, async (open, holidays, weekends, seconds) => {
        const rule: CallingRule = { periods: open, holidays, weekends, capPerDay: 2, capPerWeek: 5 }
        const window = windowOf(rule, {}, calendar)
        const at = seconds.map((second) => new Date(instantAt('2025-01-01', '00:00').getTime() + second * 1_000))
        const { rows } = await sql<{ reason: string | null }>`
          select gate_hour(${JSON.stringify(rule)}::jsonb, (select kind from calendar_day where day = local_day(t.at)), t.at) as reason
          from unnest(${at}::timestamptz[]) with ordinality as t (at, n) order by n
        `.execute(office.db)
        expect(rows.map(({ reason }) => reason)).toEqual(at.map((instant) => closedBy(window, instant)))
      }),
      { numRuns: 60 },
    )
  })
})

describe('the caps', () => {
  it('stop the third call of a day to one number, over all programmes', async () => {
    const number = '+8619911110001'
    await office.programme({ match: { kinds: ['outpatient'] } })
    const first = await office.due({ numbers: [number] })
    const person = await office.patient({ numbers: [number] })
    await office.enrol(await office.discharge(person.id, { kind: 'outpatient' }))
    const second = await office.taskOf(person.id)
    await dialled(first.taskId, minutesLater(0), 'busy')
    await dialled(second.id, minutesLater(30), 'busy')
    const third = await office.due({ numbers: [number] })
    const now = minutesLater(60)
    expect(await office.gate(third.taskId, third.numberId, office.at(now))).toBe('cap_day')
    expect(await office.task(third.taskId)).toMatchObject({
      hold: 'cap_day',
      holdUntil: instantAt(addDays(monday, 1), '00:00'),
    })
    expect(
      await office.gate(third.taskId, third.numberId, office.at(instantAt(addDays(monday, 1), '08:30'))),
    ).toBeNull()
  })

  it('stop the sixth of seven days running, until the oldest is a week old', async () => {
    const { taskId, numberId } = await office.due({ numbers: ['+8619911110002'] })
    // Monday to Wednesday, two and two and one, each as a task of its own so that no retry plan stands in the way.
    const days = [0, 0, 1, 1, 2]
    for (const [n, day] of days.entries()) {
      const task = await office.due({ numbers: ['+8619911110002'] })
      await dialled(task.taskId, instantAt(addDays(monday, day), n % 2 === 0 ? '09:00' : '15:00'), 'no_answer')
    }
    const friday = instantAt(addDays(monday, 4), '10:00')
    expect(await office.gate(taskId, numberId, office.at(friday))).toBe('cap_week')
    const sunday = instantAt(addDays(monday, 6), '10:00')
    expect(await office.gate(taskId, numberId, office.at(sunday))).toBe('cap_week')
    const nextMonday = instantAt(addDays(monday, 7), '08:30')
    expect(await office.gate(taskId, numberId, office.at(nextMonday))).toBeNull()
  })

  it('do not count trouble of the line, nor what was taken back before its INVITE, but a restart', async () => {
    const number = '+8619911110003'
    const { taskId, numberId } = await office.due({ numbers: [number] })
    for (const n of [0, 1, 2]) {
      const other = await office.due({ numbers: [number] })
      await dialled(other.taskId, minutesLater(n), 'congestion')
    }
    const work = await office.claimOne(taskId)
    await office.work().release([work.attemptId], lease)
    expect(await office.gate(taskId, numberId, office.at(minutesLater(4)))).toBeNull()
    for (const n of [5, 6]) {
      const other = await office.due({ numbers: [number] })
      await dialled(other.taskId, minutesLater(n), 'restart')
    }
    expect(await office.gate(taskId, numberId, office.at(minutesLater(8)))).toBe('cap_day')
  })

  it.each([
    { capPerDay: 6 },
    { capPerDay: 0 },
    { capPerWeek: 'many' },
    { periods: 'always' },
    { periods: [{ opens: '8:00', closes: '9:00' }] },
    { periods: [{ opens: '09:00', closes: '08:00' }] },
    { holidays: 'perhaps' },
  ])('and hours are refused when they make no sense, as a setting and as a campaign’s own: %j', async (broken) => {
    const set = sql`
      insert into setting (key, version, value)
      select 'calling', 99, value || ${JSON.stringify(broken)}::jsonb from setting where key = 'calling' and version = 1`
    await expect(set.execute(office.db)).rejects.toThrow(expect.objectContaining({ code: 'SF002' }))
    await expect(office.campaign({ calling: broken })).rejects.toThrow(expect.objectContaining({ code: '23514' }))
  })

  it('follow a new rule at once', async () => {
    const other = await Office.open()
    await other.programme()
    const number = '+8619911110005'
    const [one, two] = [await other.due({ numbers: [number] }), await other.due({ numbers: [number] })]
    await sql`insert into setting (key, version, value) select 'calling', 2, value || '{"capPerDay": 1}' from setting where key = 'calling'`.execute(
      other.db,
    )
    await other.fail(await other.claimOne(one.taskId), 'no_answer')
    expect((await other.task(two.taskId)).hold).toBe('cap_day')
    await sql`insert into setting (key, version, value) select 'calling', 3, value || '{"capPerDay": 2}' from setting where key = 'calling' and version = 2`.execute(
      other.db,
    )
    expect((await other.task(two.taskId)).hold).toBeNull()
    await other.close()
  })
})

describe('numbers abroad and premium numbers', () => {
  const allow = (office: Office, version: number, kinds: readonly string[]) =>
    sql`
      insert into setting (key, version, value)
      select 'calling', ${version}, value || ${JSON.stringify({ alsoDialled: kinds })}::jsonb
      from setting where key = 'calling' order by version desc limit 1
    `.execute(office.db)

  it('are barred also when they were stored before anybody asked, until the rule names their kind', async () => {
    const other = await Office.open()
    await other.programme()
    const [abroad, premium, usual] = [
      await other.due({ numbers: ['+12025550123'] }),
      await other.due({ numbers: ['+8616812345'] }),
      await other.due({ numbers: ['+8619911110009'] }),
    ]
    await barStoredNumbers({ db: other.db, secrets, log: silentLog })
    const holds = async () => Promise.all([abroad, premium, usual].map(async (t) => (await other.task(t.taskId)).hold))
    expect(await holds()).toEqual(['number_barred', 'number_barred', null])
    expect(await other.gate(abroad.taskId, abroad.numberId)).toBe('number_barred')
    await allow(other, 2, ['foreign'])
    expect(await holds()).toEqual([null, 'number_barred', null])
    expect(await other.gate(abroad.taskId, abroad.numberId)).toBeNull()
    // Also a rule that is tightened again: the next claim is refused by the attempt's own trigger.
    await allow(other, 3, [])
    await expect(other.claimOne(abroad.taskId)).rejects.toThrow()
    expect(await other.gate(abroad.taskId, abroad.numberId)).toBe('number_barred')
    await other.close()
  })
})

describe('refusals and consent', () => {
  it('hold a queued task at once and let it go when they are lifted or have run out', async () => {
    const { taskId, numberId } = await office.due()
    const id = await addDoNotCall(office.db, { phoneNumberId: numberId, source: 'supervisor' }, systemActor)
    expect((await office.task(taskId)).hold).toBe('do_not_call')
    await liftDoNotCall(office.db, id, systemActor)
    expect((await office.task(taskId)).hold).toBeNull()
    const until = minutesLater(60)
    await addDoNotCall(office.db, { phoneNumberId: numberId, source: 'agent', until }, systemActor)
    expect(await office.task(taskId)).toMatchObject({ hold: 'do_not_call', holdUntil: until })
    expect(await office.gate(taskId, numberId, office.at(until))).toBeNull()
  })

  it('of a patient end all plans, of a number only that number: the next one is taken', async () => {
    const two = await office.due({ numbers: ['+8619911120001', '+8619911120002'] })
    await addDoNotCall(office.db, { phoneNumberId: two.numberId, source: 'supervisor' }, systemActor)
    expect(await office.task(two.taskId)).toMatchObject({
      phoneNumberId: two.numberIds[1],
      hold: null,
      state: 'scheduled',
    })
    await addDoNotCall(office.db, { patientId: two.patientId, source: 'supervisor' }, systemActor)
    expect(await office.task(two.taskId)).toMatchObject({ state: 'stopped', reason: 'patient_refused' })
  })

  it('a programme that rests on consent dials nobody who gave none, and everybody who did', async () => {
    await office.programme({ legalBasis: 'consent', purpose: 'research', match: { kinds: ['emergency'] } })
    const person = await office.patient()
    await office.enrol(await office.discharge(person.id, { kind: 'emergency' }))
    const held = await office.taskOf(person.id)
    expect(held.hold).toBe('consent_missing')
    const given = { patientId: person.id, purpose: 'research', decision: 'given', source: 'test' } as const
    const consentId = await decideConsent(office.db, given, systemActor)
    expect((await office.task(held.id)).hold).toBeNull()
    await liftConsent(office.db, { id: consentId }, systemActor)
    expect((await office.task(held.id)).hold).toBe('consent_missing')
  })

  it('a refusal stands against declarations before and after it, also where the basis is duty', async () => {
    const { taskId, patientId } = await office.due()
    const declare = { patientId, purpose: 'satisfaction', decision: 'given', source: 'import' } as const
    await decideConsent(office.db, declare, systemActor)
    const refusal = await decideConsent(office.db, { ...declare, decision: 'refused', source: 'agent' }, systemActor)
    await decideConsent(office.db, declare, systemActor)
    expect((await office.task(taskId)).hold).toBe('consent_refused')
    await liftConsent(office.db, { id: refusal }, systemActor)
    expect((await office.task(taskId)).hold).toBeNull()
  })
})

describe('programme, campaign and trunk', () => {
  it.each([
    ['programme_not_running', (p: string) => sql`update programme set state = 'paused' where id = ${p}`],
    [
      'campaign_paused',
      (p: string) =>
        sql`update campaign set state = 'paused' where id = (select campaign_id from programme where id = ${p})`,
    ],
    [
      'campaign_stopped',
      (p: string) =>
        sql`update campaign set state = 'stopped' where id = (select campaign_id from programme where id = ${p})`,
    ],
    ['no_campaign', (p: string) => sql`update programme set campaign_id = null where id = ${p}`],
    [
      'trunk_disabled',
      (p: string) => sql`
      update trunk set enabled = false where id = (select c.trunk_id from campaign c join programme q on q.campaign_id = c.id where q.id = ${p})`,
    ],
  ] as const)('say %s', async (reason, close) => {
    const other = await Office.open()
    const programmeId = await other.programme()
    const { taskId, numberId } = await other.due()
    await close(programmeId).execute(other.db)
    expect(await other.gate(taskId, numberId)).toBe(reason)
    expect(await other.work().claim(lease, other.trunkId, 10)).toEqual([])
    await other.close()
  })
})

it('every word of the gate has words for people', async () => {
  const { rows } = await sql<{ source: string }>`
    select prosrc as source from pg_proc where proname in ('gate', 'gate_programme', 'gate_programmes', 'gate_hour')
  `.execute(office.db)
  const said = rows.flatMap(({ source }) =>
    [...source.matchAll(/(?:then|return) '([a-z_]+[a-z])'/g)].map((match) => match[1] ?? ''),
  )
  expect(said.length).toBeGreaterThan(15)
  expect(said.filter((reason) => !isGateReason(reason))).toEqual([])
})

it('nobody is dialled for a task on somebody else’s number, on none, or for no task', async () => {
  const { taskId } = await office.due()
  const other = await office.due()
  expect(await office.gate(taskId, other.numberId)).toBe('number_removed')
  expect(await office.gate(taskId, newId())).toBe('no_number')
  expect(await office.gate(newId(), other.numberId)).toBe('task_not_open')
})
