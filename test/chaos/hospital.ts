import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { recordingsFolder } from '../../src/app/recordings.ts'
import { importDischargeList } from '../../src/follow-up/intake/intake-service.ts'
import { ensureStandardHospital } from '../../src/follow-up/intake/standard-hospital.ts'
import { systemActor } from '../../src/platform/audit/audit-store.ts'
import { type GroundFloor, openGround } from '../../src/platform/ground.ts'
import { newId } from '../../src/platform/ids.ts'
import { silentLog } from '../../src/platform/log.ts'
import { readSettings } from '../../src/platform/settings/settings.ts'
import { dataFolder } from '../harness/data-folder.ts'
import { openHours } from '../harness/open-hours.ts'
import { startProcess, type TestProcess } from '../harness/process.ts'
import { waitFor } from '../harness/wait-for.ts'

/** A hospital in a data folder of its own, whose patients are behind a telephone of the test's. */
export interface Hospital {
  readonly ground: GroundFloor
  /** Starts the house; `failpoint` kills it there. */
  open(environment?: Readonly<Record<string, string>>): Promise<TestProcess>
  /** The end of the house's log. */
  log(): string
  rows<Row>(query: ReturnType<typeof sql>): Promise<readonly Row[]>
  close(): Promise<void>
}

export interface HospitalOptions {
  /** Their numbers end in 01, 02, … */
  readonly patients: number
  /** The far end of the trunk. */
  readonly trunk: { readonly port: number; readonly lines?: number }
  /** Whether its campaign dials from the first moment; default `running`. */
  readonly campaign?: 'running' | 'paused'
  /** Instead of the embedded Postgres. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Everything a house needs to dial at once: a list imported, a trunk, a campaign, and a rule that lets it call at any hour. */
export async function openHospital({
  patients,
  trunk,
  campaign = 'running',
  environment = {},
}: HospitalOptions): Promise<Hospital> {
  const folder = await dataFolder()
  const base = { SUIFANG_DATA: folder.path, PORT: '0', ...environment }
  const ground = await openGround({ settings: readSettings(base), log: silentLog, as: 'guest', maxConnections: 4 })
  const { siteId, programmeId } = await ensureStandardHospital(ground.db)
  await sql.raw(openHours).execute(ground.db)
  await addCampaign(ground, { siteId, programmeId, state: campaign, ...trunk })
  await importDischargeList(ground, {
    fileName: 'chaos.csv',
    content: { bytes: new TextEncoder().encode(list(patients)) },
    actor: systemActor,
  })
  const houses: TestProcess[] = []
  return {
    ground,
    async open(extra = {}) {
      const house = await startProcess([process.execPath, 'src/main.ts'], {
        env: { ...base, ...extra },
        ready: /Console.*: (http\S+)/,
        readyTimeoutMs: 60_000,
      })
      houses.push(house)
      return house
    },
    rows: async <Row>(query: ReturnType<typeof sql>) =>
      (await (query as ReturnType<typeof sql<Row>>).execute(ground.db)).rows,
    log: () => readFileSync(ground.settings.logFile, 'utf8').slice(-6_000),
    async close() {
      for (const house of houses) await house.close()
      await ground.close()
      await folder.close()
    },
  }
}

async function addCampaign(
  { db }: GroundFloor,
  on: { siteId: string; programmeId: string; state: string; port: number; lines?: number },
): Promise<void> {
  const trunkId = newId()
  const campaignId = newId()
  // Not asked by OPTIONS: to sipp that is one of its calls, and the last patient's would find nobody.
  await sql`
    insert into trunk (id, site_id, name, kind, host, port, lines, calls_per_second, caller_number, watched)
    values (${trunkId}, ${on.siteId}, 'test', 'sip', '127.0.0.1', ${on.port}, ${on.lines ?? 10}, 10, '09900000000', false)
  `.execute(db)
  await sql`
    insert into campaign (id, site_id, name, trunk_id, state)
    values (${campaignId}, ${on.siteId}, 'test', ${trunkId}, ${on.state})
  `.execute(db)
  await sql`update programme set campaign_id = ${campaignId} where id = ${on.programmeId}`.execute(db)
}

/** Discharges of a week ago: all due. */
function list(patients: number): string {
  const discharged = new Date(Date.now() - 8 * 86_400_000).toISOString().slice(0, 10)
  const rows = Array.from({ length: patients }, (_, index) => {
    const number = String(index + 1).padStart(2, '0')
    return `CH${number},测试${'甲乙丙丁戊己庚辛壬癸'[index % 10]},199000001${number},骨科,${discharged}`
  })
  return ['住院号,姓名,联系电话,出院科室,出院时间', ...rows].join('\n')
}

const judged: ReadonlySet<string> = new Set(['verified', 'damaged', 'missing'])

/**
 * True once a call has nothing left to come: its attempt has ended and its recording has been judged. Either may be
 * first: the file is closed before the last event is written, and a job judges it.
 */
export function isOver({ state, recording }: { readonly state: string; readonly recording: string | null }): boolean {
  return state === 'ended' && recording !== null && judged.has(recording)
}

/** Where a recording lies that a row names. */
export function recordedAt({ settings }: Pick<GroundFloor, 'settings'>, name: string): string {
  return join(recordingsFolder(settings.dataDir), name)
}

/**
 * Waits until the one call of a hospital is over and its recording is good. Seat and page may be done with it before its
 * rows are: they follow by the journal, and the recording by a job. @returns the recording, by its whole path
 */
export async function callKept({
  ground,
  rows,
}: Pick<Hospital, 'ground' | 'rows'>): Promise<{ readonly path: string }> {
  const kept = sql`
    select r.path from attempt a join recording r on r.attempt_id = a.id where a.state = 'ended' and r.state = 'verified'
  `
  const { path } = await waitFor(async () => (await rows<{ path: string }>(kept))[0], {
    what: 'the end of the call and its verified recording',
    timeoutMs: 60_000,
  })
  return { path: recordedAt(ground, path) }
}

/** How many INVITEs of each attempt a telephone saw; a retransmission has the branch of the first. */
export function invitesByAttempt(messages: string): ReadonlyMap<string, number> {
  const branches = new Map<string, Set<string>>()
  for (const message of messages.split(/^-{20,}.*$/m)) {
    if (!/^INVITE sip:/m.test(message) || !/message received/i.test(message)) continue
    const attempt = /^X-Suifang-Attempt:\s*(\S+)/im.exec(message)?.[1] ?? '?'
    const branch = /^Via:.*branch=([^;\s]+)/im.exec(message)?.[1] ?? '?'
    branches.set(attempt, (branches.get(attempt) ?? new Set()).add(branch))
  }
  return new Map([...branches].map(([attempt, seen]) => [attempt, seen.size]))
}
