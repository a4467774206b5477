import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, expect, it } from 'vitest'
import type { AttemptResult, CallEventBody, FlowOutcome } from '../../../src/contact-center/calls/call-event.ts'
import type { Claimed, Lease } from '../../../src/contact-center/work-source.ts'
import { type CallingWindow, closedBy, nextOpening } from '../../../src/follow-up/calling/calling-rule.ts'
import { addDays, dayOf, startOfDay } from '../../../src/follow-up/calling/hospital-day.ts'
import { campaignControl } from '../../../src/follow-up/dialling/campaign-control.ts'
import { addDoNotCall } from '../../../src/follow-up/patients/do-not-call.ts'
import { patientsDied } from '../../../src/follow-up/patients/patient-news.ts'
import { counts } from '../../../src/follow-up/tasks/retry.ts'
import { sweepTasks } from '../../../src/follow-up/tasks/task-sweep.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import { newId } from '../../../src/platform/ids.ts'
import { appendToStream } from '../../../src/platform/realtime/stream-store.ts'
import { answered, answerOf, endedBy, invited, Office, tenOnMonday } from './office.ts'

/**
 * Tasks and attempts under random orders of everything that happens to them, against a model that knows the gate by
 * itself: no task is lost, no attempt is dialled twice, nothing is ever dialled outside the gate.
 */

type Step =
  | { readonly do: 'claim'; readonly node: number; readonly trunk: number; readonly limit: number }
  | { readonly do: 'begin' | 'release' | 'answer' | 'crash'; readonly pick: number }
  | {
      readonly do: 'end'
      readonly pick: number
      readonly result: AttemptResult
      readonly outcome: FlowOutcome | null
      readonly key9: boolean
    }
  | { readonly do: 'pause' | 'start'; readonly pick: number }
  | { readonly do: 'refuseNumber' | 'refusePatient' | 'die'; readonly pick: number }
  | { readonly do: 'sweep' | 'morning' }
  | { readonly do: 'pass'; readonly minutes: number }

const pick = fc.nat({ max: 1_000 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('claim'),
      node: fc.nat({ max: 1 }),
      trunk: fc.nat({ max: 1 }),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('begin'), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release'), pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('answer'), pick }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('end'),
      pick,
      result: fc.constantFrom<AttemptResult>(
        'no_answer',
        'busy',
        'rejected',
        'powered_off',
        'congestion',
        'invalid_number',
        'failed',
        'partial',
      ),
      outcome: fc.constantFrom<FlowOutcome | null>('done', 'refused', 'wrong_person', null, null),
      key9: fc.constantFrom(true, false, false, false, false, false),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash'), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('pause', 'start', 'start'), pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('refuseNumber', 'refusePatient', 'die'), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep') }) },
  // Random hours are mostly closed ones.
  { weight: 5, arbitrary: fc.record({ do: fc.constant('morning') }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('pass'), minutes: fc.constantFrom(1, 20, 60, 150, 600, 1_440) }),
  },
)

const window: CallingWindow = {
  periods: [
    { opens: '08:30', closes: '11:30' },
    { opens: '14:30', closes: '20:00' },
  ],
  holidays: 'closed',
  weekends: 'open',
  calendar: new Map(),
}

interface Dialled {
  readonly attemptId: string
  readonly numberId: string
  readonly at: Date
  result: AttemptResult | null
  invited: boolean
}

interface Open {
  readonly work: Claimed
  readonly node: number
  state: 'created' | 'dialing' | 'answered'
}

class World {
  readonly office: Office
  readonly programmes: string[] = []
  readonly campaigns: string[] = []
  readonly patients: { id: string; numberIds: readonly string[] }[] = []
  readonly epochs = [1, 1]
  readonly open = new Map<string, Open>()
  readonly dialled: Dialled[] = []
  readonly running = new Set<string>()
  readonly refusedNumbers = new Set<string>()
  readonly refusedPatients = new Set<string>()
  readonly dead = new Set<string>()
  readonly owners = new Map<string, { patientId: string; numberIds: readonly string[] }>()
  now = tenOnMonday

  private constructor(office: Office) {
    this.office = office
  }

  static async build(): Promise<World> {
    const world = new World(await Office.open({ maxConnections: 1 }))
    const { office } = world
    for (const [n, kind] of (['inpatient', 'checkup'] as const).entries()) {
      const campaignId = await office.campaign({ trunkId: n === 0 ? office.trunkId : office.realTrunkId })
      world.campaigns.push(campaignId)
      world.running.add(campaignId)
      world.programmes.push(await office.programme({ campaignId, match: { kinds: [kind] } }))
    }
    // Five people share four numbers; each has a plan in both programmes.
    const numbers = ['+8619977770001', '+8619977770002', '+8619977770003', '+8619977770004']
    for (let n = 0; n < 5; n += 1) {
      const patient = await office.patient({ numbers: [numbers[n % 4] ?? '', numbers[(n + 1) % 4] ?? ''] })
      world.patients.push(patient)
      await office.enrol(await office.discharge(patient.id), await office.discharge(patient.id, { kind: 'checkup' }))
    }
    for (const row of await office.db.selectFrom('task').select(['id', 'patientId']).execute()) {
      const patient = world.patients.find(({ id }) => id === row.patientId)
      world.owners.set(row.id, { patientId: row.patientId, numberIds: patient?.numberIds ?? [] })
    }
    return world
  }

  lease(node: number): Lease {
    return { owner: `node-${node}`, epoch: this.epochs[node] ?? 1 }
  }

  async pass(minutes: number): Promise<void> {
    this.now = new Date(this.now.getTime() + minutes * 60_000)
    await sql`select set_config('suifang.now', ${this.now.toISOString()}, false)`.execute(this.office.db)
  }

  get work() {
    return this.office.workOver(this.office.db, this.now)
  }

  one<T>(items: readonly T[], pick: number): T | undefined {
    return items[pick % Math.max(1, items.length)]
  }

  openIn(...states: Open['state'][]): Open[] {
    return [...this.open.values()].filter(({ state }) => states.includes(state))
  }

  /** What the gate must say of a dial now, worked out from what the model itself has seen. */
  mayDial(work: Claimed, numberId: string): boolean {
    const { patientId } = this.owners.get(work.taskId) ?? { patientId: '' }
    const counted = this.dialled.filter(
      (one) =>
        one.numberId === numberId &&
        one.attemptId !== work.attemptId &&
        (one.result === null || counts({ result: one.result, invited: one.invited })),
    )
    const since = (day: string) => counted.filter(({ at }) => at >= startOfDay(day)).length
    const today = dayOf(this.now)
    return (
      closedBy(window, this.now) === null &&
      this.running.has(work.campaignId) &&
      !this.dead.has(patientId) &&
      !this.refusedPatients.has(patientId) &&
      !this.refusedNumbers.has(numberId) &&
      since(today) < 2 &&
      since(addDays(today, -6)) < 5 &&
      !this.dialled.some((one) => one.numberId === numberId && one.result === null)
    )
  }

  async take(step: Step): Promise<void> {
    const { office } = this
    switch (step.do) {
      case 'claim': {
        const trunkId = step.trunk === 0 ? office.trunkId : office.realTrunkId
        for (const work of await this.work.claim(this.lease(step.node), trunkId, step.limit)) {
          expect(this.open.has(work.attemptId)).toBe(false)
          this.open.set(work.attemptId, { work, node: step.node, state: 'created' })
        }
        return
      }
      case 'begin': {
        const chosen = this.one(this.openIn('created'), step.pick)
        if (chosen !== undefined) await this.begin(chosen)
        return
      }
      case 'release': {
        const chosen = this.one(this.openIn('created'), step.pick)
        if (chosen === undefined) return
        await this.work.release([chosen.work.attemptId], this.lease(chosen.node))
        this.open.delete(chosen.work.attemptId)
        return
      }
      case 'answer': {
        const chosen = this.one(this.openIn('dialing'), step.pick)
        if (chosen === undefined) return
        await this.tell(chosen, [invited, answered, answerOf('q1', 'good')])
        this.invited(chosen)
        chosen.state = 'answered'
        return
      }
      case 'end': {
        const chosen = this.one(this.openIn('dialing', 'answered'), step.pick)
        if (chosen !== undefined) await this.end(chosen, step)
        return
      }
      case 'crash':
        return this.crash(step.pick % 2)
      case 'pause':
      case 'start': {
        const campaignId = this.one(this.campaigns, step.pick) ?? ''
        await campaignControl(office.db)[step.do](campaignId, systemActor)
        if (step.do === 'start') this.running.add(campaignId)
        else this.running.delete(campaignId)
        return this.forgetTakenBack()
      }
      case 'refuseNumber': {
        const known = this.one(
          this.patients.flatMap(({ numberIds }) => numberIds),
          step.pick,
        )
        const claimed = await this.anyClaimed(step.pick)
        // Half of them as a bare fact about what is claimed, which only the gate can notice.
        if (step.pick % 2 === 0 && claimed !== undefined) {
          const { phoneNumberId } = await office.attempt(claimed.work.attemptId)
          await office.db.insertInto('doNotCall').values({ id: newId(), phoneNumberId, source: 'import' }).execute()
          this.refusedNumbers.add(phoneNumberId)
          return this.begin(claimed)
        }
        await addDoNotCall(office.db, { phoneNumberId: known ?? '', source: 'supervisor' }, systemActor)
        this.refusedNumbers.add(known ?? '')
        return this.forgetTakenBack()
      }
      case 'refusePatient': {
        const patientId = this.one(this.patients, step.pick)?.id ?? ''
        await addDoNotCall(office.db, { patientId, source: 'agent' }, systemActor)
        this.refusedPatients.add(patientId)
        return this.forgetTakenBack()
      }
      case 'die': {
        const claimed = await this.anyClaimed(step.pick)
        const known = this.one(this.patients, step.pick)?.id ?? ''
        if (step.pick % 2 === 0 && claimed !== undefined) {
          const { patientId } = this.owners.get(claimed.work.taskId) ?? { patientId: '' }
          await office.db.updateTable('patient').set({ deceasedAt: this.now }).where('id', '=', patientId).execute()
          this.dead.add(patientId)
          return this.begin(claimed)
        }
        await office.db.transaction().execute(async (tx) => {
          await appendToStream(
            tx,
            'live',
            await patientsDied(tx, [{ patientId: known, on: null }], { source: 'agent' }),
          )
        })
        this.dead.add(known)
        return this.forgetTakenBack()
      }
      case 'morning': {
        const opening = nextOpening(window, this.now) ?? this.now
        return this.pass((opening.getTime() - this.now.getTime()) / 60_000)
      }
      case 'sweep':
        await sweepTasks(office.db)
        return
      case 'pass':
        return this.pass(step.minutes)
    }
  }

  async anyClaimed(pick: number): Promise<Open | undefined> {
    if (this.openIn('created').length === 0)
      await this.take({ do: 'claim', node: pick % 2, trunk: pick % 3 === 0 ? 1 : 0, limit: 1 })
    return this.one(this.openIn('created'), pick)
  }

  async begin(chosen: Open): Promise<void> {
    const { work, node } = chosen
    const { phoneNumberId } = await this.office.attempt(work.attemptId)
    const allowed = this.mayDial(work, phoneNumberId)
    const begun = await this.work.begin(work, this.lease(node))
    expect(begun.ok, begun.ok ? 'dialled outside the gate' : `refused as ${begun.reason}`).toBe(allowed)
    if (!begun.ok) {
      this.open.delete(work.attemptId)
      return
    }
    expect(this.dialled.some(({ attemptId }) => attemptId === work.attemptId)).toBe(false)
    this.dialled.push({
      attemptId: work.attemptId,
      numberId: phoneNumberId,
      at: this.now,
      result: null,
      invited: false,
    })
    chosen.state = 'dialing'
  }

  async end(chosen: Open, { result, outcome, key9 }: Extract<Step, { do: 'end' }>): Promise<void> {
    const { patientId } = this.owners.get(chosen.work.taskId) ?? { patientId: '' }
    if (chosen.state === 'dialing') {
      await this.tell(chosen, [invited, endedBy(result === 'partial' ? 'failed' : result)])
      this.close(chosen, result === 'partial' ? 'failed' : result)
      return
    }
    const said: CallEventBody[] = key9 ? [{ type: 'do_not_call' }, { type: 'outcome', outcome: 'refused' }] : []
    if (!key9 && outcome !== null) said.push({ type: 'outcome', outcome })
    const ending = key9 || outcome !== null ? 'completed' : 'partial'
    await this.tell(chosen, [...said, endedBy(ending)])
    if (key9) {
      this.refusedNumbers.add(this.dialled.find(({ attemptId }) => attemptId === chosen.work.attemptId)?.numberId ?? '')
      this.refusedPatients.add(patientId)
    }
    this.close(chosen, ending)
    await this.forgetTakenBack()
  }

  tell(chosen: Open, bodies: readonly CallEventBody[]): Promise<void> {
    return this.office.tellOver(this.office.db, chosen.work, bodies, { now: this.now, by: this.lease(chosen.node) })
  }

  invited({ work }: Open): void {
    for (const one of this.dialled) if (one.attemptId === work.attemptId) one.invited = true
  }

  close(chosen: Open, result: AttemptResult): void {
    this.invited(chosen)
    for (const one of this.dialled) if (one.attemptId === chosen.work.attemptId) one.result = result
    this.open.delete(chosen.work.attemptId)
  }

  /** The node starts again: what it had claimed is given back, what it had dialled closes as `restart`. */
  async crash(node: number): Promise<void> {
    const stale = this.lease(node)
    this.epochs[node] = (this.epochs[node] ?? 1) + 1
    const own = [...this.open.values()].filter((one) => one.node === node)
    const [zombie] = own.filter(({ state }) => state === 'created')
    const untouched = own.filter(({ state }) => state === 'created').map(({ work }) => work.attemptId)
    await this.work.release(untouched, this.lease(node))
    if (zombie !== undefined) expect(await this.work.begin(zombie.work, stale)).toMatchObject({ ok: false })
    for (const id of untouched) this.open.delete(id)
    for (const one of own.filter(({ state }) => state !== 'created')) {
      await this.tell(one, [endedBy('restart')])
      for (const dial of this.dialled) if (dial.attemptId === one.work.attemptId) dial.result = 'restart'
      this.open.delete(one.work.attemptId)
    }
  }

  /** Attempts that somebody else took back; their holders hear of it when they begin. */
  async forgetTakenBack(): Promise<void> {
    for (const { work } of this.openIn('created')) {
      const { state } = await this.office.attempt(work.attemptId)
      if (state === 'ended') this.open.delete(work.attemptId)
    }
  }

  async check(): Promise<void> {
    const { rows } = await sql<{ taskId: string; state: string; attempts: string[] }>`
      select t.id as task_id, t.state, coalesce(array_agg(a.id) filter (where a.id is not null), '{}') as attempts
      from task t left join attempt a on a.task_id = t.id and a.state <> 'ended' group by t.id
    `.execute(this.office.db)
    const active = new Set<string>()
    for (const { taskId, state, attempts } of rows) {
      expect(attempts.length).toBeLessThanOrEqual(1)
      const [attemptId] = attempts
      if (attemptId === undefined) {
        expect(['claimed', 'in_progress'], `task ${taskId} is ${state} without an attempt`).not.toContain(state)
        continue
      }
      active.add(attemptId)
      const open = this.open.get(attemptId)
      if (state !== 'stopped') expect(state).toBe(open?.state === 'created' ? 'claimed' : 'in_progress')
    }
    expect([...active].sort()).toEqual([...this.open.keys()].sort())
  }

  /** Lets everything go on without trouble until nothing more happens, and looks where the tasks have ended. */
  async drain(): Promise<void> {
    for (const campaignId of this.campaigns) {
      await campaignControl(this.office.db).start(campaignId, systemActor)
      this.running.add(campaignId)
    }
    for (let round = 0; round < 80 && (await this.unfinished()) > 0; round += 1) {
      for (const one of [...this.open.values()]) {
        if (one.state === 'created') await this.begin(one)
        if (one.state === 'dialing') {
          await this.tell(one, [invited, answered, answerOf('q1', 'good')])
          one.state = 'answered'
        }
        if (one.state === 'answered') {
          await this.end(one, { do: 'end', pick: 0, result: 'partial', outcome: 'done', key9: false })
        }
      }
      await this.pass(720)
      await sweepTasks(this.office.db)
      for (const trunk of [0, 1]) await this.take({ do: 'claim', node: 0, trunk, limit: 50 })
      await this.check()
    }
    expect(await this.unfinished()).toBe(0)
  }

  async unfinished(): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select count(*)::integer as count from task
      where state in ('scheduled', 'claimed', 'in_progress', 'retry_wait', 'callback', 'suspended', 'wrapping')
    `.execute(this.office.db)
    return rows[0]?.count ?? 0
  }
}

const worlds: World[] = []
afterAll(async () => {
  for (const world of worlds) await world.office.close()
})

it('no task is lost, none is dialled twice for one attempt, and the gate is never broken', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 70, size: 'max' }), async (steps) => {
      const world = await World.build()
      worlds.push(world)
      for (const one of steps) {
        await world.take(one)
        await world.check()
      }
      await world.drain()
    }),
    { numRuns: Number(process.env.MODEL_RUNS ?? 8), endOnFailure: true },
  )
})
