import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Telephony } from '#telephony/telephony.ts'
import { readStereo } from '../harness/stereo.ts'
import { toneLevel } from '../harness/tones.ts'
import { waitFor } from '../harness/wait-for.ts'
import { converse, expectNoChannel } from './conversation.ts'
import { expectToHear, lift } from './desk-phone.ts'
import { openPair, type Pair } from './pair.ts'
import { TestTrunk } from './test-trunk.ts'

/** Each party its own frequency. */
const patientTone = 400
const agentTone = 700
const music = 1_000
const prompt = 1_300
const tones = [patientTone, agentTone, music, prompt]

let pair: Pair
/** Its music on hold is a tone. */
let toneTelephony: Telephony
let trunk: TestTrunk
let desk: TestTrunk

beforeAll(async () => {
  pair = await openPair()
  toneTelephony = await pair.telephony({ holdMusic: `tone_stream://%(1000,0,${music});loops=-1` })
})
beforeEach(async () => {
  trunk = await TestTrunk.open()
  desk = await TestTrunk.open()
})
afterEach(async () => {
  await trunk.close()
  await desk.close()
  await expectNoChannel(toneTelephony)
})
afterAll(async () => {
  await toneTelephony?.close()
  await pair?.close()
})

/** An agent whose phone is up, and a patient who has answered. */
async function parties(telephony = toneTelephony) {
  const agent = await lift(telephony, desk, { hum: agentTone })
  const mediaHost = agent.leg.ref.mediaHost ?? ''
  const patient = await converse(telephony, trunk, { hum: patientTone, order: { mediaHost } })
  const room = telephony.openRoom(patient.leg)
  return {
    agent,
    patient,
    room,
    /** What each of them hears from now on. */
    hear: (patientHears: readonly number[], agentHears: readonly number[]) =>
      Promise.all([expectToHear(patient.phone, patientHears, tones), expectToHear(agent.phone, agentHears, tones)]),
    end: () => Promise.all([patient.leg.hangUp(), agent.leg.hangUp()]),
  }
}

test('patient and agent hear each other, and not themselves', async () => {
  const { agent, patient, room, hear, end } = await parties()
  await room.join(patient.leg, agent.leg)
  await hear([agentTone], [patientTone])
  await end()
})

test('on hold the patient hears music only and is heard by nobody; resumed, all is as before', async () => {
  const { agent, patient, room, hear, end } = await parties()
  await room.join(patient.leg, agent.leg)
  await room.hold()
  await room.hold()
  await hear([music], [])
  await room.resume()
  await room.resume()
  await hear([agentTone], [patientTone])
  await end()
})

test('the music that comes with the servers is heard on hold, and one that is not there holds nobody up', async () => {
  for (const [holdMusic, audible] of [
    [undefined, true],
    ['/nowhere/music.wav', false],
  ] as const) {
    const telephony = await pair.telephony(holdMusic === undefined ? {} : { holdMusic })
    try {
      const { agent, patient, room, end } = await parties(telephony)
      await room.join(patient.leg, agent.leg)
      await room.hold()
      await expectToHear(agent.phone, [], tones)
      const mark = patient.phone.heard.length
      await patient.phone.until(() => patient.phone.samples(mark).length >= 4_800)
      const power = patient.phone.samples(mark).reduce((sum, sample) => sum + sample * sample, 0) / 4_800
      if (audible) expect(power).toBeGreaterThan(300 ** 2)
      else expect(power).toBeLessThan(50 ** 2)
      await end()
    } finally {
      await telephony.close()
    }
  }
})

test('a patient whose agent leaves hears music, and the agent who returns', async () => {
  const { agent, patient, room, hear, end } = await parties()
  await room.join(patient.leg, agent.leg)
  await room.leaveSeat()
  await hear([music], [])
  await room.joinSeat(agent.leg)
  await hear([agentTone], [patientTone])
  await end()
})

test('a patient who waits alone hears music, then the agent who comes; one who waits in vain is with the machine again', async () => {
  const { agent, patient, room, hear, end } = await parties()
  await room.wait()
  await room.wait()
  await hear([music], [])
  await room.join(patient.leg, agent.leg)
  await hear([agentTone], [patientTone])
  await end()
  const other = await parties()
  await other.room.wait()
  await other.room.releasePatient()
  const playing = other.patient.leg.play(await pair.tone(prompt, 20_000))
  await other.hear([prompt], [])
  await other.patient.leg.stopPlaying()
  await playing
  await other.end()
})

test('a hold is over when the agent who left returns', async () => {
  const { agent, patient, room, hear, end } = await parties()
  await room.join(patient.leg, agent.leg)
  await room.hold()
  await room.leaveSeat()
  await room.joinSeat(agent.leg)
  await hear([agentTone], [patientTone])
  await end()
})

test('an agent whose phone is hung up leaves the patient with music, until another takes over', async () => {
  const { agent, patient, room } = await parties()
  await room.join(patient.leg, agent.leg)
  await agent.call.hangUp()
  expect(await agent.leg.ended).toMatchObject({ by: 'patient' })
  await expectToHear(patient.phone, [music], tones)
  const other = await lift(toneTelephony, desk, { hum: agentTone })
  await room.joinSeat(other.leg)
  await Promise.all([expectToHear(patient.phone, [agentTone], tones), expectToHear(other.phone, [patientTone], tones)])
  await Promise.all([patient.leg.hangUp(), other.leg.hangUp()])
})

test('a patient who is released hears what is played, keys are heard, and the agent’s phone is silent', async () => {
  const { agent, patient, room, hear, end } = await parties()
  await room.join(patient.leg, agent.leg)
  await room.releasePatient()
  const digits: string[] = []
  patient.leg.onDigit(({ digit }) => digits.push(digit))
  const playing = patient.leg.play(await pair.tone(prompt, 20_000))
  await hear([prompt], [])
  patient.phone.press('5')
  await waitFor(() => digits.length > 0, { what: 'a key' })
  await patient.leg.stopPlaying()
  expect(await playing).toBe('stopped')
  expect(digits).toEqual(['5'])
  await end()
})

test('a closed room leaves both legs up and silent, and the agent’s takes the next patient', async () => {
  const { agent, patient, room, end } = await parties()
  await room.join(patient.leg, agent.leg)
  await room.close()
  await room.close()
  await expectToHear(agent.phone, [], tones)
  expect(patient.leg.end).toBeNull()
  await patient.leg.hangUp()
  const next = await converse(toneTelephony, trunk, { hum: patientTone })
  const nextRoom = toneTelephony.openRoom(next.leg)
  await nextRoom.join(next.leg, agent.leg)
  await Promise.all([expectToHear(next.phone, [agentTone], tones), expectToHear(agent.phone, [patientTone], tones)])
  await next.leg.hangUp()
  await end()
})

test('a patient who hangs up in the room leaves the agent’s leg up and silent', async () => {
  const { agent, patient, room } = await parties()
  await room.join(patient.leg, agent.leg)
  await patient.call.hangUp()
  await patient.leg.ended
  await room.close()
  await expectToHear(agent.phone, [], tones)
  expect(agent.leg.end).toBeNull()
  await agent.leg.hangUp()
})

test('a prompt that still plays gives way to the agent', async () => {
  const { agent, patient, room, hear, end } = await parties()
  const playing = patient.leg.play(await pair.tone(prompt, 20_000))
  await expectToHear(patient.phone, [prompt], tones)
  await room.join(patient.leg, agent.leg)
  expect(await playing).toBe('stopped')
  await hear([agentTone], [patientTone])
  await end()
})

test('moves asked for in one breath are done in their order', async () => {
  const { agent, patient, room, hear, end } = await parties()
  await Promise.all([
    room.join(patient.leg, agent.leg),
    room.hold(),
    room.resume(),
    room.leaveSeat(),
    room.joinSeat(agent.leg),
    room.hold(),
  ])
  await hear([music], [])
  await end()
})

test('who has hung up cannot join, and whoever was let in is out again', async () => {
  const { agent, patient, room } = await parties()
  await agent.leg.hangUp()
  await expect(room.join(patient.leg, agent.leg)).rejects.toMatchObject({ code: 'ROOM_PARTY_GONE' })
  expect(await patient.leg.play(await pair.tone(prompt, 200))).toBe('completed')
  await patient.leg.hangUp()
})

test('the recording has the patient left and what the patient heard right, through the whole call', async () => {
  const { agent, patient, room, end } = await parties()
  const path = join(pair.folder, 'whole call.wav')
  await patient.leg.startRecording(path)
  await room.join(patient.leg, agent.leg)
  await expectToHear(patient.phone, [agentTone], tones)
  await room.hold()
  await expectToHear(patient.phone, [music], tones)
  await room.resume()
  await expectToHear(patient.phone, [agentTone], tones)
  await room.leaveSeat()
  await expectToHear(patient.phone, [music], tones)
  await room.joinSeat(agent.leg)
  await expectToHear(patient.phone, [agentTone], tones)
  await room.releasePatient()
  await patient.leg.play(await pair.tone(prompt, 600))
  await patient.leg.stopRecording()
  const { left, right } = await readStereo(path)
  expect(course(right)).toEqual([agentTone, music, agentTone, music, agentTone, prompt])
  expect(course(left)).toEqual([patientTone])
  await end()
})

/** Which tone was there, tenth of a second by tenth, silence and transitions left out. */
function course(samples: Int16Array): readonly number[] {
  const heard: number[] = []
  for (let at = 0; at + 800 <= samples.length; at += 800) {
    const tenth = samples.subarray(at, at + 800)
    const [tone, ...more] = tones.filter((frequency) => toneLevel(tenth, frequency) > 2_000)
    if (tone !== undefined && more.length === 0 && heard.at(-1) !== tone) heard.push(tone)
  }
  return heard
}
