import type {} from '@fastify/cookie'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Auth, Session } from '#platform/auth/auth-service.ts'
import type { Right } from '#platform/auth/rights.ts'
import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'

/**
 * Who may use a route: anybody, whoever has signed in (also before the first password is changed), or who holds a
 * right. A route that does not say cannot be registered: deny by default.
 */
export type Access = 'public' | 'signed_in' | Right

export interface RouteAccess {
  readonly method: string
  readonly url: string
  readonly access: Access
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** A person did something at the page: only this keeps a session from idling. What pages ask by themselves does not. */
    activity?: boolean
  }
  interface FastifyRequest {
    /** Set on every route that is not public. */
    session: Session | null
  }
  interface FastifyInstance {
    /** Every registered route with who may use it: the rights matrix as it is. */
    routeAccess: RouteAccess[]
    /** Writes down that a request was refused. */
    auditDenied(request: FastifyRequest, code: string): Promise<void>
  }
}

export const sessionCookie = 'suifang_session'

/** A page of another site cannot send it without being asked whether it may, which it may not. */
export const consoleHeader = 'x-suifang-console'

const harmless = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Puts the guard before every route registered from here on; what limits requests stands before this. */
export function guardRoutes(server: FastifyInstance, auth: Auth, db: Ground): void {
  server.decorateRequest('session', null)
  const routeAccess: RouteAccess[] = []
  server.decorate('routeAccess', routeAccess)
  const guard = async (request: FastifyRequest): Promise<void> => {
    try {
      if (!harmless.has(request.method)) requireConsole(request)
      await admit(request, auth)
    } catch (error) {
      if (error instanceof UserError) await auditDenied(db, request, error.code)
      throw error
    }
  }
  server.addHook('onRoute', (route) => {
    const access = route.config?.access
    const methods = [route.method].flat()
    if (access === undefined) {
      throw new TypeError(`route ${methods.join(', ')} ${route.url} does not say who may use it (config.access)`)
    }
    for (const method of methods) routeAccess.push({ method, url: route.url, access })
    // Behind the rate limit, a hook of the route as well: a refusal is a row that stays for ever, and anybody can cause one.
    route.onRequest = [...[route.onRequest ?? []].flat(), guard]
  })
  server.decorate('auditDenied', (request: FastifyRequest, code: string) => auditDenied(db, request, code))
}

async function admit(request: FastifyRequest, auth: Auth): Promise<void> {
  const { access, activity = false } = request.routeOptions.config
  if (access === 'public') return
  const token = request.cookies[sessionCookie]
  request.session = token === undefined ? null : await auth.session(token, { quiet: !activity })
  if (request.session === null || access === undefined) throw new UserError('SIGNED_OUT')
  if (access === 'signed_in') return
  requireRight(request.session, access)
}

/** @throws UserError RIGHT_MISSING, PASSWORD_CHANGE_NEEDED */
export function requireRight(session: Session, right: Right): void {
  if (session.mustChangePassword) throw new UserError('PASSWORD_CHANGE_NEEDED')
  if (!session.rights.has(right)) throw new UserError('RIGHT_MISSING', { right })
}

/**
 * For what needs another right besides its route's, by what is asked: refused and written down as the route itself is.
 * @throws UserError RIGHT_MISSING, PASSWORD_CHANGE_NEEDED
 */
export async function requireRightAudited(request: FastifyRequest, right: Right): Promise<void> {
  try {
    requireRight(sessionOf(request), right)
  } catch (error) {
    if (error instanceof UserError) await request.server.auditDenied(request, error.code)
    throw error
  }
}

/**
 * A write comes from our own page: it carries our header, and where the browser tells the page's origin it is this
 * host. The cookie is SameSite=Strict besides.
 */
function requireConsole(request: FastifyRequest): void {
  if (request.headers[consoleHeader] === undefined || !isOwnOrigin(request.headers.origin, request.host)) {
    throw new UserError('FOREIGN_ORIGIN')
  }
}

/** True where no origin is told. @param host host and port as the client asked for them */
export function isOwnOrigin(origin: string | undefined, host: string): boolean {
  if (origin === undefined) return true
  return URL.parse(origin)?.host === host
}

async function auditDenied(db: Ground, request: FastifyRequest, code: string): Promise<void> {
  await writeAudit(db, {
    actor: actorOf(request),
    action: 'access.denied',
    object: { kind: 'route', id: `${request.method} ${request.routeOptions.url ?? ''}` },
    outcome: 'denied',
    detail: { code },
  })
}

/** Who asks, for the audit trail. */
export function actorOf(request: FastifyRequest): Actor {
  const { session } = request
  return {
    accountId: session?.accountId ?? null,
    name: session?.signInName ?? null,
    sessionId: session?.id ?? null,
    ip: request.ip,
    requestId: request.id,
  }
}

/** The session of a route that is not public. */
export function sessionOf(request: FastifyRequest): Session {
  if (request.session === null) throw new UserError('SIGNED_OUT')
  return request.session
}

export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, token: string): void {
  reply.setCookie(sessionCookie, token, cookieOptions(request))
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(sessionCookie, cookieOptions(request))
}

function cookieOptions(request: FastifyRequest) {
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: request.protocol === 'https' } as const
}
