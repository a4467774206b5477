/**
 * Bench `surveys`: a hundred keypress surveys at a time, through the whole house.
 *
 * The application with its softswitch, Postgres and the patients run as they do in production, each in a process of its
 * own, on a data folder of the bench's own. The patients (the simulated carrier's, all of one kind) answer after 0.2 s,
 * send a tone of their own frequency, and press six keys, each once its prompt is well under way. They write down what
 * their telephones did; the rows and the recordings must say the same.
 *
 * `--json` ends stdout with {calls, failed, lostKeys, recordingsUnverified, promptStartP99Ms, floorP99Ms}.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { openCarrier } from '#carrier/carrier-process.ts'
import { loadDemoHospital } from '#follow-up/demo/demo-hospital.ts'
import { campaignControl } from '#follow-up/dialling/campaign-control.ts'
import { systemActor } from '#platform/audit/audit-store.ts'
import { type GroundFloor, openGround } from '#platform/ground.ts'
import { silentLog } from '#platform/log.ts'
import { readSettings } from '#platform/settings/settings.ts'
import { environmentOf, faults, interruption, startHouse, temporaryFolder } from './house.ts'
import { type Floor, joinFloors, measureFloor } from './latency-floor.ts'
import { type HeardCall, readPatientsLog } from './patients-log.ts'
import { lookAtProcesses, sharesOf } from './process-shares.ts'
import { distribution, finish, machine, quantile, say } from './report.ts'
import { type Evidence, weigh } from './survey-evidence.ts'
import { surveyRows, underWay } from './survey-rows.ts'

const atATime = 100
const callsPerSecond = 10
const holdSeconds = 60
const leastCalls = 300
/** More than can be called in the time, so that lines are never idle for want of patients. */
const patients = 600
/** Programs warm up: these count for failures only. */
const warmUpCalls = 50
const boundMs = 100
const floorSamples = 200
const rampLimitSeconds = 40
const holdLimitSeconds = 180
const drainLimitSeconds = 90

const interrupted = interruption()
try {
  const { evidence, heard, floor } = await run()
  report(evidence, heard, floor)
} catch (error) {
  for (const fault of faults(error)) process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}

async function run(): Promise<{ evidence: Evidence; heard: HeardCall[]; floor: Floor }> {
  say(`Bench surveys on ${machine()}`)
  say(
    `Method: ${atATime} lines, ${callsPerSecond} calls a second, held for ${holdSeconds} s; patients in a process of their own, six keys each; Postgres with its default durability; all on this machine`,
  )
  await using opened = new AsyncDisposableStack()
  const folder = await temporaryFolder('surveys')
  opened.defer(() => folder.close())
  const reportFile = join(folder.path, 'patients.jsonl')
  // The house finds these patients through the carrier's state file and takes them for its own.
  const carrier = await openCarrier({
    stateFile: join(folder.path, 'carrier.json'),
    settings: { everyone: 'bench', lines: atATime + 20, reportFile },
  })
  opened.defer(() => carrier.close())
  const ground = await openGround({
    settings: readSettings(environmentOf(folder.path)),
    log: silentLog,
    as: 'guest',
    maxConnections: 3,
  })
  opened.defer(() => ground.close())
  const campaignId = await loadHospital(ground, carrier.state)
  const house = await startHouse([process.execPath, ...process.execArgv, 'src/main.ts'], folder.path)
  opened.defer(() => house.close())
  say(`The house is up; ${patients} patients are due. The floor is measured before and after the load.`)

  const before = await measureFloor({ samples: floorSamples, url: ground.url })
  await load(ground, campaignId)
  const after = await measureFloor({ samples: floorSamples, url: ground.url })
  await tellLog(join(folder.path, 'log', 'suifang.log'))
  // In order: the last words of every program are written before they are read.
  await house.close()
  await carrier.close()
  const heard = await readPatientsLog(reportFile)
  return {
    evidence: await weigh(heard, await surveyRows(ground.db), join(folder.path, 'recordings')),
    heard,
    floor: joinFloors(before, after),
  }
}

/** A hospital whose campaign waits: the demo's, with more patients and a bigger trunk. @returns the campaign's id */
async function loadHospital(
  ground: GroundFloor,
  { host, sipPort }: { host: string; sipPort: number },
): Promise<string> {
  const loaded = await loadDemoHospital(ground, { discharges: patients, carrier: { host, port: sipPort } })
  if (loaded.campaignId === null || loaded.discharges !== patients) throw new Error('the patients were not all loaded')
  await sql`update trunk set lines = ${atATime}, calls_per_second = ${callsPerSecond}`.execute(ground.db)
  await campaignControl(ground.db).pause(loaded.campaignId, systemActor)
  return loaded.campaignId
}

/** Ramp, hold, and the end of the last call and of the judging of its recording. */
async function load(ground: GroundFloor, campaignId: string): Promise<void> {
  const { db } = ground
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1_000
  const tick = async (phase: string) => {
    await sleep(1_000, undefined, { signal: interrupted })
    const now = await underWay(db)
    if (Math.round(seconds()) % 10 === 0) {
      say(`  ${seconds().toFixed(0)} s, ${phase}: ${now.started} called, ${now.active} in progress`)
    }
    return now
  }
  await campaignControl(db).start(campaignId, systemActor)
  while ((await tick('ramp')).active < atATime) {
    if (seconds() > rampLimitSeconds) throw new Error(`${atATime} calls at a time were not reached`)
  }
  const heldSince = seconds()
  say(`  ${heldSince.toFixed(0)} s: ${atATime} calls in progress, held from here`)
  const first = await lookAtProcesses()
  const held = () => seconds() - heldSince
  for (let started = 0; held() < holdSeconds || started < leastCalls; ) {
    started = (await tick('held')).started
    if (held() > holdLimitSeconds) throw new Error(`only ${started} calls in ${holdLimitSeconds} s`)
  }
  const last = await lookAtProcesses()
  say('While held:')
  say(sharesOf(first, last, held()))
  await campaignControl(db).pause(campaignId, systemActor)
  const drainedFrom = seconds()
  for (let left = await tick('drain'); left.active + left.unjudged > 0; left = await tick('drain')) {
    if (seconds() - drainedFrom > drainLimitSeconds) {
      say(`  after ${drainLimitSeconds} s ${left.active} calls and ${left.unjudged} recordings were not finished`)
      return
    }
  }
}

async function tellLog(file: string): Promise<void> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  const bad = lines.filter((line) => /"level":"(warn|error|fatal)"/.test(line))
  say(`Warnings and errors in the log: ${bad.length}`)
  for (const line of bad.slice(0, 10)) say(`  ${line.slice(0, 400)}`)
}

function report(evidence: Evidence, heard: readonly HeardCall[], floor: Floor): void {
  const { calls, failed, lostKeys, recordingsUnverified, keysSent, tones, promptStartMs } = evidence
  const counted = promptStartMs.slice(warmUpCalls)
  // What nobody can save: a timer of the media's beat, and the way there and back between two processes.
  const nothing = floor.timerLateness.map((late, i) => late + (floor.udpRoundTrip[i] ?? 0))
  const floorP99Ms = quantile(nothing, 0.99)
  const promptStartP99Ms = Math.max(0, quantile(counted, 0.99) - floorP99Ms)
  const held = inProgress(heard)
  say(`Floor: timer of 20 ms late by ${distribution(floor.timerLateness)}`)
  say(`       UDP round trip between processes ${distribution(floor.udpRoundTrip)}`)
  say(`       empty committed transaction ${distribution(floor.emptyCommit)}`)
  say(`       timer and round trip together ${distribution(nothing)}`)
  say(`From the 200 to the first packet of speech: ${distribution(counted)}`)
  say(`  the first ${warmUpCalls}, not counted: ${distribution(promptStartMs.slice(0, warmUpCalls))}`)
  say(`Talking at a time, each second while held: least ${held.least}, mean ${held.mean.toFixed(1)}`)
  say(
    `Keys sent: ${keysSent}. Recordings heard through: ${tones.length}, ${tones.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(0)} s`,
  )
  say(
    `  the patient's tone fills at least ${least(tones.map(({ present }) => present))} of the left channel; purity at least ${least(tones.map(({ purity }) => purity))}`,
  )
  for (const wrong of [...failed, ...lostKeys, ...recordingsUnverified].slice(0, 40)) say(`  ! ${wrong}`)
  finish(
    {
      calls,
      failed: failed.length,
      lostKeys: lostKeys.length,
      recordingsUnverified: recordingsUnverified.length,
      promptStartP99Ms,
      floorP99Ms,
    },
    [
      { must: `calls ≥ ${leastCalls}`, found: calls, holds: calls >= leastCalls },
      { must: 'no call failed', found: failed.length, holds: failed.length === 0 },
      { must: 'no key lost', found: lostKeys.length, holds: lostKeys.length === 0 },
      {
        must: 'every recording verified',
        found: recordingsUnverified.length,
        holds: recordingsUnverified.length === 0,
      },
      {
        must: `prompt start, p99 above the floor's, ≤ ${boundMs} ms`,
        found: promptStartP99Ms.toFixed(1),
        holds: promptStartP99Ms <= boundMs,
      },
    ],
  )
}

/** Patients on the telephone, looked at every second between the hundredth answer and the last INVITE. */
function inProgress(heard: readonly HeardCall[]): { least: number; mean: number } {
  const answers = heard.flatMap(({ answeredAt }) => answeredAt ?? []).toSorted((a, b) => a - b)
  const from = answers[atATime - 1] ?? 0
  const to = answers.at(-1) ?? 0
  const counts: number[] = []
  for (let at = from; at <= to; at += 1_000) {
    counts.push(heard.filter((call) => (call.answeredAt ?? at) < at && (call.endedAt ?? at) >= at).length)
  }
  return { least: Math.min(...counts), mean: counts.reduce((sum, n) => sum + n, 0) / Math.max(1, counts.length) }
}

function least(values: readonly number[]): string {
  return Math.min(1, ...values).toFixed(3)
}
