/**
 * Bench `claim`: one claim of fifty attempts, gate and locks included, committed, with a million tasks and a million past
 * attempts, while half of what is due is blocked and stands first in order; and "why is nothing dialling" on the same.
 *
 * Eight processes, each a dialling node, claim from one trunk at random moments and end what they claimed, on an embedded
 * Postgres with its default durability in a temporary folder. Afterwards they claim as fast as they can, for
 * information. What stands above the floor's p99 is held to the bounds: an empty committed transaction, at moments as random
 * as the claims' and as many, so that what the machine does to a claim that comes out of stillness it does to the floor.
 *
 * The cores are kept awake meanwhile where the system allows it (`--asleep`: not), and what neighbours took of them is told.
 *
 * `--json` ends stdout with {claim50P99Ms, doubleClaims, whyNotP99Ms, floorP99Ms}. `--patients 10000` is a smaller run.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { whyNot } from '../../src/follow-up/status/why-not.ts'
import { type Ground, openDatabase } from '../../src/platform/database/database.ts'
import { openEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.ts'
import { migrate } from '../../src/platform/database/migrate.ts'
import { secretsOf } from '../../src/platform/secrets.ts'
import { keepCoresAwake } from './awake-cores.ts'
import { claimIds, loadClaimData } from './claim-data.ts'
import type { ClaimNode, ClaimOrder, ClaimReport } from './claim-process.ts'
import { faults, temporaryFolder } from './house.ts'
import { emptyCommitMs } from './latency-floor.ts'
import { watchNeighbours } from './neighbours.ts'
import { randomGap } from './random-gap.ts'
import { distribution, finish, machine, quantile, say } from './report.ts'

const nodes = 8
/** Claims measured, over all nodes; the first of each node warm its connection up. */
const claims = 1_040
const warmUp = 5
/** Over all nodes: 150 calls a second begin, fifteen times what two cores carry as surveys. */
const claimsPerSecond = 3
const rushClaims = 160
const whyNotEveryMs = 2_000
const whyNotLeast = 120
const claimBoundMs = 20
const whyNotBoundMs = 300
const limitMs = 600_000

try {
  await run()
} catch (error) {
  for (const fault of faults(error)) process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}

async function run(): Promise<void> {
  const patients = numberAfter('--patients') ?? 100_000
  await using opened = new AsyncDisposableStack()
  const letSleep = process.argv.includes('--asleep') ? null : keepCoresAwake()
  opened.defer(() => letSleep?.())
  say(`Bench claim on ${machine()}`)
  say(
    `Method: ${nodes} processes claim 50 at a time from one trunk, ${claimsPerSecond} claims a second over all at random moments; ${patients * 10} tasks, as many past attempts, ${patients * 2} tasks due of which half are blocked and stand first; embedded Postgres, default durability; idle cores ${letSleep === null ? 'may sleep' : 'are kept awake'}`,
  )
  const folder = await temporaryFolder('claim')
  opened.defer(() => folder.close())
  const server = await openEmbeddedPostgres({ dataDir: folder.path })
  opened.defer(() => server.close())
  await migrate({ ownerUrl: server.ownerUrl })
  const key = randomBytes(32)
  await load(server.urlOf('suifang_super', 'suifang'), patients, key)

  const url = server.url
  const claimers = Array.from({ length: nodes }, (_, n) =>
    startNode({ url, key: key.toString('hex'), trunkId: claimIds.trunk, owner: `bench-${n}` }),
  )
  opened.defer(() => endAll(claimers))
  const db = openDatabase({ url, maxConnections: 2, applicationName: 'bench' })
  opened.defer(() => db.destroy())

  await tell(claimers, { claims: warmUp, everyMs: 0 })
  const neighbours = watchNeighbours()
  const asked = askWhyNot(db)
  const floored = await commitNothing(url)
  const steady = await tell(claimers, { claims: claims / nodes, everyMs: (nodes / claimsPerSecond) * 1_000 })
  const floorMs = await floored.stop()
  const taken = neighbours()
  const whyNotMs = await asked.stop()
  const beganRush = performance.now()
  const rush = await tell(claimers, { claims: rushClaims / nodes, everyMs: 0 })
  const rushSeconds = (performance.now() - beganRush) / 1_000

  const floor = quantile(floorMs, 0.99)
  const took = steady.flatMap((report) => report.took)
  const short = steady.reduce((sum, report) => sum + report.short, 0)
  const all = [...steady, ...rush].flatMap(({ taskIds }) => taskIds)
  const doubleClaims = all.length - new Set(all).size
  const aboveFloor = (ms: readonly number[]) => Math.max(0, quantile(ms, 0.99) - floor)
  say(`  claim of 50:       ${distribution(took)}`)
  say(`  why not:           ${distribution(whyNotMs)}`)
  say(`  floor, a commit:   ${distribution(floorMs)}`)
  say(
    `  as fast as they can: ${rushClaims} claims in ${rushSeconds.toFixed(1)} s, ends included; ${distribution(rush.flatMap((report) => report.took))}`,
  )
  say(`  meanwhile ${taken}`)
  const claim50P99Ms = aboveFloor(took)
  const whyNotP99Ms = aboveFloor(whyNotMs)
  finish({ claim50P99Ms, doubleClaims, whyNotP99Ms, floorP99Ms: floor }, [
    {
      must: `p99 of a claim of 50 above the floor ≤ ${claimBoundMs} ms`,
      found: round(claim50P99Ms),
      holds: claim50P99Ms <= claimBoundMs,
    },
    { must: 'no task claimed twice', found: doubleClaims, holds: doubleClaims === 0 },
    { must: '1,000 claims or more brought fifty', found: took.length, holds: took.length >= 1_000 },
    { must: `claims that brought fewer: none`, found: short, holds: short === 0 },
    {
      must: `p99 of why-not above the floor ≤ ${whyNotBoundMs} ms`,
      found: round(whyNotP99Ms),
      holds: whyNotP99Ms <= whyNotBoundMs,
    },
  ])
}

async function load(superUrl: string, patients: number, key: Buffer): Promise<void> {
  const shipped = (name: string) => readFile(new URL(`../../ivr-flows/${name}.json`, import.meta.url), 'utf8')
  const client = new pg.Client({ connectionString: superUrl })
  await client.connect()
  try {
    const began = performance.now()
    const sealedNumber = secretsOf(key).encrypt('+8619900000000')
    const flow = await shipped('discharge-satisfaction')
    const questionnaire = await shipped('questionnaires/discharge-satisfaction')
    await loadClaimData(client, { patients, sealedNumber, flow, questionnaire }, (text) =>
      say(`  ${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s  ${text}`),
    )
    const { rows } = await client.query(`
      select coalesce(hold, 'nothing') as hold, count(*) from task
      where state = 'scheduled' and due_at <= app_now() group by 1 order by 1`)
    say(
      `  ${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s  loaded; due tasks held by ${rows.map((row) => `${row.hold} ${row.count}`).join(', ')}`,
    )
  } finally {
    await client.end()
  }
}

/** As the live page asks: for each campaign in turn, while the claims go on; then until there are enough. */
function askWhyNot(db: Ground): { stop(): Promise<readonly number[]> } {
  const took: number[] = []
  const over = new AbortController()
  const once = async () => {
    const campaignId = claimIds.campaigns[took.length % claimIds.campaigns.length] ?? ''
    const began = performance.now()
    await whyNot(db, campaignId)
    took.push(performance.now() - began)
  }
  const asking = (async () => {
    while (!over.signal.aborted) {
      await once()
      await sleep(whyNotEveryMs, undefined, { signal: over.signal }).catch(() => {})
    }
  })()
  return {
    async stop() {
      over.abort()
      await asking
      while (took.length < whyNotLeast) await once()
      return took
    },
  }
}

/** An empty transaction committed as often as claims are made, at random moments, until it is stopped. */
async function commitNothing(url: string): Promise<{ stop(): Promise<readonly number[]> }> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const took: number[] = []
  const over = new AbortController()
  const pause = () =>
    sleep(randomGap(1_000 / claimsPerSecond), undefined, { signal: over.signal }).then(
      () => true,
      () => false,
    )
  const committing = (async () => {
    while (await pause()) took.push(await emptyCommitMs(client))
  })()
  return {
    async stop() {
      over.abort()
      await committing
      await client.end()
      return took
    },
  }
}

function startNode(node: ClaimNode): ChildProcess {
  return fork(new URL('./claim-process.ts', import.meta.url), [JSON.stringify(node)], { execArgv: [] })
}

/** Gives every node the same order and waits for all their reports. */
async function tell(claimers: readonly ChildProcess[], order: ClaimOrder): Promise<readonly ClaimReport[]> {
  return Promise.all(
    claimers.map(async (claimer) => {
      const answer = Promise.race([
        once(claimer, 'message', { signal: AbortSignal.timeout(limitMs) }),
        once(claimer, 'exit').then(([code]) => {
          throw new Error(`a claiming process ended with ${code}`)
        }),
      ])
      claimer.send(order)
      const [report]: ClaimReport[] = await answer
      if (report === undefined) throw new Error('a claiming process said nothing')
      return report
    }),
  )
}

async function endAll(claimers: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    claimers.map(async (claimer) => {
      if (claimer.exitCode !== null || claimer.signalCode !== null) return
      const ended = once(claimer, 'exit')
      if (claimer.connected) claimer.disconnect()
      await ended
    }),
  )
}

function numberAfter(option: string): number | null {
  const at = process.argv.indexOf(option)
  const value = Number(process.argv[at + 1])
  return at === -1 || !Number.isInteger(value) || value < 1_000 || value % 10 !== 0 ? null : value
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
