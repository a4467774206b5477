import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { campaignsWithFreeSeats } from '../../../src/contact-center/acd/reservation-store.ts'
import { recordingPlace } from '../../../src/contact-center/recording/recording-place.ts'
import { campaignControl } from '../../../src/follow-up/dialling/campaign-control.ts'
import { sweepTasks } from '../../../src/follow-up/tasks/task-sweep.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import { newId } from '../../../src/platform/ids.ts'
import type { FakePatientLeg } from './fake-telephony.ts'
import type { Carried, Node } from './floor.ts'
import { Floor } from './floor.ts'

let floor: Floor
let node: Node
let agent: string
beforeEach(async () => {
  floor = await Floor.open({ patients: 3 })
  node = await floor.node()
  agent = await floor.agent()
})
afterEach(() => floor.close())

async function dialled(): Promise<Carried> {
  await node.signIn(agent)
  const [call] = await node.dialForSeats()
  if (call === undefined) throw new Error('nothing was claimed')
  return call
}

async function talking(): Promise<{ readonly call: Carried; readonly patient: FakePatientLeg }> {
  const call = await dialled()
  const patient = node.telephony.dialOf(call.seat)?.answer()
  if (patient === undefined) throw new Error('nobody was dialled')
  await node.quiet()
  return { call, patient }
}

async function ended() {
  const { call, patient } = await talking()
  patient.endBy('patient')
  await call.done
  await node.quiet()
  return call
}

const outcome = (call: Carried, value: 'done' | 'callback' | 'refused') =>
  floor.db.updateTable('attempt').set({ outcome: value }).where('id', '=', call.work.attemptId).execute()

describe('signing in', () => {
  it('rings the phone once, and lifted the seat is free', async () => {
    await node.signIn(agent)
    expect(await floor.seat(agent)).toMatchObject({ status: 'available', state: 'idle' })
    expect(node.telephony.rings).toHaveLength(1)
    expect(await node.service.view(agent)).toMatchObject({
      state: 'idle',
      phone: { live: true },
      call: null,
    })
  })

  it('again changes nothing and rings nobody', async () => {
    await node.signIn(agent)
    await node.service.signIn(agent)
    expect(node.telephony.rings).toHaveLength(1)
  })

  it('needs a phone that is assigned and one that is registered', async () => {
    const silent = await floor.agent({ live: false })
    await expect(node.service.signIn(silent)).rejects.toMatchObject({ code: 'SEAT_PHONE_NOT_LIVE' })
    await floor.db.updateTable('agent').set({ phoneId: null }).where('userId', '=', agent).execute()
    await expect(node.service.signIn(agent)).rejects.toMatchObject({ code: 'SEAT_NO_PHONE' })
    expect(await floor.seat(silent)).toMatchObject({ status: 'signed_out', state: 'unreachable', leaseOwner: null })
  })

  it('says so when the phone is not lifted', async () => {
    const done = node.service.signIn(agent)
    await node.until(() => node.telephony.ringAt(agent) !== undefined)
    node.telephony.ringAt(agent)?.refuse()
    await expect(done).rejects.toMatchObject({ code: 'SEAT_PHONE_NOT_ANSWERED' })
    expect(await floor.seat(agent)).toMatchObject({ status: 'signed_out', state: 'unreachable', leaseOwner: null })
  })

  it('a phone that is put down makes the seat unreachable, and never offered a call', async () => {
    await node.signIn(agent)
    await node.legs.leg(agent)?.hangUp()
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ status: 'available', state: 'unreachable', channelUuid: null })
    expect(await node.dialForSeats()).toEqual([])
    await node.signIn(agent)
    expect(await floor.seat(agent)).toMatchObject({ status: 'available', state: 'idle' })
  })

  it('signing out ends the leg', async () => {
    await node.signIn(agent)
    const leg = node.legs.leg(agent)
    await node.service.signOut(agent)
    expect(leg?.end).not.toBeNull()
    expect(await floor.seat(agent)).toMatchObject({ status: 'signed_out', state: 'unreachable', leaseOwner: null })
  })
})

describe('the status', () => {
  it('goes to away and back by way of a break, and keeps its reason', async () => {
    await node.signIn(agent)
    await node.service.setStatus(agent, 'away', '培训')
    expect(await floor.seat(agent)).toMatchObject({ status: 'away', statusReason: '培训' })
    await node.service.setStatus(agent, 'available')
    expect(await floor.seat(agent)).toMatchObject({ status: 'available', statusReason: null })
  })

  it('on a break no call is offered', async () => {
    await node.signIn(agent)
    await node.service.setStatus(agent, 'on_break')
    expect(await node.dialForSeats()).toEqual([])
  })

  it('stays what it was through a call', async () => {
    const { call, patient } = await talking()
    await node.service.setStatus(agent, 'on_break', '午休')
    patient.endBy('patient')
    await call.done
    await node.quiet()
    await floor.passWrapUp(agent)
    await node.keep()
    expect(await floor.seat(agent)).toMatchObject({ status: 'on_break', state: 'idle' })
  })

  it('is nobody’s to set who has not signed in', async () => {
    await expect(node.service.setStatus(agent, 'on_break')).rejects.toMatchObject({ code: 'SEAT_NOT_SIGNED_IN' })
  })
})

describe('a progressive call', () => {
  it('has its seat before anybody is dialled, on the seat’s media server', async () => {
    const call = await dialled()
    expect(await floor.seat(agent)).toMatchObject({ state: 'reserved' })
    expect(await floor.reservations(agent)).toMatchObject([{ state: 'pending', attemptId: call.work.attemptId }])
    expect(node.telephony.dialOf(call.seat)?.order.mediaHost).toBe('127.0.0.9')
    expect((await floor.told(agent)).at(-2)).toMatchObject({
      type: 'call.reserved',
      payload: { callId: call.seat.callId, taskId: call.work.taskId },
    })
  })

  it('never dials more patients than seats are free', async () => {
    await node.signIn(agent)
    await node.signIn(await floor.agent())
    expect(await node.dialForSeats()).toHaveLength(2)
    expect(await node.dialForSeats()).toEqual([])
  })

  it.each([
    ['is disabled', () => sql`update user_account set disabled_at = app_now() where id = ${agent}`],
    ['has lost the role', () => sql`delete from user_role where user_account_id = ${agent}`],
  ])('is not for an agent who %s, though the handset is off the hook', async (_why, put) => {
    await node.signIn(agent)
    await put().execute(floor.db)
    const order = { trunkId: floor.office.trunkId, seatIds: node.legs.seatIds }
    expect(await campaignsWithFreeSeats(floor.db, node.lease, order)).toEqual([])
    expect(await node.dialForSeats()).toEqual([])
  })

  it('goes to who has been idle longest', async () => {
    const second = await floor.agent()
    await node.signIn(second)
    await node.signIn(agent)
    await floor.db
      .updateTable('seat')
      .set({ stateSince: new Date(0) })
      .where('id', '=', agent)
      .execute()
    expect((await node.dialForSeats(1)).map(({ seat }) => seat.seatId)).toEqual([agent])
  })

  it('is not made for a campaign without agents, nor the other way round', async () => {
    await node.signIn(agent)
    const work = floor.office.work()
    expect(await work.claim(node.lease, floor.office.trunkId, 5)).toEqual([])
  })

  it('not answered: the offer is taken back and the seat is free at once', async () => {
    const call = await dialled()
    node.telephony.dialOf(call.seat)?.refuse(486)
    await call.done
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'idle' })
    expect(await floor.reservations(agent)).toMatchObject([{ state: 'rescinded' }])
    expect((await floor.told(agent)).at(-2)).toMatchObject({ type: 'call.released', payload: { reason: 'busy' } })
    expect((await floor.task(call.work.attemptId)).state).toBe('retry_wait')
  })

  it('a campaign that is paused between claim and INVITE frees the seat, and nobody is dialled', async () => {
    await node.signIn(agent)
    node.beforeBegin = () => campaignControl(floor.db).pause(floor.campaignId, systemActor)
    const [call] = await node.dialForSeats()
    await call?.done
    await node.quiet()
    expect(node.telephony.dials).toEqual([])
    expect(await floor.seat(agent)).toMatchObject({ state: 'idle' })
    expect(await floor.reservations(agent)).toMatchObject([{ state: 'rescinded' }])
    expect((await floor.told(agent)).at(-2)).toMatchObject({ type: 'call.released', payload: { reason: 'taken_back' } })
  })

  it('a database that goes away between claim and INVITE leaves no seat and no task behind', async () => {
    await node.signIn(agent)
    node.beforeBegin = () => Promise.reject(new Error('away'))
    const [call] = await node.dialForSeats()
    await expect(call?.done).rejects.toThrow('away')
    await node.quiet()
    expect(node.telephony.dials).toEqual([])
    expect(await floor.seat(agent)).toMatchObject({ state: 'idle' })
    expect(await floor.reservations(agent)).toMatchObject([{ state: 'rescinded' }])
    await sweepTasks(floor.office.at(new Date(floor.office.now.getTime() + 3_600_000)))
    expect(await floor.task(call?.work.attemptId ?? '')).toMatchObject({ state: 'scheduled' })
  })

  it('answered: the page is told before agent and patient meet', async () => {
    const call = await dialled()
    node.telephony.dialOf(call.seat)?.answer()
    const room = () => node.telephony.rooms.get(call.seat.callId)
    await node.until(() => room()?.moves.includes('join') === true)
    // At the very moment of the join the pop stands in the stream.
    expect((await floor.told(agent)).map(({ type }) => type)).toContain('call.answered')
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'talking' })
    expect(await floor.office.attempt(call.work.attemptId)).toMatchObject({ state: 'bridged', agentId: agent })
    expect(await floor.reservations(agent)).toMatchObject([{ state: 'accepted' }])
    const parties = await floor.db
      .selectFrom('party')
      .select(['kind'])
      .where('callId', '=', call.seat.callId)
      .orderBy('joinedAt')
      .execute()
    expect(parties.map(({ kind }) => kind).sort()).toEqual(['agent', 'patient'])
  })

  it('is recorded from the patient’s answer on', async () => {
    const { call, patient } = await talking()
    const { name, path } = recordingPlace('/recordings', call.work.attemptId, node.clock.now())
    expect(patient.heard).toContain(`recording ${path}`)
    const { rows } = await sql`select path from recording where attempt_id = ${call.work.attemptId}`.execute(floor.db)
    expect(rows).toEqual([{ path: name }])
  })

  it('hold and resume reach the room once each, and the page', async () => {
    const { call } = await talking()
    await node.service.hold(agent)
    await node.service.hold(agent)
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'holding' })
    expect(await node.service.view(agent)).toMatchObject({ call: { held: true, answered: true } })
    await node.service.resume(agent)
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'talking' })
    expect(node.telephony.rooms.get(call.seat.callId)?.moves).toEqual(['join', 'hold', 'resume'])
    expect((await floor.told(agent)).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['call.held', 'call.resumed']),
    )
  })

  it('the agent hangs up: the patient’s leg ends, the seat’s stays', async () => {
    const { call, patient } = await talking()
    await node.service.hangUp(agent)
    await call.done
    await node.quiet()
    expect(patient.end).toMatchObject({ by: 'hospital' })
    expect(node.legs.leg(agent)).not.toBeNull()
    expect(await floor.seat(agent)).toMatchObject({ state: 'wrap_up' })
  })

  it('the agent hangs up while it rings: the dial is taken back', async () => {
    const call = await dialled()
    await node.service.hangUp(agent)
    await call.done
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'idle' })
    expect(await floor.office.attempt(call.work.attemptId)).toMatchObject({ result: 'cancelled' })
  })

  it('commands without a call are told so', async () => {
    await node.signIn(agent)
    for (const command of ['hold', 'resume', 'hangUp'] as const) {
      await expect(node.service[command](agent)).rejects.toMatchObject({ code: 'SEAT_NO_CALL' })
    }
  })

  it('a call goes on while the database cannot be written', async () => {
    const call = await dialled()
    node.stall()
    const patient = node.telephony.dialOf(call.seat)?.answer()
    await node.quiet()
    expect(node.telephony.rooms.get(call.seat.callId)?.moves).toContain('join')
    patient?.endBy('patient')
    await call.done
    await node.unstall()
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'wrap_up' })
  })
})

describe('after-call work', () => {
  it('needs an outcome, then frees the seat and moves the task', async () => {
    const call = await ended()
    expect(await floor.seat(agent)).toMatchObject({ state: 'wrap_up' })
    expect((await floor.task(call.work.attemptId)).state).toBe('wrapping')
    await expect(node.service.finishWrapUp(agent)).rejects.toMatchObject({ code: 'OUTCOME_MISSING' })
    await outcome(call, 'refused')
    await node.service.finishWrapUp(agent)
    expect(await floor.seat(agent)).toMatchObject({ state: 'idle', wrapUpUntil: null, status: 'available' })
    expect(await floor.reservations(agent)).toMatchObject([{ state: 'completed' }])
    expect((await floor.task(call.work.attemptId)).state).toBe('refused')
  })

  it('ends by the server’s deadline without an outcome, and the task goes on by rule', async () => {
    const call = await ended()
    await floor.passWrapUp(agent)
    await node.keep()
    expect(await floor.seat(agent)).toMatchObject({ state: 'idle' })
    expect(['retry_wait', 'failed']).toContain((await floor.task(call.work.attemptId)).state)
    expect(await floor.office.attempt(call.work.attemptId)).toMatchObject({ outcome: null })
  })

  it('sleeps until the deadline and no shorter', async () => {
    await ended()
    await node.keep()
    expect(await floor.seat(agent)).toMatchObject({ state: 'wrap_up' })
    expect(node.clock.pending).toBe(1)
  })

  it('is extended by who asks', async () => {
    await ended()
    const before = (await floor.seat(agent)).wrapUpUntil
    await node.service.extendWrapUp(agent, 120)
    const after = (await floor.seat(agent)).wrapUpUntil
    expect((after?.getTime() ?? 0) - (before?.getTime() ?? 0)).toBe(120_000)
  })

  it('a sign-out in a call waits for its end', async () => {
    const { call, patient } = await talking()
    await node.service.signOut(agent)
    expect(await floor.seat(agent)).toMatchObject({ status: 'signing_out', state: 'talking' })
    patient.endBy('patient')
    await call.done
    await node.quiet()
    await outcome(call, 'done')
    await node.service.finishWrapUp(agent)
    await node.keep()
    expect(await floor.seat(agent)).toMatchObject({ status: 'signed_out', state: 'unreachable' })
    expect(node.legs.leg(agent)).toBeNull()
  })
})

describe('an agent’s phone that is lost', () => {
  async function lost() {
    const { call, patient } = await talking()
    const leg = node.legs.leg(agent)
    await leg?.hangUp()
    await node.quiet()
    return { call, patient, room: node.telephony.rooms.get(call.seat.callId) }
  }

  it('in a call: the patient hears music, the phone is rung again and re-joins', async () => {
    const { call, patient, room } = await lost()
    expect(room?.moves).toEqual(['join', 'leaveSeat'])
    expect(await floor.seat(agent)).toMatchObject({ state: 'unreachable', channelUuid: null })
    const poor = { lossIn: 0.1, lossOut: null, jitterInMs: 90, jitterOutMs: null, roundTripMs: null }
    const next = node.telephony.ringAt(agent)?.lift()
    if (next !== undefined) next.line = poor
    await node.quiet()
    expect(room?.moves).toEqual(['join', 'leaveSeat', 'joinSeat'])
    const back = await floor.seat(agent)
    expect(back).toMatchObject({ state: 'talking', channelUuid: node.legs.leg(agent)?.ref.channelUuid })
    patient.endBy('patient')
    await call.done
    await node.quiet()
    expect(await floor.office.attempt(call.work.attemptId)).toMatchObject({ result: 'completed' })
    const { body } = await floor.db
      .selectFrom('callEvent')
      .select('body')
      .where('attemptId', '=', call.work.attemptId)
      .where('type', '=', 'ended')
      .executeTakeFirstOrThrow()
    // The leg that was lost had told nothing of its line.
    expect(body.seatLines).toEqual([{ seatId: agent, agentId: agent, ...poor }])
  })

  it('and busy at first is rung again within the time', async () => {
    const { room } = await lost()
    node.telephony.ringAt(agent)?.refuse()
    await node.quiet()
    await node.clock.advance(2_000)
    await node.until(() => node.telephony.ringAt(agent) !== undefined)
    node.telephony.ringAt(agent)?.lift()
    await node.quiet()
    expect(room?.moves.at(-1)).toBe('joinSeat')
  })

  it('and not back within 30 s: the patient hears an apology, and is called back', async () => {
    const { call, patient, room } = await lost()
    await node.clock.advance(30_000)
    await call.done
    await node.quiet()
    expect(room?.moves).toEqual(['join', 'leaveSeat', 'releasePatient', 'close'])
    expect(patient.heard.at(-1)).toBe(node.apology)
    expect(await floor.seat(agent)).toMatchObject({ state: 'wrap_up' })
    const events = await floor.db
      .selectFrom('callEvent')
      .select('body')
      .where('attemptId', '=', call.work.attemptId)
      .where('type', '=', 'agent_left')
      .orderBy('seq')
      .execute()
    expect(events.map(({ body }) => body.reason)).toEqual(['phone_lost', 'not_back'])
    await floor.passWrapUp(agent)
    await node.keep()
    expect((await floor.task(call.work.attemptId)).state).toBe('callback')
    expect(await floor.seat(agent)).toMatchObject({ state: 'unreachable', leaseOwner: null })
  })

  it('the patient who does not wait ends the call', async () => {
    const { call, patient } = await lost()
    patient.endBy('patient')
    await call.done
    await node.quiet()
    expect(node.telephony.ringAt(agent)).toBeUndefined()
    expect(await floor.seat(agent)).toMatchObject({ state: 'wrap_up' })
  })

  it('while the patient’s rings: the dial is taken back', async () => {
    const call = await dialled()
    await node.legs.leg(agent)?.hangUp()
    await call.done
    await node.quiet()
    expect(await floor.office.attempt(call.work.attemptId)).toMatchObject({ result: 'cancelled' })
    expect(await floor.reservations(agent)).toMatchObject([{ state: 'rescinded' }])
    expect(await floor.seat(agent)).toMatchObject({ state: 'unreachable' })
  })

  it('in after-call work: the form stays, and then the seat cannot be reached', async () => {
    const call = await ended()
    await node.legs.leg(agent)?.hangUp()
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'wrap_up', channelUuid: null })
    await outcome(call, 'done')
    await node.service.finishWrapUp(agent)
    expect(await floor.seat(agent)).toMatchObject({ state: 'unreachable', status: 'available' })
  })
})

describe('a node that dies', () => {
  it('in a talk: the next start ends the legs, the agent still wraps up, the task goes on', async () => {
    const { call } = await talking()
    const ref = node.legs.leg(agent)?.ref
    node.kill()
    const next = await floor.node()
    await next.reconcile()
    expect(next.telephony.ended.map(({ channelUuid }) => channelUuid)).toContain(ref?.channelUuid)
    expect(await floor.seat(agent)).toMatchObject({ state: 'wrap_up', status: 'available', channelUuid: null })
    expect(await floor.office.attempt(call.work.attemptId)).toMatchObject({ state: 'ended', result: 'restart' })
    await floor.passWrapUp(agent)
    await next.keep()
    expect(await floor.seat(agent)).toMatchObject({ state: 'unreachable' })
    expect((await floor.task(call.work.attemptId)).state).toBe('retry_wait')
    await next.signIn(agent)
    expect(await floor.seat(agent)).toMatchObject({ state: 'idle', status: 'available' })
  })

  it('with a seat reserved and nobody dialled: offer closed, task due again', async () => {
    await node.signIn(agent)
    node.kill()
    const [call] = await node.dialForSeats()
    const next = await floor.node()
    await next.reconcile()
    expect(await floor.reservations(agent)).toMatchObject([{ state: 'rescinded' }])
    expect(await floor.seat(agent)).toMatchObject({ state: 'unreachable' })
    expect(call).toBeDefined()
    if (call !== undefined) expect(['scheduled', 'retry_wait']).toContain((await floor.task(call.work.attemptId)).state)
  })

  it('in after-call work: the deadline is kept by the next', async () => {
    const call = await ended()
    node.kill()
    const next = await floor.node()
    await next.reconcile()
    expect(await floor.seat(agent)).toMatchObject({ state: 'wrap_up' })
    await outcome(call, 'done')
    await next.service.finishWrapUp(agent)
    expect(await floor.seat(agent)).toMatchObject({ state: 'unreachable' })
  })

  it('while it rang a phone that was lifted since: that channel is ended, one that a seat has is not', async () => {
    await node.signIn(agent)
    const channelUuid = node.legs.leg(agent)?.ref.channelUuid ?? ''
    const stray = { mediaHost: '127.0.0.9', attemptId: null, callId: null, seatId: agent }
    node.telephony.strays.push({ ...stray, channelUuid }, { ...stray, channelUuid: 'lifted-later', seatId: newId() })
    await node.reconcile()
    expect(node.telephony.ended.map((ref) => ref.channelUuid)).toEqual(['lifted-later'])
  })
})
