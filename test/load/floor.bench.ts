/**
 * Bench `floor`: what it costs to keep supervisors' pages true. 200 agents' pages read their seats' streams, five
 * supervisors' pages the floors of four teams of fifty, all over socket.io; twenty times a second an agent changes the
 * status of a seat, over HTTP as the page does, and that reaches the seat's page and all five floors.
 *
 * The house runs as a person starts it, with no trunk, in a data folder of its own; pages and agents are this process.
 * The processor time is the server process's own, all of it: requests, transactions, pushes. At the end every floor page
 * is held against a fresh snapshot, and every seat's page against its row.
 *
 * `--json` ends stdout with {sockets, cpuShare, inconsistent}; cpuShare is of one core.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Socket } from 'socket.io-client'
import type { SeatView } from '../../src/contact-center/acd/seat-schema.ts'
import type { FloorView } from '../../src/contact-center/floor/floor-schema.ts'
import { ensureStandardHospital } from '../../src/follow-up/intake/standard-hospital.ts'
import type { Ground } from '../../src/platform/database/database.ts'
import { type GroundFloor, openGround } from '../../src/platform/ground.ts'
import { newId } from '../../src/platform/ids.ts'
import { silentLog } from '../../src/platform/log.ts'
import type { PushedEvent } from '../../src/platform/realtime/protocol.ts'
import { readSettings } from '../../src/platform/settings/settings.ts'
import { FloorPage, withoutSince } from '../integration/acd/floor-page.ts'
import { environmentOf, faults, interruption, noDemo, startHouse, temporaryFolder } from './house.ts'
import { type Browsers, browsers, openPage, People, type Person } from './pages.ts'
import { type ProcessUse, processTree } from './process-tree.ts'
import { finish, machine, say } from './report.ts'

const teams = 4
const seatsPerTeam = 50
const floorPages = 5
const changesPerSecond = 20
/** Until what runs often has been compiled. */
const warmUpSeconds = 30
const heldSeconds = 60
const settleLimitMs = 10_000
const boundShare = 0.1
const limitSeconds = 300
interface Hospital {
  readonly agents: readonly Person[]
  readonly supervisors: readonly Person[]
}

/** A seat's page: the last that it heard of its seat. */
interface SeatPage {
  readonly seatId: string
  status: string
  offset: number
}

const interrupted = interruption(limitSeconds)
try {
  await run()
} catch (error) {
  for (const fault of faults(error)) process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}

async function run(): Promise<void> {
  const seats = teams * seatsPerTeam
  say(`Bench floor on ${machine()}`)
  say(
    `Method: ${seats} seats' pages and ${floorPages} floor pages over socket.io; ${changesPerSecond} status changes a second over HTTP for ${heldSeconds} s; user and system time of the server process`,
  )
  await using opened = new AsyncDisposableStack()
  const folder = await temporaryFolder('floor')
  opened.defer(() => folder.close())
  const ground = await openGround({
    settings: readSettings(environmentOf(folder.path)),
    log: silentLog,
    as: 'guest',
    maxConnections: 3,
  })
  opened.defer(() => ground.close())
  const hospital = await staffHospital(ground)
  const house = await startHouse([process.execPath, ...process.execArgv, 'src/main.ts'], folder.path, noDemo)
  opened.defer(() => house.close())
  say(`Up at ${house.url}, data in ${join(folder.path)}`)

  const http = browsers(house.url)
  opened.defer(() => http.close())
  const sockets: Socket[] = []
  opened.defer(() => {
    for (const socket of sockets) socket.disconnect()
  })
  const seatPages: SeatPage[] = []
  for (const agent of hospital.agents) {
    const { seat } = await http.get<{ readonly seat: SeatView }>(agent, '/api/seat')
    const page: SeatPage = { seatId: agent.id, status: seat.status, offset: seat.offset }
    seatPages.push(page)
    const take = (_stream: string, events: readonly PushedEvent[]) => {
      for (const { offset, type, payload } of events) {
        if (offset !== page.offset + 1) throw new Error('a seat’s page missed an event')
        page.offset = offset
        if (type === 'seat.changed') page.status = String(payload.status)
      }
    }
    sockets.push(await openPage(house.url, agent, { streams: [`seat:${agent.id}`], offset: () => page.offset, take }))
  }
  const floors: { readonly page: FloorPage; readonly supervisor: Person }[] = []
  for (const supervisor of hospital.supervisors) {
    const view = await http.get<FloorView>(supervisor, '/api/floor')
    const page = new FloorPage(view)
    floors.push({ page, supervisor })
    const streams = Object.keys(view.offsets)
    const offset = (stream: string) => page.offset(stream)
    const take = (stream: string, events: readonly PushedEvent[]) => page.take(stream, events)
    sockets.push(await openPage(house.url, supervisor, { streams, offset, take }))
  }
  say(`${sockets.length} sockets are open; ${warmUpSeconds} s to warm up`)

  const change = changer(http, hospital.agents)
  await change(warmUpSeconds)
  const first = usedBy(house.pid)
  const began = performance.now()
  const changed = await change(heldSeconds)
  const seconds = (performance.now() - began) / 1_000
  const last = usedBy(house.pid)
  const cpuShare = (last.cpuSeconds - first.cpuSeconds) / seconds
  const percent = (ofSeconds: number) => `${((ofSeconds / seconds) * 100).toFixed(1)} %`
  say(
    `${changed} changes in ${seconds.toFixed(1)} s; the server used ${percent(last.cpuSeconds - first.cpuSeconds)} of a core (the system's calls ${percent(last.systemSeconds - first.systemSeconds)}) and waited ${percent(last.waitedSeconds - first.waitedSeconds)} for one`,
  )

  const inconsistent = await differing(ground.db, http, { floors, seatPages })
  const live = sockets.filter(({ connected }) => connected).length
  finish({ sockets: live, cpuShare, inconsistent }, [
    { must: `${seats + floorPages} sockets open to the end`, found: live, holds: live === seats + floorPages },
    { must: 'at least 19 changes a second', found: (changed / seconds).toFixed(1), holds: changed / seconds >= 19 },
    { must: `server process ≤ ${boundShare} of a core`, found: cpuShare.toFixed(3), holds: cpuShare <= boundShare },
    { must: 'every page as the database has it', found: inconsistent, holds: inconsistent === 0 },
  ])
}

/** Four teams of fifty agents who have come to work, and five supervisors of all of them. */
async function staffHospital({ db }: GroundFloor): Promise<Hospital> {
  const { siteId } = await ensureStandardHospital(db)
  return db.transaction().execute(async (tx) => {
    const people = new People()
    const supervisors: Person[] = []
    for (let n = 0; n < floorPages; n += 1) supervisors.push(await people.make(tx, 'supervisor'))
    const agents: Person[] = []
    for (let team = 0; team < teams; team += 1) {
      const teamId = newId()
      await tx
        .insertInto('team')
        .values({ id: teamId, siteId, name: `组 ${team + 1}` })
        .execute()
      for (const { id } of supervisors) await tx.insertInto('teamSupervisor').values({ teamId, userId: id }).execute()
      for (let n = 0; n < seatsPerTeam; n += 1) {
        const agent = await people.make(tx, 'agent')
        agents.push(agent)
        await tx
          .insertInto('agent')
          .values({ userId: agent.id, agentNo: String(1_000 + agents.length), teamId, phoneId: null })
          .execute()
        await tx.insertInto('seat').values({ id: agent.id, agentId: agent.id }).execute()
      }
    }
    await sql`update seat set status = 'available'`.execute(tx)
    return { agents, supervisors }
  })
}

/** Agents go on a break, away and back, one after another, evenly over time. @returns how many changes were made */
function changer(http: Browsers, agents: readonly Person[]) {
  const wishes = [{ status: 'on_break', reason: '午休' }, { status: 'available' }] as const
  let next = 0
  return async (forSeconds: number): Promise<number> => {
    const began = performance.now()
    const under = new Set<Promise<void>>()
    const failed: unknown[] = []
    let made = 0
    for (; made < forSeconds * changesPerSecond; made += 1) {
      const agent = agents[next % agents.length]
      const wish = wishes[Math.floor(next / agents.length) % wishes.length]
      next += 1
      if (agent === undefined) break
      const done: Promise<void> = http
        .send(agent, 'POST', '/api/seat/status', wish)
        .catch((error: unknown) => {
          failed.push(error)
        })
        .finally(() => under.delete(done))
      under.add(done)
      const dueMs = began + ((made + 1) / changesPerSecond) * 1_000 - performance.now()
      if (dueMs > 0) await sleep(dueMs, undefined, { signal: interrupted })
    }
    await Promise.all(under)
    if (failed.length > 0) throw failed[0]
    return made
  }
}

function usedBy(pid: number): ProcessUse {
  const found = processTree(pid).find((one) => one.pid === pid)
  if (found === undefined) throw new Error('the server process is gone')
  return found
}

/** Pages that, once everything has reached them, do not show what the database has. */
async function differing(
  db: Ground,
  http: Browsers,
  pages: {
    readonly floors: readonly { readonly page: FloorPage; readonly supervisor: Person }[]
    readonly seatPages: readonly SeatPage[]
  },
): Promise<number> {
  const { rows } = await sql<{ id: string; last: number }>`
    select id, last_offset::integer as last from stream where id like 'floor:%' or id like 'seat:%'
  `.execute(db)
  const last = new Map(rows.map(({ id, last }) => [id, last]))
  const isBehind = () =>
    pages.seatPages.some(({ seatId, offset }) => offset < (last.get(`seat:${seatId}`) ?? 0)) ||
    pages.floors.some(({ page }) => rows.some(({ id, last }) => id.startsWith('floor:') && page.offset(id) < last))
  const until = performance.now() + settleLimitMs
  while (isBehind() && performance.now() < until) await sleep(50, undefined, { signal: interrupted })
  let wrong = 0
  for (const { page, supervisor } of pages.floors) {
    const now = await http.get<FloorView>(supervisor, '/api/floor')
    if (JSON.stringify(sorted(page.seats)) !== JSON.stringify(sorted(now.seats.map(withoutSince)))) wrong += 1
  }
  const seats = await db.selectFrom('seat').select(['id', 'status']).execute()
  const status = new Map(seats.map((seat) => [seat.id, seat.status]))
  return wrong + pages.seatPages.filter((page) => page.status !== status.get(page.seatId)).length
}

/** By seat, and each seat's fields by name: events and snapshots name them in orders of their own. */
function sorted(seats: readonly unknown[]): readonly string[] {
  return seats.map(canonical).sort()
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, field]) => `${key}:${canonical(field)}`).join(',')}}`
}
