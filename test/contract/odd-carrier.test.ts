/** Carriers that say what they should not, too often, or twice: the call is what it would be, or over, and nothing is left. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Telephony } from '#telephony/telephony.ts'
import { RtpPhone } from '../harness/rtp-phone.ts'
import { toneLevel } from '../harness/tones.ts'
import { waitFor } from '../harness/wait-for.ts'
import { converse, expectNoChannel, orderTo, quiet } from './conversation.ts'
import { openPair, type Pair } from './pair.ts'
import { TestTrunk } from './test-trunk.ts'

let pair: Pair
let telephony: Telephony
let trunk: TestTrunk
let phones: RtpPhone[]

beforeAll(async () => {
  pair = await openPair()
  telephony = await pair.telephony()
})
beforeEach(async () => {
  trunk = await TestTrunk.open()
  phones = []
})
afterEach(async () => {
  await trunk.close()
  for (const phone of phones) phone.close()
  await expectNoChannel(telephony)
})
afterAll(async () => {
  await telephony?.close()
  await pair?.close()
})

async function phone(): Promise<RtpPhone> {
  const opened = await RtpPhone.open()
  phones.push(opened)
  return opened
}

async function hears(listener: RtpPhone, play: (path: string) => Promise<unknown>): Promise<void> {
  const mark = listener.heard.length
  const played = play(await pair.tone(1_000, 600))
  await listener.until(() => toneLevel(listener.samples(mark).slice(-2_400), 1_000) > 2_000)
  await played
}

test('early sound from three places, and an answer from a fourth: the call is where the answer says', async () => {
  const told: string[] = []
  const hooks = {
    ...quiet,
    onRinging: (progress: { readonly sipStatus: number; readonly earlyMedia: boolean }) =>
      told.push(`${progress.sipStatus} ${progress.earlyMedia}`),
  }
  const dial = telephony.dial(orderTo(trunk), hooks)
  const call = await trunk.nextCall()
  for (const tag of ['one', 'two', 'three']) call.say(183, { sdp: (await phone()).sdp, tag })
  for (let repeats = 0; repeats < 200; repeats += 1) call.say(180)
  const patient = await call.answer()
  patient.talk(call.mediaAddress)
  const result = await dial.result
  if (!result.answered) throw new Error(result.cause)
  expect(result.earlyMedia).toBe(true)
  // However often a carrier repeats itself, a call's story stays short.
  expect(told.toSorted()).toEqual(['180 false', '183 true'])
  await hears(patient, (path) => result.leg.play(path))
  expect(phones.flatMap(({ heard }) => heard)).toEqual([])
  await result.leg.hangUp()
})

test('early sound that never ends is no answer: the ring time ends it', async () => {
  const dial = telephony.dial(orderTo(trunk, { ringTimeoutMs: 1_500 }), quiet)
  const call = await trunk.nextCall()
  const sounding = await phone()
  const { sdp } = sounding
  sounding.talk(call.mediaAddress, 700)
  const progress = setInterval(() => call.say(183, { sdp }), 50)
  try {
    expect(await dial.result).toMatchObject({ answered: false, cause: 'ring_timeout', earlyMedia: true, rang: false })
  } finally {
    clearInterval(progress)
  }
  expect(await call.ended()).toBe('cancel')
})

test.each([
  ['without a description', ''],
  ['with what is no description', 'hello'],
  ['with no audio', 'v=0\r\no=x 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=image 9 udptl t38\r\n'],
  [
    'with audio refused',
    'v=0\r\no=x 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 0 RTP/AVP 8\r\n',
  ],
  [
    'in a codec that was not offered',
    'v=0\r\no=x 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n',
  ],
])('an answer %s is no call, or one that can be ended', async (_how, sdp) => {
  const dial = telephony.dial(orderTo(trunk), quiet)
  const call = await trunk.nextCall()
  call.say(200, { sdp })
  const result = await dial.result
  if (result.answered) await result.leg.hangUp()
  await waitFor(() => call.over === 'bye', { what: 'a BYE', timeoutMs: 10_000 })
})

test('a BYE that comes with the answer ends the call as the patient’s', async () => {
  const dial = telephony.dial(orderTo(trunk), quiet)
  const call = await trunk.nextCall()
  const { sdp } = await phone()
  call.say(200, { sdp })
  expect(await call.hangUp()).toBe(200)
  const result = await dial.result
  if (result.answered) expect(await result.leg.ended).toMatchObject({ by: 'patient' })
})

test('what is said after the answer changes nothing', async () => {
  const { call, leg, phone: patient } = await converse(telephony, trunk)
  for (const status of [100, 180, 183, 486, 603, 200]) call.say(status, status === 183 ? { sdp: patient.sdp } : {})
  await hears(patient, (path) => leg.play(path))
  expect(leg.end).toBeNull()
  await leg.hangUp()
})

test('a hundred re-INVITEs in one breath are each answered, and the call goes on', async () => {
  const { call, leg, phone: patient } = await converse(telephony, trunk)
  const before = patient.sdp
  const statuses = await Promise.all(Array.from({ length: 100 }, () => call.offerAgain(before)))
  expect(statuses.filter((status) => status !== 200 && status !== 491 && status !== 500)).toEqual([])
  expect(await call.reinvite(before)).toMatchObject({ startLine: 'SIP/2.0 200 OK' })
  await hears(patient, (path) => leg.play(path))
  expect(leg.end).toBeNull()
  await leg.hangUp()
})

test('keys in SIP INFO are taken and told to nobody where keys are events', async () => {
  const { call, leg, phone: patient } = await converse(telephony, trunk)
  const keys: string[] = []
  leg.onDigit(({ digit }) => keys.push(digit))
  const relay = { 'Content-Type': 'application/dtmf-relay' }
  expect(await call.ask('INFO', 'Signal=7\r\nDuration=160\r\n', relay)).toBeGreaterThanOrEqual(200)
  patient.press('5')
  await waitFor(() => keys.length > 0, { what: 'the key' })
  expect(keys).toEqual(['5'])
  await leg.hangUp()
})

test('a challenge that no answer satisfies is a refusal, after one try', async () => {
  let challenges = 0
  trunk.onCall = (call) => {
    const challenge = () => {
      challenges += 1
      call.reject(401, 'Unauthorized', { 'WWW-Authenticate': `Digest realm="x", nonce="${challenges}", qop="auth"` })
      call.onRetry(challenge)
    }
    challenge()
  }
  const order = orderTo(trunk, { ringTimeoutMs: 3_000 })
  const withLogin = { ...order, trunk: { ...order.trunk, username: 'hospital', password: 'secret' } }
  expect(await telephony.dial(withLogin, quiet).result).toMatchObject({ answered: false, sipStatus: 401 })
  expect(challenges).toBe(2)
})
