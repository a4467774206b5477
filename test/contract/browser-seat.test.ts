/**
 * A page's own leg, from its REGISTER over a WebSocket to its sound in rooms: library peers that stand for browsers, and
 * Chromium with JsSIP.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Listener, openListener } from '#platform/database/listen.ts'
import { silentLog } from '#platform/log.ts'
import { secretsOf } from '#platform/secrets.ts'
import { type BrowserPhoneAccount, makeBrowserPhone } from '#telephony/registrar/browser-phone.ts'
import { Registrar } from '#telephony/registrar/registrar.ts'
import type { SeatLeg, Telephony } from '#telephony/telephony.ts'
import { BrowserPeers } from '../harness/browser-peers.ts'
import { hasChromium } from '../harness/chromium.ts'
import { ChromiumPhone } from '../harness/chromium-phone.ts'
import { type TestDatabase, testDatabase } from '../harness/database.ts'
import { waitFor } from '../harness/wait-for.ts'
import { CallingPhone, wsWire } from './calling-phone.ts'
import { converse, expectNoChannel } from './conversation.ts'
import { expectToHear, lift } from './desk-phone.ts'
import { openPair, type Pair } from './pair.ts'
import { TestTrunk } from './test-trunk.ts'

const patientTone = 400
const pageTone = 700
const music = 1_000
const deskTone = 1_300
const tones = [patientTone, pageTone, music, deskTone]
const secrets = secretsOf(Buffer.alloc(32, 9))
/** After the last packet; and as long as a page's end may take to be noticed. */
const goneWithinMs = 6_000

let pair: Pair
let telephony: Telephony
let database: TestDatabase
let listener: Listener
let registrar: Registrar
let siteId: string
let peers: BrowserPeers
let trunk: TestTrunk
let desk: TestTrunk
let legs: SeatLeg[]
let refusals: unknown[]

beforeAll(async () => {
  pair = await openPair()
  telephony = await pair.telephony({ holdMusic: `tone_stream://%(1000,0,${music});loops=-1` })
  database = await testDatabase()
  listener = await openListener({ url: database.url })
  siteId = randomUUID()
  await database.db.insertInto('site').values({ id: siteId, code: 'main', name: '总院' }).execute()
  registrar = new Registrar({ db: database.db, listener, secrets, log: silentLog })
  await registrar.start()
  telephony.onRegister((request) => registrar.answer(request))
  telephony.onCallIn((request) => registrar.admit(request))
  telephony.onSeatCall((call) => {
    call.accept({ seatId: randomUUID(), displayName: '随访中心' }).then(
      (leg) => legs.push(leg),
      (error: unknown) => refusals.push(error),
    )
  })
})
beforeEach(async () => {
  legs = []
  refusals = []
  peers = await BrowserPeers.start()
  trunk = await TestTrunk.open()
  desk = await TestTrunk.open()
})
afterEach(async () => {
  await peers.close()
  await trunk.close()
  await desk.close()
  await Promise.all(legs.map((leg) => leg.hangUp()))
  await expectNoChannel(telephony)
})
afterAll(async () => {
  await registrar?.close()
  await listener?.close()
  await database?.close()
  await telephony?.close()
  await pair?.close()
})

const account = () => database.db.transaction().execute((tx) => makeBrowserPhone(tx, secrets, siteId))

/** A page whose sound flows, and its leg. */
async function openPage(who: BrowserPhoneAccount, hum = pageTone) {
  const sip = await CallingPhone.open(await wsWire(pair.sipWs), who)
  expect((await sip.register()).status).toBe(200)
  const peer = await peers.open()
  const before = legs.length
  const answer = await sip.call({ sdp: peer.offer })
  expect(answer.status).toBe(200)
  await peer.answer(answer.body)
  peer.phone.talk(peer.speakTo, hum)
  const leg = await waitFor(() => legs[before], { what: 'the leg' })
  return { sip, peer, leg, ear: peer.phone }
}

test('a page is a seat’s leg: silent between calls, and in the next patient’s ear', async () => {
  const page = await openPage(await account())
  await expectToHear(page.ear, [], tones)
  const patient = await converse(telephony, trunk, {
    hum: patientTone,
    order: { mediaHost: page.leg.ref.mediaHost ?? '' },
  })
  const room = telephony.openRoom(patient.leg)
  await room.join(patient.leg, page.leg)
  await Promise.all([expectToHear(page.ear, [patientTone], tones), expectToHear(patient.phone, [pageTone], tones)])
  await patient.leg.hangUp()
  await room.close()
  await expectToHear(page.ear, [], tones)
  expect((await page.sip.hangUp()).status).toBe(200)
  expect(await page.leg.ended).toMatchObject({ by: 'patient' })
  page.sip.close()
})

test('a page that vanishes in a call is told so by its silence, its dialogue ended; the patient waits, and it comes back', async () => {
  const who = await account()
  const page = await openPage(who)
  const patient = await converse(telephony, trunk, { hum: patientTone })
  const room = telephony.openRoom(patient.leg)
  await room.join(patient.leg, page.leg)
  await expectToHear(patient.phone, [pageTone], tones)
  await peers.kill()
  const gone = performance.now()
  expect(await page.leg.ended).toMatchObject({ by: 'lost' })
  await page.sip.ended()
  expect(performance.now() - gone).toBeLessThan(goneWithinMs)
  await expectToHear(patient.phone, [music], tones)
  page.sip.close()
  peers = await BrowserPeers.start()
  const back = await openPage(who)
  await room.joinSeat(back.leg)
  await Promise.all([expectToHear(back.ear, [patientTone], tones), expectToHear(patient.phone, [pageTone], tones)])
  await patient.leg.hangUp()
  await back.leg.hangUp()
  await back.sip.ended()
  back.sip.close()
})

test('a page that is answered and never makes its connection is no leg, and is told so', async () => {
  const sip = await CallingPhone.open(await wsWire(pair.sipWs), await account())
  await sip.register()
  const peer = await peers.open()
  expect((await sip.call({ sdp: peer.offer })).status).toBe(200)
  await sip.ended()
  await waitFor(() => refusals.length === 1, { what: 'the end of the try' })
  expect(refusals).toMatchObject([{ code: 'SEAT_CALL_UNCONNECTED' }])
  expect(legs).toEqual([])
  sip.close()
})

test('a supervisor at a page: hears, whispers to the agent alone, speaks to both, takes over', async () => {
  const agent = await lift(telephony, desk, { hum: deskTone })
  const boss = await openPage(await account())
  const patient = await converse(telephony, trunk, { hum: patientTone })
  const room = telephony.openRoom(patient.leg)
  await room.join(patient.leg, agent.leg)
  const hear = (patientHears: readonly number[], agentHears: readonly number[], bossHears: readonly number[]) =>
    Promise.all([
      expectToHear(patient.phone, patientHears, tones),
      expectToHear(agent.phone, agentHears, tones),
      expectToHear(boss.ear, bossHears, tones),
    ])
  await room.supervise(boss.leg, 'monitor')
  await hear([deskTone], [patientTone], [patientTone, deskTone])
  await room.supervise(boss.leg, 'coach')
  await hear([deskTone], [patientTone, pageTone], [patientTone, deskTone])
  await room.supervise(boss.leg, 'barge')
  await hear([deskTone, pageTone], [patientTone, pageTone], [patientTone, deskTone])
  await room.joinSeat(boss.leg)
  await hear([pageTone], [], [patientTone])
  await Promise.all([patient.leg.hangUp(), agent.leg.hangUp(), boss.leg.hangUp()])
  await boss.sip.ended()
  boss.sip.close()
})

test('keys that a page sends are not the patient’s, and a patient’s are pressed beside a page', async () => {
  const page = await openPage(await account())
  const patient = await converse(telephony, trunk, { hum: patientTone })
  const room = telephony.openRoom(patient.leg)
  await room.join(patient.leg, page.leg)
  page.peer.phone.press('7', 1_600)
  await patient.leg.sendDigits('42#')
  await patient.phone.until(() => patient.phone.digits.length === 3)
  expect(patient.phone.digits.map(({ digit }) => digit).join('')).toBe('42#')
  await Promise.all([patient.leg.hangUp(), page.leg.hangUp()])
  page.sip.close()
})

test.skipIf(!hasChromium)('Chromium with JsSIP registers, calls in, and is heard', async () => {
  const who = await account()
  const phone = await ChromiumPhone.open({ microphone: await pair.tone(pageTone, 10_000) })
  try {
    const uri = `sip:${who.extension}@suifang`
    await phone.call({ socket: pair.sipWs, target: 'sip:seat@suifang', uri, password: who.password })
    const leg = await waitFor(() => legs[0], { what: 'the leg' })
    const patient = await converse(telephony, trunk, { hum: patientTone })
    const room = telephony.openRoom(patient.leg)
    await room.join(patient.leg, leg)
    await expectToHear(patient.phone, [pageTone], tones)
    await waitFor(async () => (await phone.level(patientTone)) > 2_000, { what: 'the patient in the page' })
    await phone.hangUp()
    expect(await leg.ended).toMatchObject({ by: 'patient' })
    await expectToHear(patient.phone, [music], tones)
    await patient.leg.hangUp()
  } finally {
    await phone.close()
  }
})
