import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { actorOf, sessionOf } from '#platform/http/access.ts'
import {
  AgentPlace,
  AgentTarget,
  PhoneIssued,
  PhoneWish,
  TeamBoard,
  TeamDraft,
  TeamSupervisors,
  TeamTarget,
} from './team-schema.ts'
import type { TeamManager, Teams } from './team-service.ts'

/** Teams and their people; phones are the system administrator's. */
export const teamRoutes: FastifyPluginAsyncTypebox<{ readonly teams: Teams }> = async (server, { teams }) => {
  const config = { access: 'team.manage' } as const

  server.get('/api/teams', { config, schema: { response: { 200: TeamBoard } } }, async (request) =>
    teams.board(managerOf(request)),
  )

  server.post(
    '/api/teams',
    { config, schema: { body: TeamDraft, response: { 201: Type.Object({ id: Type.String() }) } } },
    async (request, reply) => reply.code(201).send({ id: await teams.create(managerOf(request), request.body.name) }),
  )

  server.put('/api/teams/:id', { config, schema: { params: TeamTarget, body: TeamDraft } }, async (request, reply) => {
    await teams.rename(managerOf(request), request.params.id, request.body.name)
    return reply.code(204).send()
  })

  server.put(
    '/api/teams/:id/supervisors',
    { config, schema: { params: TeamTarget, body: TeamSupervisors } },
    async (request, reply) => {
      await teams.setSupervisors(managerOf(request), request.params.id, request.body.userIds)
      return reply.code(204).send()
    },
  )

  server.put(
    '/api/agents/:userId',
    { config, schema: { params: AgentTarget, body: AgentPlace } },
    async (request, reply) => {
      await teams.placeAgent(managerOf(request), request.params.userId, request.body)
      return reply.code(204).send()
    },
  )

  server.post(
    '/api/agents/:userId/phone',
    {
      config: { access: 'account.manage' },
      schema: { params: AgentTarget, body: PhoneWish, response: { 200: PhoneIssued } },
    },
    async (request) => ({ phone: await teams.setPhone(managerOf(request), request.params.userId, request.body) }),
  )
}

/** Who makes accounts and devices arranges all teams; a supervisor the members of his own. */
function managerOf(request: FastifyRequest): TeamManager {
  return { actor: actorOf(request), all: sessionOf(request).rights.has('account.manage') }
}
