import { io, type Socket } from 'socket.io-client'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { virtualClock } from '../../../src/platform/clock.ts'
import { openListener } from '../../../src/platform/database/listen.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { openHub } from '../../../src/platform/realtime/hub.ts'
import type { HubToPage, PushedEvent } from '../../../src/platform/realtime/protocol.ts'
import { appendToStream, dropStreamEvents } from '../../../src/platform/realtime/stream-store.ts'
import { makeAccount, openFace, testPassword } from '../../e2e/fixture/face.ts'
import { testDatabase } from '../../harness/database.ts'
import { waitFor, waitForEvent } from '../../harness/wait-for.ts'

const database = await testDatabase()
const { db } = database
const face = await openFace({ db, databaseUrl: database.url })
const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.disconnect()
})
afterAll(async () => {
  await face.close()
  await database.close()
})

const origin = { ip: null, userAgent: null, requestId: null }

async function signIn(roles: readonly Role[], options = {}) {
  return face.auth.signIn(await makeAccount(db, roles, options), testPassword, origin)
}

function connect(headers: Record<string, string>, { reconnection = false, url = face.url } = {}): Socket {
  const socket = io(url, {
    path: '/api/realtime',
    transports: ['websocket'],
    forceNew: true,
    reconnection,
    reconnectionDelay: 10,
    extraHeaders: headers,
  })
  sockets.push(socket)
  return socket
}

async function connected(token: string, options = {}): Promise<Socket> {
  const socket = connect({ cookie: `${sessionCookie}=${token}` }, options)
  await waitForEvent(socket as never, 'connect')
  return socket
}

/** Keeps what is pushed, taking each batch at once. */
function collect(socket: Socket): PushedEvent[] {
  const all: PushedEvent[] = []
  const take: HubToPage['events'] = ({ events }, taken) => {
    all.push(...events)
    taken()
  }
  socket.on('events', take)
  return all
}

const subscribe = (socket: Socket, stream: unknown, after: unknown) =>
  socket.timeout(5_000).emitWithAck('subscribe', { stream, after })

const write = (...types: string[]) =>
  db.transaction().execute((tx) =>
    appendToStream(
      tx,
      'live',
      types.map((type) => ({ type, payload: { type } })),
    ),
  )

const lastLive = async () => {
  const row = await db.selectFrom('stream').select('lastOffset').where('id', '=', 'live').executeTakeFirstOrThrow()
  return Number(row.lastOffset)
}

const denials = async () => {
  const rows = await db.selectFrom('auditRow').selectAll().where('objectKind', '=', 'realtime').orderBy('id').execute()
  return rows.map(({ objectId, detail }) => `${objectId}: ${String(detail.code)}`)
}

describe('handshake', () => {
  const refused = async (headers: Record<string, string>) => {
    const socket = connect(headers)
    await waitForEvent(socket as never, 'connect_error')
    expect(socket.connected).toBe(false)
  }

  it('is refused without a session, with a dead one, and before the first password is changed', async () => {
    await refused({})
    await refused({ cookie: `${sessionCookie}=${'x'.repeat(43)}` })
    const ended = await signIn(['supervisor'])
    await face.auth.signOut({ ...origin, accountId: null, name: null, sessionId: ended.session.id })
    await refused({ cookie: `${sessionCookie}=${ended.token}` })
    const fresh = await signIn(['supervisor'], { mustChangePassword: true })
    await refused({ cookie: `${sessionCookie}=${fresh.token}` })
    expect(await denials()).toEqual([
      '/api/realtime: SIGNED_OUT',
      '/api/realtime: SIGNED_OUT',
      '/api/realtime: SIGNED_OUT',
      '/api/realtime: PASSWORD_CHANGE_NEEDED',
    ])
  })

  it('is refused to a page of another site', async () => {
    const { token } = await signIn(['supervisor'])
    await refused({ cookie: `${sessionCookie}=${token}`, origin: 'https://evil.example' })
  })
})

describe('messages', () => {
  it('subscribe only to streams that the session may read', async () => {
    const { token } = await signIn(['security_admin'])
    const socket = await connected(token)
    expect(await subscribe(socket, 'live', 0)).toEqual({ ok: false, code: 'RIGHT_MISSING' })
    const supervisor = await connected((await signIn(['supervisor'])).token)
    expect(await subscribe(supervisor, 'seat:7', 0)).toEqual({ ok: false, code: 'RIGHT_MISSING' })
    expect(await subscribe(supervisor, 'live', 0)).toEqual({ ok: true })
    expect((await denials()).slice(-2)).toEqual(['stream live: RIGHT_MISSING', 'stream seat:7: RIGHT_MISSING'])
  })

  it.each([
    ['an event nobody knows', ['publish', { stream: 'live', type: 'x' }]],
    ['a subscription without a reply', ['subscribe', { stream: 'live', after: 0 }]],
    ['an offset that is none', ['subscribe', { stream: 'live', after: -1 }, () => {}]],
    ['an offset that is text', ['subscribe', { stream: 'live', after: '1; drop table task' }, () => {}]],
    ['a stream that is none', ['subscribe', { stream: { a: 1 }, after: 0 }, () => {}]],
    ['nothing', ['subscribe']],
  ] as const)('%s ends the connection and is written down', async (_what, [event, ...args]) => {
    const socket = await connected((await signIn(['supervisor'])).token)
    const gone = waitForEvent(socket as never, 'disconnect')
    socket.emit(event, ...args)
    await gone
    expect((await denials()).at(-1)).toBe(`event ${event}: UNKNOWN_EVENT`)
  })

  it.each([
    ['an event', ['a\0b', {}], 'event a?b'],
    ['an event with half a character', ['a\ud83d', {}], 'event a?'],
    ['a stream', ['subscribe', { stream: 'seat:7\0', after: 0 }, () => {}], 'event subscribe'],
    ['a stream with half a character', ['subscribe', { stream: 'seat:\ud83d', after: 0 }, () => {}], 'event subscribe'],
  ] as const)('%s that no database can keep is written down all the same', async (_what, [event, ...args], told) => {
    const before = await denials()
    const socket = await connected((await signIn(['supervisor'])).token)
    const gone = waitForEvent(socket as never, 'disconnect')
    socket.emit(event, ...args)
    await gone
    expect((await denials()).slice(before.length)).toEqual([`${told}: UNKNOWN_EVENT`])
  })

  it('too many of them end the connection', async () => {
    const socket = await connected((await signIn(['supervisor'])).token)
    const gone = waitForEvent(socket as never, 'disconnect')
    for (let count = 0; count < 60; count += 1) socket.emit('subscribe', { stream: 'live', after: 0 }, () => {})
    await gone
  })
})

describe('a subscribed page', () => {
  it('gets what came after its offset, then what comes, in order', async () => {
    await write('a', 'b', 'c')
    const after = (await lastLive()) - 2
    const socket = await connected((await signIn(['supervisor'])).token)
    const events = collect(socket)
    await subscribe(socket, 'live', after)
    await write('d')
    await Promise.all([write('e1', 'e2'), write('f1', 'f2')])
    await waitFor(() => events.length === 7)
    expect(events.map(({ offset }) => offset)).toEqual(Array.from({ length: 7 }, (_, index) => after + 1 + index))
    expect(events.slice(0, 3).map(({ type }) => type)).toEqual(['b', 'c', 'd'])
  })

  it('that lost its connection gets exactly what it missed', async () => {
    const { token } = await signIn(['supervisor'])
    const socket = await connected(token, { reconnection: true })
    const events = collect(socket)
    const start = await lastLive()
    socket.on('connect', () => void subscribe(socket, 'live', events.at(-1)?.offset ?? start))
    await subscribe(socket, 'live', start)
    await write('one', 'two')
    await waitFor(() => events.length === 2)
    const back = waitForEvent(socket as never, 'connect')
    socket.io.engine.close()
    await write('three', 'four')
    await back
    await write('five')
    await waitFor(() => events.length >= 5)
    expect(events.map(({ type }) => type)).toEqual(['one', 'two', 'three', 'four', 'five'])
  })

  it('that is slow gets no second batch before it has taken the first', async () => {
    const socket = await connected((await signIn(['supervisor'])).token)
    const batches: { types: string[]; taken: () => void }[] = []
    socket.on('events', ({ events }: { events: PushedEvent[] }, taken: () => void) =>
      batches.push({ types: events.map(({ type }) => type), taken }),
    )
    await subscribe(socket, 'live', await lastLive())
    await write('first')
    await waitFor(() => batches.length === 1)
    await write('second')
    await write('third')
    const other = await connected((await signIn(['supervisor'])).token)
    const others = collect(other)
    await subscribe(other, 'live', (await lastLive()) - 1)
    await waitFor(() => others.length === 1)
    expect(batches).toHaveLength(1)
    batches[0]?.taken()
    await waitFor(() => batches.length === 2)
    expect(batches[1]?.types).toEqual(['second', 'third'])
  })

  it('that asks for what the log has dropped is told of the gap', async () => {
    await write('x', 'y')
    const before = (await lastLive()) - 1
    await db.transaction().execute((tx) => dropStreamEvents(tx, 'live', new Date(Date.now() + 60_000)))
    const socket = await connected((await signIn(['supervisor'])).token)
    const gap = waitForEvent(socket as never, 'gap')
    await subscribe(socket, 'live', before)
    expect(await gap).toEqual([{ stream: 'live' }])
  })

  it('is cut off when its session ends, whoever ends it', async () => {
    const { token, session } = await signIn(['supervisor'])
    const [one, two] = [await connected(token), await connected(token)]
    const bystander = await connected((await signIn(['supervisor'])).token)
    const told = [one, two].map((socket) => waitForEvent(socket as never, 'signed_out'))
    const gone = [one, two].map((socket) => waitForEvent(socket as never, 'disconnect'))
    await face.auth.signOut({ ...origin, accountId: null, name: null, sessionId: session.id })
    await Promise.all([...told, ...gone])
    expect(bystander.connected).toBe(true)
  })
})

it('an idle session’s sockets are cut off by the server’s clock', async () => {
  const { clock, url, close } = await hubByVirtualClock()
  const { token, session } = await signIn(['supervisor'])
  const socket = await connected(token, { url })
  await subscribe(socket, 'live', 0)
  const gone = waitForEvent(socket as never, 'disconnect')
  await db
    .updateTable('session')
    .set({ lastSeenAt: new Date(Date.now() - 31 * 60_000) })
    .where('id', '=', session.id)
    .execute()
  await clock.advance(31 * 60_000)
  await gone
  const row = await db.selectFrom('session').select('endReason').where('id', '=', session.id).executeTakeFirstOrThrow()
  expect(row.endReason).toBe('idle')
  await close()
})

it('a page that comes back and asks by itself is no activity; keys and mouse are', async () => {
  const { token, session } = await signIn(['supervisor'])
  const seen = new Date(Date.now() - 20 * 60_000)
  await db.updateTable('session').set({ lastSeenAt: seen }).where('id', '=', session.id).execute()
  const lastSeen = async () =>
    (await db.selectFrom('session').select('lastSeenAt').where('id', '=', session.id).executeTakeFirstOrThrow())
      .lastSeenAt
  const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` }
  await connected(token)
  for (const url of ['/api/session', '/api/live', '/api/campaigns']) {
    expect((await face.server.inject({ url, headers })).statusCode).toBe(200)
  }
  const people = { method: 'POST', url: '/api/live/people', headers, payload: { attemptIds: [] } } as const
  await face.server.inject(people)
  expect(await lastSeen()).toEqual(seen)
  await face.server.inject({ method: 'POST', url: '/api/session/activity', headers })
  expect(await lastSeen()).not.toEqual(seen)
})

it('what changes often is told at once, and again together after a rest', async () => {
  const { clock, url, close } = await hubByVirtualClock()
  const { token } = await signIn(['supervisor'])
  const socket = await connected(token, { url })
  const batches: number[] = []
  socket.on('events', ({ events }: { events: readonly PushedEvent[] }, taken: () => void) => {
    batches.push(events.length)
    taken()
  })
  await subscribe(socket, 'busy', 0)
  const write = () => db.transaction().execute((tx) => appendToStream(tx, 'busy', [{ type: 'changed', payload: {} }]))
  await write()
  await waitFor(() => batches.length === 1, { what: 'the first change' })
  for (let n = 0; n < 3; n += 1) await write()
  // Another stream, which does not rest, is told of after all three were heard of.
  await subscribe(socket, 'prompt', 0)
  await db.transaction().execute((tx) => appendToStream(tx, 'prompt', [{ type: 'changed', payload: {} }]))
  await waitFor(() => batches.length === 2, { what: 'the stream that does not rest' })
  await clock.advance(100)
  await waitFor(() => batches.length === 3, { what: 'what has come meanwhile' })
  expect(batches).toEqual([1, 1, 3])
  await close()
})

/** A hub of its own, at which the stream `busy` rests for 100 ms. */
async function hubByVirtualClock() {
  const { createServer } = await import('node:http')
  const clock = virtualClock(new Date())
  const http = createServer()
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const listener = await openListener({ url: database.url })
  const hub = await openHub({
    server: http,
    auth: face.auth,
    db,
    listener,
    clock,
    log: silentLog,
    parseCookies: (header) => face.server.parseCookie(header),
    mayRead: () => true,
    restMs: (stream) => (stream === 'busy' ? 100 : 0),
  })
  const address = http.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const close = async () => {
    await hub.close()
    await listener.close()
    await new Promise((resolve) => http.close(resolve))
  }
  return { clock, url: `http://127.0.0.1:${port}`, close }
}
