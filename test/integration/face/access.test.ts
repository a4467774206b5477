import { afterAll, describe, expect, it } from 'vitest'
import { authRoutes } from '../../../src/platform/auth/auth-routes.ts'
import { type Role, roles } from '../../../src/platform/auth/rights.ts'
import { consoleHeader, type RouteAccess, sessionCookie } from '../../../src/platform/http/access.ts'
import { noProxies, type Proxies, readProxies } from '../../../src/platform/http/proxies.ts'
import { createHttpServer } from '../../../src/platform/http/server.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { makeAccount, openFace, testPassword } from '../../e2e/fixture/face.ts'
import { testDatabase } from '../../harness/database.ts'

const database = await testDatabase()
const { db } = database
const face = await openFace({ db, databaseUrl: database.url })
afterAll(async () => {
  await face.close()
  await database.close()
})

const { server } = face
const routes = server.routeAccess.filter(({ method }) => method !== 'HEAD')
const origin = { ip: null, userAgent: null, requestId: null }
/** As many as one account may hold together. */
const many: readonly Role[] = ['agent', 'supervisor', 'qa', 'system_admin']
const nobodysId = '01900000-0000-7000-8000-000000000000'

async function tokenOf(role: readonly Role[], options = {}): Promise<string> {
  const name = await makeAccount(db, role, options)
  return (await face.auth.signIn(name, testPassword, origin)).token
}

/** A well-formed request to a route, as far as its address tells. */
function ask(
  { method, url }: RouteAccess,
  token: string | null,
  headers: Record<string, string> = { [consoleHeader]: '1' },
) {
  return server.inject({
    method: method as 'GET',
    url: url.replace(/:\w+/g, nobodysId),
    headers: { ...headers, ...(token === null ? {} : { cookie: `${sessionCookie}=${token}` }) },
  })
}

const name = ({ method, url }: RouteAccess) => `${method} ${url}`
const guarded = routes.filter(({ access }) => access !== 'public')
const withRight = guarded.filter(({ access }) => access !== 'signed_in')

describe('deny by default', () => {
  it('lets no route be registered that does not say who may use it', async () => {
    const bare = await createHttpServer({ db, auth: face.auth, log: silentLog, readiness: [] })
    expect(() => bare.get('/api/forgotten', async () => 'secret')).toThrow('config.access')
    await bare.close()
  })

  it('counts who is refused against the limit of an address, so that nobody fills the audit trail', async () => {
    const bare = await createHttpServer({
      db,
      auth: face.auth,
      log: silentLog,
      readiness: [],
      limits: { requestsPerMinute: 3 },
    })
    bare.get('/api/shut', { config: { access: 'audit.read' } }, async () => 'secret')
    bare.post('/api/shut', { config: { access: 'public', rateLimit: { max: 2 } } }, async () => 'done')
    const rows = async () => (await db.selectFrom('auditRow').select('id').execute()).length
    const before = await rows()
    const ask = async (method: 'GET' | 'POST') => (await bare.inject({ method, url: '/api/shut' })).statusCode
    expect([await ask('GET'), await ask('GET'), await ask('GET'), await ask('GET')]).toEqual([401, 401, 401, 429])
    expect([await ask('POST'), await ask('POST'), await ask('POST')]).toEqual([403, 403, 429])
    expect((await rows()) - before).toBe(5)
    await bare.close()
  })

  it('takes the word of its own reverse proxy, and of nobody else, about who asks and how', async () => {
    const name = await makeAccount(db, ['agent'])
    const signIn = async (proxies: Proxies, remoteAddress: string) => {
      const bare = await createHttpServer({ db, auth: face.auth, log: silentLog, readiness: [], proxies })
      await bare.register(authRoutes, { auth: face.auth })
      const told = { 'x-forwarded-for': '192.0.2.9', 'x-forwarded-proto': 'https', [consoleHeader]: '1' }
      const payload = { name, password: testPassword }
      const answer = await bare.inject({ method: 'POST', url: '/api/session', remoteAddress, headers: told, payload })
      await bare.close()
      const query = db.selectFrom('auditRow').select('ip').where('action', '=', 'session.sign_in').orderBy('id', 'desc')
      return [answer.cookies[0]?.secure ?? false, (await query.limit(1).executeTakeFirst())?.ip]
    }
    const own = readProxies('127.0.0.1') ?? noProxies
    expect(await signIn(own, '127.0.0.1')).toEqual([true, '192.0.2.9'])
    expect(await signIn(own, '192.0.2.66')).toEqual([false, '192.0.2.66'])
    expect(await signIn(noProxies, '127.0.0.1')).toEqual([false, '127.0.0.1'])
  })

  it('leaves public only what nobody can be signed in for', () => {
    expect(
      routes
        .filter(({ access }) => access === 'public')
        .map(name)
        .sort(),
    ).toEqual(['GET /api/session', 'GET /healthz', 'GET /readyz', 'POST /api/session'])
  })

  it.each(guarded.map((route) => [name(route), route] as const))('%s answers nobody', async (_name, route) => {
    const answer = await ask(route, null)
    expect(answer.statusCode).toBe(401)
    expect(answer.json()).toMatchObject({ code: 'SIGNED_OUT' })
  })

  it.each(withRight.map((route) => [name(route), route] as const))(
    '%s answers nobody whose first password is not changed',
    async (_name, route) => {
      const answer = await ask(route, await tokenOf(many, { mustChangePassword: true }))
      expect(answer.json()).toMatchObject({ code: 'PASSWORD_CHANGE_NEEDED' })
    },
  )

  describe.each(roles)('%s', (role) => {
    it('is let in exactly where the rights table says', async () => {
      const token = await tokenOf([role])
      const held = await db.selectFrom('roleRight').select('rightCode').where('roleCode', '=', role).execute()
      const rights = new Set<string>(held.map(({ rightCode }) => rightCode))
      for (const route of withRight) {
        const answer = await ask(route, token)
        const refused = answer.statusCode === 403 && answer.json().code === 'RIGHT_MISSING'
        expect(refused, `${role} at ${name(route)}`).toBe(!rights.has(route.access))
      }
    })
  })

  it('writes an audit row for each denied access: who, where, which route', async () => {
    const who = await makeAccount(db, ['agent'])
    const { token } = await face.auth.signIn(who, testPassword, origin)
    await server.inject({
      method: 'POST',
      url: `/api/campaigns/${nobodysId}/start`,
      headers: { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` },
      remoteAddress: '10.1.2.3',
    })
    const [row] = await db
      .selectFrom('auditRow')
      .selectAll()
      .where('actorName', '=', who)
      .orderBy('id', 'desc')
      .execute()
    expect(row).toMatchObject({
      action: 'access.denied',
      outcome: 'denied',
      ip: '10.1.2.3',
      objectId: 'POST /api/campaigns/:id/start',
      detail: { code: 'RIGHT_MISSING' },
    })
  })
})

describe('writes from elsewhere', () => {
  const writes = routes.filter(({ method }) => method !== 'GET')

  it.each(writes.map((route) => [name(route), route] as const))(
    '%s refuses a form of another site',
    async (_name, route) => {
      const token = await tokenOf(many)
      for (const headers of [
        {},
        { [consoleHeader]: '1', origin: 'https://evil.example' },
        { [consoleHeader]: '1', origin: 'null' },
        { [consoleHeader]: '1', origin: 'http://localhost.evil.example:80' },
      ]) {
        expect((await ask(route, token, headers)).json()).toMatchObject({ code: 'FOREIGN_ORIGIN' })
      }
    },
  )

  it('are taken from our own origin', async () => {
    const token = await tokenOf(['agent'])
    const answer = await server.inject({
      method: 'POST',
      url: '/api/session/activity',
      headers: {
        [consoleHeader]: '1',
        host: 'suifang.local:8080',
        origin: 'http://suifang.local:8080',
        cookie: `${sessionCookie}=${token}`,
      },
    })
    expect(answer.statusCode).toBe(204)
  })
})

it('a page that came by HTTPS through a proxy of ours comes so for a year, and one that came by HTTP is told nothing', async () => {
  const proxied = await createHttpServer({
    db,
    auth: face.auth,
    log: silentLog,
    readiness: [],
    proxies: readProxies('127.0.0.1') ?? noProxies,
  })
  const stays = async (proto: string) =>
    (await proxied.inject({ url: '/healthz', headers: { 'x-forwarded-proto': proto } })).headers[
      'strict-transport-security'
    ]
  expect(await stays('https')).toBe('max-age=31536000')
  expect(await stays('http')).toBeUndefined()
  await proxied.close()
})

describe('the session cookie', () => {
  const signIn = async (headers = {}) => {
    const who = await makeAccount(db, ['agent'])
    return server.inject({
      method: 'POST',
      url: '/api/session',
      headers: { [consoleHeader]: '1', ...headers },
      payload: { name: who, password: testPassword },
    })
  }

  it('cannot be read by scripts nor sent by other sites', async () => {
    const [cookie] = (await signIn()).cookies
    expect(cookie).toMatchObject({ name: sessionCookie, httpOnly: true, sameSite: 'Strict', path: '/' })
  })

  it('of who signs in where somebody is signed in is another one, and the one before is over', async () => {
    const first = (await signIn()).cookies[0]?.value ?? ''
    const second = (await signIn({ cookie: `${sessionCookie}=${first}` })).cookies[0]?.value ?? ''
    const of = async (token: string) =>
      (await server.inject({ url: '/api/session', headers: { cookie: `${sessionCookie}=${token}` } })).json().session
    expect(second).not.toBe(first)
    expect(await of(first)).toBeNull()
    expect(await of(second)).not.toBeNull()
  })

  it('that a stranger has set is not taken for a session, and is replaced', async () => {
    const planted = 'a'.repeat(43)
    const token = (await signIn({ cookie: `${sessionCookie}=${planted}` })).cookies[0]?.value
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(token).not.toBe(planted)
  })

  it('is no longer good after sign-out', async () => {
    const token = (await signIn()).cookies[0]?.value ?? ''
    const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` }
    expect((await server.inject({ method: 'DELETE', url: '/api/session', headers })).statusCode).toBe(204)
    expect((await server.inject({ url: '/api/session', headers })).json()).toEqual({ session: null })
  })
})

describe('answers', () => {
  it('carry a policy that lets nothing be fetched from another host, and are not kept', async () => {
    const answer = await server.inject('/api/session')
    const policy = String(answer.headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/https?:|\*/)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('tell errors in the reader’s language without repeating what was sent', async () => {
    const answer = await server.inject({
      method: 'POST',
      url: '/api/session',
      headers: { [consoleHeader]: '1', 'accept-language': 'zh-CN', 'content-type': 'application/json' },
      payload: '{"name": "张三 13800138000", "oops',
    })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().message).toMatch(/请求内容/)
    expect(answer.body).not.toMatch(/张三|13800138000/)
  })
})
