import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { mediaServerName } from '#telephony/media-server-address.ts'
import type { Digit, MachineCue, Telephony } from '#telephony/telephony.ts'
import { readStereo } from '../harness/stereo.ts'
import { toneLevel } from '../harness/tones.ts'
import { waitFor } from '../harness/wait-for.ts'
import { converse, expectNoChannel } from './conversation.ts'
import { isReal, openPair, type Pair } from './pair.ts'
import { TestTrunk } from './test-trunk.ts'

let pair: Pair
let telephony: Telephony
let trunk: TestTrunk

beforeAll(async () => {
  pair = await openPair()
  telephony = await pair.telephony()
})
beforeEach(async () => {
  trunk = await TestTrunk.open()
})
afterEach(async () => {
  await trunk.close()
  await expectNoChannel(telephony)
})
afterAll(async () => {
  await telephony?.close()
  await pair?.close()
})

test('an answered call carries attempt and call on its SIP leg and on its channel', async () => {
  const { leg, call } = await converse(telephony, trunk)
  expect(call.header('X-Suifang-Attempt')).toBe(leg.attemptId)
  expect(call.header('X-Suifang-Call')).toBe(leg.callId)
  expect(call.header('From')).toMatch(/^<sip:02912345678@127\.0\.0\.1(:\d+)?>;tag=/)
  expect(call.invite.body).toMatch(/^m=audio \d+ RTP\/AVP 8 0 101\r$/m)
  const live = await waitFor(async () => (await telephony.liveLegs())[0], { what: 'the channel to be listed' })
  expect(live).toEqual({
    channelUuid: leg.ref.channelUuid,
    mediaHost: mediaServerName(pair.freeswitch),
    attemptId: leg.attemptId,
    callId: leg.callId,
    seatId: null,
  })
  await leg.hangUp()
})

test('a file is heard whole and clean, and its play completes when it has been heard', async () => {
  const { leg, phone } = await converse(telephony, trunk)
  const file = await pair.tone(1000, 1200)
  expect(await leg.play(file)).toBe('completed')
  await phone.until(() => phone.samples().length >= 1200 * 8 - 320)
  const heard = phone.samples()
  expect(heard.length).toBeGreaterThanOrEqual(1180 * 8)
  expect(heard.length).toBeLessThanOrEqual(1300 * 8)
  expect(toneLevel(heard.subarray(1600, 8000), 1000)).toBeGreaterThan(7_000)
  expect(toneLevel(heard.subarray(1600, 8000), 700)).toBeLessThan(200)
  await leg.hangUp()
})

test.skipIf(isReal)('a machine that answers is known by its long greeting and its beep', async () => {
  const { leg, phone } = await converse(telephony, trunk)
  const cues: MachineCue[] = []
  leg.onMachineCue((cue) => cues.push(cue))
  // A deep hum is speech to it; what the machine says begins when it is listened to for sure.
  phone.say({ hz: 0, ms: 1500 }, { hz: 180, ms: 1600 }, { hz: 0, ms: 600 }, { hz: 1000, ms: 400 }, { hz: 0, ms: 2000 })
  await waitFor(() => cues.length === 2, { what: 'both cues' })
  const [beep, greeting] = ['beep', 'greeting'].map((kind) => cues.find(({ cue }) => cue === kind))
  expect(beep).toEqual({ cue: 'beep', frequency: 1000 })
  expect(greeting).toMatchObject({ cue: 'greeting', pauseMs: 2000 })
  const { speechMs } = greeting?.cue === 'greeting' ? greeting : { speechMs: 0 }
  expect(speechMs).toBeGreaterThan(1_400)
  expect(speechMs).toBeLessThan(1_800)
  await leg.hangUp()
})

test('two plays are heard one after the other, never both', async () => {
  const { leg, phone } = await converse(telephony, trunk)
  const [first, second] = [await pair.tone(500, 600), await pair.tone(900, 600)]
  expect(await Promise.all([leg.play(first), leg.play(second)])).toEqual(['completed', 'completed'])
  await phone.until(() => phone.samples().length >= 1100 * 8)
  const heard = phone.samples()
  expect(toneLevel(heard.subarray(800, 4000), 500)).toBeGreaterThan(7_000)
  expect(toneLevel(heard.subarray(800, 4000), 900)).toBeLessThan(300)
  const last = heard.subarray(-2400)
  expect(toneLevel(last, 900)).toBeGreaterThan(5_000)
  expect(toneLevel(last, 500)).toBeLessThan(300)
  await leg.hangUp()
})

test('a stopped play ends at once, and the next one is whole', async () => {
  const { leg, phone } = await converse(telephony, trunk)
  const long = leg.play(await pair.tone(500, 20_000))
  await phone.until(() => phone.samples().length > 2_000)
  await leg.stopPlaying()
  expect(await long).toBe('stopped')
  const mark = phone.heard.length
  expect(await leg.play(await pair.tone(1000, 600))).toBe('completed')
  await phone.until(() => phone.samples(mark).length >= 560 * 8)
  expect(toneLevel(phone.samples(mark).subarray(-3200), 1000)).toBeGreaterThan(6_000)
  await leg.hangUp()
})

test('a play that is stopped in the same breath does not run on', async () => {
  const { leg } = await converse(telephony, trunk)
  const file = await pair.tone(500, 20_000)
  const long = leg.play(file)
  await leg.stopPlaying()
  expect(await long).toBe('stopped')
  const again = leg.play(file)
  await new Promise((resolve) => setImmediate(resolve))
  await leg.stopPlaying()
  expect(await again).toBe('stopped')
  await leg.hangUp()
})

test('a file that is not there is said to be missing, and the call goes on', async () => {
  const { leg } = await converse(telephony, trunk)
  await expect(leg.play(join(pair.folder, 'nowhere.wav'))).rejects.toMatchObject({ code: 'MEDIA_PLAY_FAILED' })
  expect(await leg.play(await pair.tone(1000, 200))).toBe('completed')
  await leg.hangUp()
})

test('every key arrives once, in order, with its length, whether something plays or not', async () => {
  const { leg, phone } = await converse(telephony, trunk)
  const digits: Digit[] = []
  leg.onDigit((digit) => digits.push(digit))
  phone.press('19*')
  await waitFor(() => digits.length === 3, { what: 'three keys in silence' })
  const play = leg.play(await pair.tone(500, 20_000))
  phone.press('#0', 2_000)
  await waitFor(() => digits.length === 5, { what: 'two keys during a play' })
  await leg.stopPlaying()
  await play
  expect(digits.map(({ digit }) => digit).join('')).toBe('19*#0')
  expect(digits[0]?.durationMs).toBeGreaterThanOrEqual(80)
  expect(digits[0]?.durationMs).toBeLessThanOrEqual(140)
  expect(digits[4]?.durationMs).toBeGreaterThanOrEqual(230)
  expect(digits[4]?.durationMs).toBeLessThanOrEqual(290)
  await leg.flushDigits()
  await leg.hangUp()
})

test('a recording has the patient left, the hospital right, and is complete when its stop resolves', async () => {
  const { leg } = await converse(telephony, trunk, { hum: 400 })
  const path = join(pair.folder, 'stopped.wav')
  await leg.startRecording(path)
  await leg.play(await pair.tone(1000, 2_000))
  await leg.stopRecording()
  const { left, right, milliseconds } = await readStereo(path)
  expect(milliseconds).toBeGreaterThan(1_800)
  expect(milliseconds).toBeLessThan(2_500)
  expect(toneLevel(middle(left), 400)).toBeGreaterThan(6_000)
  expect(toneLevel(middle(left), 1000)).toBeLessThan(300)
  expect(toneLevel(middle(right), 1000)).toBeGreaterThan(6_000)
  expect(toneLevel(middle(right), 400)).toBeLessThan(300)
  await leg.hangUp()
})

test('an answer to a tone stands in the recording right behind it: its channels are of one clock', async () => {
  const { leg, phone } = await converse(telephony, trunk)
  const path = join(pair.folder, 'aligned.wav')
  await leg.startRecording(path)
  const mark = phone.heard.length
  const played = leg.play(await pair.tone(1_000, 1_500))
  await phone.until(() => toneLevel(phone.samples(mark).slice(-320), 1_000) > 2_000)
  phone.say({ hz: 700, ms: 400 })
  await played
  await leg.stopRecording()
  await leg.hangUp()
  const { left, right } = await readStereo(path)
  const behindMs = (beginOf(left, 700) - beginOf(right, 1_000)) / 8
  // Two packets of our own until it is known for a tone, and what is held back against an uneven line.
  expect(behindMs).toBeGreaterThan(0)
  expect(behindMs).toBeLessThan(250)
})

/** The first sample of a tone, to 5 ms. */
function beginOf(samples: Int16Array, frequency: number): number {
  for (let from = 0; from < samples.length; from += 40) {
    if (toneLevel(samples.subarray(from, from + 80), frequency) > 2_000) return from
  }
  throw new Error(`no ${frequency} Hz`)
}

test('a prompt that is ordered in the same breath as the recording is recorded from its start', async () => {
  const { leg } = await converse(telephony, trunk, { hum: 400 })
  const path = join(pair.folder, 'together.wav')
  const tone = await pair.tone(1000, 600)
  const started = leg.startRecording(path)
  expect(await leg.play(tone)).toBe('completed')
  await started
  await leg.stopRecording()
  const { right } = await readStereo(path)
  const frames = Array.from({ length: Math.floor(right.length / 160) }, (_, n) =>
    right.subarray(n * 160, (n + 1) * 160),
  )
  const spoken = frames.filter((frame) => toneLevel(frame, 1000) > 6_000).length
  // 600 ms are 30 frames; the first and the last may be cut by the recording's own.
  expect(spoken).toBeGreaterThanOrEqual(28)
  await leg.hangUp()
})

test('a telephone that sends nothing hears the prompt all the same, and its recording has no gap', async () => {
  const { leg, phone } = await converse(telephony, trunk)
  phone.stopTalking()
  const path = join(pair.folder, 'silent.wav')
  await leg.startRecording(path)
  expect(await leg.play(await pair.tone(1000, 1_500))).toBe('completed')
  await leg.stopRecording()
  expect(phone.samples().length).toBeGreaterThanOrEqual(1_400 * 8)
  const { right, milliseconds } = await readStereo(path)
  expect(milliseconds).toBeGreaterThan(1_400)
  expect(toneLevel(middle(right), 1000)).toBeGreaterThan(6_000)
  await leg.hangUp()
})

test('a recording that the patient ends by hanging up is complete too, however short', async () => {
  const { leg, call } = await converse(telephony, trunk, { hum: 400 })
  const path = join(pair.folder, 'hung up.wav')
  await leg.startRecording(path)
  await leg.play(await pair.tone(1000, 800))
  await call.hangUp()
  await leg.ended
  await leg.stopRecording()
  const { left, milliseconds } = await readStereo(path)
  expect(milliseconds).toBeGreaterThan(700)
  expect(toneLevel(middle(left), 400)).toBeGreaterThan(6_000)
})

test('hanging up ends the patient’s call and a running play', async () => {
  const { leg, call } = await converse(telephony, trunk)
  const play = leg.play(await pair.tone(500, 20_000))
  await leg.hangUp()
  expect(await call.ended()).toBe('bye')
  expect(await play).toBe('ended')
  expect(leg.end).toMatchObject({ by: 'hospital' })
  await leg.hangUp()
})

test('a patient who hangs up ends the leg with the network’s cause, and a running play', async () => {
  const { leg, call, phone } = await converse(telephony, trunk)
  const play = leg.play(await pair.tone(500, 20_000))
  await phone.until(() => phone.heard.length > 5)
  expect(await call.hangUp({ Reason: 'Q.850;cause=16;text="Normal call clearing"' })).toBe(200)
  expect(await leg.ended).toMatchObject({ by: 'patient', q850: 16 })
  expect(await play).toBe('ended')
  await expect(leg.play(await pair.tone(500, 200))).resolves.toBe('ended')
})

test('the carrier’s refresh gets the same session again, its new address is followed', async () => {
  const { leg, call, phone } = await converse(telephony, trunk)
  const refreshed = await call.reinvite(phone.sdp)
  expect(refreshed.startLine).toBe('SIP/2.0 200 OK')
  const offered = await call.reinvite('')
  expect(offered.body).toContain('m=audio')

  const { RtpPhone } = await import('../harness/rtp-phone.ts')
  const elsewhere = await RtpPhone.open()
  try {
    const moved = await call.reinvite(elsewhere.sdp.replace('o=phone 1 1', 'o=phone 1 2'))
    expect(moved.startLine).toBe('SIP/2.0 200 OK')
    elsewhere.talk(call.mediaAddress)
    phone.stopTalking()
    await leg.play(await pair.tone(1000, 800))
    await elsewhere.until(() => elsewhere.samples().length > 4_000)
    expect(toneLevel(elsewhere.samples().subarray(1600, 4000), 1000)).toBeGreaterThan(6_000)
  } finally {
    elsewhere.close()
  }
  await leg.hangUp()
})

/** Away from both ends, a multiple of 100 ms. */
function middle(samples: Int16Array): Int16Array {
  const third = Math.floor(samples.length / 3)
  return samples.subarray(third, third + Math.floor(third / 800) * 800)
}
