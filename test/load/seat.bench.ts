/**
 * Bench `seat`: how soon after the patient's answer the agent has the record on the screen and the patient in the ear.
 *
 * The application with its softswitch and Postgres runs as in production; patients' telephones are a process, agents'
 * desk phones another (the library's, nailed up at sign-in), the agents' pages this one: socket.io clients that read
 * `seat:<id>`. A progressive campaign dials for the free seats; each agent talks a little, hangs up, says an outcome and
 * ends the after-call work.
 *
 * The pop: from the patient's socket sending the 200 to the page's socket having `call.answered`. The audio: from the
 * same moment to the later of the two telephones having its first packet with the other's tone (packets of 20 ms, the
 * tone at least a quarter of its full level; of the packet nothing is subtracted). Every patient and every seat has a
 * tone of its own, and each must hear the right one.
 *
 * `--json` ends stdout with {calls, popP99Ms, audioP99Ms, floorP99Ms}; both latencies are what stands above the floor's
 * p99: a datagram there and back, an empty commit, and a word over socket.io there and back, one after the other.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { setUpPhone, setUpTeam } from '../../src/contact-center/acd/agent-setup.ts'
import { loadDemoHospital } from '../../src/follow-up/demo/demo-hospital.ts'
import { campaignControl } from '../../src/follow-up/dialling/campaign-control.ts'
import { systemActor } from '../../src/platform/audit/audit-store.ts'
import { type GroundFloor, openGround } from '../../src/platform/ground.ts'
import { silentLog } from '../../src/platform/log.ts'
import { readSettings } from '../../src/platform/settings/settings.ts'
import { softswitchState } from '../../src/softswitch/softswitch-state.ts'
import { challengeOf, RegisterClient } from '../contract/register-client.ts'
import { openHours } from '../harness/open-hours.ts'
import { environmentOf, faults, interruption, noDemo, startHouse, temporaryFolder } from './house.ts'
import { type Floor, joinFloors, measureFloor } from './latency-floor.ts'
import { browsers, People, type Person } from './pages.ts'
import { lookAtProcesses, sharesOf } from './process-shares.ts'
import { distribution, finish, machine, quantile, say } from './report.ts'
import { SeatAgent } from './seat-agents.ts'
import { SeatBook, type SeenCall } from './seat-book.ts'
import { type SeatRow, seatRows } from './seat-rows.ts'
import { openTonePhones } from './tone-phones.ts'

const seats = 8
const leastCalls = 200
/** Programs warm up: these count for failures only. */
const warmUpCalls = 50
const talkMs = 1_500
const wholeWithinMs = 5_000
const patients = leastCalls + warmUpCalls + 50
const team = '随访一组'
const popBoundMs = 50
const audioBoundMs = 150
const floorSamples = 200
const loadLimitSeconds = 240
const limitSeconds = 420
/** Multiples of 100 Hz, no two seats the same, and of all seats none a patient's. */
const agentHums = Array.from({ length: seats }, (_, seat) => 500 + seat * 100)
const patientHums = Array.from({ length: 12 }, (_, patient) => 1_650 + patient * 100)

const interrupted = interruption(limitSeconds)
try {
  const { book, rows, floor } = await run()
  report(book, rows, floor)
} catch (error) {
  for (const fault of faults(error)) process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}

async function run(): Promise<{ book: SeatBook; rows: ReadonlyMap<string, SeatRow>; floor: Floor }> {
  say(`Bench seat on ${machine()}`)
  say(
    `Method: ${seats} seats at desk phones that stay up, progressive calls of about ${talkMs / 1_000} s, ${leastCalls} after ${warmUpCalls} to warm up; telephones in two processes, pages in a third; Postgres with its default durability; all on this machine`,
  )
  await using opened = new AsyncDisposableStack()
  const folder = await temporaryFolder('seat')
  opened.defer(() => folder.close())
  const book = new SeatBook()
  const listensFor = [...agentHums, ...patientHums]
  const order = { ringMs: 200, hums: patientHums, listensFor: agentHums }
  const patientPhones = await openTonePhones(order, book.patientTold)
  opened.defer(() => patientPhones.close())
  const deskPhones = await openTonePhones({ ringMs: 50, hums: agentHums, listensFor }, book.agentTold)
  opened.defer(() => deskPhones.close())
  const ground = await openGround({
    settings: readSettings(environmentOf(folder.path)),
    log: silentLog,
    as: 'guest',
    maxConnections: 3,
  })
  opened.defer(() => ground.close())
  const campaignId = await loadHospital(ground, patientPhones.port)
  const staff = await staffSeats(ground)
  const house = await startHouse([process.execPath, ...process.execArgv, 'src/main.ts'], folder.path, noDemo)
  opened.defer(() => house.close())
  const softswitch = await softswitchState.read(join(folder.path, 'softswitch.json'))
  if (softswitch === null) throw new Error('the house has no softswitch of its own')

  const http = browsers(house.url)
  opened.defer(() => http.close())
  const agents: SeatAgent[] = []
  opened.defer(() => {
    for (const agent of agents) agent.close()
  })
  const registrar = { host: '127.0.0.1', port: softswitch.drachtio.sipPort }
  for (const { who, extension, secret } of staff) {
    await register(registrar, { extension, secret, port: deskPhones.port })
    const agent = new SeatAgent({ url: house.url, http, book, talkMs, wholeWithinMs }, who, extension)
    agents.push(agent)
    await agent.begin()
  }
  say(`The house is up, ${agents.length} agents are at their seats. The floor is measured before and after the load.`)

  const measured = { samples: floorSamples, url: ground.url, socket: true }
  const before = await measureFloor(measured)
  await load(ground, campaignId, agents)
  const after = await measureFloor(measured)
  const rows = await seatRows(ground.db)
  book.isOver = true
  return { book, rows, floor: joinFloors(before, after) }
}

/** A hospital whose campaign waits, progressive for one team. @returns the campaign's id */
async function loadHospital(ground: GroundFloor, port: number): Promise<string> {
  const loaded = await loadDemoHospital(ground, { discharges: patients, carrier: { host: '127.0.0.1', port } })
  if (loaded.campaignId === null || loaded.discharges !== patients) throw new Error('the patients were not all loaded')
  // A trunk that leads anywhere but to the simulated carrier keeps the hospital's hours.
  await sql.raw(openHours).execute(ground.db)
  await sql`update campaign set any_hour = false`.execute(ground.db)
  await sql`update trunk set kind = 'sip', lines = ${seats + 4}, calls_per_second = 10`.execute(ground.db)
  await campaignControl(ground.db).pause(loaded.campaignId, systemActor)
  await setUpTeam(ground.db, { name: team, campaign: loaded.campaignId })
  return loaded.campaignId
}

async function staffSeats(
  ground: GroundFloor,
): Promise<{ readonly who: Person; readonly extension: string; readonly secret: string }[]> {
  const people = new People()
  const staff = []
  for (let seat = 0; seat < seats; seat += 1) {
    const who = await ground.db.transaction().execute((tx) => people.make(tx, 'agent'))
    const draft = { extension: String(8_001 + seat), agent: who.signInName, agentNo: null, team }
    staff.push({ who, ...(await setUpPhone(ground, draft)) })
  }
  return staff
}

/** Its contact is the port at which all the desk phones are called. */
async function register(
  registrar: { readonly host: string; readonly port: number },
  { extension, secret, port }: { readonly extension: string; readonly secret: string; readonly port: number },
): Promise<void> {
  const phone = await RegisterClient.open(registrar)
  try {
    const headers = { Contact: `<sip:${extension}@127.0.0.1:${port}>`, Expires: '300' }
    const { realm, nonce } = challengeOf(await phone.register(extension, headers), 'SHA-256')
    const credentials = { username: extension, password: secret, realm, nonce, algorithm: 'SHA-256', nc: 1 } as const
    const answer = await phone.register(extension, headers, credentials)
    if (answer.status !== 200) throw new Error(`the telephone ${extension} could not register: ${answer.status}`)
  } finally {
    phone.close()
  }
}

/** Until there have been enough calls, and the last of them is over. */
async function load({ db }: GroundFloor, campaignId: string, agents: readonly SeatAgent[]): Promise<void> {
  const control = campaignControl(db)
  const done = () => agents.reduce((sum, agent) => sum + agent.done, 0)
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1_000
  const first = await lookAtProcesses()
  await control.start(campaignId, systemActor)
  while (done() < leastCalls + warmUpCalls) {
    await sleep(1_000, undefined, { signal: interrupted })
    if (Math.round(seconds()) % 10 === 0) say(`  ${seconds().toFixed(0)} s: ${done()} calls are over`)
    if (seconds() > loadLimitSeconds) throw new Error(`only ${done()} calls in ${loadLimitSeconds} s`)
  }
  say(`While they were dialled, ${seconds().toFixed(0)} s:`)
  say(sharesOf(first, await lookAtProcesses(), seconds()))
  await control.pause(campaignId, systemActor)
  for (let second = 0; second < 30; second += 1) {
    const { rows } = await sql`select from attempt where state <> 'ended'`.execute(db)
    if (rows.length === 0) return
    await sleep(1_000, undefined, { signal: interrupted })
  }
  throw new Error('calls were not over after 30 s')
}

function report(book: SeatBook, rows: ReadonlyMap<string, SeatRow>, floor: Floor): void {
  const answered = [...book.calls.values()]
    .filter(({ answeredAt }) => answeredAt !== null)
    .toSorted((a, b) => (a.answeredAt ?? 0) - (b.answeredAt ?? 0))
  const wrong = [
    ...book.faults,
    ...[...book.calls.values()].flatMap((call) => book.faultsOf(call)),
    ...[...rows.values()].flatMap(({ attemptId, result }) =>
      result === 'completed' ? [] : [`attempt ${attemptId}: ended as ${result}`],
    ),
  ]
  const counted = answered.slice(warmUpCalls)
  const pop = counted.flatMap((call) => after(call, call.popAt))
  const patient = counted.flatMap((call) => after(call, call.patientHeard?.at))
  const agent = counted.flatMap((call) => after(call, call.agentHeard?.at))
  const audio = counted.flatMap((call) =>
    call.patientHeard === null || call.agentHeard === null
      ? []
      : after(call, Math.max(call.patientHeard.at, call.agentHeard.at)),
  )
  const nothing = floor.udpRoundTrip.map(
    (udp, i) => udp + (floor.emptyCommit[i] ?? 0) + (floor.socketRoundTrip[i] ?? 0),
  )
  const floorP99Ms = quantile(nothing, 0.99)
  say(`Floor: UDP round trip between processes ${distribution(floor.udpRoundTrip)}`)
  say(`       empty committed transaction ${distribution(floor.emptyCommit)}`)
  say(`       socket.io round trip ${distribution(floor.socketRoundTrip)}`)
  say(`       the three one after another ${distribution(nothing)}`)
  say(`       (timer of 20 ms late by ${distribution(floor.timerLateness)}, not in it)`)
  say(`From the 200 to the pop: ${distribution(pop)}`)
  say(`From the 200 to the agent's tone at the patient: ${distribution(patient)}`)
  say(`From the 200 to the patient's tone at the agent: ${distribution(agent)}`)
  say(`From the 200 to the later of the two: ${distribution(audio)}`)
  say(
    `  the first ${warmUpCalls}, not counted: pop ${distribution(answered.slice(0, warmUpCalls).flatMap((call) => after(call, call.popAt)))}`,
  )
  tellParts(counted, rows)
  for (const fault of wrong.slice(0, 40)) say(`  ! ${fault}`)
  const popP99Ms = Math.max(0, quantile(pop, 0.99) - floorP99Ms)
  const audioP99Ms = Math.max(0, quantile(audio, 0.99) - floorP99Ms)
  finish({ calls: counted.length, popP99Ms, audioP99Ms, floorP99Ms }, [
    { must: `calls counted ≥ ${leastCalls}`, found: counted.length, holds: counted.length >= leastCalls },
    {
      must: 'every call whole: nobody failed, everybody heard the right tone',
      found: wrong.length,
      holds: wrong.length === 0,
    },
    {
      must: `pop, p99 above the floor's, ≤ ${popBoundMs} ms`,
      found: popP99Ms.toFixed(1),
      holds: popP99Ms <= popBoundMs,
    },
    {
      must: `both hear each other, p99 above the floor's, ≤ ${audioBoundMs} ms`,
      found: audioP99Ms.toFixed(1),
      holds: audioP99Ms <= audioBoundMs,
    },
  ])
}

function after({ answeredAt }: SeenCall, at: number | null | undefined): number[] {
  return answeredAt === null || at === null || at === undefined ? [] : [at - answeredAt]
}

/** By the wall clock, to the millisecond, from what the rows have of each call. */
function tellParts(calls: readonly SeenCall[], rows: ReadonlyMap<string, SeatRow>): void {
  const part = (name: string, of: (call: SeenCall, row: SeatRow) => number | null) => {
    const found = calls.flatMap((call) => {
      const row = rows.get(call.attemptId)
      return row === undefined ? [] : (of(call, row) ?? [])
    })
    say(`  ${name}: ${distribution(found)}`)
  }
  const between = (from: number | null, to: number | null) => (from === null || to === null ? null : to - from)
  say('Its parts:')
  part('200 → known to the application', (call, row) => between(call.answeredWallAt, row.answeredAt))
  part('→ journal, and the rows until the stream has it', (_, row) => between(row.answeredAt, row.toldAt))
  part('→ commit, news, read, at the page', (call, row) => between(row.toldAt, call.popWallAt))
  part('answer known → the room has both', (_, row) => between(row.answeredAt, row.bridgedAt))
  part('→ the later of the two tones', (call, row) => {
    if (call.answeredAt === null || call.patientHeard === null || call.agentHeard === null) return null
    const heardAfter = Math.max(call.patientHeard.at, call.agentHeard.at) - call.answeredAt
    return between(row.bridgedAt, call.answeredWallAt + heardAfter)
  })
}
