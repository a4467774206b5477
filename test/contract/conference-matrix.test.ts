/** Who hears whom when a supervisor comes into a room, as the servers' own commands make it. */
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { BrowserPeers } from '../harness/browser-peers.ts'
import type { RtpPhone } from '../harness/rtp-phone.ts'
import { waitFor } from '../harness/wait-for.ts'
import { BrowserApp, type BrowserLeg } from './browser-app.ts'
import { expectToHear } from './desk-phone.ts'
import { openPair, type Pair } from './pair.ts'

const agentTone = 400
const patientTone = 700
const supervisorTone = 1_000
const tones = [agentTone, patientTone, supervisorTone]

let pair: Pair
let app: BrowserApp
let peers: BrowserPeers

beforeAll(async () => {
  pair = await openPair()
  app = await BrowserApp.open(pair)
  peers = await BrowserPeers.start()
})
afterEach(async () => {
  await app.noChannel()
})
afterAll(async () => {
  await peers?.close()
  await app?.close()
  await pair?.close()
})

/** Agent and supervisor at browsers, the patient at a telephone. */
async function parties() {
  const agent = await app.browser(peers, agentTone)
  const supervisor = await app.browser(peers, supervisorTone)
  const patient = await app.telephone(patientTone)
  const room = `room-${randomUUID()}`
  const command = async (words: string) => {
    const answer = await app.api(`conference ${room} ${words}`)
    expect(answer).not.toMatch(/^-|not found/)
  }
  const member = async (leg: BrowserLeg) =>
    await waitFor(
      async () => {
        const list = await app.api(`conference ${room} list`)
        return list
          .split('\n')
          .find((line) => line.includes(leg.endpoint.uuid))
          ?.split(';')[0]
      },
      { what: 'a member of the room' },
    )
  return {
    agent,
    supervisor,
    patient,
    command,
    member,
    /** @returns the member's number */
    join: async (leg: BrowserLeg, flags = '') => {
      void leg.endpoint.execute('conference', `${room}@default${flags}`).catch(() => {})
      return await member(leg)
    },
    gone: async (leg: BrowserLeg) => {
      await waitFor(async () => !(await app.api(`conference ${room} list`)).includes(leg.endpoint.uuid), {
        what: 'a member to have left',
      })
    },
    /** What each hears from now on. */
    hear: (heard: { agent: readonly number[]; patient: readonly number[]; supervisor: readonly number[] }) => {
      const ears: readonly (readonly [RtpPhone, readonly number[]])[] = [
        [agent.peer.phone, heard.agent],
        [patient.phone, heard.patient],
        [supervisor.peer.phone, heard.supervisor],
      ]
      return Promise.all(ears.map(([phone, wanted]) => expectToHear(phone, wanted, tones)))
    },
    end: () => Promise.all([agent.end(), supervisor.end(), patient.end()]),
  }
}

const both = [agentTone, patientTone]

test('a supervisor listens, coaches, barges in and leaves: each ear has what it should, and nothing else', async () => {
  const { agent, supervisor, patient, join, command, gone, hear, end } = await parties()
  await join(agent)
  const p = await join(patient)
  const s = await join(supervisor, '+flags{mute}')
  await hear({ agent: [patientTone], patient: [agentTone], supervisor: both })

  await command(`relate ${s} ${p} nospeak`)
  await command(`unmute ${s}`)
  await hear({ agent: [patientTone, supervisorTone], patient: [agentTone], supervisor: both })

  await command(`relate ${s} ${p} clear`)
  await hear({ agent: [patientTone, supervisorTone], patient: [agentTone, supervisorTone], supervisor: both })

  await command(`mute ${s}`)
  await hear({ agent: [patientTone], patient: [agentTone], supervisor: both })

  await command(`kick ${s}`)
  await gone(supervisor)
  await hear({ agent: [patientTone], patient: [agentTone], supervisor: [] })
  await end()
})

test('that a patient does not hear a supervisor can be said from the patient’s side', async () => {
  const { agent, supervisor, patient, join, command, hear, end } = await parties()
  await join(agent)
  const p = await join(patient)
  const s = await join(supervisor, '+flags{mute}')
  await command(`relate ${p} ${s} nohear`)
  await command(`unmute ${s}`)
  await hear({ agent: [patientTone, supervisorTone], patient: [agentTone], supervisor: both })
  await command(`relate ${p} ${s} clear`)
  await hear({ agent: [patientTone, supervisorTone], patient: [agentTone, supervisorTone], supervisor: both })
  await end()
})

test('a supervisor who leaves and comes again has no relation of its own any more', async () => {
  const { agent, supervisor, patient, join, command, gone, hear, end } = await parties()
  await join(agent)
  const p = await join(patient)
  const s = await join(supervisor, '+flags{mute}')
  await command(`relate ${s} ${p} nospeak`)
  await command(`unmute ${s}`)
  await command(`kick ${s}`)
  await gone(supervisor)
  const again = await join(supervisor, '+flags{mute}')
  expect(again).toBe(s)
  await command(`unmute ${again}`)
  await hear({ agent: [patientTone, supervisorTone], patient: [agentTone, supervisorTone], supervisor: both })
  await end()
})

test('while the patient is on hold the agent is coached, and the supervisor hears the agent alone', async () => {
  const { agent, supervisor, patient, join, command, hear, end } = await parties()
  await join(agent)
  const p = await join(patient)
  const s = await join(supervisor, '+flags{mute}')
  await command(`relate ${s} ${p} nospeak`)
  await command(`unmute ${s}`)
  await command(`mute ${p}`)
  await command(`deaf ${p}`)
  await hear({ agent: [supervisorTone], patient: [], supervisor: [agentTone] })
  await end()
})
