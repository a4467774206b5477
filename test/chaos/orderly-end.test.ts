import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GroundFloor, openGround } from '../../src/platform/ground.ts'
import { silentLog } from '../../src/platform/log.ts'
import { startProcess, type TestProcess } from '../harness/process.ts'
import { openPorts, portsOf, processesOf } from '../harness/processes-of.ts'
import { hasProgram } from '../harness/programs.ts'
import { type SippRun, startSipp } from '../harness/sipp.ts'
import { waitFor } from '../harness/wait-for.ts'
import { type Hospital, isOver, openHospital } from './hospital.ts'
import { invited, patientOptions, received, surveyed } from './patients.ts'

const patients = 5

interface AttemptRow {
  readonly id: string
  readonly state: string
  readonly result: string | null
  readonly task: string
  readonly recording: string | null
  readonly faults: readonly string[]
}

const attempts = sql`
  select a.id, a.state, a.result, t.state as task, r.state as recording, r.faults
  from attempt a join task t on t.id = a.task_id left join recording r on r.attempt_id = a.id order by a.id
`

/** One hospital's day: opened, closed by Ctrl-C in calls, opened again, killed in a call, opened again. */
describe.skipIf(!hasProgram('sipp'))('a house that is ended in calls', () => {
  let hospital: Hospital
  let telephone: SippRun
  let house: TestProcess
  /** Without a hold on the embedded Postgres while a house is to close it. */
  let ground: GroundFloor | undefined

  beforeAll(async () => {
    telephone = await startSipp(surveyed(), patientOptions(patients))
    hospital = await openHospital({ patients, trunk: { port: telephone.port, lines: 2 } })
    // Nobody is called over it, but the simulated carrier is there for it. Nor is it asked: the telephone would count that.
    await sql`
      insert into trunk (id, site_id, name, kind, host, port, lines, calls_per_second, caller_number, watched)
      select new_id(), site_id, 'simulated', 'simulated', host, port, 1, 1, caller_number, false from trunk
    `.execute(hospital.ground.db)
    await hospital.ground.close()
    house = await hospital.open()
    await look()
  })

  afterAll(async () => {
    await ground?.close()
    await hospital?.close()
    await telephone?.close()
  })

  async function look(): Promise<void> {
    ground = await openGround({ settings: hospital.ground.settings, log: silentLog, as: 'guest', maxConnections: 2 })
  }

  async function rows<Row>(query: ReturnType<typeof sql<Row>>): Promise<readonly Row[]> {
    return ground === undefined ? [] : (await query.execute(ground.db)).rows
  }

  /** Until so many attempts have got as far as a question. */
  async function asked(count: number): Promise<void> {
    const questioned = sql<{ count: number }>`
      select count(distinct attempt_id)::integer as count from call_event where type = 'question'
    `
    await waitFor(async () => ((await rows(questioned))[0]?.count ?? 0) >= count, {
      what: `a question in ${count} calls`,
      timeoutMs: 90_000,
    })
  }

  async function status(): Promise<{ tasks: object; attempts: object; recordings: object }> {
    const { SUIFANG_DATA } = { SUIFANG_DATA: hospital.ground.settings.dataDir }
    const told = await startProcess([process.execPath, 'src/cli.ts', 'status', '--json'], { env: { SUIFANG_DATA } })
    expect(await told.ended).toEqual({ code: 0, signal: null })
    return JSON.parse(told.lines.join('\n'))
  }

  it('by Ctrl-C leaves its calls with a BYE, ends with 0, and leaves no process and no port', async () => {
    await asked(2)
    await ground?.close()
    const { dataDir } = hospital.ground.settings
    const before = await processesOf(dataDir)
    const commands = before.map(({ command }) => command).join('\n')
    for (const part of ['src/main.ts', 'softswitch/main.ts', 'carrier/main.ts', 'postgres'])
      expect(commands).toContain(part)
    const ports = await portsOf(before.map(({ pid }) => pid))
    expect(ports.length).toBeGreaterThan(4)

    process.kill(-house.pid, 'SIGINT')
    expect(await house.ended).toEqual({ code: 0, signal: null })
    expect(await processesOf(dataDir)).toEqual([])
    // By the socket, not its number: another house of this machine may have been given that meanwhile.
    const open = new Set((await openPorts()).map(({ inode }) => inode))
    expect(ports.filter(({ inode }) => open.has(inode))).toEqual([])
    await waitFor(async () => (await received(telephone, /^BYE sip:/m)).length >= 2, { what: 'a BYE at both patients' })
    expect(await received(telephone, /^BYE sip:/m)).toHaveLength(2)
  })

  it('has written those calls to their end, with their recordings, by the time of the next start', async () => {
    house = await hospital.open()
    await look()
    const [first, second] = await waitFor(
      async () => {
        const found = (await rows(sql<AttemptRow>`${attempts}`)).slice(0, 2)
        return found.every(isOver) && found
      },
      { what: 'judged recordings', timeoutMs: 60_000 },
    )
    const brokenOff = { state: 'ended', result: 'partial', task: 'retry_wait', recording: 'verified', faults: [] }
    expect([first, second]).toMatchObject([brokenOff, brokenOff])
  })

  it('refuses a second one on its data folder, and names the process that has it', async () => {
    const { dataDir } = hospital.ground.settings
    const second = await startProcess([process.execPath, 'src/main.ts'], { env: { SUIFANG_DATA: dataDir, PORT: '0' } })
    expect(await second.ended).toEqual({ code: 1, signal: null })
    expect(second.lines.join('\n')).toContain('DATA_FOLDER_IN_USE')
    expect(second.lines.join('\n')).toContain(String(house.pid))
  })

  it('by kill -9 goes on where it was after the next start: every task counted, none dialled twice', async () => {
    await asked(4)
    await house.kill('SIGKILL')
    house = await hospital.open()
    const done = await waitFor(
      async () => {
        const found = await rows(sql<AttemptRow>`${attempts}`)
        return found.length === patients && found.every(isOver) && found
      },
      { what: 'every patient called', timeoutMs: 90_000 },
    ).catch(async (cause) => {
      throw new Error(`${JSON.stringify(await rows(attempts))}\n${hospital.log()}`, { cause })
    })
    expect(done.map(({ result, task }) => ({ result, task }))).toEqual([
      { result: 'partial', task: 'retry_wait' },
      { result: 'partial', task: 'retry_wait' },
      { result: 'restart', task: 'retry_wait' },
      { result: 'restart', task: 'retry_wait' },
      { result: 'completed', task: 'completed' },
    ])
    expect((await invited(telephone)).map(({ attemptId }) => attemptId).toSorted()).toEqual(
      done.map(({ id }) => id).toSorted(),
    )
    const told = await status()
    expect(told.tasks).toEqual({ completed: 1, retry_wait: 4 })
    expect(told.attempts).toEqual({ completed: 1, partial: 2, restart: 2 })
    expect(Object.values(told.recordings).reduce((sum, count) => sum + count, 0)).toBe(patients)
  })
})
