import { sql } from 'kysely'
import { afterEach, expect } from 'vitest'
import { pause, type SippRun, startSipp, uas } from '../harness/sipp.ts'
import { waitFor } from '../harness/wait-for.ts'
import { type Hospital, invitesByAttempt, openHospital } from './hospital.ts'

/**
 * A hospital whose house is killed at a named place of its one call, and the patient who is called. Each file that imports
 * it has one at a time, and it is gone after each test.
 */
let hospital: Hospital | undefined
let telephone: SippRun | undefined
afterEach(async () => {
  await hospital?.close()
  await telephone?.close()
})

/** A key as RFC 4733 packets; the package of sipp brings them. */
const key = (digit: number) =>
  `<nop><action><exec play_pcap_audio="/usr/share/sip-tester/dtmf_2833_${digit}.pcap"/></action></nop>`

/**
 * Rings, answers, hears opening and notice (6.8 s), says it is the patient and answers five questions; the house hangs
 * up. The pauses are the prompts' lengths: sipp does not listen.
 */
const patient = [
  uas.expect('INVITE'),
  uas.answer(180),
  pause(300),
  uas.answer(200, { sdp: true }),
  uas.expect('ACK'),
  pause(10_000),
  key(1),
  // One capture is a piece of one RTP stream: a key with lower sequence numbers than the last is a late packet.
  ...[2, 3, 4, 1, 2].flatMap((digit) => [pause(5_000), key(digit)]),
  uas.expect('BYE'),
  uas.answer(200, { tag: false }),
]

export interface AttemptRow {
  readonly id: string
  readonly state: string
  readonly result: string | null
  readonly task: string
  readonly recording: string | null
}

/** Every attempt with its task's and its recording's state. */
const attempts = sql`
  select a.id, a.state, a.result, t.state as task, r.state as recording
  from attempt a join task t on t.id = a.task_id left join recording r on r.attempt_id = a.id order by a.id
`

/** Opens a hospital with one patient, lets the house die at the place, opens it again. */
export async function dieAt(failpoint: string): Promise<Hospital> {
  telephone = await startSipp(patient, { calls: 5, args: ['-timeout', '110', '-recv_timeout', '60000'] })
  hospital = await openHospital({ patients: 1, trunk: { port: telephone.port } })
  const house = await hospital.open({ SUIFANG_FAILPOINT: failpoint })
  expect(await house.ended).toEqual({ code: null, signal: 'SIGKILL' })
  await hospital.open()
  return hospital
}

/** The rows of all attempts, when that is their end. */
export async function endOf(
  open: Hospital,
  isEnd: (rows: readonly AttemptRow[]) => boolean,
): Promise<readonly AttemptRow[]> {
  return waitFor(
    async () => {
      const rows = await open.rows<AttemptRow>(attempts)
      return isEnd(rows) ? rows : null
    },
    { timeoutMs: 60_000, what: 'the end rows' },
  ).catch(async (cause) => {
    throw new Error(`${JSON.stringify(await open.rows(attempts))}\n${open.log()}`, { cause })
  })
}

/** How often each attempt's INVITE reached the patient. */
export async function invites(): Promise<ReadonlyMap<string, number>> {
  return invitesByAttempt(await heard())
}

/** Everything the patient's telephone has sent and received. */
export async function heard(): Promise<string> {
  return (await telephone?.messages()) ?? ''
}
