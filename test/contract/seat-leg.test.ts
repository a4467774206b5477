import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { mediaServerName } from '#telephony/media-server-address.ts'
import type { Telephony } from '#telephony/telephony.ts'
import { RtpPhone } from '../harness/rtp-phone.ts'
import { waitFor } from '../harness/wait-for.ts'
import { converse, expectNoChannel } from './conversation.ts'
import { expectToHear, lift, seatOrder } from './desk-phone.ts'
import { openPair, type Pair } from './pair.ts'
import { TestTrunk } from './test-trunk.ts'

const music = 1_000
const tones = [400, 700, music]

let pair: Pair
let telephony: Telephony
let desk: TestTrunk

beforeAll(async () => {
  pair = await openPair()
  telephony = await pair.telephony({
    holdMusic: `tone_stream://%(1000,0,${music});loops=-1`,
    seatMediaTimeoutMs: 2_000,
  })
})
beforeEach(async () => {
  desk = await TestTrunk.open()
})
afterEach(async () => {
  await desk.close()
  await expectNoChannel(telephony)
})
afterAll(async () => {
  await telephony?.close()
  await pair?.close()
})

test('a phone is rung at its contact, shows who calls, and its channel says which seat it is', async () => {
  const { leg, call } = await lift(telephony, desk, { order: { displayName: '随访\r\n"中心' } })
  expect(call.invite.startLine).toBe(`INVITE sip:8001@127.0.0.1:${desk.port} SIP/2.0`)
  expect(call.header('From')).toMatch(/^"随访 +中心" ?<sip:suifang@127\.0\.0\.1(:\d+)?>;tag=/)
  expect(call.header('X-Suifang-Seat')).toBe(leg.seatId)
  const live = await waitFor(async () => (await telephony.liveLegs())[0], { what: 'the channel to be listed' })
  expect(live).toEqual({
    channelUuid: leg.ref.channelUuid,
    mediaHost: mediaServerName(pair.freeswitch),
    attemptId: null,
    callId: null,
    seatId: leg.seatId,
  })
  await leg.hangUp()
})

test('a lifted phone that no call needs hears silence, for as long as it likes', async () => {
  const { leg, phone } = await lift(telephony, desk, { hum: 700 })
  await phone.until(() => phone.samples().length >= 3 * 8_000)
  await expectToHear(phone, [], tones)
  expect(leg.end).toBeNull()
  await leg.hangUp()
})

test('a phone that nobody lifts is given up with a CANCEL when the ring time is over', async () => {
  const dial = telephony.callSeat(seatOrder(desk, { ringTimeoutMs: 600 }))
  const call = await desk.nextCall()
  call.ring()
  expect(await dial.result).toMatchObject({ answered: false, cause: 'ring_timeout', sipStatus: 487 })
  expect(await call.ended()).toBe('cancel')
})

test('a phone that is busy says so', async () => {
  desk.onCall = (call) => call.reject(486, 'Busy Here')
  expect(await telephony.callSeat(seatOrder(desk)).result).toMatchObject({
    answered: false,
    cause: 'refused',
    sipStatus: 486,
  })
})

test('a sign-in that is called off stops the ringing', async () => {
  const dial = telephony.callSeat(seatOrder(desk))
  const call = await desk.nextCall()
  call.ring()
  dial.cancel()
  expect(await dial.result).toMatchObject({ answered: false, cause: 'cancelled' })
  expect(await call.ended()).toBe('cancel')
})

test('a contact that is none is never called', async () => {
  const contact = `sip:8001@127.0.0.1:${desk.port}>\r\nX-Evil: yes`
  const result = await telephony.callSeat(seatOrder(desk, { contact })).result
  expect(result).toMatchObject({ answered: false, cause: 'refused', sipStatus: 484 })
  expect(desk.invites).toBe(0)
})

test('an agent who hangs up ends the leg, and so do we', async () => {
  const first = await lift(telephony, desk)
  expect(await first.call.hangUp()).toBe(200)
  expect(await first.leg.ended).toMatchObject({ by: 'patient' })
  const second = await lift(telephony, desk)
  await second.leg.hangUp()
  await second.leg.hangUp()
  expect(await second.call.ended()).toBe('bye')
  expect(second.leg.end).toMatchObject({ by: 'hospital' })
})

test('a phone’s refresh gets the same session again, its new address is followed', async () => {
  const { leg, call, phone } = await lift(telephony, desk)
  expect((await call.reinvite(phone.sdp)).startLine).toBe('SIP/2.0 200 OK')
  expect((await call.reinvite('')).body).toContain('m=audio')
  const elsewhere = await RtpPhone.open()
  try {
    const moved = await call.reinvite(elsewhere.sdp.replace('o=phone 1 1', 'o=phone 1 2'))
    expect(moved.startLine).toBe('SIP/2.0 200 OK')
    elsewhere.talk(call.mediaAddress, 700)
    await expectToHear(elsewhere, [], tones)
  } finally {
    elsewhere.close()
  }
  await leg.hangUp()
})

test('a phone that vanished without a BYE is noticed by its silence, and its dialogue ended', async () => {
  const { leg, call, phone } = await lift(telephony, desk)
  await phone.until(() => phone.heard.length > 20)
  phone.stopTalking()
  expect(await leg.ended).toMatchObject({ by: 'lost' })
  expect(await call.ended()).toBe('bye')
})

test('a phone that vanishes in a call leaves the patient with music, and the next ring brings the agent back', async () => {
  const trunk = await TestTrunk.open()
  try {
    const agent = await lift(telephony, desk, { hum: 700 })
    const patient = await converse(telephony, trunk, { hum: 400 })
    const room = telephony.openRoom(patient.leg)
    await room.join(patient.leg, agent.leg)
    agent.phone.stopTalking()
    expect(await agent.leg.ended).toMatchObject({ by: 'lost' })
    await expectToHear(patient.phone, [music], tones)
    const back = await lift(telephony, desk, { hum: 700 })
    await room.joinSeat(back.leg)
    await Promise.all([expectToHear(patient.phone, [700], tones), expectToHear(back.phone, [400], tones)])
    await Promise.all([patient.leg.hangUp(), back.leg.hangUp()])
  } finally {
    await trunk.close()
  }
})
