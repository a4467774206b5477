import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addDays, instantAt } from '../../../src/follow-up/calling/hospital-day.ts'
import { trunkHome } from '../../../src/follow-up/dialling/trunk-setup.ts'
import { sweepTasks } from '../../../src/follow-up/tasks/task-sweep.ts'
import { newId } from '../../../src/platform/ids.ts'
import type { SignedIn } from '../../e2e/fixture/face.ts'
import { endedBy, invited, lease, monday, type Office } from './office.ts'
import { ProgrammeOffice, reason } from './programme-office.ts'

/** A programme from its first day: new, copied, running, paused, stopped and run again. */
let planning: ProgrammeOffice
let office: Office
let supervisor: SignedIn
beforeEach(async () => {
  planning = await ProgrammeOffice.open()
  office = planning.office
  supervisor = planning.supervisor
})
afterEach(() => planning.close())

describe('a new programme', () => {
  it('starts paused with a paused campaign of its own, takes discharges in, and dials nobody until both run', async () => {
    await office.programme({ isDefault: true })
    const { id } = (await planning.create({ match: { kinds: ['inpatient'], diagnoses: ['I20-I25'] } })).json()
    expect((await planning.cardOf(id)).programme).toMatchObject({
      state: 'paused',
      missing: ['programme_paused', 'campaign_paused', 'not_by_keys'],
      campaign: { state: 'paused' },
    })
    const patient = await office.patient()
    await office.enrol(await office.discharge(patient.id, { codes: ['I21.9'] }))
    const [task] = await planning.tasksOf(patient.id)
    expect(task?.programmeId).toBe(id)
    expect(await office.work().claim(lease, office.trunkId, 5)).toEqual([])
    await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'running', reason })
    expect((await planning.cardOf(id)).programme.missing).toEqual(['campaign_paused', 'not_by_keys'])
  })

  it('that copies one is dialled as that one is, and retried by its plan', async () => {
    const source = await office.programme({ campaignId: await office.campaign({ anyHour: true }) })
    await sql`update campaign set ring_timeout_ms = 45000`.execute(office.db)
    const { id } = (await planning.create({}, { copyOf: source })).json()
    const { rows } = await sql`
      select c.ring_timeout_ms, c.any_hour, c.state, c.trunk_id from campaign c join programme p on p.campaign_id = c.id
      where p.id = ${id}
    `.execute(office.db)
    expect(rows).toEqual([{ ringTimeoutMs: 45_000, anyHour: true, state: 'paused', trunkId: office.trunkId }])
  })

  it('made before there is a trunk gets its paused campaign with the first one, as every other that has none', async () => {
    const [one, other] = [await office.programme(), await office.programme()]
    await sql`update programme set campaign_id = null where id = ${one}`.execute(office.db)
    expect((await planning.cardOf(one)).programme.missing).toEqual(['no_trunk'])
    const { campaign } = (await planning.cardOf(other)).programme
    await office.db.transaction().execute((tx) => trunkHome(office.db).onAdded(tx, office.trunkId))
    expect((await planning.cardOf(one)).programme).toMatchObject({
      campaign: { state: 'paused' },
      missing: ['campaign_paused', 'not_by_keys'],
    })
    expect((await planning.cardOf(other)).programme.campaign).toEqual(campaign)
  })

  it('has a name of its own', async () => {
    await planning.create()
    expect((await planning.create()).json()).toMatchObject({ code: 'PROGRAMME_NAME_TAKEN' })
  })

  it.each([' ', '\u200b', 'a\u202eb', '……'])('has a name that a person can read, not %j', async (name) => {
    expect((await planning.create({}, { name })).json()).toMatchObject({
      code: 'INPUT_INVALID',
      params: { where: 'body/name' },
    })
  })

  it('has its name alone also where several take it at once', async () => {
    const codes = (await Promise.all([1, 2, 3, 4].map(() => planning.create()))).map(({ statusCode }) => statusCode)
    expect(codes.toSorted()).toEqual([200, 409, 409, 409])
  })

  it('that took the name of a stopped one keeps it: that one does not run again beside it', async () => {
    const { id } = (await planning.create()).json()
    await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'stopped', reason })
    expect((await planning.create()).statusCode).toBe(200)
    const again = await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'running', reason })
    expect(again.json()).toMatchObject({ code: 'PROGRAMME_NAME_TAKEN' })
  })

  it('is the default where the site has none, with no condition but the kind of stay', async () => {
    const conditions = { match: { kinds: ['inpatient'], sexes: ['2'] } }
    expect((await planning.create(conditions, { isDefault: true })).json()).toMatchObject({
      code: 'PROGRAMME_DEFAULT_CONDITIONS',
    })
    const list = async () => (await supervisor.ask('GET', '/programmes')).json()
    expect((await list()).withoutDefault).toEqual([{ siteId: office.siteId, site: '总院' }])
    const { id } = (await planning.create({}, { isDefault: true })).json()
    expect((await list()).withoutDefault).toEqual([])
    const second = { isDefault: true, name: '第二个' }
    expect((await planning.create({}, second)).json()).toMatchObject({ code: 'PROGRAMME_DEFAULT_TAKEN' })
    await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'stopped', reason })
    expect((await planning.create({}, second)).statusCode).toBe(200)
    const again = await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'running', reason })
    expect(again.json()).toMatchObject({ code: 'PROGRAMME_DEFAULT_TAKEN' })
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
    const { programme, dialling } = await planning.cardOf(id)
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
    expect((await planning.cardOf(id)).dialling).toEqual({
      whyNot: { callable: 0, reasons: [{ reason: 'not_due', count: 1 }] },
      goesOnAt: instantAt(addDays(monday, 1), '09:30').toISOString(),
    })
  })

  it('that dials, or waits for a seat, names no time', async () => {
    const id = await office.programme()
    await office.due()
    expect((await planning.cardOf(id)).dialling).toEqual({ whyNot: { callable: 1, reasons: [] }, goesOnAt: null })
    await forAgents()
    expect((await planning.cardOf(id)).dialling).toEqual({
      whyNot: { callable: 0, reasons: [{ reason: 'no_free_seat', count: 1 }] },
      goesOnAt: null,
    })
  })
})

describe('pause and stop', () => {
  it('pause: what was claimed is given back, everything waits, discharges are taken in', async () => {
    const id = await office.programme()
    const { taskId, patientId } = await office.due()
    await office.claimOne(taskId)
    expect((await planning.cardOf(id)).tasks).toMatchObject({ underWay: 1, waiting: 0 })
    await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'paused', reason })
    expect(await planning.tasksOf(patientId)).toMatchObject([{ state: 'scheduled' }])
    expect((await planning.cardOf(id)).tasks).toMatchObject({ underWay: 0, waiting: 1, due: 1 })
    expect(await office.work().claim(lease, office.trunkId, 5)).toEqual([])
    const later = await office.due()
    expect(await office.task(later.taskId)).toMatchObject({ state: 'scheduled', programmeId: id })
  })

  it('stop: what waits ends, nobody is taken; run again it takes whoever is discharged then', async () => {
    const id = await office.programme()
    const { patientId } = await office.due()
    const calling = await office.due()
    const work = await office.claimOne(calling.taskId)
    await office.work().begin(work, lease)
    expect((await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'stopped', reason })).statusCode).toBe(204)
    expect(await planning.tasksOf(patientId)).toMatchObject([{ state: 'stopped', reason: 'programme_stopped' }])
    expect(await planning.enrolmentsOf(patientId)).toMatchObject([{ state: 'ended', reason: 'programme_stopped' }])
    expect(await office.task(calling.taskId)).toMatchObject({ state: 'in_progress' })
    const paused = await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'paused', reason })
    expect(paused.json()).toMatchObject({ code: 'PROGRAMME_STATE' })
    const missed = await office.patient()
    await office.enrol(await office.discharge(missed.id))
    expect(await planning.tasksOf(missed.id)).toEqual([])
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
