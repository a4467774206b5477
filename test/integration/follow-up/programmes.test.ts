import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addDays, instantAt } from '../../../src/follow-up/calling/hospital-day.ts'
import { trunkHome } from '../../../src/follow-up/dialling/trunk-setup.ts'
import { addDoNotCall } from '../../../src/follow-up/patients/do-not-call.ts'
import { patientsReadmitted } from '../../../src/follow-up/patients/patient-news.ts'
import type { ProgrammeCard, ProgrammeContent, TakenUp } from '../../../src/follow-up/programmes/programme-schema.ts'
import { publishFlowVersion } from '../../../src/follow-up/programmes/publish-programme.ts'
import { defaultRetryPlan } from '../../../src/follow-up/tasks/retry.ts'
import { sweepTasks } from '../../../src/follow-up/tasks/task-sweep.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { frozenClock } from '../../../src/platform/clock.ts'
import { newId } from '../../../src/platform/ids.ts'
import { type Face, openFace, type SignedIn, signedIn } from '../../e2e/fixture/face.ts'
import { answered, endedBy, invited, lease, monday, Office } from './office.ts'

let office: Office
let face: Face
let supervisor: SignedIn
let flowVersionId: string
beforeEach(async () => {
  office = await Office.open()
  const flow = { id: 'survey', nodes: { ask: { kind: 'survey' } } }
  flowVersionId = await office.db.transaction().execute((tx) => publishFlowVersion(tx, 'survey', flow))
  face = await openFace({ db: office.db, databaseUrl: office.database.url, clock: frozenClock(office.now) })
  supervisor = await signIn('supervisor')
})
afterEach(async () => {
  await face.close()
  await office.close()
})

const signIn = (role: Role) => signedIn(face, office.db, [role])

const reason = '下月起'
const tasksOf = (patientId: string) =>
  office.db.selectFrom('task').selectAll().where('patientId', '=', patientId).orderBy('dueOn').execute()
const enrolmentsOf = (patientId: string) =>
  office.db.selectFrom('enrolment').selectAll().where('patientId', '=', patientId).orderBy('id').execute()
const cardOf = async (id: string): Promise<ProgrammeCard> => (await supervisor.ask('GET', `/programmes/${id}`)).json()

async function published() {
  const form = await office.db.selectFrom('questionnaireVersion').select('id').orderBy('id').executeTakeFirstOrThrow()
  return { questionnaireVersionId: form.id, flowVersionId }
}

async function step(of: Partial<ProgrammeContent['steps'][number]> = {}): Promise<ProgrammeContent['steps'][number]> {
  const when = { afterDays: 7, fixedOn: null, dueTime: null, restDayRule: 'keep' as const }
  return { ...when, expiresAfterDays: 30, priority: 5, ...(await published()), ...of }
}

async function content(of: Partial<ProgrammeContent> = {}): Promise<ProgrammeContent> {
  return { match: { kinds: ['inpatient'] }, exclusions: { dispositions: [] }, steps: [await step()], ...of }
}

async function publish(id: string, of: Partial<ProgrammeContent>, wish: object = {}) {
  const { programme } = await cardOf(id)
  const { content: now, version, name } = programme
  return supervisor.ask('POST', `/programmes/${id}/versions`, {
    basedOn: version,
    name,
    content: { ...now, ...of },
    reason,
    ...wish,
  })
}

async function create(of: Partial<ProgrammeContent> = {}, wish: object = {}) {
  return supervisor.ask('POST', '/programmes', {
    siteId: office.siteId,
    name: '冠心病',
    legalBasis: 'duty',
    purpose: 'clinical',
    isDefault: false,
    content: await content(of),
    reason,
    ...wish,
  })
}

async function questionnaire(code: string): Promise<string> {
  const [id, versionId] = [newId(), newId()]
  await office.db.insertInto('questionnaire').values({ id, code, name: code }).execute()
  const definition = JSON.stringify({ id: code, version: 1 })
  await office.db
    .insertInto('questionnaireVersion')
    .values({ id: versionId, questionnaireId: id, version: 1, definition })
    .execute()
  return versionId
}

describe('rounds (C04)', () => {
  it('make a task each, thirty days apart, and every call asks the form of its own round', async () => {
    const programmeId = await office.programme()
    const forms = [await questionnaire('first'), await questionnaire('second'), await questionnaire('third')]
    const steps = await Promise.all(
      forms.map((questionnaireVersionId, index) =>
        step({ afterDays: 30 * (index + 1), dueTime: '09:00', questionnaireVersionId }),
      ),
    )
    expect((await publish(programmeId, { steps })).statusCode).toBe(200)
    const patient = await office.patient()
    await office.enrol(await office.discharge(patient.id, { on: '2026-10-24' }))
    const tasks = await tasksOf(patient.id)
    expect(tasks.map(({ dueOn }) => dueOn)).toEqual(['2026-11-23', '2026-12-23', '2027-01-22'])
    for (const [index, task] of tasks.entries()) {
      const now = new Date(task.dueAt.getTime() + 3_600_000)
      const work = await office.claimOne(task.id, now)
      expect(work.variables.questionnaire).toMatchObject({ id: ['first', 'second', 'third'][index] })
      await office.work(now).begin(work.attemptId, lease)
      await office.tell(work, [invited, answered, { type: 'outcome', outcome: 'done' }, endedBy('completed')], { now })
    }
    expect((await tasksOf(patient.id)).map(({ state }) => state)).toEqual(['completed', 'completed', 'completed'])
  })

  it('on fixed days are the same day for everybody; one before the discharge is no round of that stay', async () => {
    const programmeId = await office.programme()
    const days = ['2026-11-20', '2026-12-10']
    const steps = await Promise.all(days.map((fixedOn) => step({ afterDays: null, fixedOn })))
    expect((await publish(programmeId, { steps })).statusCode).toBe(200)
    const due = async (on: string) => {
      const patient = await office.patient()
      await office.enrol(await office.discharge(patient.id, { on }))
      const [enrolment] = await enrolmentsOf(patient.id)
      return { days: (await tasksOf(patient.id)).map(({ dueOn }) => dueOn), reason: enrolment?.reason }
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
    expect((await publish(id, { steps: [await step({ afterDays: 3 })] })).json()).toEqual({ version: 2 })
    const after = await office.patient()
    await office.enrol(await office.discharge(after.id))
    expect(await tasksOf(before.patientId)).toMatchObject([{ dueOn: '2026-11-23' }])
    expect(await tasksOf(after.id)).toMatchObject([{ dueOn: '2026-11-19' }])
    expect((await cardOf(id)).versions).toMatchObject([
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
    expect((await publish(id, { exclusions: { dispositions: ['4'] } })).json()).toEqual({ version: 3 })
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
      publish(id, { exclusions: { dispositions: ['4'] } }, { basedOn: 1 }),
      publish(id, { exclusions: { dispositions: ['2'] } }, { basedOn: 1 }),
    ])
    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409])
    expect(both.find(({ statusCode }) => statusCode === 409)?.json()).toMatchObject({ code: 'PROGRAMME_CHANGED' })
    expect((await cardOf(id)).versions).toHaveLength(2)
  })

  it('is none where nothing is said anew; a name alone makes none either, and goes with the campaign', async () => {
    const id = await office.programme()
    expect((await publish(id, {})).json()).toMatchObject({ code: 'PROGRAMME_UNCHANGED' })
    await sql`update campaign set name = (select name from programme where id = ${id})`.execute(office.db)
    expect((await publish(id, {}, { name: '出院随访' })).json()).toEqual({ version: 1 })
    expect((await cardOf(id)).programme).toMatchObject({ name: '出院随访', campaign: { name: '出院随访' } })
  })

  it('that says what cannot be is refused, and nothing is published', async () => {
    const id = await office.programme()
    const refused = await publish(id, { match: { kinds: ['inpatient'], diagnoses: ['I25-I20'] } })
    expect(refused.json()).toMatchObject({ code: 'PROGRAMME_CODE_RANGE' })
    const far = await publish(id, { steps: [await step({ afterDays: null, fixedOn: '9999-12-31' })] })
    expect(far.json()).toMatchObject({ code: 'PROGRAMME_DATE_FAR', params: { step: 1 } })
    expect((await cardOf(id)).versions).toHaveLength(1)
  })
})

describe('a running programme', () => {
  /** Agents can ask what the office's questionnaire asks; keys cannot. */
  async function forAgents(): Promise<void> {
    const id = newId()
    await office.db.insertInto('team').values({ id, siteId: office.siteId, name: '随访组' }).execute()
    await sql`update campaign set pacing = 'progressive', team_id = ${id}`.execute(office.db)
  }

  it('outside its hours says why nothing is dialled, as the live page does, and when it goes on', async () => {
    const periods = [{ opens: '14:00', closes: '17:00' }]
    const id = await office.programme({ campaignId: await office.campaign({ calling: { periods } }) })
    await office.due()
    await forAgents()
    const { programme, dialling } = await cardOf(id)
    expect(programme.missing).toEqual([])
    expect(dialling).toEqual({
      whyNot: { callable: 0, reasons: [{ reason: 'outside_window', count: 1 }] },
      // Its own hours begin at 14:00, the hospital's half an hour later.
      goesOnAt: instantAt(monday, '14:30').toISOString(),
    })
  })

  it('whose tasks come to be due tomorrow goes on then', async () => {
    const id = await office.programme()
    await office.due()
    await forAgents()
    await sql`update task set due_at = ${instantAt(addDays(monday, 1), '09:30')}`.execute(office.db)
    expect((await cardOf(id)).dialling).toEqual({
      whyNot: { callable: 0, reasons: [{ reason: 'not_due', count: 1 }] },
      goesOnAt: instantAt(addDays(monday, 1), '09:30').toISOString(),
    })
  })

  it('that dials, or waits for a seat, names no time', async () => {
    const id = await office.programme()
    await office.due()
    expect((await cardOf(id)).dialling).toEqual({ whyNot: { callable: 1, reasons: [] }, goesOnAt: null })
    await forAgents()
    expect((await cardOf(id)).dialling).toEqual({
      whyNot: { callable: 0, reasons: [{ reason: 'no_free_seat', count: 1 }] },
      goesOnAt: null,
    })
  })
})

describe('a new programme', () => {
  it('starts paused with a paused campaign of its own, takes discharges in, and dials nobody until both run', async () => {
    await office.programme({ isDefault: true })
    const { id } = (await create({ match: { kinds: ['inpatient'], diagnoses: ['I20-I25'] } })).json()
    expect((await cardOf(id)).programme).toMatchObject({
      state: 'paused',
      missing: ['programme_paused', 'campaign_paused', 'not_by_keys'],
      campaign: { state: 'paused' },
    })
    const patient = await office.patient()
    await office.enrol(await office.discharge(patient.id, { codes: ['I21.9'] }))
    const [task] = await tasksOf(patient.id)
    expect(task?.programmeId).toBe(id)
    expect(await office.work().claim(lease, office.trunkId, 5)).toEqual([])
    await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'running', reason })
    expect((await cardOf(id)).programme.missing).toEqual(['campaign_paused', 'not_by_keys'])
  })

  it('that copies one is dialled as that one is, and retried by its plan', async () => {
    const source = await office.programme({ campaignId: await office.campaign({ anyHour: true }) })
    await sql`update campaign set ring_timeout_ms = 45000`.execute(office.db)
    const { id } = (await create({}, { copyOf: source })).json()
    const { rows } = await sql`
      select c.ring_timeout_ms, c.any_hour, c.state, c.trunk_id from campaign c join programme p on p.campaign_id = c.id
      where p.id = ${id}
    `.execute(office.db)
    expect(rows).toEqual([{ ringTimeoutMs: 45_000, anyHour: true, state: 'paused', trunkId: office.trunkId }])
  })

  it('made before there is a trunk gets its paused campaign with the first one, as every other that has none', async () => {
    const [one, other] = [await office.programme(), await office.programme()]
    await sql`update programme set campaign_id = null where id = ${one}`.execute(office.db)
    expect((await cardOf(one)).programme.missing).toEqual(['no_trunk'])
    const { campaign } = (await cardOf(other)).programme
    await office.db.transaction().execute((tx) => trunkHome(office.db).onAdded(tx, office.trunkId))
    expect((await cardOf(one)).programme).toMatchObject({
      campaign: { state: 'paused' },
      missing: ['campaign_paused', 'not_by_keys'],
    })
    expect((await cardOf(other)).programme.campaign).toEqual(campaign)
  })

  it('has a name of its own', async () => {
    await create()
    expect((await create()).json()).toMatchObject({ code: 'PROGRAMME_NAME_TAKEN' })
  })

  it.each([' ', '\u200b', 'a\u202eb', '……'])('has a name that a person can read, not %j', async (name) => {
    expect((await create({}, { name })).json()).toMatchObject({ code: 'INPUT_INVALID', params: { where: 'body/name' } })
  })

  it('has its name alone also where several take it at once', async () => {
    const codes = (await Promise.all([1, 2, 3, 4].map(() => create()))).map(({ statusCode }) => statusCode)
    expect(codes.toSorted()).toEqual([200, 409, 409, 409])
  })

  it('that took the name of a stopped one keeps it: that one does not run again beside it', async () => {
    const { id } = (await create()).json()
    await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'stopped', reason })
    expect((await create()).statusCode).toBe(200)
    const again = await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'running', reason })
    expect(again.json()).toMatchObject({ code: 'PROGRAMME_NAME_TAKEN' })
  })

  it('is the default where the site has none, with no condition but the kind of stay', async () => {
    const conditions = { match: { kinds: ['inpatient'], sexes: ['2'] } }
    expect((await create(conditions, { isDefault: true })).json()).toMatchObject({
      code: 'PROGRAMME_DEFAULT_CONDITIONS',
    })
    const list = async () => (await supervisor.ask('GET', '/programmes')).json()
    expect((await list()).withoutDefault).toEqual([{ siteId: office.siteId, site: '总院' }])
    const { id } = (await create({}, { isDefault: true })).json()
    expect((await list()).withoutDefault).toEqual([])
    const second = { isDefault: true, name: '第二个' }
    expect((await create({}, second)).json()).toMatchObject({ code: 'PROGRAMME_DEFAULT_TAKEN' })
    await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'stopped', reason })
    expect((await create({}, second)).statusCode).toBe(200)
    const again = await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'running', reason })
    expect(again.json()).toMatchObject({ code: 'PROGRAMME_DEFAULT_TAKEN' })
  })
})

describe('the preview', () => {
  const preview = async (id: string, of: Partial<ProgrammeContent>, wish: object = {}) => {
    const { programme } = await cardOf(id)
    const { siteId, purpose, isDefault, content: now } = programme
    const body = { programmeId: id, siteId, purpose, isDefault, content: { ...now, ...of }, days: 30, ...wish }
    return (await supervisor.ask('POST', '/programmes/preview', body)).json()
  }

  it('says whom a version would take and leave out of the last days’ discharges, beside the one in force, and writes nothing', async () => {
    const id = await office.programme({ match: { kinds: ['inpatient'], diagnoses: ['I20-I25'] } })
    const sugar = await office.programme({ match: { kinds: ['inpatient'], diagnoses: ['E11'] } })
    const { programme: other } = await cardOf(sugar)
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
    expect(await preview(id, { ...wished, steps: [await step(), await step({ afterDays: 30 })] })).toEqual({
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
    expect((await cardOf(id)).versions).toHaveLength(1)
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
    await publish(id, { exclusions: { dispositions: ['4'] } })
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

describe('pause and stop', () => {
  it('pause: what was claimed is given back, everything waits, discharges are taken in', async () => {
    const id = await office.programme()
    const { taskId, patientId } = await office.due()
    await office.claimOne(taskId)
    expect((await cardOf(id)).tasks).toMatchObject({ underWay: 1, waiting: 0 })
    await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'paused', reason })
    expect(await tasksOf(patientId)).toMatchObject([{ state: 'scheduled' }])
    expect((await cardOf(id)).tasks).toMatchObject({ underWay: 0, waiting: 1, due: 1 })
    expect(await office.work().claim(lease, office.trunkId, 5)).toEqual([])
    const later = await office.due()
    expect(await office.task(later.taskId)).toMatchObject({ state: 'scheduled', programmeId: id })
  })

  it('stop: what waits ends, nobody is taken; run again it takes whoever is discharged then', async () => {
    const id = await office.programme()
    const { patientId } = await office.due()
    const calling = await office.due()
    const work = await office.claimOne(calling.taskId)
    await office.work().begin(work.attemptId, lease)
    expect((await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'stopped', reason })).statusCode).toBe(204)
    expect(await tasksOf(patientId)).toMatchObject([{ state: 'stopped', reason: 'programme_stopped' }])
    expect(await enrolmentsOf(patientId)).toMatchObject([{ state: 'ended', reason: 'programme_stopped' }])
    expect(await office.task(calling.taskId)).toMatchObject({ state: 'in_progress' })
    const paused = await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'paused', reason })
    expect(paused.json()).toMatchObject({ code: 'PROGRAMME_STATE' })
    const missed = await office.patient()
    await office.enrol(await office.discharge(missed.id))
    expect(await tasksOf(missed.id)).toEqual([])
    // The call that went on ends without an interview: its task has no programme to wait for.
    await office.tell(work, [invited, endedBy('busy')])
    expect(await sweepTasks(office.db)).toMatchObject({ stopped: 1 })
    expect(await office.task(calling.taskId)).toMatchObject({ state: 'stopped', reason: 'programme_stopped' })
    await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'running', reason })
    expect((await office.due()).taskId).toBeTruthy()
    const audited = await office.db
      .selectFrom('auditRow')
      .select(['action', 'detail'])
      .where('objectId', '=', id)
      .orderBy('id')
      .execute()
    expect(audited).toMatchObject([
      { action: 'programme.stopped', detail: { from: 'running', reason, tasksStopped: 1 } },
      { action: 'programme.started', detail: { from: 'stopped', reason } },
    ])
  })
})

describe('taking up discharges that are there already', () => {
  const foresee = async (id: string, days = 30): Promise<TakenUp> =>
    (await supervisor.ask('POST', `/programmes/${id}/take-up/foresee`, { days })).json()
  const takeUp = async (id: string, days = 30): Promise<TakenUp> =>
    (await supervisor.ask('POST', `/programmes/${id}/take-up`, { days, reason })).json()
  const heart = { match: { kinds: ['inpatient'], diagnoses: ['I20-I25'] } }

  it('enrols them once, as foreseen; who waits in the default programme is called in the new one alone', async () => {
    await office.programme({ isDefault: true })
    const [waiting, called, other, old] = [
      await office.patient(),
      await office.patient(),
      await office.patient(),
      await office.patient(),
    ]
    await office.enrol(
      await office.discharge(waiting.id, { codes: ['I21'] }),
      await office.discharge(called.id, { codes: ['I22'] }),
      await office.discharge(other.id, { codes: ['M51'] }),
      await office.discharge(old.id, { codes: ['I21'], on: addDays(monday, -29) }),
    )
    const [task] = await tasksOf(called.id)
    const work = await office.claimOne(task?.id ?? '')
    await office.work().begin(work.attemptId, lease)
    await office.tell(work, [invited, answered, { type: 'outcome', outcome: 'done' }, endedBy('completed')])
    const { id } = (await create({ ...heart, steps: [await step({ expiresAfterDays: 14 })] })).json()
    const foreseen = await foresee(id)
    expect(foreseen).toEqual({
      discharges: 4,
      matching: 3,
      already: 0,
      elsewhere: 0,
      tooLate: 1,
      enrolled: 2,
      tasks: 2,
      leftOut: [],
      replaced: 1,
      calledThere: 1,
    })
    expect(await takeUp(id)).toEqual(foreseen)
    expect((await tasksOf(waiting.id)).map(({ state, reason: why }) => [state, why]).sort()).toEqual([
      ['scheduled', null],
      ['stopped', 'plan_repeated'],
    ])
    expect((await tasksOf(called.id)).map(({ state }) => state).sort()).toEqual(['completed', 'scheduled'])
    expect(await tasksOf(old.id)).toHaveLength(1)
    expect(await takeUp(id)).toMatchObject({ already: 2, enrolled: 0, tasks: 0, replaced: 0 })
    expect(await tasksOf(waiting.id)).toHaveLength(2)
  })

  it('by two at once makes no task twice', async () => {
    const rest = await office.programme({ isDefault: true, match: { kinds: ['outpatient'] } })
    const patient = await office.patient()
    await office.enrol(await office.discharge(patient.id))
    await publish(rest, { match: { kinds: ['inpatient'] } })
    const both = await Promise.all([takeUp(rest), takeUp(rest)])
    expect(both.map(({ tasks }) => tasks).sort()).toEqual([0, 1])
    expect(await tasksOf(patient.id)).toHaveLength(1)
  })

  it('of more than one transaction’s stays is one answer, and one audit row a transaction', async () => {
    const stays = 1_203
    await sql`
      insert into patient (id, site_id, name)
      select gen_random_uuid(), ${office.siteId}, '患者' || n from generate_series(1, ${stays}::integer) n
    `.execute(office.db)
    await sql`
      insert into encounter (id, site_id, patient_id, kind, encounter_no, discharged_on, disposition)
      select gen_random_uuid(), p.site_id, p.id, 'inpatient', p.name, '2026-11-20', '1' from patient p
    `.execute(office.db)
    const { id } = (await create()).json()
    const foreseen = await foresee(id)
    expect(foreseen).toMatchObject({ discharges: stays, matching: stays, enrolled: stays, tasks: stays })
    expect(await takeUp(id)).toEqual(foreseen)
    const rows = await office.db
      .selectFrom('auditRow')
      .select('detail')
      .where('action', '=', 'programme.taken_up')
      .execute()
    expect(rows.map(({ detail }) => detail)).toMatchObject([{ enrolled: 1_000 }, { enrolled: 203 }])
  })

  it('by the default programme takes nobody whom another has', async () => {
    const other = await office.programme(heart)
    const patient = await office.patient()
    await office.enrol(await office.discharge(patient.id, { codes: ['I21'] }))
    await publish(other, { match: { kinds: ['inpatient'], diagnoses: ['I60'] } })
    const { id } = (await create({}, { isDefault: true })).json()
    expect(await takeUp(id)).toMatchObject({ matching: 1, elsewhere: 1, enrolled: 0 })
  })

  it('leaves out whom the version leaves out, visibly, and halts who is in hospital again', async () => {
    const [refused, back] = [await office.patient(), await office.patient()]
    await office.discharge(refused.id)
    await office.discharge(back.id)
    await addDoNotCall(office.db, { patientId: refused.id, source: 'agent' }, systemActor)
    await office.db.transaction().execute((tx) => patientsReadmitted(tx, [back.id], { source: 'agent' }))
    const { id } = (await create()).json()
    expect(await takeUp(id)).toMatchObject({ enrolled: 1, leftOut: [{ reason: 'opted_out', count: 1 }] })
    expect(await enrolmentsOf(refused.id)).toMatchObject([{ state: 'excluded', reason: 'opted_out' }])
    expect(await tasksOf(back.id)).toMatchObject([{ state: 'suspended', reason: 'readmitted' }])
  })

  it('is refused to a stopped programme', async () => {
    const id = await office.programme()
    await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'stopped', reason })
    expect(await takeUp(id)).toMatchObject({ code: 'PROGRAMME_STOPPED' })
  })
})

describe('rights', () => {
  it('QA reads programmes and changes none', async () => {
    const id = await office.programme()
    const qa = await signIn('qa')
    expect((await qa.ask('GET', `/programmes/${id}`)).statusCode).toBe(200)
    expect((await qa.ask('POST', `/programmes/${id}/state`, { to: 'paused', reason })).statusCode).toBe(403)
  })

  it('no administrator’s role may plan, whatever is written', async () => {
    const given = "insert into role_right (role_code, right_code) values ('system_admin', 'programme.manage')"
    await expect(office.behindTriggers(given)).rejects.toThrow(/administrators_plan_nothing/)
  })
})
