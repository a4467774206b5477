import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { sessionOf } from '#platform/http/access.ts'
import { FloorView } from './floor-schema.ts'
import type { Floor } from './floor-service.ts'

/** A supervisor's own teams; nobody sees another's. */
export const floorRoutes: FastifyPluginAsyncTypebox<{ readonly floor: Floor }> = async (server, { floor }) => {
  server.get(
    '/api/floor',
    { config: { access: 'floor.read' }, schema: { response: { 200: FloorView } } },
    async (request) => floor.view(sessionOf(request).accountId),
  )
}
