import { readFile } from 'node:fs/promises'
import { sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { type EmbeddedPostgres, openEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.ts'
import { testFolder } from '../harness/folder.ts'
import { hasProgram } from '../harness/programs.ts'
import { type SippRun, startSipp } from '../harness/sipp.ts'
import { waitFor } from '../harness/wait-for.ts'
import { type Hospital, isOver, openHospital, recordedAt } from './hospital.ts'
import { invited, patientOptions, pressed, received, surveyed } from './patients.ts'

let hospital: Hospital | undefined
let telephone: SippRun | undefined
let postgres: EmbeddedPostgres | undefined
let folder: Awaited<ReturnType<typeof testFolder>> | undefined
afterEach(async () => {
  await hospital?.close()
  await telephone?.close()
  await postgres?.close()
  await folder?.close()
})

interface AttemptRow {
  readonly state: string
  readonly result: string | null
  readonly task: string
  readonly recording: string | null
  readonly path: string
  readonly startedAt: Date
  readonly keys: readonly string[]
  /** When the last question was answered. */
  readonly lastAt: Date
}

const attempts = sql`
  select a.state, a.result, t.state as task, r.state as recording, r.path, r.started_at,
    array(select w.keys from answer w where w.attempt_id = a.id order by w.at) as keys,
    (select max(w.at) from answer w where w.attempt_id = a.id) as last_at
  from attempt a join task t on t.id = a.task_id left join recording r on r.attempt_id = a.id order by a.id
`

const answering = sql`select count(distinct attempt_id)::integer as count from answer`

describe.skipIf(!hasProgram('sipp'))('while the database is away', () => {
  it('calls go on to their end from the journal, nobody is dialled, and afterwards nothing is missing', async () => {
    folder = await testFolder()
    postgres = await openEmbeddedPostgres({ dataDir: folder.path })
    telephone = await startSipp(surveyed({ gapMs: 5_000 }), patientOptions(3))
    hospital = await openHospital({
      patients: 3,
      trunk: { port: telephone.port, lines: 2 },
      environment: { DATABASE_URL: postgres.url, DATABASE_OWNER_URL: postgres.ownerUrl },
    })
    const { rows } = hospital
    const patients = telephone
    await hospital.open()
    await waitFor(async () => (await rows<{ count: number }>(answering))[0]?.count === 2, {
      what: 'an answer of both patients',
      timeoutMs: 60_000,
    })

    await postgres.close()
    const goneAt = new Date()
    await waitFor(async () => (await received(patients, /^BYE sip:/m)).length === 2, {
      what: 'the house ending both calls',
      timeoutMs: 60_000,
    })
    expect(await invited(patients)).toHaveLength(2)
    const backAt = new Date()
    postgres = await openEmbeddedPostgres({ dataDir: folder.path })

    const ended = await waitFor(
      async () => {
        const found = await rows<AttemptRow>(attempts)
        const first = found.slice(0, 2)
        return first.every(isOver) ? first : null
      },
      { what: 'the rows of both calls', timeoutMs: 60_000 },
    )
    const asAnswered = { state: 'ended', result: 'completed', task: 'completed', recording: 'verified', keys: pressed }
    expect(ended).toMatchObject([asAnswered, asAnswered])
    for (const { path, startedAt, lastAt } of ended) {
      expect(lastAt.getTime()).toBeGreaterThan(goneAt.getTime())
      expect(lastAt.getTime()).toBeLessThan(backAt.getTime())
      const file = await readFile(recordedAt(hospital.ground, path))
      expect(
        loudness(file, goneAt.getTime() - startedAt.getTime(), lastAt.getTime() - startedAt.getTime()),
      ).toBeGreaterThan(500)
    }
    await waitFor(async () => (await invited(patients)).length === 3, { what: 'the third INVITE', timeoutMs: 60_000 })
    expect((await rows<{ count: number }>(sql`select count(*)::integer as count from attempt`))[0]?.count).toBe(3)
  }, 240_000)
})

/** Root mean square of what the patient was sent in a part of a stereo recording. */
function loudness(file: Buffer, fromMs: number, toMs: number): number {
  const [from, to] = [fromMs, toMs].map((ms) => Math.round(ms * 8)) as [number, number]
  let sum = 0
  for (let frame = from; frame < to; frame += 1) sum += file.readInt16LE(44 + frame * 4 + 2) ** 2
  return Math.sqrt(sum / (to - from))
}
