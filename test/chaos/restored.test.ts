import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { recordingsFolder } from '../../src/app/recordings.ts'
import { markFile } from '../../src/contact-center/restored/restored-watch.ts'
import { storageCommand } from '../../src/contact-center/retention/storage-command.ts'
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
