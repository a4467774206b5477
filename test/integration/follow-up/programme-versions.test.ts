import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addDays } from '../../../src/follow-up/calling/hospital-day.ts'
import { addDoNotCall } from '../../../src/follow-up/patients/do-not-call.ts'
import type { ProgrammeContent } from '../../../src/follow-up/programmes/programme-schema.ts'
import { defaultRetryPlan } from '../../../src/follow-up/tasks/retry.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import type { SignedIn } from '../../e2e/fixture/face.ts'
import { answered, endedBy, invited, monday, type Office } from './office.ts'
import { ProgrammeOffice, reason } from './programme-office.ts'

/** What a programme says, version by version: its rounds, who publishes the next, whom it would take. */
let planning: ProgrammeOffice
let office: Office
let supervisor: SignedIn
beforeEach(async () => {
  planning = await ProgrammeOffice.open()
  office = planning.office
  supervisor = planning.supervisor
})
afterEach(() => planning.close())

describe('rounds (C04)', () => {
  it('make a task each, thirty days apart, and every call asks the form of its own round', async () => {
    const programmeId = await office.programme()
    const forms = [
      await planning.questionnaire('first'),
      await planning.questionnaire('second'),
      await planning.questionnaire('third'),
    ]
    const steps = await Promise.all(
      forms.map((questionnaireVersionId, index) =>
        planning.step({ afterDays: 30 * (index + 1), dueTime: '09:00', questionnaireVersionId }),
      ),
    )
    expect((await planning.publish(programmeId, { steps })).statusCode).toBe(200)
    const patient = await office.patient()
    await office.enrol(await office.discharge(patient.id, { on: '2026-10-24' }))
    const tasks = await planning.tasksOf(patient.id)
    expect(tasks.map(({ dueOn }) => dueOn)).toEqual(['2026-11-23', '2026-12-23', '2027-01-22'])
    for (const [index, task] of tasks.entries()) {
      const now = new Date(task.dueAt.getTime() + 3_600_000)
      const work = await office.begin(await office.claimOne(task.id, now), { now })
      expect(work.variables.questionnaire).toMatchObject({ id: ['first', 'second', 'third'][index] })
      await office.tell(work, [invited, answered, { type: 'outcome', outcome: 'done' }, endedBy('completed')], { now })
    }
    expect((await planning.tasksOf(patient.id)).map(({ state }) => state)).toEqual([
      'completed',
      'completed',
      'completed',
    ])
  })

  it('on fixed days are the same day for everybody; one before the discharge is no round of that stay', async () => {
    const programmeId = await office.programme()
    const days = ['2026-11-20', '2026-12-10']
    const steps = await Promise.all(days.map((fixedOn) => planning.step({ afterDays: null, fixedOn })))
    expect((await planning.publish(programmeId, { steps })).statusCode).toBe(200)
    const due = async (on: string) => {
      const patient = await office.patient()
      await office.enrol(await office.discharge(patient.id, { on }))
      const [enrolment] = await planning.enrolmentsOf(patient.id)
      return { days: (await planning.tasksOf(patient.id)).map(({ dueOn }) => dueOn), reason: enrolment?.reason }
    }
    expect(await due('2026-11-16')).toEqual({ days, reason: null })
    expect(await due('2026-11-22')).toEqual({ days: ['2026-12-10'], reason: null })
    expect(await due('2026-12-11')).toEqual({ days: [], reason: 'dates_past' })
  })
})

describe('the next version', () => {
  it('holds for discharges from then on, with who and why; who is enrolled stays under theirs', async () => {
    const id = await office.programme()
    const before = await office.due()
    expect((await planning.publish(id, { steps: [await planning.step({ afterDays: 3 })] })).json()).toEqual({
      version: 2,
    })
    const after = await office.patient()
    await office.enrol(await office.discharge(after.id))
    expect(await planning.tasksOf(before.patientId)).toMatchObject([{ dueOn: '2026-11-23' }])
    expect(await planning.tasksOf(after.id)).toMatchObject([{ dueOn: '2026-11-19' }])
    expect((await planning.cardOf(id)).versions).toMatchObject([
      { version: 2, by: supervisor.name, reason, enrolled: 1 },
      { version: 1, by: null, reason: null, enrolled: 1 },
    ])
    const [audit] = await office.db
      .selectFrom('auditRow')
      .select(['detail'])
      .where('action', '=', 'programme.published')
      .execute()
    expect(audit?.detail).toMatchObject({ version: 2, reason, from: { steps: [{ afterDays: 7 }] } })
  })

  it('keeps the retry plan of the one before', async () => {
    const id = await office.programme()
    const own = { ...defaultRetryPlan, maxAttempts: 9 }
    await office.publish(id, { retry: own })
    expect((await planning.publish(id, { exclusions: { dispositions: ['4'] } })).json()).toEqual({ version: 3 })
    const newest = await office.db
      .selectFrom('programmeVersion')
      .select('retry')
      .where('programmeId', '=', id)
      .orderBy('version', 'desc')
      .executeTakeFirst()
    expect(newest?.retry).toEqual(own)
  })

  it('is made once by two who look at the same one: the second is told', async () => {
    const id = await office.programme()
    const both = await Promise.all([
      planning.publish(id, { exclusions: { dispositions: ['4'] } }, { basedOn: 1 }),
      planning.publish(id, { exclusions: { dispositions: ['2'] } }, { basedOn: 1 }),
    ])
    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409])
    expect(both.find(({ statusCode }) => statusCode === 409)?.json()).toMatchObject({ code: 'PROGRAMME_CHANGED' })
    expect((await planning.cardOf(id)).versions).toHaveLength(2)
  })

  it('is none where nothing is said anew; a name alone makes none either, and goes with the campaign', async () => {
    const id = await office.programme()
    expect((await planning.publish(id, {})).json()).toMatchObject({ code: 'PROGRAMME_UNCHANGED' })
    await sql`update campaign set name = (select name from programme where id = ${id})`.execute(office.db)
    expect((await planning.publish(id, {}, { name: '出院随访' })).json()).toEqual({ version: 1 })
    expect((await planning.cardOf(id)).programme).toMatchObject({ name: '出院随访', campaign: { name: '出院随访' } })
  })

  it('that says what cannot be is refused, and nothing is published', async () => {
    const id = await office.programme()
    const refused = await planning.publish(id, { match: { kinds: ['inpatient'], diagnoses: ['I25-I20'] } })
    expect(refused.json()).toMatchObject({ code: 'PROGRAMME_CODE_RANGE' })
    const far = await planning.publish(id, { steps: [await planning.step({ afterDays: null, fixedOn: '9999-12-31' })] })
    expect(far.json()).toMatchObject({ code: 'PROGRAMME_DATE_FAR', params: { step: 1 } })
    expect((await planning.cardOf(id)).versions).toHaveLength(1)
  })
})

describe('the preview', () => {
  const preview = async (id: string, of: Partial<ProgrammeContent>, wish: object = {}) => {
    const { programme } = await planning.cardOf(id)
    const { siteId, purpose, isDefault, content: now } = programme
    const body = { programmeId: id, siteId, purpose, isDefault, content: { ...now, ...of }, days: 30, ...wish }
    return (await supervisor.ask('POST', '/programmes/preview', body)).json()
  }

  it('says whom a version would take and leave out of the last days’ discharges, beside the one in force, and writes nothing', async () => {
    const id = await office.programme({ match: { kinds: ['inpatient'], diagnoses: ['I20-I25'] } })
    const sugar = await office.programme({ match: { kinds: ['inpatient'], diagnoses: ['E11'] } })
    const { programme: other } = await planning.cardOf(sugar)
    const stay = async (codes: string[], on = '2026-11-16', more: object = {}) =>
      office.discharge((await office.patient()).id, { codes, on, ...more })
    await stay(['I21.9'])
    await stay(['I21.9', 'E11.9'])
    await stay(['I21.9'], '2026-11-17', { disposition: '4' })
    await stay(['I48'])
    await stay(['M51'])
    // Too long ago.
    await stay(['I21.9'], addDays(monday, -30))
    const refused = await office.patient()
    await addDoNotCall(office.db, { patientId: refused.id, source: 'agent' }, systemActor)
    await office.discharge(refused.id, { codes: ['I48'] })
    const wished = { match: { kinds: ['inpatient'], diagnoses: ['I21', 'I48'] }, exclusions: { dispositions: ['4'] } }
    expect(
      await preview(id, { ...wished, steps: [await planning.step(), await planning.step({ afterDays: 30 })] }),
    ).toEqual({
      days: 30,
      discharges: 6,
      takes: 3,
      tasks: 6,
      leftOut: [
        { reason: 'disposition_4', count: 1 },
        { reason: 'opted_out', count: 1 },
      ],
      before: { takes: 3, gained: 1, lost: 1 },
      also: [{ programmeId: sugar, name: other.name, count: 1 }],
      byNobody: 1,
      byNobodyBefore: 3,
    })
    expect(await office.db.selectFrom('enrolment').select('id').execute()).toEqual([])
    expect((await planning.cardOf(id)).versions).toHaveLength(1)
  })

  it('agrees with what an import then makes of the same discharges', async () => {
    const id = await office.programme({ isDefault: true })
    const stays: string[] = []
    for (let n = 0; n < 24; n += 1) {
      const patient = await office.patient({ deceased: n % 9 === 0 })
      const disposition = n % 5 === 0 ? '4' : '1'
      stays.push(await office.discharge(patient.id, { disposition, on: addDays(monday, -(n % 12)) }))
    }
    const foreseen = await preview(id, { exclusions: { dispositions: ['4'] } })
    await planning.publish(id, { exclusions: { dispositions: ['4'] } })
    const made = await office.enrol(...stays)
    expect(made.tasks).toBe(foreseen.tasks)
    const leftOut = foreseen.leftOut.map(({ reason: why, count }: { reason: string; count: number }) => [why, count])
    expect(made.excluded).toEqual(Object.fromEntries(leftOut))
  })

  it('of coverage names discharges that nobody or two programmes take', async () => {
    const heart = await office.programme({ match: { kinds: ['inpatient'], diagnoses: ['I20-I25'] } })
    const sugar = await office.programme({ match: { kinds: ['inpatient'], diagnoses: ['E11'] } })
    for (const codes of [['I21', 'E11'], ['I21'], ['M51']]) {
      await office.discharge((await office.patient()).id, { codes })
    }
    const told = (await supervisor.ask('GET', '/programmes/coverage?days=30')).json()
    expect(told).toMatchObject({ discharges: 3, byNobody: 1, overlaps: [{ one: heart, other: sugar, count: 1 }] })
    expect(told.takes).toEqual([
      { programmeId: heart, count: 2 },
      { programmeId: sugar, count: 1 },
    ])
  })

  it.each(['0', '181', '-7', '7.5', 'x', ''])('of coverage is for 1 to 180 days, not for "%s"', async (days) => {
    const answer = await supervisor.ask('GET', `/programmes/coverage?days=${days}`)
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'INPUT_INVALID'])
  })
})

describe('rights', () => {
  it('QA reads programmes and changes none', async () => {
    const id = await office.programme()
    const qa = await planning.signIn('qa')
    expect((await qa.ask('GET', `/programmes/${id}`)).statusCode).toBe(200)
    expect((await qa.ask('POST', `/programmes/${id}/state`, { to: 'paused', reason })).statusCode).toBe(403)
  })

  it('no administrator’s role may plan, whatever is written', async () => {
    const given = "insert into role_right (role_code, right_code) values ('system_admin', 'programme.manage')"
    await expect(office.behindTriggers(given)).rejects.toThrow(/administrators_plan_nothing/)
  })
})
