import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { actorOf, sessionOf } from '#platform/http/access.ts'
import { sightOf } from '../live/live-routes.ts'
import type { CallList } from './call-list-service.ts'
import { CallChoices, CallDetail, CallPage, CallReplay, CallSearch } from './call-schema.ts'

const Target = Type.Object({ attemptId: Type.String({ format: 'uuid' }) })

/** The list of calls, and one call with its answers and what happened in it. Who looked is written down. */
export const callListRoutes: FastifyPluginAsyncTypebox<{ readonly db: Ground; readonly calls: CallList }> = async (
  server,
  { db, calls },
) => {
  const config = { access: 'call.read' } as const

  server.post(
    '/api/calls/search',
    { config, schema: { body: CallSearch, response: { 200: CallPage } } },
    async (request) => {
      const sight = sightOf(sessionOf(request))
      const { patient, before, ...filter } = request.body
      const page = await calls.search(request.body, sight, actorOf(request))
      await writeAudit(db, {
        actor: actorOf(request),
        action: 'call.listed',
        outcome: 'ok',
        detail: {
          ...filter,
          byPatient: patient !== undefined && patient !== '',
          further: before !== undefined,
          clear: sight.clear,
          total: page.total,
        },
      })
      return page
    },
  )

  server.get('/api/calls/choices', { config, schema: { response: { 200: CallChoices } } }, async () => calls.choices())

  server.get(
    '/api/calls/:attemptId/replay',
    { config, schema: { params: Target, response: { 200: CallReplay } } },
    async (request) => {
      const { attemptId } = request.params
      const replay = await calls.replay(attemptId)
      await writeAudit(db, {
        actor: actorOf(request),
        action: 'call.replay_viewed',
        object: { kind: 'attempt', id: attemptId },
        outcome: 'ok',
      })
      return replay
    },
  )

  server.get(
    '/api/calls/:attemptId',
    { config, schema: { params: Target, response: { 200: CallDetail } } },
    async (request) => {
      const sight = sightOf(sessionOf(request))
      const { attemptId } = request.params
      const detail = await calls.detail(attemptId, sight)
      await writeAudit(db, {
        actor: actorOf(request),
        action: 'call.viewed',
        object: { kind: 'attempt', id: attemptId },
        outcome: 'ok',
        detail: { clear: sight.clear },
      })
      return detail
    },
  )
}
