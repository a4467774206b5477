import { sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { hasProgram } from '../harness/programs.ts'
import { pause, type SippRun, startSipp, uas } from '../harness/sipp.ts'
import { waitFor } from '../harness/wait-for.ts'
import { type Hospital, invitesByAttempt, isOver, openHospital } from './hospital.ts'

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

interface AttemptRow {
  readonly id: string
  readonly state: string
  readonly result: string | null
  readonly task: string
  readonly recording: string | null
}

const attempts = sql`
  select a.id, a.state, a.result, t.state as task, r.state as recording
  from attempt a join task t on t.id = a.task_id left join recording r on r.attempt_id = a.id order by a.id
`

/** Opens a hospital with one patient, lets the house die at the place, opens it again. */
async function dieAt(failpoint: string): Promise<Hospital> {
  telephone = await startSipp(patient, { calls: 5, args: ['-timeout', '110', '-recv_timeout', '60000'] })
  hospital = await openHospital({ patients: 1, trunk: { port: telephone.port } })
  const house = await hospital.open({ SUIFANG_FAILPOINT: failpoint })
  expect(await house.ended).toEqual({ code: null, signal: 'SIGKILL' })
  await hospital.open()
  return hospital
}

async function endOf(open: Hospital, isEnd: (rows: readonly AttemptRow[]) => boolean): Promise<readonly AttemptRow[]> {
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

async function invites(): Promise<ReadonlyMap<string, number>> {
  return invitesByAttempt((await telephone?.messages()) ?? '')
}

describe.skipIf(!hasProgram('sipp'))('a house killed in the middle', () => {
  it('after a claim dials that patient once, by another attempt', async () => {
    const open = await dieAt('after-claim')
    const rows = await endOf(open, (found) => found.length === 2 && found.slice(1).every(isOver))
    expect(rows.map(({ result }) => result)).toEqual(['cancelled', 'completed'])
    expect(rows[1]).toMatchObject({ task: 'completed', recording: 'verified' })
    expect([...(await invites())]).toEqual([[rows[1]?.id, 1]])
  })

  it.each(['invite-sent', 'ringing'])(
    'at %s closes the attempt as restart, and never dials it again',
    async (place) => {
      const open = await dieAt(place)
      const rows = await endOf(open, (found) => found.every(({ state }) => state === 'ended'))
      expect(rows).toMatchObject([{ result: 'restart', task: 'retry_wait', recording: null }])
      expect([...(await invites())]).toEqual([[rows[0]?.id, 1]])
    },
  )

  it.each(['answered', 'in-question'])(
    'at %s ends the leg, closes the attempt as restart and accounts for its recording',
    async (place) => {
      const open = await dieAt(place)
      const rows = await endOf(open, (found) => found.every(isOver))
      expect(rows).toMatchObject([{ state: 'ended', result: 'restart', task: 'retry_wait' }])
      expect([...(await invites())]).toEqual([[rows[0]?.id, 1]])
      await waitFor(async () => /^BYE /m.test((await telephone?.messages()) ?? ''), {
        what: 'a BYE at the patient',
        timeoutMs: 20_000,
      })
    },
  )

  it.each(['recording-closed', 'journal-written', 'journal-applied'])(
    'at %s loses no event: the call is over or restarted, each row accounted for',
    async (place) => {
      const open = await dieAt(place)
      const rows = await endOf(open, (found) =>
        found.every(
          ({ state, recording }) =>
            state === 'ended' && recording !== 'expected' && recording !== 'recording' && recording !== 'closed',
        ),
      )
      const counts = await invites()
      for (const { id } of rows) expect(counts.get(id) ?? 0).toBeLessThanOrEqual(1)
      expect(rows.every(({ task }) => task === 'completed' || task === 'retry_wait')).toBe(true)
      const events = await open.rows<{ seq: number; last: number }>(
        sql`select count(*)::integer as seq, max(seq) as last from call_event group by attempt_id`,
      )
      for (const { seq, last } of events) expect(seq).toBe(last)
    },
  )
})
