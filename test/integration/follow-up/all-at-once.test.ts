import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { campaignControl } from '../../../src/follow-up/dialling/campaign-control.ts'
import { gateRefusal } from '../../../src/follow-up/dialling/gate-refusal.ts'
import { importDischargeList } from '../../../src/follow-up/intake/intake-service.ts'
import { decideConsent, liftConsent } from '../../../src/follow-up/patients/consent.ts'
import { addDoNotCall, liftDoNotCall } from '../../../src/follow-up/patients/do-not-call.ts'
import {
  addNumber,
  notWrongPerson,
  orderNumbers,
  putNumberBack,
  removeNumber,
} from '../../../src/follow-up/patients/patient-numbers.ts'
import { enterDeath, type NewsKind, takeBack } from '../../../src/follow-up/patients/take-back.ts'
import { changeTasks, type TaskWish } from '../../../src/follow-up/tasks/task-service.ts'
import { sweepTasks } from '../../../src/follow-up/tasks/task-sweep.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import { frozenClock } from '../../../src/platform/clock.ts'
import { againAfterDeadlock } from '../../../src/platform/database/again.ts'
import { UserError } from '../../../src/platform/errors/errors.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { list } from '../import-fixture.ts'
import { answered, endedBy, invited, lease, Office, secrets, tenOnMonday } from './office.ts'

const people = 16
const rounds = 24
const reason = '测试'
const by = { actor: systemActor, reason }

let office: Office
let campaignId: string
beforeAll(async () => {
  office = await Office.open({ maxConnections: 20 })
  campaignId = await office.campaign({ trunkId: office.realTrunkId })
  await office.programme({ campaignId })
})
afterAll(() => office.close())

/** The same sequence every time; whichever of them meet is up to the machine. */
function dice(seed: number) {
  let state = seed
  return (sides: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

/** Everybody's discharge; neighbours share a number, and who is among `dead` has died. */
function everybody(change: number, dead: readonly number[] = []) {
  return list(
    ...Array.from({ length: people }, (_none, n) => ({
      no: `ZY${n}`,
      name: `患者${n}`,
      phone: `1990000${String(1000 + Math.floor(n / 2))}`,
      contact: '家属',
      relation: '子女',
      contactPhone: `1990000${String(2000 + ((n + change) % people))}`,
      discharged: '2026-10-30 16:51',
      leaveMode: dead.includes(n) ? '5' : '1',
    })),
  )
}

const bring = (content: string) =>
  importDischargeList(
    { db: office.db, secrets, clock: frozenClock(tenOnMonday), log: silentLog },
    { fileName: 'list.csv', content: { bytes: new TextEncoder().encode(content) }, actor: systemActor },
  )

it('what people, lists and diallers do at once never blocks one another, and nobody is called who must not be', async () => {
  const { db } = office
  await bring(everybody(0))
  const patients = (await db.selectFrom('patient').select('id').orderBy('name').execute()).map(({ id }) => id)
  const tasks = (await db.selectFrom('task').select('id').execute()).map(({ id }) => id)
  expect([patients.length, tasks.length]).toEqual([people, people])
  const faults: unknown[] = []
  let dialled = 0

  /** Refused by a rule is as good as done. */
  const attempted = async (act: () => Promise<unknown>) => {
    try {
      await act()
    } catch (error) {
      if (!(error instanceof UserError) && gateRefusal(error) === null) faults.push(error)
    }
  }
  const one = (roll: ReturnType<typeof dice>, of: readonly string[]) => of[roll(of.length)] ?? ''
  const numbersOf = (patientId: string) =>
    db.selectFrom('patientPhone').select(['id', 'phoneNumberId']).where('patientId', '=', patientId).execute()

  const persons = async (seed: number) => {
    const roll = dice(seed)
    for (let round = 0; round < rounds; round += 1) {
      const patientId = one(roll, patients)
      const numbers = await numbersOf(patientId)
      const number = numbers[roll(numbers.length)]
      const acts: (() => Promise<unknown>)[] = [
        () => enterDeath(db, { patientId, on: null }, by),
        () => takeBack(db, { patientId, kind: 'deceased' }, by),
        () =>
          takeBack(
            db,
            { patientId, kind: (['deceased', 'readmitted', 'moved'] as NewsKind[])[roll(3)] ?? 'moved' },
            by,
          ),
        () =>
          addNumber(
            { db, secrets },
            { patientId, number: `1380000${1000 + roll(20)}`, relation: '1', contactName: null },
            by,
          ),
        () => removeNumber(db, { patientId, id: number?.id ?? patientId }, by),
        () => putNumberBack(db, { patientId, id: number?.id ?? patientId }, by),
        () => notWrongPerson(db, { patientId, id: number?.id ?? patientId }, by),
        () => orderNumbers(db, { patientId, order: numbers.map(({ id }) => id).reverse() }, by),
        () => addDoNotCall(db, { patientId, source: 'supervisor' }, systemActor),
        () => addDoNotCall(db, { phoneNumberId: number?.phoneNumberId ?? '', source: 'supervisor' }, systemActor),
        async () => {
          const { rows } = await sql<{
            id: string
          }>`select id from do_not_call where lifted_at is null order by id limit 1`.execute(db)
          if (rows[0] !== undefined) await liftDoNotCall(db, rows[0].id, systemActor)
        },
        () =>
          decideConsent(db, { patientId, purpose: 'satisfaction', decision: 'refused', source: 'spoken' }, systemActor),
        async () => {
          const { rows } = await sql<{
            id: string
          }>`select id from consent where lifted_at is null order by id limit 1`.execute(db)
          if (rows[0] !== undefined) await liftConsent(db, { id: rows[0].id }, systemActor)
        },
      ]
      await attempted(acts[roll(acts.length)] ?? (async () => {}))
    }
  }

  const setsOfTasks = async (seed: number) => {
    const roll = dice(seed)
    for (let round = 0; round < rounds; round += 1) {
      const chosen = Array.from({ length: 1 + roll(6) }, () => one(roll, tasks))
      const wishes: TaskWish[] = [
        { action: 'stop', why: 'other' },
        { action: 'reopen' },
        { action: 'reopen' },
        { action: 'resume' },
        { action: 'dial_at', at: tenOnMonday },
      ]
      const wish = wishes[roll(wishes.length)]
      if (wish !== undefined) await attempted(() => changeTasks(db, chosen, wish, { by: systemActor, reason }))
      if (roll(12) === 0)
        await attempted(() => campaignControl(db)[roll(2) === 0 ? 'pause' : 'stop'](campaignId, systemActor))
      if (roll(4) === 0) await attempted(() => campaignControl(db).start(campaignId, systemActor))
      if (roll(6) === 0) await attempted(() => againAfterDeadlock(() => sweepTasks(db)))
    }
  }

  /** Whoever claims, applies events or sweeps comes again by itself. */
  const dialler = async (seed: number) => {
    const roll = dice(seed)
    const work = office.work()
    for (let round = 0; round < rounds; round += 1) {
      await attempted(async () => {
        const claimed = await againAfterDeadlock(() => work.claim(lease, office.realTrunkId, 1 + roll(4)))
        for (const one of claimed) {
          const begun = await work.begin(one, lease)
          if (!begun.ok) continue
          dialled += 1
          const told = roll(3) === 0 ? [invited, answered, endedBy('completed')] : [invited, endedBy('no_answer')]
          await againAfterDeadlock(() => office.tell(one, told))
        }
      })
    }
  }

  const lists = async () => {
    for (let round = 1; round <= 6; round += 1) {
      await attempted(() => bring(everybody(round, round % 2 === 0 ? [round, round + 1] : [])))
    }
  }

  await Promise.all([
    persons(1),
    persons(2),
    persons(3),
    setsOfTasks(4),
    setsOfTasks(5),
    dialler(6),
    dialler(7),
    lists(),
  ])
  expect(faults).toEqual([])
  expect(dialled).toBeGreaterThan(0)

  // Of a claim that facts overtook too often: its lease would run out.
  const { rows: left } = await sql<{ id: string }>`select id from attempt where state = 'created'`.execute(db)
  await office.work().release(
    left.map(({ id }) => id),
    lease,
  )
  const { rows: halfway } = await sql`
    select t.id from task t where t.state in ('claimed', 'in_progress', 'wrapping')
    union all select a.id from attempt a where a.state <> 'ended'
  `.execute(db)
  expect(halfway).toEqual([])
  const { rows: plans } = await sql`
    select e.id from enrolment e join patient p on p.id = e.patient_id where p.deceased_at is not null and e.state = 'active'
  `.execute(db)
  expect(plans).toEqual([])
  // Whatever met whom: what stands on a task is what the gate says of it.
  const { rows: forgotten } = await sql`
    select t.id, t.hold, g.reason from task t join gate(array(
      select w.id from task w where w.state in ('scheduled', 'retry_wait', 'callback') and w.due_at <= app_now()
    ), null, app_now()) g on g.task_id = t.id
    where t.hold is distinct from g.reason and (t.hold is null or t.hold_until > app_now())
      and coalesce(g.reason, '') not in ('campaign_paused', 'campaign_stopped')
  `.execute(db)
  expect(forgotten).toEqual([])

  await campaignControl(db).start(campaignId, systemActor)
  const { taskId: fresh } = await office.due()
  const called: string[] = []
  for (let round = 0; round < people; round += 1) {
    for (const claimed of await office.work().claim(lease, office.realTrunkId, 5)) {
      await office.begin(claimed)
      called.push(claimed.taskId)
    }
  }
  expect(called).toContain(fresh)
  const { rows: wronged } = await sql`
    select t.id from task t join patient p on p.id = t.patient_id where t.id = any (${called}::uuid[]) and (
      p.deceased_at is not null
      or exists (select from consent c where c.patient_id = p.id and c.decision = 'refused' and c.lifted_at is null)
      or exists (select from do_not_call d where d.lifted_at is null
        and (d.patient_id = p.id or d.phone_number_id = t.phone_number_id)))
  `.execute(db)
  expect(wronged).toEqual([])
}, 120_000)
