import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { actorOf, sessionOf } from '#platform/http/access.ts'
import {
  AccountDraft,
  type AccountItem,
  AccountList,
  AccountName,
  AccountSessionTarget,
  AccountTarget,
  Issued,
  RoleWish,
  SessionPolicy,
  StartCodeTold,
} from './account-schema.ts'
import type { Accounts } from './account-service.ts'
import type { AccountRow } from './account-store.ts'
import type { Auth } from './auth-service.ts'
import { livingSessionView, SessionList } from './session-view.ts'

export interface AccountRoutesOptions {
  readonly accounts: Accounts
  readonly auth: Auth
}

/** Accounts: made by one administrator, authorised by another. */
export const accountRoutes: FastifyPluginAsyncTypebox<AccountRoutesOptions> = async (server, { accounts, auth }) => {
  const read = { access: 'account.read' } as const
  const manage = { access: 'account.manage' } as const
  const authorise = { access: 'account.authorise' } as const

  server.get('/api/accounts', { config: read, schema: { response: { 200: AccountList } } }, async () => {
    const [rows, rights, singleSession] = await Promise.all([
      accounts.list(),
      accounts.rights(),
      accounts.singleSession(),
    ])
    return {
      accounts: rows.map(itemOf),
      rights: Object.fromEntries([...rights].map(([role, held]) => [role, [...held]])),
      singleSession,
    }
  })

  server.post(
    '/api/accounts',
    { config: manage, schema: { body: AccountDraft, response: { 201: Issued } } },
    async (request, reply) => reply.code(201).send(await accounts.create(actorOf(request), request.body)),
  )

  server.put(
    '/api/accounts/:id',
    { config: manage, schema: { params: AccountTarget, body: AccountName } },
    async (request, reply) => {
      await accounts.rename(actorOf(request), request.params.id, request.body.displayName)
      return reply.code(204).send()
    },
  )

  server.post(
    '/api/accounts/:id/disable',
    { config: manage, schema: { params: AccountTarget } },
    async (request, reply) => {
      await accounts.disable(actorOf(request), request.params.id)
      return reply.code(204).send()
    },
  )

  server.post(
    '/api/accounts/:id/enable',
    { config: manage, schema: { params: AccountTarget } },
    async (request, reply) => {
      await accounts.enable(actorOf(request), request.params.id)
      return reply.code(204).send()
    },
  )

  server.post(
    '/api/accounts/:id/password',
    { config: manage, schema: { params: AccountTarget, response: { 200: Issued } } },
    async (request) => accounts.resetPassword(actorOf(request), request.params.id),
  )

  server.put(
    '/api/accounts/:id/roles',
    { config: authorise, schema: { params: AccountTarget, body: RoleWish, response: { 200: StartCodeTold } } },
    async (request) => accounts.setRoles(actorOf(request), request.params.id, request.body.roles),
  )

  server.post(
    '/api/accounts/:id/unlock',
    { config: authorise, schema: { params: AccountTarget } },
    async (request, reply) => {
      await accounts.unlock(actorOf(request), request.params.id)
      return reply.code(204).send()
    },
  )

  server.post(
    '/api/accounts/:id/password-permission',
    { config: authorise, schema: { params: AccountTarget, response: { 200: StartCodeTold } } },
    async (request) => accounts.allowReset(actorOf(request), request.params.id),
  )

  server.post(
    '/api/accounts/:id/phone-permission',
    { config: authorise, schema: { params: AccountTarget } },
    async (request, reply) => {
      await accounts.allowPhone(actorOf(request), request.params.id)
      return reply.code(204).send()
    },
  )

  server.get(
    '/api/accounts/:id/sessions',
    { config: read, schema: { params: AccountTarget, response: { 200: SessionList } } },
    async (request) => {
      const own = sessionOf(request).id
      const sessions = await auth.sessionsOf(request.params.id)
      return { sessions: sessions.map((session) => livingSessionView(session, own)) }
    },
  )

  server.delete(
    '/api/accounts/:id/sessions/:sessionId',
    { config: authorise, schema: { params: AccountSessionTarget } },
    async (request, reply) => {
      await auth.endSession(actorOf(request), request.params.id, request.params.sessionId)
      return reply.code(204).send()
    },
  )

  server.put(
    '/api/accounts/session-policy',
    { config: authorise, schema: { body: SessionPolicy } },
    async (request, reply) => {
      await accounts.setSingleSession(actorOf(request), request.body.single)
      return reply.code(204).send()
    },
  )
}

function itemOf(row: AccountRow): AccountItem {
  return {
    ...row,
    roles: [...row.roles],
    createdAt: row.createdAt.toISOString(),
    disabledAt: row.disabledAt?.toISOString() ?? null,
    lockedUntil: row.lockedUntil?.toISOString() ?? null,
    lastSignInAt: row.lastSignInAt?.toISOString() ?? null,
    resetAllowedUntil: row.resetAllowedUntil?.toISOString() ?? null,
    phoneAllowedUntil: row.phoneAllowedUntil?.toISOString() ?? null,
  }
}
