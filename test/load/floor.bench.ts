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
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { io, type Socket } from 'socket.io-client'
import type { SeatView } from '../../src/contact-center/acd/seat-schema.ts'
import type { FloorView } from '../../src/contact-center/floor/floor-schema.ts'
import { ensureStandardHospital } from '../../src/follow-up/intake/standard-hospital.ts'
import { insertAccount } from '../../src/platform/auth/account-store.ts'
import { defaultAuthOptions } from '../../src/platform/auth/auth-service.ts'
import type { Role } from '../../src/platform/auth/rights.ts'
import { insertSession, newSessionToken } from '../../src/platform/auth/session-store.ts'
import type { Ground } from '../../src/platform/database/database.ts'
import { type GroundFloor, openGround } from '../../src/platform/ground.ts'
import { consoleHeader, sessionCookie } from '../../src/platform/http/access.ts'
import { newId } from '../../src/platform/ids.ts'
import { silentLog } from '../../src/platform/log.ts'
import { type HubToPage, realtimePath } from '../../src/platform/realtime/protocol.ts'
import { readSettings } from '../../src/platform/settings/settings.ts'
import { FloorPage, withoutSince } from '../integration/acd/floor-page.ts'
import { environmentOf, faults, interruption, startHouse, temporaryFolder } from './house.ts'
import { processTree } from './process-tree.ts'
import { finish, machine, say } from './report.ts'

const teams = 4
const seatsPerTeam = 50
const floorPages = 5
const changesPerSecond = 20
const warmUpSeconds = 10
const heldSeconds = 60
const settleLimitMs = 10_000
const boundShare = 0.1
/** A house lets one address shake hands forty times in ten seconds, and ask 1,200 times a minute. */
const addresses = 20

interface Person {
  readonly id: string
  readonly cookie: string
  /** Where this person's browser is. */
  readonly address: string
}

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

const interrupted = interruption()
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
  const command = ['env', 'SUIFANG_DEMO=no', process.execPath, ...process.execArgv, 'src/main.ts'] as const
  const house = await startHouse([command[0], ...command.slice(1)], folder.path)
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
    sockets.push(
      await open(
        house.url,
        agent,
        [`seat:${agent.id}`],
        () => page.offset,
        (_stream, events) => {
          for (const { offset, type, payload } of events) {
            if (offset !== page.offset + 1) throw new Error('a seat’s page missed an event')
            page.offset = offset
            if (type === 'seat.changed') page.status = String(payload.status)
          }
        },
      ),
    )
  }
  const floors: { readonly page: FloorPage; readonly supervisor: Person }[] = []
  for (const supervisor of hospital.supervisors) {
    const view = await http.get<FloorView>(supervisor, '/api/floor')
    const page = new FloorPage(view)
    floors.push({ page, supervisor })
    const take = (stream: string, events: Parameters<FloorPage['take']>[1]) => page.take(stream, events)
    sockets.push(await open(house.url, supervisor, Object.keys(view.offsets), (stream) => page.offset(stream), take))
  }
  say(`${sockets.length} sockets are open; ${warmUpSeconds} s to warm up`)

  const change = changer(http, hospital.agents)
  await change(warmUpSeconds)
  const before = cpuOf(house.pid)
  const began = performance.now()
  const changed = await change(heldSeconds)
  const seconds = (performance.now() - began) / 1_000
  const cpuShare = (cpuOf(house.pid) - before) / seconds
  say(`${changed} changes in ${seconds.toFixed(1)} s; the server used ${(cpuShare * 100).toFixed(1)} % of a core`)

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
    let count = 0
    const person = async (role: Role): Promise<Person> => {
      count += 1
      const id = newId()
      const signInName = `${role}-${count}`
      const account = { id, signInName, displayName: signInName, passwordHash: 'none', mustChangePassword: false }
      await insertAccount(tx, account, [role])
      const token = newSessionToken()
      await insertSession(tx, { id: newId(), token, accountId: id, ip: null, userAgent: 'bench' }, defaultAuthOptions)
      return { id, cookie: `${sessionCookie}=${token}`, address: `127.0.1.${(count % addresses) + 1}` }
    }
    const supervisors: Person[] = []
    for (let n = 0; n < floorPages; n += 1) supervisors.push(await person('supervisor'))
    const agents: Person[] = []
    for (let team = 0; team < teams; team += 1) {
      const teamId = newId()
      await tx
        .insertInto('team')
        .values({ id: teamId, siteId, name: `组 ${team + 1}` })
        .execute()
      for (const { id } of supervisors) await tx.insertInto('teamSupervisor').values({ teamId, userId: id }).execute()
      for (let n = 0; n < seatsPerTeam; n += 1) {
        const agent = await person('agent')
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

interface Browsers {
  get<T>(who: Person, path: string): Promise<T>
  post(who: Person, path: string, body: unknown): Promise<void>
  close(): void
}

/** HTTP as pages speak it, each person from an address of their own. */
function browsers(url: string): Browsers {
  const agents = new Map<string, Agent>()
  const ask = (who: Person, method: 'GET' | 'POST', path: string, body?: unknown) => {
    const agent = agents.get(who.address) ?? new Agent({ keepAlive: true })
    agents.set(who.address, agent)
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      cookie: who.cookie,
      [consoleHeader]: '1',
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    }
    return new Promise<string>((resolve, reject) => {
      const asked = request(new URL(path, url), { method, agent, headers, localAddress: who.address }, (reply) => {
        const parts: Buffer[] = []
        reply.on('data', (part: Buffer) => parts.push(part))
        reply.on('end', () => {
          const said = Buffer.concat(parts).toString()
          if (reply.statusCode === 200 || reply.statusCode === 204) resolve(said)
          else reject(new Error(`${method} ${path}: ${reply.statusCode} ${said.slice(0, 200)}`))
        })
      })
      asked.on('error', reject)
      asked.end(text)
    })
  }
  return {
    get: async <T>(who: Person, path: string): Promise<T> => JSON.parse(await ask(who, 'GET', path)),
    post: async (who, path, body) => {
      await ask(who, 'POST', path, body)
    },
    close: () => {
      for (const agent of agents.values()) agent.destroy()
    },
  }
}

type Events = Parameters<HubToPage['events']>[0]['events']

/** A page's socket, reading these streams from where it stands. */
async function open(
  url: string,
  who: Person,
  streams: readonly string[],
  offset: (stream: string) => number,
  take: (stream: string, events: Events) => void,
): Promise<Socket> {
  // Known to the transport and not to the type.
  const from = { localAddress: who.address }
  const socket: Socket = io(url, {
    ...from,
    path: realtimePath,
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    extraHeaders: { cookie: who.cookie },
  })
  socket.on('events', ({ stream, events }: { readonly stream: string; readonly events: Events }, taken: () => void) => {
    take(stream, events)
    taken()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  for (const stream of streams) {
    const reply = await socket.timeout(5_000).emitWithAck('subscribe', { stream, after: offset(stream) })
    if (reply?.ok !== true) throw new Error(`${stream} may not be read: ${JSON.stringify(reply)}`)
  }
  return socket
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
        .post(agent, '/api/seat/status', wish)
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

function cpuOf(pid: number): number {
  const found = processTree(pid).find((one) => one.pid === pid)
  if (found === undefined) throw new Error('the server process is gone')
  return found.cpuSeconds
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
