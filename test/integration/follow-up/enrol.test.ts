import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  importCalendarYear,
  missingCalendarYears,
  seedCalendar,
} from '../../../src/follow-up/calling/calendar-service.ts'
import { addDays, instantAt } from '../../../src/follow-up/calling/hospital-day.ts'
import { addDoNotCall } from '../../../src/follow-up/patients/do-not-call.ts'
import { patientsDied } from '../../../src/follow-up/patients/patient-news.ts'
import { redateTasks } from '../../../src/follow-up/programmes/enrol.ts'
import { status } from '../../../src/follow-up/status/status.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import { answered, endedBy, invited, lease, monday, Office } from './office.ts'

let office: Office
beforeEach(async () => {
  office = await Office.open()
})
afterEach(() => office.close())

const tasksOf = (patientId: string) =>
  office.db.selectFrom('task').selectAll().where('patientId', '=', patientId).orderBy('dueOn').execute()

describe('enrolment', () => {
  it('makes a task due seven days after the discharge, at its hour, for every step of the plan', async () => {
    await office.programme({ steps: [{ afterDays: 7 }, { afterDays: 30, dueTime: '09:30' }] })
    const patient = await office.patient()
    await office.enrol(await office.discharge(patient.id, { on: '2026-01-01', at: instantAt('2026-01-01', '10:00') }))
    expect(await tasksOf(patient.id)).toMatchObject([
      { dueOn: '2026-01-08', dueAt: instantAt('2026-01-08', '10:00'), state: 'scheduled' },
      { dueOn: '2026-01-31', dueAt: instantAt('2026-01-31', '09:30'), state: 'scheduled' },
    ])
  })

  it('is done once, however often a stay is told', async () => {
    await office.programme()
    const patient = await office.patient()
    const stay = await office.discharge(patient.id)
    expect(await office.enrol(stay)).toMatchObject({ tasks: 1 })
    expect(await office.enrol(stay)).toMatchObject({ tasks: 0 })
    const both = await Promise.all([office.enrol(stay), office.enrol(stay)])
    expect(both.map(({ tasks }) => tasks)).toEqual([0, 0])
    expect(await tasksOf(patient.id)).toHaveLength(1)
  })

  it('moves what is waiting when the discharge day is corrected, and no second task is made', async () => {
    await office.programme()
    const patient = await office.patient()
    const stay = await office.discharge(patient.id)
    await office.enrol(stay)
    await office.db
      .updateTable('encounter')
      .set({ dischargedOn: '2026-11-18', dischargedAt: null })
      .where('id', '=', stay)
      .execute()
    await office.db.transaction().execute((tx) => redateTasks(tx, [stay]))
    expect(await tasksOf(patient.id)).toMatchObject([{ dueOn: '2026-11-25', dueAt: instantAt('2026-11-25', '00:00') }])
  })

  it('gives each diagnosis its programme, one stay in several, and the default to whom none matches', async () => {
    const heart = await office.programme({ match: { kinds: ['inpatient'], diagnoses: ['I20-I25'] } })
    const diabetes = await office.programme({ match: { kinds: ['inpatient'], diagnoses: ['E11'] } })
    const rest = await office.programme({ isDefault: true })
    const both = await office.patient()
    const none = await office.patient()
    await office.enrol(
      await office.discharge(both.id, { codes: ['I21.900x001', 'E11.900'] }),
      await office.discharge(none.id, { codes: ['M51.202'] }),
    )
    const programmes = async (id: string) => (await tasksOf(id)).map(({ programmeId }) => programmeId).sort()
    expect(await programmes(both.id)).toEqual([heart, diabetes].sort())
    expect(await programmes(none.id)).toEqual([rest])
  })

  it('keeps the version that a patient was enrolled under when the next is published', async () => {
    const programmeId = await office.programme()
    const [before, after] = [await office.patient(), await office.patient()]
    await office.enrol(await office.discharge(before.id))
    const version = await office.publish(programmeId, { steps: [{ afterDays: 3 }] })
    await office.enrol(await office.discharge(after.id))
    expect((await tasksOf(before.id))[0]).toMatchObject({ dueOn: '2026-11-23' })
    expect((await tasksOf(after.id))[0]).toMatchObject({ dueOn: '2026-11-19', programmeVersionId: version })
  })

  it('starts a new plan with a new discharge and stops the old one, whichever is told first', async () => {
    await office.programme()
    for (const order of [
      ['2026-11-10', '2026-11-16'],
      ['2026-11-16', '2026-11-10'],
    ]) {
      const patient = await office.patient()
      for (const on of order)
        await office.enrol(await office.discharge(patient.id, { on, admittedOn: addDays(on, -4) }))
      expect(await tasksOf(patient.id)).toMatchObject([
        { dueOn: '2026-11-17', state: 'stopped', reason: 'readmitted' },
        { dueOn: '2026-11-23', state: 'scheduled' },
      ])
    }
  })

  it('leaves out the dead, who refused, and the leave modes of the version: visibly, without a task', async () => {
    await office.programme({ exclusions: { dispositions: ['4'] } })
    const [dead, refused, left] = [
      await office.patient({ deceased: true }),
      await office.patient(),
      await office.patient(),
    ]
    await addDoNotCall(office.db, { patientId: refused.id, source: 'agent' }, systemActor)
    const report = await office.enrol(
      await office.discharge(dead.id),
      await office.discharge(refused.id),
      await office.discharge(left.id, { disposition: '4' }),
    )
    expect(report).toEqual({ tasks: 0, excluded: { deceased: 1, opted_out: 1, disposition_4: 1 } })
    const enrolments = await office.db.selectFrom('enrolment').select(['state', 'reason']).orderBy('reason').execute()
    expect(enrolments).toEqual([
      { state: 'excluded', reason: 'deceased' },
      { state: 'excluded', reason: 'disposition_4' },
      { state: 'excluded', reason: 'opted_out' },
    ])
  })
})

it('for a past day, discharges less exclusions are the tasks due seven days later', async () => {
  await office.programme({ exclusions: { dispositions: ['2'] } })
  const days = ['2026-11-09', '2026-11-10', '2026-11-11']
  const stays: string[] = []
  const deaths: string[] = []
  for (let n = 0; n < 45; n += 1) {
    const patient = await office.patient({ deceased: n % 11 === 0 })
    const on = days[n % 3] ?? ''
    stays.push(
      await office.discharge(patient.id, {
        on,
        disposition: n % 7 === 0 ? '2' : '1',
        at: n % 5 === 0 ? null : instantAt(on, '23:59'),
      }),
    )
    if (n % 13 === 5) deaths.push(patient.id)
  }
  for (let n = 0; n < stays.length; n += 10) await office.enrol(...stays.slice(n, n + 10))
  // What happens to the tasks later does not touch the sum.
  await office.db.transaction().execute((tx) =>
    patientsDied(
      tx,
      deaths.map((patientId) => ({ patientId, on: null })),
      { source: 'list' },
    ),
  )
  for (const day of days) {
    const { rows } = await sql<{ discharges: number; exclusions: number; tasks: number }>`
      select (select count(*)::integer from encounter where discharged_on = ${day}) as discharges,
        (select count(*)::integer from enrolment where anchor_on = ${day} and state = 'excluded') as exclusions,
        (select count(*)::integer from task where due_on = ${addDays(day, 7)}) as tasks
    `.execute(office.db)
    const [sum] = rows
    expect(sum?.discharges).toBe(15)
    expect(sum?.tasks).toBe((sum?.discharges ?? 0) - (sum?.exclusions ?? 0))
    expect(sum?.exclusions).toBeGreaterThan(0)
  }
})

it('workflow 1: twenty discharges end as they should, none missing', async () => {
  await office.programme()
  const people: Record<string, string> = {}
  const enrol = async (
    name: string,
    draft: Parameters<Office['patient']>[0] = {},
    stay: Parameters<Office['discharge']>[1] = {},
  ) => {
    const patient = await office.patient(draft)
    people[name] = patient.id
    await office.enrol(await office.discharge(patient.id, stay))
    return patient
  }
  await enrol('died in hospital', {}, { disposition: '5' })
  const refused = await office.patient()
  await addDoNotCall(office.db, { patientId: refused.id, source: 'agent' }, systemActor)
  people['opted out'] = refused.id
  await office.enrol(await office.discharge(refused.id))
  const back = await enrol('readmitted', {}, { on: '2026-11-16' })
  await office.enrol(await office.discharge(back.id, { on: '2026-11-20', admittedOn: '2026-11-18' }))
  await enrol('no phone', { numbers: [] })
  await enrol('wrong number', { numbers: ['+8619955550001'] })
  for (let n = 0; n < 15; n += 1) await enrol(`patient ${n}`)
  expect(Object.keys(people)).toHaveLength(20)

  for (let round = 0; round < 12; round += 1) {
    const due = await sql<{ at: Date | null }>`
      select case when min(dial_at) is not null then greatest(min(dial_at), ${office.now}) end as at from task
      where state in ('scheduled', 'retry_wait') and dial_at < 'infinity' and due_on <= ${monday}
    `.execute(office.db)
    const now = due.rows[0]?.at
    if (!now) break
    for (const work of await office.work(now).claim(lease, office.trunkId, 50)) {
      const { patientId } = await office.task(work.taskId)
      if (patientId === people['wrong number']) await office.fail(work, 'invalid_number', { now })
      else if (round < 2 && patientId === people['patient 3']) await office.fail(work, 'no_answer', { now })
      else {
        await office.work(now).begin(work, lease)
        await office.tell(work, [invited, answered, { type: 'outcome', outcome: 'done' }, endedBy('completed')], {
          now,
        })
      }
    }
  }
  const ends: Record<string, string> = {}
  for (const [name, patientId] of Object.entries(people)) {
    const { rows } = await sql<{ ended: string }>`
      select string_agg(t.state || coalesce(' ' || t.reason, '') || coalesce(' ' || t.hold, ''), ', ' order by t.due_on) as ended
      from task t where t.patient_id = ${patientId}
    `.execute(office.db)
    const enrolment = await office.db
      .selectFrom('enrolment')
      .select('reason')
      .where('patientId', '=', patientId)
      .where('state', '=', 'excluded')
      .executeTakeFirst()
    ends[name] = rows[0]?.ended ?? `excluded ${enrolment?.reason}`
  }
  const done = Object.fromEntries(Array.from({ length: 15 }, (_, n) => [`patient ${n}`, 'completed']))
  expect(ends).toEqual({
    ...done,
    'died in hospital': 'excluded deceased',
    'opted out': 'excluded opted_out',
    readmitted: 'stopped readmitted, scheduled',
    'no phone': 'scheduled no_number',
    'wrong number': 'failed invalid_number',
  })
})

describe('the calendar', () => {
  it('is seeded once, and a year that is not announced is missed, not empty', async () => {
    await seedCalendar(office.db)
    await seedCalendar(office.db)
    expect(await missingCalendarYears(office.at(instantAt('2026-10-31', '23:59')))).toEqual([])
    expect(await missingCalendarYears(office.at(instantAt('2026-11-01', '00:00')))).toEqual([2027])
  })

  it('is imported by the hospital, the year as a whole, and what it imported stays', async () => {
    const year = (day: string) =>
      JSON.stringify({
        year: 2026,
        papers: ['https://www.gov.cn/x'],
        days: [{ name: '元旦', date: day, isOffDay: true }],
      })
    await importCalendarYear(office.db, { text: year('2026-01-01'), actor: systemActor, reason: null })
    await importCalendarYear(office.db, { text: year('2026-01-02'), actor: systemActor, reason: null })
    await seedCalendar(office.db)
    const { rows } = await sql<{
      day: string
    }>`select day from calendar_day where extract(year from day) = 2026`.execute(office.db)
    expect(rows).toEqual([{ day: '2026-01-02' }])
  })
})

describe('status', () => {
  it('counts tasks, attempts and recordings, and says by campaign why nothing dials', async () => {
    await office.programme()
    const [ready, refusing, future] = [await office.due(), await office.due(), await office.due()]
    await addDoNotCall(office.db, { phoneNumberId: refusing.numberId, source: 'supervisor' }, systemActor)
    await office.db
      .updateTable('task')
      .set({ dueAt: instantAt('2026-11-24', '10:00') })
      .where('id', '=', future.taskId)
      .execute()
    const told = await status(office.db)
    expect(told.tasks).toEqual({ scheduled: 3 })
    expect(told.whyNot).toMatchObject([
      {
        callable: 1,
        reasons: [
          { reason: 'do_not_call', count: 1 },
          { reason: 'not_due', count: 1 },
        ],
      },
    ])
    await office.db.updateTable('campaign').set({ state: 'paused' }).execute()
    expect((await status(office.db)).whyNot).toMatchObject([
      {
        callable: 0,
        reasons: [
          { reason: 'campaign_paused', count: 1 },
          { reason: 'do_not_call', count: 1 },
          { reason: 'not_due', count: 1 },
        ],
      },
    ])
    await office.db.updateTable('campaign').set({ state: 'running' }).execute()
    await office.fail(await office.claimOne(ready.taskId), 'busy')
    const after = await status(office.db)
    expect(after.tasks).toEqual({ retry_wait: 1, scheduled: 2 })
    expect(after.attempts).toEqual({ busy: 1 })
  })

  it('knows of a task that falls due while its number is in a call what keeps it, and when it is free', async () => {
    await office.programme()
    const number = '+8619966660001'
    const [one, two] = [await office.due({ numbers: [number] }), await office.due({ numbers: [number] })]
    await office.db
      .updateTable('task')
      .set({ dueAt: instantAt(monday, '10:05') })
      .where('id', '=', two.taskId)
      .execute()
    const work = await office.claimOne(one.taskId)
    const later = office.at(instantAt(monday, '10:06'))
    // Claimed and not dialled yet: nothing stands on the other task, so the gate is asked.
    expect((await office.task(two.taskId)).hold).toBeNull()
    expect((await status(later)).whyNot).toMatchObject([
      { callable: 0, reasons: [{ reason: 'number_active', count: 1 }] },
    ])
    await office.work().begin(work, lease)
    expect((await office.task(two.taskId)).hold).toBe('number_active')
    expect((await status(later)).whyNot).toMatchObject([
      { callable: 0, reasons: [{ reason: 'number_active', count: 1 }] },
    ])
    await office.tell(work, [invited, endedBy('congestion')])
    expect((await status(later)).whyNot[0]?.callable).toBe(2)
  })
})
