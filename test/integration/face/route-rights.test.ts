import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyPluginAsync } from 'fastify'
import { afterAll, describe, expect, it } from 'vitest'
import { Auth } from '../../../src/platform/auth/auth-service.ts'
import { type Role, roles } from '../../../src/platform/auth/rights.ts'
import { consoleHeader, type RouteAccess, sessionCookie } from '../../../src/platform/http/access.ts'
import { createHttpServer } from '../../../src/platform/http/server.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { makeAccount, testPassword } from '../../e2e/fixture/face.ts'
import { testDatabase } from '../../harness/database.ts'
import { routeRights } from './route-rights.ts'

/**
 * Every plugin of routes that the house has, found by its file's name, on one server that lets nothing further than its
 * guard: who gets past it is told by 204.
 */
const source = join(import.meta.dirname, '../../../src')
const database = await testDatabase()
const { db } = database
const auth = new Auth(db)
const server = await createHttpServer({
  db,
  auth,
  log: silentLog,
  readiness: [],
  limits: { requestsPerMinute: 1_000_000 },
  // A schema that cannot be compiled is found here, and not by the first who asks.
  schemas: 'opened',
})
server.addHook('preParsing', async (_request, reply, payload) => {
  await reply.code(204).send()
  return payload
})
const plugins = new Map<string, FastifyPluginAsync>()
for (const file of globSync('**/*-routes.ts', { cwd: source })) {
  const found: Record<string, unknown> = await import(join(source, file))
  for (const [name, plugin] of Object.entries(found)) if (isPlugin(name, plugin)) plugins.set(name, plugin)
}
for (const [name, plugin] of plugins) {
  // The server has brought these itself.
  if (name !== 'healthRoutes') await server.register(async (instance) => plugin(instance, anyOptions()))
}
await server.ready()
afterAll(async () => {
  await server.close()
  await database.close()
})

function isPlugin(name: string, value: unknown): value is FastifyPluginAsync {
  return name.endsWith('Routes') && typeof value === 'function'
}

/** Services that are never asked anything; what a plugin reads while it is registered is not there. */
function anyOptions(): object {
  // Nobody waits for it.
  const nothing: object = new Proxy(() => nothing, { get: (_target, key) => (key === 'then' ? undefined : nothing) })
  const numbers = new Set(['signInsPerMinute', 'then'])
  return new Proxy({}, { get: (_target, key) => (numbers.has(String(key)) ? undefined : nothing) })
}

const routes = server.routeAccess.filter(({ method }) => method !== 'HEAD')
const nameOf = ({ method, url }: RouteAccess) => `${method} ${url}`
const guarded = routes.filter(({ access }) => access !== 'public' && access !== 'signed_in')

function ask({ method, url }: RouteAccess, token: string) {
  return server.inject({
    method: method as 'GET',
    url: url.replace(/:\w+/g, '01900000-0000-7000-8000-000000000000'),
    headers: { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` },
  })
}

describe('every route of the house', () => {
  it('stands in the table with its right, and nothing else does', () => {
    expect(Object.fromEntries(routes.map((route) => [nameOf(route), route.access]))).toEqual(routeRights)
  })

  it('is registered by the house itself', () => {
    const house = globSync('{app.ts,app/*.ts,platform/http/server.ts}', { cwd: source })
      .map((file) => readFileSync(join(source, file), 'utf8'))
      .join('\n')
    expect([...plugins.keys()].filter((name) => !house.includes(`register(${name}`))).toEqual([])
  })

  it.each(roles)(
    'lets %s in exactly where the matrix of rights says, and writes down each refusal',
    async (role: Role) => {
      const name = await makeAccount(db, [role])
      const { token } = await auth.signIn(name, testPassword, { ip: null, userAgent: null, requestId: null })
      const held = await db.selectFrom('roleRight').select('rightCode').where('roleCode', '=', role).execute()
      const rights = new Set<string>(held.map(({ rightCode }) => rightCode))
      const refused: string[] = []
      for (const route of guarded) {
        const answer = await ask(route, token)
        const may = rights.has(route.access)
        expect([nameOf(route), answer.statusCode]).toEqual([nameOf(route), may ? 204 : 403])
        if (may) continue
        expect(answer.json()).toMatchObject({ code: 'RIGHT_MISSING', params: { right: route.access } })
        refused.push(nameOf(route))
      }
      const denied = await db
        .selectFrom('auditRow')
        .select('objectId')
        .where('actorName', '=', name)
        .where('action', '=', 'access.denied')
        .orderBy('id')
        .execute()
      expect(denied.map(({ objectId }) => objectId)).toEqual(refused)
    },
  )
})
