import { sql } from 'kysely'
import { expect } from 'vitest'
import type { ProcessEnd, TestProcess } from '../harness/process.ts'
import { startSipp } from '../harness/sipp.ts'
import { waitFor } from '../harness/wait-for.ts'
import { type Hospital, invitesByAttempt, openHospital } from './hospital.ts'
import { patientOptions, surveyed } from './patients.ts'

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

/** A hospital whose house was killed at a named place of its one call and opened again, and the patient who is called. */
export interface KilledHouse extends AsyncDisposable {
  readonly hospital: Hospital
  /** The rows of all attempts, when that is their end. */
  endOf(isEnd: (rows: readonly AttemptRow[]) => boolean): Promise<readonly AttemptRow[]>
  /** How often each attempt's INVITE reached the patient. */
  invites(): Promise<ReadonlyMap<string, number>>
  /** Everything the patient's telephone has sent and received. */
  heard(): Promise<string>
}

/** Opens a hospital with one patient, lets the house die at the place, opens it again. */
export async function dieAt(failpoint: string): Promise<KilledHouse> {
  await using opening = new AsyncDisposableStack()
  const telephone = await startSipp(surveyed(), patientOptions(5))
  opening.defer(() => telephone.close())
  const hospital = await openHospital({ patients: 1, trunk: { port: telephone.port } })
  opening.defer(() => hospital.close())
  const house = await hospital.open({ SUIFANG_FAILPOINT: failpoint })
  await dead(hospital, house, failpoint)
  await hospital.open()
  const opened = opening.move()
  return {
    hospital,
    endOf: (isEnd) => endOf(hospital, isEnd),
    invites: async () => invitesByAttempt(await telephone.messages()),
    heard: () => telephone.messages(),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** A house that gets by its failpoint would be waited for without an end, and nobody would learn where it went instead. */
export async function dead(hospital: Hospital, house: TestProcess, failpoint: string): Promise<void> {
  let end: ProcessEnd | null = null
  void house.ended.then((told) => {
    end = told
  })
  await waitFor(() => end !== null, { what: `the house to die at ${failpoint}`, timeoutMs: 90_000 }).catch((cause) => {
    throw new Error(`The house lives on. Its log:\n${hospital.log()}`, { cause })
  })
  expect(end).toEqual({ code: null, signal: 'SIGKILL' })
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
