import { type KyselyPlugin, sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CallEvent } from '../../../src/contact-center/calls/call-event.ts'
import { callPatient } from '../../../src/contact-center/calls/patient-call.ts'
import type { Claimed } from '../../../src/contact-center/work-source.ts'
import { instantAt } from '../../../src/follow-up/calling/hospital-day.ts'
import { campaignControl } from '../../../src/follow-up/dialling/campaign-control.ts'
import { addDoNotCall } from '../../../src/follow-up/patients/do-not-call.ts'
import { patientsDied } from '../../../src/follow-up/patients/patient-news.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import { frozenClock } from '../../../src/platform/clock.ts'
import { openDatabase } from '../../../src/platform/database/database.ts'
import { newId } from '../../../src/platform/ids.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { waitFor } from '../../harness/wait-for.ts'
import { answered, answerOf, endedBy, invited, lease, monday, Office, otherLease } from './office.ts'

let office: Office
beforeEach(async () => {
  office = await Office.open()
})
afterEach(() => office.close())

const claim = (limit = 50, by = lease) => office.work().claim(by, office.trunkId, limit)

describe('a claim', () => {
  it('takes due tasks in order of priority, then of time, and nothing that is not due', async () => {
    await office.programme()
    const [late, early, urgent, future] = [
      await office.due(),
      await office.due(),
      await office.due(),
      await office.due(),
    ]
    await office.db
      .updateTable('task')
      .set({ dueAt: instantAt(monday, '09:00') })
      .where('id', '=', late.taskId)
      .execute()
    await office.db
      .updateTable('task')
      .set({ dueAt: instantAt(monday, '07:00') })
      .where('id', '=', early.taskId)
      .execute()
    await office.db
      .updateTable('task')
      .set({ priority: 1, dueAt: instantAt(monday, '09:59') })
      .where('id', '=', urgent.taskId)
      .execute()
    await office.db
      .updateTable('task')
      .set({ dueAt: instantAt(monday, '10:01') })
      .where('id', '=', future.taskId)
      .execute()
    expect((await claim()).map(({ taskId }) => taskId)).toEqual([urgent.taskId, early.taskId, late.taskId])
    expect(await office.task(urgent.taskId)).toMatchObject({ state: 'claimed' })
    expect(await office.task(future.taskId)).toMatchObject({ state: 'scheduled' })
  })

  it('says whom it is for and no more; what the call needs is told when it is dialled, as it is then', async () => {
    const programmeId = await office.programme()
    const { taskId } = await office.due({ numbers: ['+8613800138000'] })
    const { campaignId } = await office.db
      .selectFrom('programme')
      .select('campaignId')
      .where('id', '=', programmeId)
      .executeTakeFirstOrThrow()
    const [claimed = never()] = await claim()
    const { attemptId } = claimed
    expect(claimed).toEqual({ attemptId, taskId, campaignId, trunkId: office.trunkId })
    await office.db.updateTable('trunk').set({ port: 5070 }).where('id', '=', office.trunkId).execute()
    expect(await office.begin(claimed)).toMatchObject({
      ...claimed,
      number: '+8613800138000',
      trunk: { host: '127.0.0.1', port: 5070, callerNumber: '+867520000000' },
      ringTimeoutMs: 30_000,
      flow: { id: 'test' },
      asksVersionId: expect.any(String),
      variables: { questionnaire: { id: 'test', version: 1 }, answers: {} },
    })
  })

  it('never takes more than the free lines of the trunk, over all nodes', async () => {
    await office.programme()
    for (let n = 0; n < 8; n += 1) await office.due()
    await office.db.updateTable('trunk').set({ lines: 5 }).where('id', '=', office.trunkId).execute()
    const both = await Promise.all([claim(4), claim(4, otherLease)])
    expect(both.flat()).toHaveLength(5)
    expect(await claim()).toEqual([])
    await office.work().release([both.flat()[0]?.attemptId ?? ''], lease)
    expect(await claim()).toHaveLength(1)
  })

  it('gives each task once to eight claimers at the same moment, over two trunks and shared numbers', async () => {
    await office.programme()
    const other = await office.campaign({ trunkId: office.realTrunkId })
    await office.programme({ campaignId: other, match: { kinds: ['checkup'] } })
    await office.db.updateTable('trunk').set({ lines: 1_000 }).execute()
    for (let n = 0; n < 60; n += 1) {
      const number = `+86199222${String(10_000 + (n % 40))}`
      const person = await office.patient({ numbers: [number] })
      await office.enrol(await office.discharge(person.id, { kind: n % 2 === 0 ? 'inpatient' : 'checkup' }))
    }
    const works = Array.from({ length: 8 }, () =>
      openDatabase({ url: office.database.url, now: office.now, maxConnections: 1 }),
    )
    const claimed: Claimed[] = []
    await Promise.all(
      works.map(async (db, n) => {
        const work = office.workOver(db)
        const holder = { owner: `node-${n}`, epoch: 1 }
        for (let round = 0; round < 6; round += 1) {
          claimed.push(...(await work.claim(holder, n % 2 === 0 ? office.trunkId : office.realTrunkId, 3)))
        }
      }),
    )
    await Promise.all(works.map((db) => db.destroy()))
    expect(new Set(claimed.map(({ taskId }) => taskId)).size).toBe(claimed.length)
    const numbers = await Promise.all(
      claimed.map(async ({ attemptId }) => (await office.attempt(attemptId)).phoneNumberId),
    )
    expect(new Set(numbers).size).toBe(claimed.length)
    // Forty numbers, each in one call: nothing else was in the way.
    expect(claimed).toHaveLength(40)
  })

  it('passes over what other claims have locked at this moment, however much, and does not wait for them', async () => {
    await office.programme()
    for (let n = 0; n < 53; n += 1) await office.due()
    const order = await sql<{ id: string }>`select id from task order by priority, dial_at, id`.execute(office.db)
    const ids = order.rows.map(({ id }) => id)
    await office.db.transaction().execute(async (other) => {
      await sql`select from task where id = any (${ids.slice(0, 51)}::uuid[]) for update`.execute(other)
      expect((await claim(2)).map(({ taskId }) => taskId)).toEqual(ids.slice(51))
    })
    expect((await claim(1)).map(({ taskId }) => taskId)).toEqual(ids.slice(0, 1))
  })

  it('keeps to the lines that are left at its end, not to those it saw at its beginning', async () => {
    await office.programme()
    for (let n = 0; n < 4; n += 1) await office.due()
    await office.db.updateTable('trunk').set({ lines: 100 }).where('id', '=', office.trunkId).execute()
    const [before, after] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const taken = office.db.transaction().execute(async (other) => {
      await other.updateTable('trunk').set({ lines: 1 }).where('id', '=', office.trunkId).execute()
      before.resolve()
      await after.promise
    })
    await before.promise
    const claimed = claim(4)
    // It has made its attempts, and waits to count the lines.
    await waitFor(async () => {
      const { rows } = await sql<{ waits: boolean }>`
        select exists (select from pg_stat_activity where wait_event_type = 'Lock' and query like '%claim_of_trunk%'
          and datname = current_database()) as waits
      `.execute(office.db)
      return rows[0]?.waits
    })
    after.resolve()
    await taken
    expect(await claimed).toHaveLength(1)
    const active = await office.db.selectFrom('attempt').select('id').where('state', '<>', 'ended').execute()
    expect(active).toHaveLength(1)
  })

  it('dials one number once at a time although two tasks are due on it, and the second when it is free', async () => {
    await office.programme()
    const [one, two] = [
      await office.due({ numbers: ['+8619933330001'] }),
      await office.due({ numbers: ['+8619933330001'] }),
    ]
    const first = await claim()
    expect(first).toHaveLength(1)
    const waiting = first[0]?.taskId === one.taskId ? two : one
    expect((await office.task(waiting.taskId)).hold).toBe('number_active')
    await office.fail(first[0] ?? never(), 'congestion')
    expect((await office.task(waiting.taskId)).hold).toBeNull()
    expect((await claim()).map(({ taskId }) => taskId)).toEqual([waiting.taskId])
  })

  it('does not walk over what is blocked: held tasks are not looked at again', async () => {
    await office.programme()
    const blocked = [await office.due(), await office.due(), await office.due()]
    for (const { numberId } of blocked)
      await addDoNotCall(office.db, { phoneNumberId: numberId, source: 'supervisor' }, systemActor)
    const free = await office.due()
    expect((await claim(1)).map(({ taskId }) => taskId)).toEqual([free.taskId])
    const dialAt = await office.db
      .selectFrom('task')
      .select('dialAt')
      .where(
        'id',
        'in',
        blocked.map(({ taskId }) => taskId),
      )
      .execute()
    expect(dialAt.every((row) => row.dialAt === Number.POSITIVE_INFINITY)).toBe(true)
  })

  it('claims the rest when a fact closes the gate for one while it runs', async () => {
    await office.programme()
    const [gone, free] = [await office.due(), await office.due()]
    // A hold that a trigger missed: the claim takes the task, the gate refuses it, everything is taken back once.
    await office.force(gone.taskId, 'suspended')
    await addDoNotCall(office.db, { phoneNumberId: gone.numberId, source: 'supervisor' }, systemActor)
    await office.force(gone.taskId, 'scheduled')
    expect((await office.task(gone.taskId)).hold).toBeNull()
    expect((await claim()).map(({ taskId }) => taskId)).toEqual([free.taskId])
    expect((await office.task(gone.taskId)).hold).toBe('do_not_call')
  })

  it('that fails once its attempts stand brings them the next time: no line is lost to it', async () => {
    await office.programme()
    const { taskId } = await office.due()
    // The first look finds the task; the second, for more, does not reach the database.
    let looks = 0
    const away: KyselyPlugin = {
      transformQuery: ({ node }) => {
        looks += 1
        if (looks === 2) throw new Error('the database went away')
        return node
      },
      transformResult: async ({ result }) => result,
    }
    const work = office.workOver(office.db.withPlugin(away))
    await expect(work.claim(lease, office.trunkId, 5)).rejects.toThrow('the database went away')
    expect(await office.task(taskId)).toMatchObject({ state: 'claimed' })
    expect((await work.claim(lease, office.trunkId, 5)).map((one) => one.taskId)).toEqual([taskId])
    expect(await work.claim(lease, office.trunkId, 5)).toEqual([])
  })

  it('takes nothing outside the hours, and says when they open', async () => {
    await office.programme()
    await office.due()
    const night = instantAt(monday, '21:00')
    expect(await office.work(night).claim(lease, office.trunkId, 5)).toEqual([])
    expect(await office.work(night).nextDueAt(office.trunkId)).toEqual(instantAt('2026-11-24', '08:30'))
  })
})

describe('the next due time', () => {
  it('is when the next task falls due, not a time that has passed', async () => {
    await office.programme()
    await office.due()
    const later = await office.due()
    const at = instantAt(monday, '10:20')
    await office.db.updateTable('task').set({ dueAt: at }).where('id', '=', later.taskId).execute()
    expect(await office.work().nextDueAt(office.trunkId)).toEqual(at)
  })

  it('is the opening of the hours where the task falls due outside them', async () => {
    await office.programme()
    const { taskId } = await office.due()
    await office.db
      .updateTable('task')
      .set({ dueAt: instantAt(monday, '11:00') })
      .where('id', '=', taskId)
      .execute()
    const evening = office.work(instantAt(monday, '12:00'))
    expect(await evening.nextDueAt(office.trunkId)).toEqual(instantAt(monday, '14:30'))
  })

  it('is the end of a hold that passes by itself, and none for one that does not', async () => {
    await office.programme()
    const { numberId, taskId } = await office.due()
    const until = instantAt(monday, '16:00')
    await addDoNotCall(office.db, { phoneNumberId: numberId, source: 'agent', until }, systemActor)
    expect(await office.work().nextDueAt(office.trunkId)).toEqual(until)
    await addDoNotCall(office.db, { phoneNumberId: numberId, source: 'supervisor' }, systemActor)
    expect((await office.task(taskId)).dialAt).toBe(Number.POSITIVE_INFINITY)
    expect(await office.work().nextDueAt(office.trunkId)).toBeNull()
  })

  it('is none without a running campaign', async () => {
    await office.programme({ campaignId: await office.campaign({ state: 'paused' }) })
    await office.due()
    expect(await office.work().nextDueAt(office.trunkId)).toBeNull()
  })
})

describe('between claim and dial', () => {
  it.each([
    ['before', 'created'],
    ['after', 'dialing'],
  ] as const)('a database that is lost %s it has begun the attempt keeps no line and no task', async (_, state) => {
    await office.programme()
    const { taskId } = await office.due()
    const work = await office.claimOne(taskId)
    if (state === 'dialing') await office.work().begin(work, lease)
    const journaled: CallEvent[] = []
    const away = new Error('the database is away')
    const call = callPatient(
      {
        telephony: { dial: () => expect.unreachable() },
        work: { begin: () => Promise.reject(away) },
        asking: { lackOf: () => null, tell: () => expect.unreachable() },
        lease,
        clock: frozenClock(office.now),
        log: silentLog,
        resultRules: () => [],
        journal: async (event) => void journaled.push(event),
        recordingPlace: async () => ({ name: 'nowhere.wav', path: '/nowhere.wav' }),
        runFlow: () => expect.unreachable(),
        apology: () => expect.unreachable(),
        handOver: () => expect.unreachable(),
      },
      work,
    )
    await expect(call).rejects.toBe(away)
    await office.tell(
      work,
      journaled.map(({ body }) => body),
    )
    const attempt = await office.db
      .selectFrom('attempt')
      .select(['state', 'result'])
      .where('id', '=', work.attemptId)
      .executeTakeFirst()
    expect(attempt).toEqual({ state: 'ended', result: 'cancelled' })
    expect((await office.claimOne(taskId)).taskId).toBe(taskId)
  })

  it.each([
    [
      'do_not_call',
      async (task: Task): Promise<void> =>
        void (await sql`insert into do_not_call (id, phone_number_id, source) values (${newId()}, ${task.numberId}, 'agent')`.execute(
          office.db,
        )),
    ],
    [
      'deceased',
      async (task: Task): Promise<void> =>
        void (await sql`update patient set deceased_at = now() where id = ${task.patientId}`.execute(office.db)),
    ],
    [
      'campaign_paused',
      async (): Promise<void> => void (await sql`update campaign set state = 'paused'`.execute(office.db)),
    ],
    [
      'consent_refused',
      async (task: Task): Promise<void> =>
        void (await sql`
      insert into consent (id, patient_id, purpose, decision, source) values (${newId()}, ${task.patientId}, 'satisfaction', 'refused', 'test')`.execute(
          office.db,
        )),
    ],
  ] as const)('%s is noticed: no dial, the attempt ends as cancelled, the task waits', async (reason, happens) => {
    await office.programme()
    const task = await office.due()
    const [work = never()] = await claim()
    await happens(task)
    expect(await office.work().begin(work, lease)).toEqual({ ok: false, reason })
    expect(await office.attempt(work.attemptId)).toMatchObject({
      state: 'ended',
      result: 'cancelled',
      dialingAt: null,
    })
    expect((await office.task(task.taskId)).state).toBe('scheduled')
  })

  it('the hours may close', async () => {
    await office.programme()
    await office.due()
    const [work = never()] = await office.work(instantAt(monday, '11:29')).claim(lease, office.trunkId, 1)
    const noon = office.work(instantAt(monday, '11:30'))
    expect(await noon.begin(work, lease)).toEqual({ ok: false, reason: 'outside_window' })
  })

  it('a pause gives back what is claimed, and the running calls finish', async () => {
    const programmeId = await office.programme()
    const campaignId = await campaignOf(programmeId)
    const [one, two] = [await office.due(), await office.due()]
    const works = await claim()
    const inCall = works.find(({ taskId }) => taskId === one.taskId) ?? never()
    expect(await office.work().begin(inCall, lease)).toMatchObject({ ok: true })
    await campaignControl(office.db).pause(campaignId, systemActor)
    expect(await office.task(two.taskId)).toMatchObject({ state: 'scheduled' })
    expect(await office.attemptsOf(two.taskId)).toMatchObject([{ state: 'ended', result: 'cancelled' }])
    await office.tell(inCall, [invited, answered, { type: 'outcome', outcome: 'done' }, endedBy('completed')])
    expect((await office.task(one.taskId)).state).toBe('completed')
    expect(await claim()).toEqual([])
    await campaignControl(office.db).start(campaignId, systemActor)
    expect((await claim()).map(({ taskId }) => taskId)).toEqual([two.taskId])
  })

  it('begin and pause at the same moment: either it was dialled before the pause, or not at all', async () => {
    const campaignId = await campaignOf(await office.programme())
    for (let n = 0; n < 10; n += 1) {
      const { taskId } = await office.due()
      const work = await office.claimOne(taskId)
      const [begun] = await Promise.all([
        office.work().begin(work, lease),
        campaignControl(office.db).pause(campaignId, systemActor),
      ])
      const attempt = await office.attempt(work.attemptId)
      expect(attempt.state).toBe(begun.ok ? 'dialing' : 'ended')
      expect((await office.task(taskId)).state).toBe(begun.ok ? 'in_progress' : 'scheduled')
      if (begun.ok) await office.tell(work, [endedBy('failed')])
      await campaignControl(office.db).start(campaignId, systemActor)
    }
  })

  it('a death stops the task and gives the attempt back at once', async () => {
    await office.programme()
    const { taskId, patientId } = await office.due()
    const [work = never()] = await claim()
    await office.db.transaction().execute((tx) => patientsDied(tx, [{ patientId, on: null }], { source: 'agent' }))
    expect(await office.task(taskId)).toMatchObject({ state: 'stopped', reason: 'deceased' })
    expect(await office.work().begin(work, lease)).toEqual({ ok: false, reason: 'taken_back' })
  })

  it('release gives back as if it had not been claimed, and counts for nothing', async () => {
    await office.programme()
    const { taskId } = await office.due()
    const [work] = await claim()
    await office.work().release([work?.attemptId ?? ''], lease)
    await office.work().release([work?.attemptId ?? ''], lease)
    expect((await office.task(taskId)).state).toBe('scheduled')
    expect((await claim()).map((again) => again.taskId)).toEqual([taskId])
  })
})

it('tells the live page every move of task and attempt, in order', async () => {
  const campaignId = await campaignOf(await office.programme())
  const { taskId } = await office.due()
  const [work] = await claim()
  if (work === undefined) throw never()
  await office.work().begin(work, lease)
  await office.tell(work, [
    invited,
    answered,
    answerOf('q1', 'good'),
    { type: 'outcome', outcome: 'done' },
    endedBy('completed'),
  ])
  const events = await office.db
    .selectFrom('streamEvent')
    .select(['type', 'payload'])
    .where('streamId', '=', 'live')
    .orderBy('eventOffset')
    .execute()
  const of = (type: string) =>
    events.filter((event) => event.type === type).map(({ payload }) => [payload.from, payload.to])
  expect(events.filter(({ type }) => type === 'tasks.claimed').map(({ payload }) => payload.tasks)).toEqual([
    [{ taskId, attemptId: expect.any(String), from: 'scheduled' }],
  ])
  expect(of('task.changed')).toEqual([
    ['claimed', 'in_progress'],
    ['in_progress', 'completed'],
  ])
  expect(of('attempt.changed')).toEqual([
    ['created', 'dialing'],
    ['dialing', 'answered'],
    ['answered', 'ended'],
  ])
  const told = events.filter(({ type }) => ['task.changed', 'attempt.changed'].includes(type))
  expect(told.map(({ payload }) => [payload.campaignId, payload.taskId])).toEqual(told.map(() => [campaignId, taskId]))
})

const campaignOf = async (programmeId: string): Promise<string> => {
  const row = await office.db
    .selectFrom('programme')
    .select('campaignId')
    .where('id', '=', programmeId)
    .executeTakeFirstOrThrow()
  return row.campaignId ?? ''
}
const never = (): never => {
  throw new Error('nothing was claimed')
}
type Task = { readonly numberId: string; readonly patientId: string }
