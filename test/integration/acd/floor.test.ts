import { io, type Socket } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { streamAccess } from '../../../src/app/stream-access.ts'
import { floorRoutes } from '../../../src/contact-center/floor/floor-routes.ts'
import { Floor as FloorService } from '../../../src/contact-center/floor/floor-service.ts'
import { supervisionRoutes } from '../../../src/contact-center/supervision/supervision-routes.ts'
import { Teams } from '../../../src/contact-center/teams/team-service.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import { Auth } from '../../../src/platform/auth/auth-service.ts'
import { type Role, roles } from '../../../src/platform/auth/rights.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { type Listener, openListener } from '../../../src/platform/database/listen.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { createHttpServer } from '../../../src/platform/http/server.ts'
import { newId } from '../../../src/platform/ids.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { type Hub, openHub } from '../../../src/platform/realtime/hub.ts'
import { readStream } from '../../../src/platform/realtime/stream-store.ts'
import { makeAccount, testPassword } from '../../e2e/fixture/face.ts'
import { waitForEvent } from '../../harness/wait-for.ts'
import { Floor } from './floor.ts'
import { FloorPage, withoutSince } from './floor-page.ts'

const floor = await Floor.open({ patients: 6 })
const { db, teamId } = floor
const node = await floor.node()
const service = new FloorService({ db })
const auth = new Auth(db)
const server = await createHttpServer({
  db,
  auth,
  log: silentLog,
  readiness: [],
  limits: { requestsPerMinute: 10_000 },
})
await server.register(floorRoutes, { floor: service })
await server.register(supervisionRoutes, { supervision: node.supervision })
let listener: Listener
let hub: Hub
let url: string
beforeAll(async () => {
  listener = await openListener({ url: floor.office.database.url })
  hub = await openHub({
    server: server.server,
    auth,
    db,
    listener,
    clock: systemClock,
    log: silentLog,
    parseCookies: (header) => server.parseCookie(header),
    mayRead: streamAccess(service),
  })
  url = await server.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await hub.close()
  await listener.close()
  await server.close()
  await floor.close()
})

async function caller(role: Role) {
  const name = await makeAccount(db, [role])
  const { token, session } = await auth.signIn(name, testPassword, { ip: null, userAgent: null, requestId: null })
  const cookie = `${sessionCookie}=${token}`
  return {
    id: session.accountId,
    cookie,
    ask: (method: 'GET' | 'POST' | 'DELETE', path: string, payload?: Record<string, unknown>) =>
      server.inject({
        method,
        url: `/api/floor${path}`,
        headers: { [consoleHeader]: '1', cookie },
        ...(payload === undefined ? {} : { payload }),
      }),
  }
}

const denials = (accountId: string) =>
  db
    .selectFrom('auditRow')
    .select(['objectKind', 'objectId'])
    .where('actorId', '=', accountId)
    .where('outcome', '=', 'denied')
    .execute()

function connect(cookie: string): Socket {
  return io(url, {
    path: '/api/realtime',
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    extraHeaders: { cookie },
  })
}

async function subscribe(cookie: string, stream: string): Promise<unknown> {
  const socket = connect(cookie)
  try {
    await waitForEvent(socket as never, 'connect')
    return await socket.timeout(5_000).emitWithAck('subscribe', { stream, after: 0 })
  } finally {
    socket.disconnect()
  }
}

it('a supervisor whose team is taken away reads its stream no longer, also at a page that is open', async () => {
  const { cookie, id } = await caller('supervisor')
  await db.insertInto('teamSupervisor').values({ teamId, userId: id }).execute()
  const socket = connect(cookie)
  await waitForEvent(socket as never, 'connect')
  const read = { stream: `floor:${teamId}`, after: 0 }
  expect(await socket.timeout(5_000).emitWithAck('subscribe', read)).toEqual({ ok: true })
  const gone = waitForEvent(socket as never, 'disconnect')
  const teams = new Teams({ db, secrets: { encrypt: () => Buffer.alloc(0) } })
  await teams.setSupervisors({ actor: systemActor, all: true }, teamId, [])
  await gone
  expect(hub.watchers(read.stream)).toBe(0)
  expect(await subscribe(cookie, read.stream)).toEqual({ ok: false, code: 'RIGHT_MISSING' })
})

describe.each(roles)('the floor: %s', (role) => {
  const may = role === 'supervisor'

  it(`is ${may ? 'let in' : 'refused at every route, and that is audited'}`, async () => {
    const { ask, id } = await caller(role)
    const seat = `/seats/${newId()}`
    const answers = [
      await ask('GET', ''),
      await ask('POST', `${seat}/supervision`, { mode: 'monitor' }),
      await ask('DELETE', `${seat}/supervision`),
      await ask('POST', `${seat}/take-over`, { reason: '投诉' }),
      await ask('POST', `${seat}/release`, { reason: '投诉' }),
    ]
    const refused = answers.filter((one) => one.statusCode === 403 && one.json().code === 'RIGHT_MISSING').length
    expect(refused).toBe(may ? 0 : answers.length)
    // A supervisor is refused another's seats, at each command.
    expect(await denials(id)).toHaveLength(may ? answers.length - 1 : answers.length)
  })

  it('reads the streams of their own teams alone, and a refusal is audited', async () => {
    const { cookie, id } = await caller(role)
    expect(await subscribe(cookie, `floor:${teamId}`)).toEqual({ ok: false, code: 'RIGHT_MISSING' })
    expect(await denials(id)).toEqual([{ objectKind: 'realtime', objectId: `stream floor:${teamId}` }])
    await db.insertInto('teamSupervisor').values({ teamId, userId: id }).execute()
    expect(await subscribe(cookie, `floor:${teamId}`)).toEqual(
      may ? { ok: true } : { ok: false, code: 'RIGHT_MISSING' },
    )
  })
})

it.each([
  ['POST', 'supervision', { mode: 'spy' }],
  ['POST', 'take-over', { reason: ' ' }],
  ['POST', 'take-over', {}],
  ['POST', 'release', { reason: 'x'.repeat(201) }],
] as const)('%s %s with %o is refused as malformed', async (method, path, body) => {
  const { ask } = await caller('supervisor')
  expect((await ask(method, `/seats/${newId()}/${path}`, body)).statusCode).toBe(400)
})

describe('the floor as a supervisor sees it', () => {
  it('has the seats of one’s own teams, also those nobody has sat down at', async () => {
    const { id, ask } = await caller('supervisor')
    expect((await ask('GET', '')).json()).toMatchObject({ teams: [], seats: [], queues: [], offsets: {} })
    await db.insertInto('teamSupervisor').values({ teamId, userId: id }).execute()
    const agent = await floor.agent()
    const view = (await ask('GET', '')).json()
    expect(view.teams).toEqual([{ id: teamId, name: '随访一组' }])
    expect(view.seats.find((seat: { seatId: string }) => seat.seatId === agent)).toMatchObject({
      agentId: agent,
      teamId,
      status: 'signed_out',
      state: 'unreachable',
      phone: { kind: 'desk', live: true },
      call: null,
      supervision: [],
    })
    expect(Object.keys(view.offsets)).toEqual([`floor:${teamId}`])
    expect(Date.parse(view.serverTime)).not.toBeNaN()
  })

  it('snapshot and events say at every moment what a new snapshot says', async () => {
    const supervisor = await floor.supervisor()
    const agent = await floor.agent()
    const page = new FloorPage(await service.view(supervisor))
    const stream = `floor:${teamId}`
    const agrees = async () => {
      await node.quiet()
      page.take(stream, (await readStream(db, stream, page.offset(stream), 1_000)).events)
      expect(page.seats).toEqual((await service.view(supervisor)).seats.map(withoutSince))
    }
    await node.signIn(agent)
    await agrees()
    await node.service.setStatus(agent, 'away', '会议')
    await node.service.setStatus(agent, 'available')
    await agrees()
    const [call] = await node.dialForSeats()
    await agrees()
    if (call !== undefined) node.telephony.dialOf(call.seat)?.answer()
    await agrees()
    await node.signIn(supervisor)
    const command = { supervisorId: supervisor, seatId: agent, actor: systemActor }
    await node.supervision.supervise(command, 'monitor')
    await agrees()
    await node.supervision.supervise(command, 'barge')
    await agrees()
    await node.supervision.takeOver(command, '投诉')
    await agrees()
    await node.service.hangUp(supervisor)
    await call?.done
    await agrees()
    await floor.passWrapUp(agent)
    await floor.passWrapUp(supervisor)
    await node.keep()
    await agrees()
    await node.service.signOut(agent)
    await agrees()
  })
})
