/**
 * Bench `mixed`: eight seats at browsers and thirty keypress surveys, on one machine with everything else.
 *
 * The house with its softswitch, Postgres and the patients of the surveys run as in production, each in a process of its
 * own. Eight agents' browsers (one Chromium with a fake microphone, seven library peers in a process of their own) talk
 * with a patient each, in a room each, on the same softswitch, and each patient's leg is recorded; SIP and rooms of these
 * seats are commanded by the bench itself. Both are held for sixty seconds. Then, with the surveys going on, there are
 * more and more browsers, thirty seconds a step, until a recording fails.
 *
 * Every survey must say what its patient pressed, and every recording hold its tones, as in `surveys`; of the seats'
 * recordings left must be the patient and right the agent, all the time.
 *
 * `--json` ends stdout with {seats, surveys, failed, recordingsUnverified, webrtcLegs}.
 */
import { writeFile } from 'node:fs/promises'
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
import { wavHeader } from '#softswitch/media/wav.ts'
import { type SoftswitchState, softswitchState } from '#softswitch/softswitch-state.ts'
import { BrowserPeers } from '../harness/browser-peers.ts'
import { ChromiumPhone } from '../harness/chromium-phone.ts'
import { sine } from '../harness/tones.ts'
import { environmentOf, faults, interruption, startHouse, temporaryFolder } from './house.ts'
import { type MediaSeat, MediaSeats } from './media-seats.ts'
import { readPatientsLog } from './patients-log.ts'
import { lookAtProcesses, sharesOf } from './process-shares.ts'
import { finish, machine, say } from './report.ts'
import { weigh } from './survey-evidence.ts'
import { surveyRows, underWay } from './survey-rows.ts'

const surveyLines = 30
const callsPerSecond = 5
const patients = 600
const seats = 8
const heldSeconds = 60
/** Browsers at a time, after the eight, and how long each step is held. */
const steps = [12, 16, 20, 24, 30]
const stepSeconds = 30
const boundLegs = 12
const chromiumHz = 440
const rampLimitSeconds = 60
const drainLimitSeconds = 120
const limitSeconds = 720

const interrupted = interruption(limitSeconds)
try {
  await run()
} catch (error) {
  for (const fault of faults(error)) process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}

interface Held {
  readonly legs: number
  readonly wrong: readonly string[]
  readonly use: string
}

async function run(): Promise<void> {
  say(`Bench mixed on ${machine()}`)
  say(
    `Method: ${surveyLines} surveys at a time and ${seats} seats (one Chromium, ${seats - 1} library peers) for ${heldSeconds} s; all on this machine`,
  )
  await using opened = new AsyncDisposableStack()
  const folder = await temporaryFolder('mixed')
  opened.defer(() => folder.close())
  const reportFile = join(folder.path, 'patients.jsonl')
  const carrier = await openCarrier({
    stateFile: join(folder.path, 'carrier.json'),
    settings: { everyone: 'bench', lines: surveyLines + 10, reportFile },
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
  const softswitch = await softswitchState.read(join(folder.path, 'softswitch.json'))
  if (softswitch === null) throw new Error('the house has no softswitch of its own')

  await campaignControl(ground.db).start(campaignId, systemActor)
  await untilSurveys(ground)
  say(`${surveyLines} surveys are in progress`)
  const { held, webrtcLegs } = await talk(softswitch, folder.path)
  await campaignControl(ground.db).pause(campaignId, systemActor)
  await drain(ground)
  await house.close()
  await carrier.close()

  const evidence = await weigh(
    await readPatientsLog(reportFile),
    await surveyRows(ground.db),
    join(folder.path, 'recordings'),
  )
  const failed = [...evidence.failed, ...evidence.lostKeys]
  const unverified = [...evidence.recordingsUnverified, ...(held[0]?.wrong ?? [])]
  for (const { legs, use } of held) {
    say(`With ${legs} browsers and ${surveyLines} surveys:`)
    say(use)
  }
  for (const wrong of [...failed, ...unverified, ...held.slice(1).flatMap((step) => step.wrong)].slice(0, 40)) {
    say(`  ! ${wrong}`)
  }
  finish(
    {
      seats,
      surveys: evidence.calls,
      failed: failed.length,
      recordingsUnverified: unverified.length,
      webrtcLegs,
    },
    [
      { must: 'no call failed, no key lost', found: failed.length, holds: failed.length === 0 },
      { must: 'every recording verified', found: unverified.length, holds: unverified.length === 0 },
      {
        must: `browsers carried with ${surveyLines} surveys ≥ ${boundLegs}`,
        found: webrtcLegs,
        holds: webrtcLegs >= boundLegs,
      },
    ],
  )
}

async function loadHospital(
  ground: GroundFloor,
  { host, sipPort }: { host: string; sipPort: number },
): Promise<string> {
  const loaded = await loadDemoHospital(ground, { discharges: patients, carrier: { host, port: sipPort } })
  if (loaded.campaignId === null) throw new Error('there is no campaign')
  await sql`update trunk set lines = ${surveyLines}, calls_per_second = ${callsPerSecond}`.execute(ground.db)
  await campaignControl(ground.db).pause(loaded.campaignId, systemActor)
  return loaded.campaignId
}

async function untilSurveys({ db }: GroundFloor): Promise<void> {
  for (let second = 0; (await underWay(db)).answered < surveyLines - 4; second++) {
    if (second > rampLimitSeconds) throw new Error(`${surveyLines} surveys at a time were not reached`)
    await sleep(1_000, undefined, { signal: interrupted })
  }
}

async function drain({ db }: GroundFloor): Promise<void> {
  for (let second = 0; second < drainLimitSeconds; second++) {
    const { active, unjudged } = await underWay(db)
    if (active + unjudged === 0) return
    await sleep(1_000, undefined, { signal: interrupted })
  }
}

/** The eight seats, then more and more. @returns every step, and the most browsers of which no recording failed */
async function talk(softswitch: SoftswitchState, folder: string): Promise<{ held: Held[]; webrtcLegs: number }> {
  await using opened = new AsyncDisposableStack()
  const media = await MediaSeats.open(softswitch, folder)
  opened.defer(() => media.close())
  const peers = await BrowserPeers.start()
  opened.defer(() => peers.close())
  const microphone = await toneFile(join(folder, 'microphone.wav'))
  const chromium = await ChromiumPhone.open({ microphone })
  opened.defer(() => chromium.close())

  const held: Held[] = []
  let webrtcLegs = 0
  for (const legs of [seats, ...steps]) {
    const step = await hold(legs, media, peers, held.length === 0 ? chromium : null)
    held.push(step)
    say(`  ${legs} browsers: ${step.wrong.length === 0 ? 'all recordings are whole' : `${step.wrong.length} faults`}`)
    if (step.wrong.length > 0) break
    webrtcLegs = legs
  }
  return { held, webrtcLegs }
}

async function hold(
  legs: number,
  media: MediaSeats,
  peers: BrowserPeers,
  chromium: ChromiumPhone | null,
): Promise<Held> {
  const talking: MediaSeat[] = []
  if (chromium !== null) {
    const browser = { offer: await chromium.offer(), answer: (sdp: string) => chromium.answer(sdp) }
    talking.push(await media.seat({ agent: browser, agentHz: chromiumHz, patientHz: patientHzOf(0) }))
  }
  while (talking.length < legs) talking.push(await librarySeat(media, peers, talking.length))
  await sleep(2_000, undefined, { signal: interrupted })
  const first = await lookAtProcesses()
  const began = performance.now()
  await sleep((chromium === null ? stepSeconds : heldSeconds) * 1_000, undefined, { signal: interrupted })
  const last = await lookAtProcesses()
  const use = sharesOf(first, last, (performance.now() - began) / 1_000)
  // Heard through when nobody of this process talks any more.
  const ended = await Promise.all(talking.map((seat) => seat.end()))
  const wrong: string[] = []
  for (const judge of ended) wrong.push(...(await judge()))
  return { legs, wrong, use }
}

/** A library peer as offerer sometimes fails its own handshake: it is replaced. */
async function librarySeat(media: MediaSeats, peers: BrowserPeers, index: number): Promise<MediaSeat> {
  for (let tried = 1; ; tried++) {
    const peer = await peers.open()
    peer.hum(agentHzOf(index))
    try {
      return await media.seat({ agent: peer, agentHz: agentHzOf(index), patientHz: patientHzOf(index) })
    } catch (error) {
      peer.close()
      if (tried === 3) throw error
      say(`  a peer did not connect: ${String(error)}`)
    }
  }
}

/** Multiples of 50 Hz, no two people of a room the same. */
function agentHzOf(index: number): number {
  return 500 + (index % 10) * 100
}

function patientHzOf(index: number): number {
  return 1_550 + (index % 10) * 100
}

/** What Chromium's fake microphone plays: whole periods, since it begins anew each second. @returns its path */
async function toneFile(path: string): Promise<string> {
  const samples = sine(chromiumHz, 8_000)
  const header = wavHeader({ channels: 1, sampleRate: 8_000, dataBytes: samples.byteLength })
  await writeFile(path, Buffer.concat([header, Buffer.from(samples.buffer)]))
  return path
}
