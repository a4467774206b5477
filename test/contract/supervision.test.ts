/**
 * Who hears whom while supervisors are in a call, by tones: each party sends its own frequency, and Goertzel says what
 * every ear and both channels of the recording have.
 */
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { silentLog } from '#platform/log.ts'
import { mediaServerName } from '#telephony/media-server-address.ts'
import { openTelephony } from '#telephony/open-telephony.ts'
import type { SeatAnswer, SupervisionMode, Telephony } from '#telephony/telephony.ts'
import { readStereo } from '../harness/stereo.ts'
import { toneLevel } from '../harness/tones.ts'
import { waitFor } from '../harness/wait-for.ts'
import { converse, expectNoChannel } from './conversation.ts'
import { expectToHear, type LiftedPhone, lift, seatOrder } from './desk-phone.ts'
import { isReal, openPair, type Pair } from './pair.ts'
import { Relay } from './relay.ts'
import { startSoftswitch } from './softswitch-process.ts'
import { TestTrunk } from './test-trunk.ts'

const patientTone = 400
const agentTone = 700
const music = 1_000
const prompt = 1_300
const bossTone = 1_700
const secondTone = 2_300
const tones = [patientTone, agentTone, music, prompt, bossTone, secondTone]

let pair: Pair
let telephony: Telephony
let trunk: TestTrunk
let desk: TestTrunk

beforeAll(async () => {
  pair = await openPair()
  telephony = await pair.telephony({ holdMusic: `tone_stream://%(1000,0,${music});loops=-1` })
})
beforeEach(async () => {
  trunk = await TestTrunk.open()
  desk = await TestTrunk.open()
})
afterEach(async () => {
  await trunk.close()
  await desk.close()
  await expectNoChannel(telephony)
})
afterAll(async () => {
  await telephony?.close()
  await pair?.close()
})

interface Ears {
  readonly patient: readonly number[]
  readonly agent: readonly number[]
  readonly boss: readonly number[]
}

/** A talk that is up, recorded, and a supervisor whose own leg is up. */
async function talk() {
  const agent = await lift(telephony, desk, { hum: agentTone })
  const boss = await lift(telephony, desk, { hum: bossTone })
  const mediaHost = agent.leg.ref.mediaHost ?? ''
  const patient = await converse(telephony, trunk, { hum: patientTone, order: { mediaHost } })
  const room = telephony.openRoom(patient.leg)
  const path = join(pair.folder, `${patient.leg.callId}.wav`)
  await patient.leg.startRecording(path)
  const heardBefore = patient.phone.samples().length
  await room.join(patient.leg, agent.leg)
  return {
    /** In samples, by what the patient has been sent; the file may be a little ahead or behind. */
    recordedSoFar: () => patient.phone.samples().length - heardBefore,
    agent,
    boss,
    patient,
    room,
    supervise: (mode: SupervisionMode) => room.supervise(boss.leg, mode),
    /** What each of them hears from now on. */
    hear: (ears: Ears) =>
      Promise.all([
        expectToHear(patient.phone, ears.patient, tones),
        expectToHear(agent.phone, ears.agent, tones),
        expectToHear(boss.phone, ears.boss, tones),
      ]),
    recording: async () => {
      await patient.leg.stopRecording()
      return readStereo(path)
    },
    end: (...more: readonly LiftedPhone[]) =>
      Promise.all([patient.leg.hangUp(), ...[agent, boss, ...more].map(({ leg }) => leg.hangUp())]),
  }
}

const monitored: Ears = { patient: [agentTone], agent: [patientTone], boss: [patientTone, agentTone] }
const coached: Ears = { ...monitored, agent: [patientTone, bossTone] }
const barged: Ears = { ...coached, patient: [agentTone, bossTone] }
const unsupervised: Ears = { ...monitored, boss: [] }

test.each([
  ['monitor', monitored],
  ['coach', coached],
  ['barge', barged],
] as const)('%s: who may hear the supervisor hears, nobody else', async (mode, ears) => {
  const { supervise, hear, room, boss, end } = await talk()
  await supervise(mode)
  await hear(ears)
  await room.unsupervise(boss.leg)
  await hear(unsupervised)
  expect(boss.leg.end).toBeNull()
  await end()
})

test('the mode changes in the call, there and back, and the same again changes nothing', async () => {
  const { supervise, hear, end } = await talk()
  for (const [mode, ears] of [
    ['monitor', monitored],
    ['coach', coached],
    ['coach', coached],
    ['barge', barged],
    ['coach', coached],
    ['monitor', monitored],
    ['barge', barged],
    ['monitor', monitored],
  ] as const) {
    await supervise(mode)
    await hear(ears)
  }
  await end()
})

test('on hold the supervisor hears what the agent does, and can still coach; resumed, all is as before', async () => {
  const { supervise, hear, room, end } = await talk()
  await supervise('monitor')
  await room.hold()
  await hear({ patient: [music], agent: [], boss: [agentTone] })
  await supervise('coach')
  await hear({ patient: [music], agent: [bossTone], boss: [agentTone] })
  await room.resume()
  await hear(coached)
  await room.hold()
  await supervise('barge')
  await hear({ patient: [music], agent: [bossTone], boss: [agentTone] })
  await room.resume()
  await hear(barged)
  await end()
})

test.each([
  ['monitor', monitored],
  ['coach', coached],
  ['barge', barged],
] as const)('an agent whose leg is lost and comes back under %s finds the call as it was', async (mode, ears) => {
  const { supervise, agent, boss, patient, room } = await talk()
  await supervise(mode)
  await agent.call.hangUp()
  await agent.leg.ended
  await Promise.all([expectToHear(patient.phone, [music], tones), expectToHear(boss.phone, [], tones)])
  const back = await lift(telephony, desk, { hum: agentTone })
  await room.joinSeat(back.leg)
  await Promise.all([
    expectToHear(patient.phone, ears.patient, tones),
    expectToHear(back.phone, ears.agent, tones),
    expectToHear(boss.phone, ears.boss, tones),
  ])
  await Promise.all([patient.leg.hangUp(), back.leg.hangUp(), boss.leg.hangUp()])
})

test('a supervisor whose own leg ends is out, and the call goes on', async () => {
  const { supervise, boss, patient, agent, room } = await talk()
  await supervise('barge')
  await boss.call.hangUp()
  await boss.leg.ended
  await room.unsupervise(boss.leg)
  await Promise.all([expectToHear(patient.phone, [agentTone], tones), expectToHear(agent.phone, [patientTone], tones)])
  await Promise.all([patient.leg.hangUp(), agent.leg.hangUp()])
})

test('a supervisor whose leg has ended cannot come in, and the call does not notice', async () => {
  const { supervise, boss, patient, agent } = await talk()
  await boss.leg.hangUp()
  await expect(supervise('coach')).rejects.toMatchObject({ code: 'ROOM_PARTY_GONE' })
  await Promise.all([expectToHear(patient.phone, [agentTone], tones), expectToHear(agent.phone, [patientTone], tones)])
  await Promise.all([patient.leg.hangUp(), agent.leg.hangUp()])
})

test.each(['monitor', 'coach', 'barge'] as const)(
  'a supervisor takes over from %s: the patient hears the supervisor, the agent nobody',
  async (mode) => {
    const { supervise, boss, room, hear, end } = await talk()
    await supervise(mode)
    await room.leaveSeat()
    await room.joinSeat(boss.leg)
    await hear({ patient: [bossTone], agent: [], boss: [patientTone] })
    await room.hold()
    await hear({ patient: [music], agent: [], boss: [] })
    await room.resume()
    await hear({ patient: [bossTone], agent: [], boss: [patientTone] })
    await end()
  },
)

test('taking over in one move sends the agent out', async () => {
  const { supervise, boss, room, hear, end } = await talk()
  await supervise('coach')
  await room.joinSeat(boss.leg)
  await hear({ patient: [bossTone], agent: [], boss: [patientTone] })
  await end()
})

test('of two supervisors neither hears the other coach, and whoever has taken over can be coached', async () => {
  const { supervise, boss, room, hear, end } = await talk()
  const second = await lift(telephony, desk, { hum: secondTone })
  await supervise('coach')
  await room.supervise(second.leg, 'monitor')
  await hear(coached)
  await expectToHear(second.phone, [patientTone, agentTone], tones)
  await room.supervise(second.leg, 'coach')
  await hear({ ...coached, agent: [patientTone, bossTone, secondTone] })
  await room.joinSeat(boss.leg)
  await hear({ patient: [bossTone], agent: [], boss: [patientTone, secondTone] })
  await expectToHear(second.phone, [patientTone, bossTone], tones)
  await end(second)
})

test('a room that is closed lets the supervisor go', async () => {
  const { supervise, agent, boss, room, end } = await talk()
  await supervise('monitor')
  await room.close()
  await Promise.all([expectToHear(agent.phone, [], tones), expectToHear(boss.phone, [], tones)])
  expect(boss.leg.end).toBeNull()
  await end()
})

test('whatever happens while a supervisor coaches, neither channel of the recording ever has the whisper', async () => {
  const { supervise, agent, boss, patient, room, recording } = await talk()
  await supervise('coach')
  await expectToHear(agent.phone, [patientTone, bossTone], tones)
  await room.hold()
  await room.resume()
  await room.leaveSeat()
  await room.joinSeat(agent.leg)
  await supervise('monitor')
  await supervise('coach')
  await room.releasePatient()
  await patient.leg.play(await pair.tone(prompt, 400))
  // The patient comes in anew while the supervisor speaks.
  await room.joinSeat(agent.leg)
  await expectToHear(patient.phone, [agentTone], tones)
  await agent.call.hangUp()
  await agent.leg.ended
  const back = await lift(telephony, desk, { hum: agentTone })
  await room.joinSeat(back.leg)
  await expectToHear(back.phone, [patientTone, bossTone], tones)
  const { left, right } = await recording()
  expect(loudest(right, bossTone)).toBeLessThan(faint)
  expect(loudest(left, bossTone)).toBeLessThan(faint)
  expect(loudest(right, agentTone)).toBeGreaterThan(loud)
  expect(loudest(left, patientTone)).toBeGreaterThan(loud)
  await Promise.all([patient.leg.hangUp(), back.leg.hangUp(), boss.leg.hangUp()])
})

test('the recording has the supervisor who barges in, on the hospital’s side, from then to the end of it', async () => {
  const { supervise, boss, room, hear, recording, recordedSoFar, end } = await talk()
  await supervise('monitor')
  await hear(monitored)
  const before = recordedSoFar() - 1_600
  expect(before).toBeGreaterThan(1_600)
  await supervise('barge')
  await hear(barged)
  await room.unsupervise(boss.leg)
  await hear(unsupervised)
  const { left, right } = await recording()
  expect(loudest(right, bossTone)).toBeGreaterThan(loud)
  expect(loudest(right.subarray(0, before), bossTone)).toBeLessThan(faint)
  expect(loudest(right.subarray(-3_200), bossTone)).toBeLessThan(faint)
  expect(loudest(left, bossTone)).toBeLessThan(faint)
  await end()
})

test('keys are pressed for the patient in a room, and nobody in it hears them', async () => {
  const { patient, agent, boss, supervise, end } = await talk()
  await supervise('monitor')
  await patient.leg.sendDigits('15*#')
  await patient.phone.until(() => patient.phone.digits.length === 4)
  expect(patient.phone.digits.map(({ digit }) => digit).join('')).toBe('15*#')
  expect([...agent.phone.digits, ...boss.phone.digits]).toEqual([])
  await expect(patient.leg.sendDigits('1;exit')).rejects.toMatchObject({ code: 'DIGITS_INVALID' })
  await end()
})

test('a supervisor about whom a step cannot be said is out altogether, and the call goes on', async () => {
  const relay = await Relay.to(pair.freeswitch.host, pair.freeswitch.port)
  const shaky = await openTelephony({
    drachtio: pair.drachtio,
    freeswitches: [{ ...pair.freeswitch, host: '127.0.0.1', port: relay.port }],
    log: silentLog,
  })
  try {
    const agent = await lift(shaky, desk, { hum: agentTone })
    const boss = await lift(shaky, desk, { hum: bossTone })
    const patient = await converse(shaky, trunk, { hum: patientTone })
    const room = shaky.openRoom(patient.leg)
    await room.join(patient.leg, agent.leg)
    await room.supervise(boss.leg, 'coach')
    relay.open = false
    relay.cut()
    await expect(room.supervise(boss.leg, 'barge')).rejects.toMatchObject({ code: 'MEDIA_SERVER_AWAY' })
    expect(await boss.leg.ended).toMatchObject({ by: 'hospital' })
    await Promise.all([
      expectToHear(patient.phone, [agentTone], tones),
      expectToHear(agent.phone, [patientTone], tones),
    ])
    await Promise.all([patient.leg.hangUp(), agent.leg.hangUp()])
  } finally {
    relay.open = true
    await shaky.close()
    relay.close()
  }
})

test.skipIf(isReal)('a supervisor whose leg is on another media server is told so, and keeps the leg', async () => {
  const second = await startSoftswitch()
  const wide = await openTelephony({
    drachtio: pair.drachtio,
    freeswitches: [pair.freeswitch, second.freeswitch],
    log: silentLog,
  })
  try {
    const [here, there] = [mediaServerName(pair.freeswitch), mediaServerName(second.freeswitch)]
    trunk.onCall = (call) => call.reject(486, 'Busy Here')
    for (const mediaHost of [here, there]) {
      const reached = async () => !sameCause(await wide.callSeat(seatOrder(trunk, { mediaHost })).result, 'no_media')
      await waitFor(reached, { what: 'both servers to be up' })
    }
    await trunk.close()
    trunk = await TestTrunk.open()
    const agent = await lift(wide, desk, { order: { mediaHost: here } })
    const boss = await lift(wide, desk, { order: { mediaHost: there } })
    const mediaHost = agent.leg.ref.mediaHost ?? ''
    const patient = await converse(wide, trunk, { order: { mediaHost } })
    const room = wide.openRoom(patient.leg)
    await room.join(patient.leg, agent.leg)
    await expect(room.supervise(boss.leg, 'monitor')).rejects.toMatchObject({ code: 'SUPERVISION_OTHER_SERVER' })
    expect(boss.leg.end).toBeNull()
    await room.unsupervise(boss.leg)
    await Promise.all([patient, agent, boss].map(({ leg }) => leg.hangUp()))
  } finally {
    await wide.close()
    await second.close()
  }
})

function sameCause(answer: SeatAnswer, cause: string): boolean {
  return !answer.answered && answer.cause === cause
}

const loud = 2_000
const faint = 300

/** The loudest tenth of a second of a tone, stepped by twentieths. */
function loudest(samples: Int16Array, frequency: number): number {
  let most = 0
  for (let at = 0; at + 800 <= samples.length; at += 400) {
    most = Math.max(most, toneLevel(samples.subarray(at, at + 800), frequency))
  }
  return most
}
