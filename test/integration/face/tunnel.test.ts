import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import { afterAll, afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { Auth, type Session } from '../../../src/platform/auth/auth-service.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { sessionChannel } from '../../../src/platform/auth/session-store.ts'
import { SessionWatch } from '../../../src/platform/auth/session-watch.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { openListener } from '../../../src/platform/database/listen.ts'
import { sessionCookie } from '../../../src/platform/http/access.ts'
import { openTunnel, type Tunnel, type TunnelOptions } from '../../../src/platform/http/tunnel.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { makeAccount, openFace, testPassword } from '../../e2e/fixture/face.ts'
import { testDatabase } from '../../harness/database.ts'
import { waitFor, waitForEvent } from '../../harness/wait-for.ts'

const database = await testDatabase()
const { db } = database
const face = await openFace({ db, databaseUrl: database.url })
const listener = await openListener({ url: database.url })

/** What the tunnel leads to: says everything back. */
const inside = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'sip' })
await once(inside, 'listening')
const insideRequests: IncomingMessage[] = []
inside.on('connection', (socket, request) => {
  insideRequests.push(request)
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
})
const insideAddress = inside.address()
const target = { host: '127.0.0.1', port: typeof insideAddress === 'string' ? 0 : (insideAddress?.port ?? 0) }

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
  insideRequests.length = 0
})
afterAll(async () => {
  inside.close()
  await listener.close()
  await face.close()
  await database.close()
})

async function open(options: Partial<TunnelOptions> = {}): Promise<Tunnel> {
  const { auth = face.auth } = options
  const watch = new SessionWatch({ auth, listener, clock: systemClock, log: silentLog })
  await watch.start()
  closing.push(() => watch.close())
  const tunnel = openTunnel({
    server: face.server.server,
    path: '/sip',
    protocol: 'sip',
    target,
    right: 'seat.use',
    auth,
    watch,
    db,
    clock: systemClock,
    log: silentLog,
    parseCookies: (header) => face.server.parseCookie(header),
    ...options,
  })
  closing.push(() => tunnel.close())
  return tunnel
}

const nobody = { ip: null, userAgent: null, requestId: null }
const signIn = async (roles: readonly Role[] = ['agent'], options = {}, auth = face.auth) =>
  auth.signIn(await makeAccount(db, roles, options), testPassword, nobody)

interface Knock {
  readonly token?: string
  readonly origin?: string | null
  readonly protocol?: string | null
  readonly path?: string
}

function knock({ token, origin = face.url, protocol = 'sip', path = '/sip' }: Knock): WebSocket {
  const socket = new WebSocket(`${face.url.replace('http', 'ws')}${path}`, protocol === null ? [] : [protocol], {
    headers: { cookie: token === undefined ? '' : `other=1; ${sessionCookie}=${token}` },
    ...(origin === null ? {} : { origin }),
  })
  socket.on('error', () => {})
  closing.push(() => socket.terminate())
  return socket
}

async function through(token: string): Promise<WebSocket> {
  const socket = knock({ token })
  await waitForEvent(socket, 'open')
  return socket
}

async function refusal(how: Knock): Promise<number | undefined> {
  const [, answer] = await waitForEvent<[unknown, IncomingMessage]>(knock(how), 'unexpected-response')
  return answer.statusCode
}

const closed = (socket: WebSocket) => waitForEvent(socket, 'close')

async function said(socket: WebSocket, message: string | Buffer): Promise<string> {
  socket.send(message)
  const [data] = await waitForEvent<[Buffer]>(socket, 'message')
  return data.toString('latin1')
}

/** A server that answers each handshake when `ready` does. @returns where it is */
async function slowInside(ready: () => Promise<unknown>): Promise<{ host: string; port: number }> {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: () => 'sip',
    verifyClient: (_info, taken) => void ready().then(() => taken(true)),
  })
  closing.push(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  return { host: '127.0.0.1', port: typeof address === 'string' ? 0 : (address?.port ?? 0) }
}

const denials = async () => {
  const rows = await db
    .selectFrom('auditRow')
    .selectAll()
    .where('objectId', '=', 'UPGRADE /sip')
    .orderBy('id')
    .execute()
  return rows.map(({ actorName, detail }) => `${actorName ?? '-'} ${String(detail.code)}`)
}

describe('who may go through', () => {
  it('whoever has a session with the right, from a page of ours; every byte as it is, and no cookie', async () => {
    const tunnel = await open()
    const socket = await through((await signIn()).token)
    expect(socket.protocol).toBe('sip')
    expect(await said(socket, 'REGISTER sip:suifang SIP/2.0\r\n\r\n')).toBe('REGISTER sip:suifang SIP/2.0\r\n\r\n')
    const bytes = Buffer.alloc(300_000, 'abcdefg')
    expect(await said(socket, bytes)).toBe(bytes.toString('latin1'))
    expect(insideRequests.map(({ headers }) => [headers.cookie, headers.origin])).toEqual([[undefined, undefined]])
    expect(tunnel.size).toBe(1)
  })

  it('to a server that takes longer than the hub waits for upgrades of others', async () => {
    const { token } = await signIn()
    // The hub's wait begins with the upgrade, and is over before the server inside answers.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    await open({ target: await slowInside(async () => void (await vi.advanceTimersByTimeAsync(1_500))) })
    await through(token)
  })

  it('nobody else: refused, and written down', async () => {
    await open()
    const { token } = await signIn()
    const before = (await denials()).length
    expect(await refusal({})).toBe(401)
    expect(await refusal({ token: 'x'.repeat(43) })).toBe(401)
    const qa = await signIn(['qa'])
    expect(await refusal({ token: qa.token })).toBe(403)
    const fresh = await signIn(['agent'], { mustChangePassword: true })
    expect(await refusal({ token: fresh.token })).toBe(403)
    expect(await refusal({ token, origin: 'https://evil.example' })).toBe(403)
    expect(await refusal({ token, origin: null })).toBe(403)
    expect((await denials()).slice(before)).toEqual([
      '- SIGNED_OUT',
      '- SIGNED_OUT',
      `${qa.session.signInName} RIGHT_MISSING`,
      `${fresh.session.signInName} PASSWORD_CHANGE_NEEDED`,
      '- FOREIGN_ORIGIN',
      '- FOREIGN_ORIGIN',
    ])
    expect(insideRequests).toEqual([])
  })

  it('no other subprotocol, and no other address', async () => {
    await open()
    const { token } = await signIn()
    expect(await refusal({ token, protocol: 'xmpp' })).toBe(426)
    expect(await refusal({ token, protocol: null })).toBe(426)
    const elsewhere = knock({ token, path: '/sip/../sips' })
    await waitForEvent(elsewhere, 'error')
    expect(insideRequests).toEqual([])
  })

  it('not too many, nor too often', async () => {
    const { token } = await signIn()
    const narrow = await open({ limits: { tunnels: 1 } })
    await through(token)
    expect(await refusal({ token })).toBe(429)
    await narrow.close()
    await open({ limits: { handshakesPer10Seconds: 2 } })
    await through(token)
    await through(token)
    expect(await refusal({ token })).toBe(429)
  })

  it('of one account the oldest gives way', async () => {
    const tunnel = await open({ limits: { tunnelsPerAccount: 2 } })
    const { token } = await signIn()
    const oldest = await through(token)
    const gone = closed(oldest)
    await through(token)
    const newest = await through(token)
    await gone
    expect(await said(newest, 'still here')).toBe('still here')
    expect(tunnel.size).toBe(2)
  })
})

describe('where it leads', () => {
  it('nowhere yet: 503; to nobody, or to something else: 502', async () => {
    const { token } = await signIn()
    const nowhere = await open({ target: null })
    expect(await refusal({ token })).toBe(503)
    await nowhere.close()
    const other = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'string' ? 0 : (address?.port ?? 0)
    const wrong = await open({ target: { host: '127.0.0.1', port } })
    expect(await refusal({ token })).toBe(502)
    await wrong.close()
    other.close()
    await open({ target: { host: '127.0.0.1', port } })
    expect(await refusal({ token })).toBe(502)
  })

  it('the end of one side is the end of the other', async () => {
    const tunnel = await open()
    const { token } = await signIn()
    const first = await through(token)
    const gone = closed(first)
    for (const socket of inside.clients) socket.terminate()
    await gone
    const second = await through(token)
    const [insideOne] = [...inside.clients].slice(-1)
    if (insideOne === undefined) throw new Error('nobody came through')
    const insideGone = waitForEvent(insideOne, 'close')
    second.terminate()
    await insideGone
    await waitFor(() => tunnel.size === 0, { what: 'nobody to be let through any more' })
  })
})

describe('the end of a session', () => {
  const signOut = (session: Session) =>
    face.auth.signOut({ ...nobody, accountId: session.accountId, name: session.signInName, sessionId: session.id })

  it('closes what it let through, and nothing else', async () => {
    const expelled: [string, number][] = []
    await open({ onExpelled: ({ id }, left) => expelled.push([id, left]) })
    const one = await signIn()
    const other = await signIn()
    const gone = closed(await through(one.token))
    const stays = await through(other.token)
    await signOut(one.session)
    await gone
    expect(await said(stays, 'here')).toBe('here')
    expect(expelled).toEqual([[one.session.id, 0]])
  })

  it('closes what was only being let through when it ended', async () => {
    const knocked = Promise.withResolvers<void>()
    const told = Promise.withResolvers<void>()
    const slow = await slowInside(async () => {
      knocked.resolve()
      await told.promise
    })
    await open({ target: slow })
    const { token, session } = await signIn()
    const watched = await listener.listen(sessionChannel, {
      onPayload: (id) => id === session.id && told.resolve(),
      onResync: () => {},
    })
    closing.push(() => watched.close())
    const gone = closed(knock({ token }))
    await knocked.promise
    await signOut(session)
    await gone
  })

  it('waits for a call that is up', async () => {
    const call = Promise.withResolvers<void>()
    const tunnel = await open({ staysFor: () => call.promise })
    const { token, session } = await signIn()
    const socket = await through(token)
    await signOut(session)
    expect(await refusal({ token })).toBe(401)
    expect(await said(socket, 'in a call')).toBe('in a call')
    const gone = closed(socket)
    call.resolve()
    await gone
    expect(tunnel.size).toBe(0)
  })

  it('is noticed although nobody says so: idleness ends it, and the socket itself is no activity', async () => {
    const auth = new Auth(db, { idleMs: 400 })
    await open({ auth })
    const { token } = await signIn(['agent'], {}, auth)
    const socket = await through(token)
    const gone = closed(socket)
    expect(await said(socket, 'chatter')).toBe('chatter')
    await gone
  })
})
