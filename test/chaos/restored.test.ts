import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { recordingsFolder } from '../../src/app/recordings.ts'
import { markFile } from '../../src/contact-center/restored/restored-watch.ts'
import { storageCommand } from '../../src/contact-center/retention/storage-command.ts'
import { verifyChain } from '../../src/platform/audit/audit-chain.ts'
import { type GroundFloor, openGround } from '../../src/platform/ground.ts'
import { silentLog } from '../../src/platform/log.ts'
import type { TestProcess } from '../harness/process.ts'
import { waitFor } from '../harness/wait-for.ts'
import { type Hospital, openHospital } from './hospital.ts'

interface Seen {
  readonly id: string
  readonly mark: number
}

const remembered = async (file: string): Promise<Seen> => JSON.parse(await readFile(file, 'utf8'))

async function gateOf(hospital: Hospital): Promise<readonly { reason: string | null }[]> {
  return hospital.rows(
    sql`select distinct gate_reason(id, null, app_now()) as reason from task where state = 'scheduled'`,
  )
}

async function readyz({ ready }: TestProcess): Promise<string> {
  return (await fetch(`${ready?.[1]}/readyz`)).text()
}

it('a house that is killed opens as before; one whose database is behind its data folder calls nobody until that is confirmed', async () => {
  // Nobody has to answer: what is proved is whether anybody is dialled.
  const hospital = await openHospital({ patients: 3, trunk: { port: 9 }, campaign: 'paused' })
  try {
    const file = join(hospital.ground.settings.dataDir, markFile)
    const first = await hospital.open()
    await first.kill('SIGKILL')
    const second = await hospital.open()
    expect(await gateOf(hospital)).toEqual([{ reason: 'campaign_paused' }])
    expect(await readyz(second)).not.toContain('earlier')
    await second.close()

    const { id, mark } = await remembered(file)
    expect(mark).toBeGreaterThanOrEqual(2)
    await writeFile(file, JSON.stringify({ id, mark: mark + 1_000 }))
    await hospital.rows(sql`update campaign set state = 'running'`)
    const third = await hospital.open()
    expect(await gateOf(hospital)).toEqual([{ reason: 'database_restored' }])
    expect(await readyz(third)).toContain('no call begins: the database is an earlier one')
    expect(await hospital.rows(sql`select id from attempt`)).toEqual([])

    const { ground } = hospital
    const argv = ['confirm', 'database', '--reason', 'lists imported again']
    expect(await storageCommand(ground, argv, recordingsFolder(ground.settings.dataDir))).toEqual({
      confirmed: 'database',
    })
    await waitFor(async () => (await hospital.rows(sql`select id from attempt`)).length > 0, {
      what: 'the first call',
      timeoutMs: 30_000,
    })
  } finally {
    await hospital.close()
  }
}, 180_000)

const run = promisify(execFile)

/** What the rows of a data folder say, whose database nobody else need have open. */
async function lookInto<T>({ settings }: GroundFloor, look: (ground: GroundFloor) => Promise<T>): Promise<T> {
  const ground = await openGround({ settings, log: silentLog, as: 'guest', maxConnections: 2 })
  try {
    return await look(ground)
  } finally {
    await ground.close()
  }
}

it('a data folder that was backed up as the book says and put back calls nobody until that is confirmed; all else is there', async () => {
  const hospital = await openHospital({ patients: 3, trunk: { port: 9 }, campaign: 'paused' })
  const { ground } = hospital
  const { dataDir } = ground.settings
  const backup = `${dataDir}.tar`
  const counts = sql<Record<string, number>>`
    select (select count(*)::int from task) as tasks, (select count(*)::int from phone_number) as numbers,
      (select count(*)::int from audit_row) as audit
  `
  try {
    const first = await hospital.open()
    await first.close()
    await hospital.rows(sql`update campaign set state = 'running'`)
    await hospital.rows(sql`update database_mark set moved_at = clock_timestamp() - interval '9 hours'`)
    const [before] = (await counts.execute(ground.db)).rows
    await ground.close()
    await run('tar', ['--numeric-owner', '--exclude=./database-mark', '-C', dataDir, '-cf', backup, '.'])
    await rm(dataDir, { recursive: true })
    await mkdir(dataDir, { mode: 0o700 })
    await run('tar', ['--numeric-owner', '-C', dataDir, '-xf', backup])

    const second = await hospital.open()
    expect(await readyz(second)).toContain('no call begins: this node has never seen the database')
    await lookInto(ground, async (restored) => {
      const { db } = restored
      expect((await counts.execute(db)).rows).toEqual([before])
      expect(await verifyChain(db)).toMatchObject({ broken: null })
      const { rows: gate } = await sql`select distinct gate_reason(id, null, app_now()) as reason from task`.execute(db)
      expect(gate).toEqual([{ reason: 'database_restored' }])
      expect((await sql`select id from attempt`.execute(db)).rows).toEqual([])
      const argv = ['confirm', 'database', '--reason', 'lists imported again']
      await storageCommand(restored, argv, recordingsFolder(dataDir))
      // A number is opened to be dialled, so the key belongs to the rows.
      const dialled = sql`select id from attempt where invited_at is not null`
      await waitFor(async () => (await dialled.execute(db)).rows.length > 0, {
        what: 'the first call',
        timeoutMs: 30_000,
      })
    })
  } finally {
    await rm(backup, { force: true })
    await hospital.close()
  }
}, 180_000)
