import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Session } from '#platform/auth/auth-service.ts'
import { sessionOf } from '#platform/http/access.ts'
import { LivePerson, LiveSnapshot } from './live-schema.ts'
import type { Live, Sight } from './live-service.ts'

/** What the live page starts from; what changes then comes over the stream `live`. */
export const liveRoutes: FastifyPluginAsyncTypebox<{ readonly live: Live }> = async (server, { live }) => {
  const config = { access: 'live.read' } as const

  server.get('/api/live', { config, schema: { response: { 200: LiveSnapshot } } }, async (request) =>
    live.snapshot({ ...sightOf(sessionOf(request)), disks: hearsOfDisks(sessionOf(request)) }),
  )

  server.post(
    '/api/live/people',
    {
      config,
      schema: {
        body: Type.Object(
          { attemptIds: Type.Array(Type.String({ format: 'uuid' }), { minItems: 1, maxItems: 200 }) },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ people: Type.Array(LivePerson) }) },
      },
    },
    async (request) => ({ people: await live.people(request.body.attemptIds, sightOf(sessionOf(request))) }),
  )
}

/** Supervisors, whose calls stop, and who keeps the machine. */
function hearsOfDisks({ rights }: Session): boolean {
  return rights.has('campaign.control') || rights.has('storage.manage')
}

export function sightOf(session: Session): Sight {
  return { clear: session.rights.has('patient.clear') }
}
