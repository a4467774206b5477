import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import { newId } from '../../../src/platform/ids.ts'
import { secrets } from '../follow-up/office.ts'
import type { FakePatientLeg } from './fake-telephony.ts'
import { type Carried, Floor, type Node } from './floor.ts'

let floor: Floor
let node: Node
let agent: string
beforeEach(async () => {
  floor = await Floor.open({ patients: 3 })
  node = await floor.node()
  agent = await floor.agent({ phone: 'browser', live: false })
})
afterEach(async () => {
  await node.quiet()
  await floor.close()
})

const open = (pageId: string, { takeOver = false, who = agent } = {}) =>
  node.pages.open(who, { pageId, takeOver }, systemActor)

async function talking(): Promise<{ readonly call: Carried; readonly patient: FakePatientLeg }> {
  await node.signIn(agent)
  const [call] = await node.dialForSeats()
  const patient = call === undefined ? undefined : node.telephony.dialOf(call.seat)?.answer()
  if (call === undefined || patient === undefined) throw new Error('nobody was dialled')
  await node.quiet()
  return { call, patient }
}

async function passwordOf(extension: string): Promise<string | undefined> {
  const phone = await floor.db
    .selectFrom('phone')
    .select('secretCiphertext')
    .where('extension', '=', extension)
    .executeTakeFirst()
  return phone === undefined ? undefined : secrets.decrypt(phone.secretCiphertext)
}

describe('opening the seat in a page', () => {
  it('tells a browser phone’s page what it registers with, anew each time', async () => {
    const extension = await floor.extension(agent)
    const page = newId()
    const first = await open(page)
    expect(first.seat).toMatchObject({ id: agent, pageId: page, phone: { extension, kind: 'browser', live: false } })
    expect(first.softphone).toEqual({
      uri: `sip:${extension}@suifang.invalid`,
      username: extension,
      password: await passwordOf(extension),
      target: 'sip:seat@suifang.invalid',
      path: '/sip',
    })
    const second = await open(page)
    expect(second.softphone?.password).not.toBe(first.softphone?.password)
    expect(second.softphone?.password).toBe(await passwordOf(extension))
  })

  it('has nothing to register for the page of a desk phone', async () => {
    const who = await floor.agent()
    expect((await open(newId(), { who })).softphone).toBeNull()
  })

  it('makes a browser phone for an agent without any phone, once', async () => {
    const who = await floor.agent({ phone: 'none', live: false })
    const first = await open(newId(), { who })
    expect(first.seat.phone).toMatchObject({ kind: 'browser' })
    expect(first.softphone?.username).toMatch(/^9\d{4}$/)
    expect((await open(newId(), { who })).softphone?.username).toBe(first.softphone?.username)
  })

  it('is refused to another page while the first is there, until it takes over; both are told', async () => {
    const [first, second] = [newId(), newId()]
    await open(first)
    node.watched.add(agent)
    await expect(open(second)).rejects.toMatchObject({ code: 'SEAT_OPEN_ELSEWHERE' })
    await expect(node.pages.require(agent, second)).rejects.toMatchObject({ code: 'SEAT_OPEN_ELSEWHERE' })
    await expect(node.pages.require(agent, null)).rejects.toMatchObject({ code: 'SEAT_OPEN_ELSEWHERE' })
    await open(second, { takeOver: true })
    expect((await floor.told(agent)).filter(({ type }) => type === 'seat.page')).toEqual([
      { type: 'seat.page', payload: { pageId: first } },
      { type: 'seat.page', payload: { pageId: second } },
    ])
    await expect(node.pages.require(agent, second)).resolves.toBeUndefined()
    await expect(node.pages.require(agent, first)).rejects.toMatchObject({ code: 'SEAT_OPEN_ELSEWHERE' })
  })

  it('is free again when the first page has gone', async () => {
    await open(newId())
    const second = newId()
    expect((await open(second)).seat.pageId).toBe(second)
  })

  it('an account that is no agent’s has no seat to open', async () => {
    await floor.db
      .deleteFrom('agent')
      .where('userId', '=', agent)
      .execute()
      .catch(() => {})
    await expect(open(newId(), { who: newId() })).rejects.toMatchObject({ code: 'SEAT_NO_PHONE' })
  })
})

describe('a browser phone', () => {
  it('is not rung at sign-in; its call makes the seat free', async () => {
    await node.signIn(agent)
    expect(node.telephony.rings).toEqual([])
    expect(await floor.seat(agent)).toMatchObject({ status: 'available', state: 'idle' })
  })

  it('may call before the page has said that it signs in', async () => {
    await open(newId())
    const call = await node.callIn(agent, { early: true })
    await node.service.signIn(agent)
    expect(call.leg).not.toBeNull()
    expect(await floor.seat(agent)).toMatchObject({ status: 'available', state: 'idle' })
  })

  it('is refused when nobody signs in', async () => {
    await open(newId())
    const call = await node.callIn(agent, { early: true })
    await node.until(() => node.clock.pending > 0)
    await node.clock.advance(9_000)
    await node.until(() => call.refused !== null)
    expect(call.refused).toBe(480)
  })

  it('that nobody has is refused', async () => {
    const call = node.telephony.callIn('9999')
    await node.until(() => call.refused !== null)
    expect(call.refused).toBe(403)
  })

  it('says so when it does not come', async () => {
    const done = node.service.signIn(agent)
    done.catch(() => {})
    await node.until(() => node.legs.has(agent))
    await node.clock.advance(31_000)
    await expect(done).rejects.toMatchObject({ code: 'SEAT_SOFTPHONE_NOT_UP' })
    expect(await floor.seat(agent)).toMatchObject({ status: 'signed_out', state: 'unreachable', leaseOwner: null })
  })

  it('lost between calls makes the seat unreachable, and back it is free', async () => {
    await node.signIn(agent)
    await node.legs.leg(agent)?.hangUp()
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ status: 'available', state: 'unreachable' })
    const { leg } = await node.callIn(agent)
    expect(await floor.seat(agent)).toMatchObject({ state: 'idle', channelUuid: leg?.ref.channelUuid })
  })

  it('that calls in anew takes the place of the leg before', async () => {
    await node.signIn(agent)
    const before = node.legs.leg(agent)
    const { leg } = await node.callIn(agent)
    expect(before?.end).not.toBeNull()
    expect(await floor.seat(agent)).toMatchObject({ state: 'idle', channelUuid: leg?.ref.channelUuid })
  })

  it('that calls in anew while the patient’s telephone rings does not take the dial back', async () => {
    await node.signIn(agent)
    const [call] = await node.dialForSeats()
    const { leg } = await node.callIn(agent)
    const dial = call === undefined ? undefined : node.telephony.dialOf(call.seat)
    expect(dial?.over).toBe(false)
    dial?.answer()
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'talking', channelUuid: leg?.ref.channelUuid })
  })

  it('lost in a call is awaited, and back the patient is talked to again, where the patient is', async () => {
    const { call, patient } = await talking()
    await node.legs.leg(agent)?.hangUp()
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'unreachable' })
    expect(node.roomOf(call).moves).toEqual(['join', 'leaveSeat'])
    const back = await node.callIn(agent)
    expect(back.order?.mediaHost).toBe(patient.ref.mediaHost)
    expect(await floor.seat(agent)).toMatchObject({ state: 'talking', channelUuid: back.leg?.ref.channelUuid })
    expect(node.roomOf(call).moves).toEqual(['join', 'leaveSeat', 'joinSeat'])
    expect(patient.end).toBeNull()
  })

  it('not back in time leaves the patient with an apology and a callback', async () => {
    const { call, patient } = await talking()
    await node.legs.leg(agent)?.hangUp()
    await node.quiet()
    await node.clock.advance(31_000)
    await call.done
    await node.quiet()
    expect(patient.heard).toContain(node.apology)
    expect(patient.end).not.toBeNull()
    expect(await floor.seat(agent)).toMatchObject({ state: 'wrap_up' })
  })
})

describe('taking the seat over in a call', () => {
  it('ends the old page’s leg; the patient hears music until the new page’s leg is there', async () => {
    await open(newId())
    const { call, patient } = await talking()
    node.watched.add(agent)
    const before = node.legs.leg(agent)
    await open(newId(), { takeOver: true })
    await node.quiet()
    expect(before?.end).not.toBeNull()
    expect(patient.end).toBeNull()
    expect(node.roomOf(call).moves.at(-1)).toBe('leaveSeat')
    await node.callIn(agent)
    expect(await floor.seat(agent)).toMatchObject({ state: 'talking' })
  })

  it('by a reload of the same page the old leg stays until the new one is there', async () => {
    const page = newId()
    await open(page)
    const { patient } = await talking()
    node.watched.add(agent)
    const before = node.legs.leg(agent)
    await open(page)
    expect(before?.end).toBeNull()
    await node.callIn(agent)
    expect(before?.end).not.toBeNull()
    expect(await floor.seat(agent)).toMatchObject({ state: 'talking' })
    expect(patient.end).toBeNull()
  })
})
