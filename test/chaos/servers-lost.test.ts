import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { openSoftswitch } from '../../src/softswitch/softswitch-process.ts'
import { testFolder } from '../harness/folder.ts'
import { hasProgram } from '../harness/programs.ts'
import { type SippRun, startSipp } from '../harness/sipp.ts'
import { turnKnob } from '../harness/turn-knob.ts'
import { waitFor } from '../harness/wait-for.ts'
import { type Hospital, isOver, openHospital } from './hospital.ts'
import { invited, patientOptions, received, surveyed } from './patients.ts'
import { softswitchOf } from './servers.ts'

interface AttemptRow {
  readonly id: string
  readonly state: string
  readonly result: string | null
  readonly task: string
  /** By the retry plan. */
  readonly waits: boolean
  readonly recording: string | null
}

const attempts = sql`
  select a.id, a.state, a.result, t.state as task, t.due_at > a.ended_at as waits, r.state as recording
  from attempt a join task t on t.id = a.task_id left join recording r on r.attempt_id = a.id order by a.id
`
const lost = { state: 'ended', result: 'restart', task: 'retry_wait', waits: true }

/** Two patients are asked their first question, a third waits for a line. */
async function inCalls(hospital: Hospital): Promise<void> {
  const asked = sql`select count(distinct attempt_id)::integer as count from call_event where type = 'question'`
  await waitFor(async () => (await hospital.rows<{ count: number }>(asked))[0]?.count === 2, {
    what: 'two first questions',
    timeoutMs: 60_000,
  })
}

/** The third attempt at its end. @returns all three, as dialled */
async function afterwards(hospital: Hospital, telephone: SippRun): Promise<readonly AttemptRow[]> {
  const rows = await waitFor(
    async () => {
      const found = await hospital.rows<AttemptRow>(attempts)
      return found.length >= 3 && found.every(isOver) && found
    },
    { what: 'three judged calls', timeoutMs: 90_000 },
  ).catch(async (cause) => {
    throw new Error(`${JSON.stringify(await hospital.rows(attempts))}\n${hospital.log()}`, { cause })
  })
  // Two claimed together are dialled side by side: which INVITE leaves first is open.
  expect((await invited(telephone)).map(({ attemptId }) => attemptId).toSorted()).toEqual(
    rows.map(({ id }) => id).toSorted(),
  )
  return rows
}

describe.skipIf(!hasProgram('sipp')).concurrent('calls whose servers are lost', () => {
  it('end as restart when the softswitch dies; the house has it started again and dials on by itself', async () => {
    const telephone = await startSipp(surveyed(), patientOptions(3))
    const hospital = await openHospital({ patients: 3, trunk: { port: telephone.port, lines: 2 } })
    try {
      const house = await hospital.open()
      await inCalls(hospital)
      process.kill((await softswitchOf(hospital)).pid, 'SIGKILL')
      const rows = await afterwards(hospital, telephone)
      expect(rows).toMatchObject([lost, lost, { result: 'completed', task: 'completed', recording: 'verified' }])
      expect(process.kill(house.pid, 0)).toBe(true)
    } finally {
      await hospital.close()
      await telephone.close()
    }
  })

  it('end as restart and with a BYE when the connection to drachtio breaks; the next is dialled over a new one', async () => {
    const folder = await testFolder()
    const chaosSocket = join(folder.path, 'chaos')
    const softswitch = await openSoftswitch({ settings: { chaosSocket } })
    const { drachtio, freeswitch } = softswitch.state
    const telephone = await startSipp(surveyed(), patientOptions(3))
    const hospital = await openHospital({
      patients: 3,
      trunk: { port: telephone.port, lines: 2 },
      environment: {
        DRACHTIO_HOST: drachtio.host,
        DRACHTIO_PORT: String(drachtio.port),
        DRACHTIO_SECRET: drachtio.secret,
        FREESWITCH_HOSTS: `${freeswitch.host}:${freeswitch.port}`,
        FREESWITCH_SECRET: freeswitch.secret,
      },
    })
    try {
      await hospital.open()
      await inCalls(hospital)
      for (const state of ['stopped', 'up'] as const) {
        await turnKnob(chaosSocket, { knob: 'server', server: 'drachtio', state })
      }
      await waitFor(async () => (await received(telephone, /^BYE sip:/m)).length >= 2, {
        what: 'a BYE at both patients',
        timeoutMs: 30_000,
      })
      const rows = await afterwards(hospital, telephone)
      expect(rows).toMatchObject([lost, lost, { result: 'completed', task: 'completed', recording: 'verified' }])
    } finally {
      await hospital.close()
      await telephone.close()
      await softswitch.close()
      await folder.close()
    }
  })
})
