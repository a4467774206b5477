import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addDays } from '../../../src/follow-up/calling/hospital-day.ts'
import { addDoNotCall } from '../../../src/follow-up/patients/do-not-call.ts'
import { patientsReadmitted } from '../../../src/follow-up/patients/patient-news.ts'
import type { TakenUp } from '../../../src/follow-up/programmes/programme-schema.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import type { SignedIn } from '../../e2e/fixture/face.ts'
import { answered, endedBy, invited, lease, monday, type Office } from './office.ts'
import { ProgrammeOffice, reason } from './programme-office.ts'

/** A programme that takes up discharges which were imported before it was there. */
let planning: ProgrammeOffice
let office: Office
let supervisor: SignedIn
beforeEach(async () => {
  planning = await ProgrammeOffice.open()
  office = planning.office
  supervisor = planning.supervisor
})
afterEach(() => planning.close())

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
    const [task] = await planning.tasksOf(called.id)
    const work = await office.claimOne(task?.id ?? '')
    await office.work().begin(work, lease)
    await office.tell(work, [invited, answered, { type: 'outcome', outcome: 'done' }, endedBy('completed')])
    const { id } = (await planning.create({ ...heart, steps: [await planning.step({ expiresAfterDays: 14 })] })).json()
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
    expect((await planning.tasksOf(waiting.id)).map(({ state, reason: why }) => [state, why]).sort()).toEqual([
      ['scheduled', null],
      ['stopped', 'plan_repeated'],
    ])
    expect((await planning.tasksOf(called.id)).map(({ state }) => state).sort()).toEqual(['completed', 'scheduled'])
    expect(await planning.tasksOf(old.id)).toHaveLength(1)
    expect(await takeUp(id)).toMatchObject({ already: 2, enrolled: 0, tasks: 0, replaced: 0 })
    expect(await planning.tasksOf(waiting.id)).toHaveLength(2)
  })

  it('by two at once makes no task twice', async () => {
    const rest = await office.programme({ isDefault: true, match: { kinds: ['outpatient'] } })
    const patient = await office.patient()
    await office.enrol(await office.discharge(patient.id))
    await planning.publish(rest, { match: { kinds: ['inpatient'] } })
    const both = await Promise.all([takeUp(rest), takeUp(rest)])
    expect(both.map(({ tasks }) => tasks).sort()).toEqual([0, 1])
    expect(await planning.tasksOf(patient.id)).toHaveLength(1)
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
    const { id } = (await planning.create()).json()
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
    await planning.publish(other, { match: { kinds: ['inpatient'], diagnoses: ['I60'] } })
    const { id } = (await planning.create({}, { isDefault: true })).json()
    expect(await takeUp(id)).toMatchObject({ matching: 1, elsewhere: 1, enrolled: 0 })
  })

  it('leaves out whom the version leaves out, visibly, and halts who is in hospital again', async () => {
    const [refused, back] = [await office.patient(), await office.patient()]
    await office.discharge(refused.id)
    await office.discharge(back.id)
    await addDoNotCall(office.db, { patientId: refused.id, source: 'agent' }, systemActor)
    await office.db.transaction().execute((tx) => patientsReadmitted(tx, [back.id], { source: 'agent' }))
    const { id } = (await planning.create()).json()
    expect(await takeUp(id)).toMatchObject({ enrolled: 1, leftOut: [{ reason: 'opted_out', count: 1 }] })
    expect(await planning.enrolmentsOf(refused.id)).toMatchObject([{ state: 'excluded', reason: 'opted_out' }])
    expect(await planning.tasksOf(back.id)).toMatchObject([{ state: 'suspended', reason: 'readmitted' }])
  })

  it('is refused to a stopped programme', async () => {
    const id = await office.programme()
    await supervisor.ask('POST', `/programmes/${id}/state`, { to: 'stopped', reason })
    expect(await takeUp(id)).toMatchObject({ code: 'PROGRAMME_STOPPED' })
  })
})
