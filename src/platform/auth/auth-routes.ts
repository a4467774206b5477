import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { actorOf, clearSessionCookie, sessionCookie, sessionOf, setSessionCookie } from '#platform/http/access.ts'
import type { Auth, Origin, Session } from './auth-service.ts'
import { shortest } from './password.ts'
import { isAdministrator } from './rights.ts'
import { livingSessionView, SessionList, SessionTarget, SessionView } from './session-view.ts'

const Credentials = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    password: Type.String({ minLength: 1, maxLength: 200 }),
    /** Ends the account's session elsewhere, where it may have one only. */
    takeOver: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
const PasswordChange = Type.Object(
  {
    present: Type.String({ minLength: 1, maxLength: 200 }),
    next: Type.String({ minLength: 1, maxLength: 200 }),
    startCode: Type.Optional(Type.String({ maxLength: 40 })),
  },
  { additionalProperties: false },
)

export interface AuthRoutesOptions {
  readonly auth: Auth
  /** Sign-ins a minute from one address, right or wrong. */
  readonly signInsPerMinute?: number
}

/** Who am I; sign in, sign out, change the password. */
export const authRoutes: FastifyPluginAsyncTypebox<AuthRoutesOptions> = async (
  server,
  { auth, signInsPerMinute = 10 },
) => {
  const throttled = { rateLimit: { max: signInsPerMinute, timeWindow: '1 minute' } }

  server.get(
    '/api/session',
    {
      config: { access: 'public' },
      schema: { response: { 200: Type.Object({ session: Type.Union([SessionView, Type.Null()]) }) } },
    },
    async (request) => {
      const token = request.cookies[sessionCookie]
      const session = token === undefined ? null : await auth.session(token, { quiet: true })
      return { session: session === null ? null : sessionView(session) }
    },
  )

  server.post(
    '/api/session',
    {
      config: { access: 'public', ...throttled },
      schema: { body: Credentials, response: { 200: Type.Object({ session: SessionView }) } },
    },
    async (request, reply) => {
      const { name, password, takeOver = false } = request.body
      const before = request.cookies[sessionCookie]
      const { token, session } = await auth.signIn(name, password, originOf(request), { takeOver })
      // The browser forgets it here; a page of it that is still open elsewhere shows nothing of it any more.
      if (before !== undefined) await auth.replace(before, originOf(request))
      setSessionCookie(request, reply, token)
      return { session: sessionView(session) }
    },
  )

  server.delete('/api/session', { config: { access: 'signed_in' } }, async (request, reply) => {
    await auth.signOut(actorOf(request))
    clearSessionCookie(request, reply)
    return reply.code(204).send()
  })

  server.post(
    '/api/session/password',
    {
      config: { access: 'signed_in', ...throttled },
      schema: { body: PasswordChange, response: { 200: Type.Object({ session: SessionView }) } },
    },
    async (request, reply) => {
      const { token, session } = await auth.changePassword(sessionOf(request), request.body, originOf(request))
      setSessionCookie(request, reply, token)
      return { session: sessionView(session) }
    },
  )

  server.get(
    '/api/sessions',
    { config: { access: 'signed_in' }, schema: { response: { 200: SessionList } } },
    async (request) => {
      const { id, accountId } = sessionOf(request)
      return { sessions: (await auth.sessionsOf(accountId)).map((session) => livingSessionView(session, id)) }
    },
  )

  server.delete(
    '/api/sessions/:sessionId',
    { config: { access: 'signed_in' }, schema: { params: SessionTarget } },
    async (request, reply) => {
      await auth.endSession(actorOf(request), sessionOf(request).accountId, request.params.sessionId)
      return reply.code(204).send()
    },
  )

  // A person at work on a page that is pushed to makes no requests: the page says when it is used.
  server.post('/api/session/activity', { config: { access: 'signed_in', activity: true } }, async (_request, reply) =>
    reply.code(204).send(),
  )
}

function sessionView(session: Session): SessionView {
  const { signInName, displayName, mustChangePassword, needsStartCode } = session
  return {
    signInName,
    displayName,
    mustChangePassword,
    needsStartCode,
    roles: [...session.roles],
    rights: [...session.rights],
    passwordLength: shortest({ administrator: isAdministrator(session.roles) }),
  }
}

function originOf(request: FastifyRequest): Origin {
  return { ip: request.ip, userAgent: request.headers['user-agent'] ?? null, requestId: request.id }
}
