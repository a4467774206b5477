import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { moveReservation } from '../../../src/contact-center/acd/reservation-store.ts'
import { lockSeat, lockSeatOfAgent, loseSeatLeg } from '../../../src/contact-center/acd/seat-store.ts'
import { stateLease } from '../../../src/contact-center/calls/attempt-store.ts'
import { endSupervision } from '../../../src/contact-center/supervision/supervision-store.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import type { GroundTransaction } from '../../../src/platform/database/database.ts'
import { newId } from '../../../src/platform/ids.ts'
import type { SupervisionMode } from '../../../src/telephony/telephony.ts'
import { waitFor } from '../../harness/wait-for.ts'
import type { FakePatientLeg } from './fake-telephony.ts'
import { type Carried, Floor, type Node } from './floor.ts'

let floor: Floor
let node: Node
let agent: string
let supervisor: string
beforeEach(async () => {
  floor = await Floor.open({ patients: 3 })
  node = await floor.node()
  agent = await floor.agent()
  supervisor = await floor.supervisor()
  await node.signIn(agent)
})
afterEach(async () => {
  await node.quiet()
  await floor.close()
})

const command = (supervisorId = supervisor, seatId = agent) => ({ supervisorId, seatId, actor: systemActor })
const supervise = (mode: SupervisionMode) => node.supervision.supervise(command(), mode)

/** The agent talks; the supervisor is signed in. */
async function talking(): Promise<{ readonly call: Carried; readonly patient: FakePatientLeg }> {
  const [call] = await node.dialForSeats()
  const patient = call === undefined ? undefined : node.telephony.dialOf(call.seat)?.answer()
  if (call === undefined || patient === undefined) throw new Error('nobody was dialled')
  await node.quiet()
  await node.signIn(supervisor)
  return { call, patient }
}

async function supervisions() {
  return floor.db.selectFrom('supervision').selectAll().orderBy('startedAt').execute()
}

async function audited() {
  return floor.db
    .selectFrom('auditRow')
    .select(['action', 'outcome', 'detail'])
    .where('action', 'like', 'call.%')
    .orderBy('id')
    .execute()
}

async function events(call: Carried) {
  const rows = await floor.db
    .selectFrom('callEvent')
    .select(['type', 'body'])
    .where('attemptId', '=', call.work.attemptId)
    .orderBy('seq')
    .execute()
  return rows
}

const supervisorsTold = async () =>
  (await floor.told(agent)).filter(({ type }) => type === 'supervision.changed').map(({ payload }) => payload)

describe('in a call', () => {
  it('a supervisor listens, coaches and barges in with the leg of their own seat, and leaves', async () => {
    const { call } = await talking()
    const leg = node.legs.leg(supervisor)
    for (const mode of ['monitor', 'coach', 'barge'] as const) {
      await supervise(mode)
      expect([...node.roomOf(call).supervisors]).toEqual([[leg, mode]])
    }
    await node.quiet()
    expect(await supervisions()).toMatchObject([{ supervisorId: supervisor, mode: 'barge', endedAt: null }])
    await node.supervision.leave(command())
    await node.quiet()
    expect(node.roomOf(call).supervisors.size).toBe(0)
    expect(leg?.end).toBeNull()
    expect(await supervisions()).toMatchObject([{ endReason: 'left' }])
    expect((await events(call)).filter(({ type }) => type === 'supervised').map(({ body }) => body)).toMatchObject([
      { supervisorId: supervisor, mode: 'monitor' },
      { mode: 'coach' },
      { mode: 'barge' },
      { mode: null },
    ])
  })

  it('is on a break meanwhile, and as before afterwards', async () => {
    await talking()
    await supervise('monitor')
    expect(await floor.seat(supervisor)).toMatchObject({ status: 'on_break', statusReason: 'supervising' })
    await expect(node.service.setStatus(supervisor, 'available')).rejects.toMatchObject({ code: 'SEAT_SUPERVISES' })
    await node.supervision.leave(command())
    expect(await floor.seat(supervisor)).toMatchObject({ status: 'available', statusReason: null })
  })

  it.each([
    ['on_break', '培训'],
    ['away', '会议'],
  ] as const)('goes back to being %s', async (status, reason) => {
    await talking()
    await node.service.setStatus(supervisor, status, reason)
    await supervise('coach')
    await node.supervision.leave(command())
    expect(await floor.seat(supervisor)).toMatchObject({ status, statusReason: reason })
  })

  it('is offered no call meanwhile, whoever asks', async () => {
    const { call } = await talking()
    await supervise('monitor')
    expect(await node.dialForSeats()).toEqual([])
    await expect(
      floor.db
        .insertInto('reservation')
        .values({ id: newId(), seatId: supervisor, attemptId: call.work.attemptId, handedOverAt: new Date() })
        .execute(),
    ).rejects.toMatchObject({ code: 'SF004' })
  })

  it('the agent’s page hears of who can be heard, and never of who listens', async () => {
    await talking()
    const before = (await floor.told(agent)).length
    await supervise('monitor')
    await node.quiet()
    expect((await floor.told(agent)).length).toBe(before)
    await supervise('coach')
    await supervise('barge')
    await supervise('monitor')
    await node.quiet()
    expect(await supervisorsTold()).toEqual([
      { supervisors: [{ name: 'agent', mode: 'coach' }] },
      { supervisors: [{ name: 'agent', mode: 'barge' }] },
      { supervisors: [] },
    ])
    expect((await node.service.view(agent))?.supervisors).toEqual([])
    await supervise('barge')
    expect((await node.service.view(agent))?.supervisors).toEqual([{ name: 'agent', mode: 'barge' }])
  })

  it('the floor hears of all of them', async () => {
    const { call } = await talking()
    await supervise('monitor')
    await node.supervision.leave(command())
    const told = (await floor.toldFloor()).filter(({ type }) => type === 'supervision.changed')
    const one = { seatId: agent, callId: call.seat.callId, supervisorId: supervisor, name: 'agent' }
    expect(told.map(({ payload }) => payload)).toEqual([
      { ...one, mode: 'monitor' },
      { ...one, mode: null },
    ])
  })

  it('it ends with the call', async () => {
    const { call, patient } = await talking()
    await supervise('barge')
    patient.endBy('patient')
    await call.done
    await node.quiet()
    expect(await supervisions()).toMatchObject([{ endReason: 'call_over' }])
    expect(await floor.seat(supervisor)).toMatchObject({ status: 'available', state: 'idle' })
    expect((await supervisorsTold()).at(-1)).toEqual({ supervisors: [] })
    expect((await floor.told(supervisor)).at(-1)).toMatchObject({ payload: { status: 'available' } })
  })

  it('it ends with the supervisor’s leg', async () => {
    const { call } = await talking()
    await supervise('barge')
    await node.legs.leg(supervisor)?.hangUp()
    await node.quiet()
    expect(await supervisions()).toMatchObject([{ endReason: 'leg_lost' }])
    expect(await floor.seat(supervisor)).toMatchObject({ status: 'available', state: 'unreachable' })
    expect(await floor.seat(agent)).toMatchObject({ state: 'talking' })
    expect((await events(call)).at(-1)).toMatchObject({ type: 'supervised', body: { mode: null } })
  })

  it('signing out leaves the call', async () => {
    const { call } = await talking()
    await supervise('monitor')
    await node.service.signOut(supervisor)
    await node.quiet()
    expect(await floor.seat(supervisor)).toMatchObject({ status: 'signed_out' })
    expect(node.roomOf(call).supervisors.size).toBe(0)
  })

  it.each([
    ['the team', () => floor.db.deleteFrom('teamSupervisor').where('userId', '=', supervisor).execute()],
    ['the role', () => floor.db.deleteFrom('userRole').where('userAccountId', '=', supervisor).execute()],
    [
      'the account',
      () => sql`update user_account set disabled_at = app_now() where id = ${supervisor}`.execute(floor.db),
    ],
  ])('whoever loses %s is out of it at once, and the call goes on', async (_what, lose) => {
    const { call } = await talking()
    await supervise('barge')
    await node.supervision.endNotAllowed()
    expect(node.roomOf(call).supervisors.size).toBe(1)
    await lose()
    await node.supervision.endNotAllowed()
    await node.quiet()
    expect(node.roomOf(call).supervisors.size).toBe(0)
    expect(await supervisions()).toMatchObject([{ endReason: 'not_allowed' }])
    expect(await floor.seat(agent)).toMatchObject({ state: 'talking' })
    expect(await floor.seat(supervisor)).toMatchObject({ status: 'available', state: 'idle' })
    expect((await supervisorsTold()).at(-1)).toEqual({ supervisors: [] })
    expect((await audited()).at(-1)).toMatchObject({
      action: 'call.supervision_ended',
      detail: { supervisorId: supervisor, reason: 'not_allowed' },
    })
  })

  it('a right that was taken away is not told as leaving, although the call tells of it first', async () => {
    const { call } = await talking()
    await supervise('barge')
    const room = node.roomOf(call)
    const goOut = room.unsupervise.bind(room)
    room.unsupervise = async (...args) => {
      await node.quiet()
      return goOut(...args)
    }
    await floor.db.deleteFrom('userRole').where('userAccountId', '=', supervisor).execute()
    await node.supervision.endNotAllowed()
    await node.quiet()
    expect(room.supervisors.size).toBe(0)
    expect(await supervisions()).toMatchObject([{ endReason: 'not_allowed' }])
    expect((await audited()).at(-1)).toMatchObject({
      action: 'call.supervision_ended',
      detail: { reason: 'not_allowed' },
    })
  })

  it('whoever lost the right while coming in is out again', async () => {
    const { call } = await talking()
    const room = node.roomOf(call)
    const comeIn = room.supervise.bind(room)
    room.supervise = async (...args) => {
      await floor.db.deleteFrom('teamSupervisor').where('userId', '=', supervisor).execute()
      return comeIn(...args)
    }
    await supervise('monitor')
    await node.quiet()
    expect(room.supervisors.size).toBe(0)
    expect(await supervisions()).toMatchObject([{ endReason: 'not_allowed' }])
  })

  it('who cannot come in is out of the rows again, and that is written down', async () => {
    const { call } = await talking()
    const room = node.roomOf(call)
    room.supervise = async () => {
      throw new Error('refused')
    }
    await expect(supervise('monitor')).rejects.toThrow('refused')
    expect(await supervisions()).toMatchObject([{ endReason: 'failed' }])
    expect(await floor.seat(supervisor)).toMatchObject({ status: 'available' })
    expect(await audited()).toMatchObject([
      { action: 'call.supervised', outcome: 'ok' },
      { action: 'call.supervised', outcome: 'failed' },
    ])
  })

  it('who is in it while the agent’s phone is awaited cannot change how, and is in it as before, in rows and room', async () => {
    const { call } = await talking()
    const leg = node.legs.leg(supervisor)
    await supervise('monitor')
    await node.legs.leg(agent)?.hangUp()
    await node.until(() => node.telephony.ringAt(agent) !== undefined)
    await node.quiet()
    await expect(supervise('barge')).rejects.toThrow(expect.objectContaining({ code: 'SUPERVISION_NO_CALL' }))
    expect([...node.roomOf(call).supervisors]).toEqual([[leg, 'monitor']])
    expect(await supervisions()).toMatchObject([{ mode: 'monitor', endedAt: null }])
    expect(await floor.seat(supervisor)).toMatchObject({ status: 'on_break', statusReason: 'supervising' })
    expect((await audited()).at(-1)).toMatchObject({ action: 'call.supervised', outcome: 'failed' })
    expect((await supervisorsTold()).at(-1)).toEqual({ supervisors: [] })
  })
})

describe('who may not, or cannot', () => {
  it('a supervisor of another team is refused at everything, and each is written down', async () => {
    await talking()
    const stranger = await floor.agent({ roles: ['supervisor'] })
    await node.signIn(stranger)
    const tries = [
      node.supervision.supervise(command(stranger), 'monitor'),
      node.supervision.leave(command(stranger)),
      node.supervision.takeOver(command(stranger), '投诉'),
      node.supervision.release(command(stranger), '投诉'),
    ]
    for (const one of await Promise.allSettled(tries)) {
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'FLOOR_OTHER_TEAM' } })
    }
    expect((await audited()).map(({ outcome }) => outcome)).toEqual(['denied', 'denied', 'denied', 'denied'])
    expect(await floor.seat(agent)).toMatchObject({ state: 'talking' })
  })

  it('needs a leg of their own, a free seat, and another’s call', async () => {
    await expect(supervise('monitor')).rejects.toMatchObject({ code: 'SUPERVISION_NO_CALL' })
    await expect(node.supervision.supervise(command(supervisor, supervisor), 'monitor')).rejects.toMatchObject({
      code: 'SUPERVISION_OWN_SEAT',
    })
    await talking()
    await node.service.signOut(supervisor)
    await expect(supervise('monitor')).rejects.toMatchObject({ code: 'SUPERVISION_SEAT_NEEDED' })
    await node.signIn(supervisor)
    const [own] = await node.dialForSeats()
    expect(own?.seat.seatId).toBe(supervisor)
    await expect(supervise('monitor')).rejects.toMatchObject({ code: 'SUPERVISION_SEAT_BUSY' })
  })

  it('is in one call at a time', async () => {
    await talking()
    await supervise('monitor')
    const other = await floor.agent()
    await node.signIn(other)
    const [second] = await node.dialForSeats()
    if (second !== undefined) node.telephony.dialOf(second.seat)?.answer()
    await node.quiet()
    await expect(node.supervision.supervise(command(supervisor, other), 'monitor')).rejects.toMatchObject({
      code: 'SUPERVISION_ELSEWHERE',
    })
  })
})

describe('taking a call over', () => {
  it('the call goes on at the supervisor’s seat, the agent has after-call work', async () => {
    const { call, patient } = await talking()
    await supervise('coach')
    await node.supervision.takeOver(command(), '患者投诉')
    await node.quiet()
    expect(node.roomOf(call).moves.at(-1)).toBe('joinSeat')
    expect(patient.end).toBeNull()
    expect(await floor.seat(agent)).toMatchObject({ state: 'wrap_up' })
    expect(await floor.seat(supervisor)).toMatchObject({ state: 'talking', status: 'available' })
    expect(await floor.reservations(agent)).toMatchObject([{ state: 'wrapping' }])
    expect(await floor.reservations(supervisor)).toMatchObject([
      { state: 'accepted', attemptId: call.work.attemptId, callId: call.seat.callId, handedOverAt: null },
    ])
    expect(await supervisions()).toMatchObject([{ endReason: 'taken_over' }])
    expect((await floor.told(agent)).at(-2)).toMatchObject({
      type: 'call.ended',
      payload: { by: 'supervisor', reason: '患者投诉' },
    })
    expect(await node.service.view(supervisor)).toMatchObject({
      call: { callId: call.seat.callId, taskId: call.work.taskId, answered: true },
    })
  })

  it('needs no listening before', async () => {
    await talking()
    await node.supervision.takeOver(command(), '患者投诉')
    await node.quiet()
    expect(await floor.seat(supervisor)).toMatchObject({ state: 'talking' })
  })

  it('the supervisor holds, resumes and hangs up; the task waits for the supervisor’s word alone', async () => {
    const { call } = await talking()
    await node.supervision.takeOver(command(), '患者投诉')
    await node.quiet()
    await expect(node.service.hold(agent)).rejects.toMatchObject({ code: 'SEAT_NO_CALL' })
    await node.service.hold(supervisor)
    await node.quiet()
    expect(await floor.seat(supervisor)).toMatchObject({ state: 'holding' })
    await node.service.finishWrapUp(agent)
    expect(await floor.seat(agent)).toMatchObject({ state: 'idle' })
    expect(await floor.task(call.work.attemptId)).toMatchObject({ state: 'in_progress' })
    await node.service.hangUp(supervisor)
    await call.done
    await node.quiet()
    expect(await floor.seat(supervisor)).toMatchObject({ state: 'wrap_up' })
    await expect(node.service.finishWrapUp(supervisor)).rejects.toMatchObject({ code: 'OUTCOME_MISSING' })
    await floor.db.updateTable('attempt').set({ outcome: 'done' }).where('id', '=', call.work.attemptId).execute()
    await node.service.finishWrapUp(supervisor)
    expect((await floor.task(call.work.attemptId)).state).not.toBe('wrapping')
    expect(await floor.seat(supervisor)).toMatchObject({ state: 'idle' })
  })

  it('the supervisor’s phone lost afterwards is awaited as an agent’s is', async () => {
    const { call } = await talking()
    await node.supervision.takeOver(command(), '患者投诉')
    await node.quiet()
    await node.legs.leg(supervisor)?.hangUp()
    await node.until(() => node.telephony.ringAt(supervisor) !== undefined)
    await node.quiet()
    expect(await floor.seat(supervisor)).toMatchObject({ state: 'unreachable' })
    node.telephony.ringAt(supervisor)?.lift()
    await node.quiet()
    expect(await floor.seat(supervisor)).toMatchObject({ state: 'talking' })
    expect(node.roomOf(call).moves.slice(-2)).toEqual(['leaveSeat', 'joinSeat'])
  })

  it('a call whose agent’s phone is awaited can be taken over too', async () => {
    const { call } = await talking()
    await node.legs.leg(agent)?.hangUp()
    await node.until(() => node.telephony.ringAt(agent) !== undefined)
    await node.quiet()
    await node.supervision.takeOver(command(), '坐席掉线')
    await node.quiet()
    expect(node.telephony.ringAt(agent)).toBeUndefined()
    expect(await floor.seat(agent)).toMatchObject({ state: 'wrap_up', channelUuid: null })
    expect(await floor.seat(supervisor)).toMatchObject({ state: 'talking' })
    expect(call.seat.seatId).toBe(agent)
  })

  it('what fails leaves the call with the agent', async () => {
    const { call, patient } = await talking()
    const room = node.roomOf(call)
    const joinSeat = room.joinSeat.bind(room)
    let fails = true
    room.joinSeat = async (leg) => {
      if (!fails) return joinSeat(leg)
      fails = false
      throw new Error('no room for the supervisor')
    }
    await supervise('monitor')
    await expect(node.supervision.takeOver(command(), '患者投诉')).rejects.toThrow('no room')
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'talking' })
    expect(await floor.seat(supervisor)).toMatchObject({ state: 'idle', status: 'available' })
    expect(await supervisions()).toMatchObject([{ endReason: 'failed' }])
    expect(patient.end).toBeNull()
  })
})

describe('a supervisor’s phone that is lost in the very moment', () => {
  /** The seat's row is being written when the other comes; neither may wait for what the other has. */
  async function lostWhile(ends: (tx: GroundTransaction, supervisionId: string) => Promise<unknown>): Promise<void> {
    await talking()
    await supervise('monitor')
    await node.quiet()
    const [row] = await supervisions()
    const ending = await floor.db.transaction().execute(async (tx) => {
      await stateLease(tx, node.lease)
      await lockSeat(tx, supervisor)
      const other = floor.db.transaction().execute(async (second) => {
        await stateLease(second, node.lease)
        await ends(second, row?.id ?? '')
      })
      other.catch(() => {})
      await waitFor(someoneWaits, { what: 'a transaction that waits for the seat' })
      await loseSeatLeg(tx, supervisor, { channelUuid: null, keepLease: false })
      return { other }
    })
    await ending.other
    expect(await supervisions()).toMatchObject([{ endReason: 'leg_lost' }])
  }

  async function someoneWaits(): Promise<boolean> {
    const { rows } = await sql<{ waits: boolean }>`
      select exists (select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock') as waits
    `.execute(floor.db)
    return rows[0]?.waits === true
  }

  it('in which the call tells that they left does not wait for it', async () => {
    await lostWhile((tx, id) => endSupervision(tx, id, 'left'))
  })

  it('in which the call is over does not wait for it', async () => {
    await lostWhile(async (tx) => {
      const seat = await lockSeatOfAgent(tx, agent)
      await moveReservation(tx, seat?.reservationId ?? '', 'wrapping')
    })
  })
})

describe('ending a call for the agent', () => {
  it('ends it with its reason in the call’s events and in the audit trail', async () => {
    const { call, patient } = await talking()
    await node.supervision.release(command(), '言语不当')
    await call.done
    await node.quiet()
    expect(patient.end).toMatchObject({ by: 'hospital' })
    expect(await floor.seat(agent)).toMatchObject({ state: 'wrap_up' })
    expect((await events(call)).find(({ type }) => type === 'released')?.body).toMatchObject({
      by: supervisor,
      reason: '言语不当',
    })
    expect(await audited()).toMatchObject([{ action: 'call.released', outcome: 'ok', detail: { reason: '言语不当' } }])
    await expect(node.supervision.release(command(), '言语不当')).rejects.toMatchObject({ code: 'SUPERVISION_NO_CALL' })
  })

  it('takes a dial back that nobody has answered yet', async () => {
    const [call] = await node.dialForSeats()
    await node.supervision.release(command(), '号码有误')
    await call?.done
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'idle' })
  })
})
