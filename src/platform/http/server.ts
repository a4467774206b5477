import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import multipart from '@fastify/multipart'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Auth } from '#platform/auth/auth-service.ts'
import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import type { Log } from '#platform/log.ts'
import { guardRoutes } from './access.ts'
import { errorReplier } from './error-reply.ts'
import { healthRoutes } from './health-routes.ts'
import { isKeepable } from './input.ts'
import { noProxies, type Proxies } from './proxies.ts'
import type { ReadinessPart } from './readiness.ts'
import { compileSchemas, type SchemasCompiled } from './schema-compilers.ts'

export interface HttpServerOptions {
  readonly db: Ground
  readonly auth: Auth
  readonly log: Log
  /** What `/readyz` asks. */
  readonly readiness: readonly ReadinessPart[]
  /** Reverse proxies of our own: address and protocol come from their X-Forwarded-*. Default: none. */
  readonly proxies?: Proxies
  /** PEM; null: plain HTTP. */
  readonly certificate?: { readonly cert: string; readonly key: string; readonly selfSigned: boolean } | null
  readonly limits?: Partial<HttpLimits>
  /** Default: when they are asked. */
  readonly schemas?: SchemasCompiled
}

export interface HttpLimits {
  /** Requests a minute from one address. */
  readonly requestsPerMinute: number
  /** Largest upload. */
  readonly uploadBytes: number
}

export const defaultHttpLimits: HttpLimits = { requestsPerMinute: 1_200, uploadBytes: 50 * 1024 * 1024 }

export type HttpServer = FastifyInstance

/**
 * The web server, deny by default: every route says who may use it or cannot be registered. Features register their
 * routes as plugins; then `serveConsole`, then `listen`. `close()` ends it.
 */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const limits = { ...defaultHttpLimits, ...options.limits }
  const loggerInstance: FastifyBaseLogger = options.log
  const { certificate = null, proxies = noProxies } = options
  const server: HttpServer = fastify({
    loggerInstance,
    // Addresses may hold what somebody typed: routes are logged by their pattern, below.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => newId(),
    requestIdHeader: false,
    trustProxy: (address: string) => proxies.include(address),
    bodyLimit: 256 * 1024,
    forceCloseConnections: true,
    ...(certificate === null ? {} : { https: { cert: certificate.cert, key: certificate.key } }),
  })
  compileSchemas(server, options.schemas ?? 'asked')

  const stays = certificate?.selfSigned === true ? ownHttpsForSeconds : httpsForSeconds
  server.setErrorHandler(errorReplier(options.log))
  server.addHook('onRequest', async (request, reply) => {
    // Also behind a proxy of ours that speaks HTTPS; browsers heed it only where the certificate is good.
    if (request.protocol === 'https') reply.header('strict-transport-security', `max-age=${stays}`)
    reply.header('x-request-id', request.id)
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store')
  })
  server.addHook('preValidation', async ({ body, query, params }) => {
    for (const [where, input] of Object.entries({ body, query, params })) {
      if (!isKeepable(input)) throw new UserError('INPUT_INVALID', { where, fault: 'text' })
    }
  })
  server.addHook('onResponse', async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        accountId: request.session?.accountId ?? null,
      },
      'request',
    )
  })

  await server.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: contentSecurityPolicy },
    // Above, where it is served so.
    strictTransportSecurity: false,
    originAgentCluster: false,
    crossOriginOpenerPolicy: false,
  })
  await server.register(cookie)
  await server.register(rateLimit, {
    max: limits.requestsPerMinute,
    timeWindow: '1 minute',
    errorResponseBuilder: (_request, { ttl, statusCode }) =>
      Object.assign(new Error('too many requests'), { statusCode, seconds: Math.ceil(ttl / 1000) }),
  })
  await server.register(multipart, {
    limits: { fileSize: limits.uploadBytes, files: 1, fields: 8, fieldSize: 1_024, parts: 9 },
  })
  await server.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'Suifang', version: '1' } },
  })

  guardRoutes(server, options.auth, options.db)
  await server.register(healthRoutes, { parts: options.readiness })
  server.get('/api/openapi.json', { config: { access: 'api.read' }, schema: { hide: true } }, async () =>
    server.swagger(),
  )
  return server
}

/** A year; other services of the same host are left alone (no includeSubDomains). */
const httpsForSeconds = 31_536_000
/** Where our own certificate is trusted a browser lets nobody past the next one, until that is trusted too: a day. */
const ownHttpsForSeconds = 86_400

/** Nothing from another host, nothing in a frame. The component library writes its styles into the page. */
const contentSecurityPolicy = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'media-src': ["'self'", 'blob:'],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
}
