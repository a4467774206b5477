import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SeatSessions } from '../../../src/contact-center/acd/seat-sessions.ts'
import { endSession, insertSession } from '../../../src/platform/auth/session-store.ts'
import type { ChannelHandler } from '../../../src/platform/database/listen.ts'
import { newId } from '../../../src/platform/ids.ts'
import { Floor, type Node } from './floor.ts'

const idleMs = 30 * 60_000
const limits = { idleMs, longestMs: 12 * 3_600_000 }

let floor: Floor
let node: Node
let sessions: SeatSessions
let agent: string
let heard: ChannelHandler | undefined
beforeEach(async () => {
  floor = await Floor.open({ patients: 2 })
  node = await floor.node()
  agent = await floor.agent()
  await node.signIn(agent)
})
afterEach(async () => {
  await sessions.close()
  await node.quiet()
  await floor.close()
})

/** As in the house, with a listener that tells when the test says so. */
async function watch(): Promise<void> {
  const { db } = floor
  const listener = {
    listen: async (_channel: string, handler: ChannelHandler) => {
      heard = handler
      return { close: async () => {} }
    },
  }
  sessions = new SeatSessions({
    db,
    lease: node.lease,
    listener,
    seats: node.service,
    idleMs,
    clock: node.clock,
    log: node.log,
  })
  await sessions.start()
  await settled()
}

async function settled(): Promise<void> {
  await sessions.rest()
  await node.quiet()
}

async function session(accountId = agent): Promise<string> {
  const id = newId()
  const place = { ip: null, userAgent: null }
  await floor.db.transaction().execute((tx) => insertSession(tx, { id, token: id, accountId, ...place }, limits))
  return id
}

/** @param how as the house writes it, in a transaction that tells of it */
async function end(id: string, how: 'signed_out' | 'ended' | 'signed_in_elsewhere' = 'ended'): Promise<void> {
  await endSession(floor.db, id, how)
  heard?.onPayload(id)
  await settled()
}

async function dialled() {
  const [call] = await node.dialForSeats()
  const dial = call === undefined ? undefined : node.telephony.dialOf(call.seat)
  if (call === undefined || dial === undefined) throw new Error('nobody was dialled')
  return { dial, done: call.done, callId: call.seat.callId, taskId: call.work.taskId }
}

async function talking() {
  const patient = (await dialled()).dial.answer()
  await node.quiet()
  return patient
}

describe('the end of an agent’s last session', () => {
  it('signs the seat of a desk phone out, so that no patient is offered any more', async () => {
    const id = await session()
    await watch()
    expect(await floor.seat(agent)).toMatchObject({ status: 'available', state: 'idle' })
    await end(id)
    expect(await floor.seat(agent)).toMatchObject({ status: 'signed_out', state: 'unreachable', channelUuid: null })
    expect(node.legs.has(agent)).toBe(false)
    expect(await node.dialForSeats()).toEqual([])
  })

  it('is waited for: another session keeps the seat, as a sign-in elsewhere does', async () => {
    const [one, other] = [await session(), await session()]
    await watch()
    await end(one, 'signed_in_elsewhere')
    expect(await floor.seat(agent)).toMatchObject({ status: 'available', state: 'idle' })
    await end(other, 'signed_out')
    expect(await floor.seat(agent)).toMatchObject({ status: 'signed_out' })
  })

  it('cuts no call: the seat is out after it and its after-call work', async () => {
    const id = await session()
    await watch()
    const patient = await talking()
    await end(id)
    expect(await floor.seat(agent)).toMatchObject({ status: 'signing_out', state: 'talking' })
    expect(patient.end).toBeNull()
    patient.endBy('patient')
    await node.quiet()
    await floor.passWrapUp(agent)
    await node.keep()
    expect(await floor.seat(agent)).toMatchObject({ status: 'signed_out', state: 'unreachable' })
  })

  it('takes back the dial of a patient who would find nobody: the task waits to be dialled again, the seat is out', async () => {
    const id = await session()
    await watch()
    const call = await dialled()
    await end(id)
    expect(call.dial).toMatchObject({ over: true, leg: null })
    await call.done
    await node.quiet()
    await node.keep()
    expect(await floor.seat(agent)).toMatchObject({ status: 'signed_out', state: 'unreachable' })
    expect(await floor.reservations(agent)).toMatchObject([{ state: 'rescinded' }])
    const { rows } = await sql<{ state: string }>`select state from task where id = ${call.taskId}`.execute(floor.db)
    expect(rows).toEqual([{ state: 'retry_wait' }])
  })

  it('has a patient who answers in that moment apologised to and called again, not led to the empty seat', async () => {
    const id = await session()
    await watch()
    const call = await dialled()
    call.dial.answersAllTheSame = true
    await end(id)
    const patient = call.dial.answer()
    await call.done
    await node.quiet()
    expect(patient.heard).toContain(node.apology)
    expect(node.telephony.rooms.get(call.callId)?.moves).not.toContain('join')
    const { rows } = await sql<{ state: string; result: string }>`
      select t.state, a.result from task t join attempt a on a.task_id = t.id where t.id = ${call.taskId}
    `.execute(floor.db)
    expect(rows).toEqual([{ state: 'callback', result: 'abandoned' }])
  })

  it('is noticed by the clock where nobody says it: idle, or too old', async () => {
    const id = await session()
    await watch()
    const idleFor = (minutes: number) =>
      sql`update session set last_seen_at = app_now() - make_interval(mins => ${minutes}) where id = ${id}`.execute(
        floor.db,
      )
    await idleFor(29)
    await node.clock.advance(60_000)
    await settled()
    expect(await floor.seat(agent)).toMatchObject({ status: 'available' })
    await idleFor(31)
    await node.clock.advance(61_000)
    await settled()
    expect(await floor.seat(agent)).toMatchObject({ status: 'signed_out' })
  })

  it('takes a seat out that is on a break, and whose leg is lost', async () => {
    const id = await session()
    await watch()
    await node.service.setStatus(agent, 'on_break', 'lunch')
    void node.legs.leg(agent)?.hangUp()
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ status: 'on_break', state: 'unreachable' })
    await end(id)
    expect(await floor.seat(agent)).toMatchObject({ status: 'signed_out' })
  })

  it('is not what a lost leg, a reload or a network that breaks is', async () => {
    await session()
    await watch()
    void node.legs.leg(agent)?.hangUp()
    await node.quiet()
    await node.clock.advance(120_000)
    await settled()
    expect(await floor.seat(agent)).toMatchObject({ status: 'available', state: 'unreachable' })
  })

  it('of a disabled account is the end of all of them', async () => {
    await session()
    await watch()
    await floor.db.updateTable('userAccount').set({ disabledAt: new Date() }).where('id', '=', agent).execute()
    heard?.onResync?.()
    await settled()
    expect(await floor.seat(agent)).toMatchObject({ status: 'signed_out' })
  })
})
