import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { actorOf, sessionOf } from '#platform/http/access.ts'
import { DialOrder, Digits, PreviewDial, PreviewSkip } from './seat-dial-schema.ts'
import type { SeatDialling } from './seat-dialling.ts'
import type { SeatPages } from './seat-pages.ts'
import { fromItsPage } from './seat-routes.ts'
import type { SeatService } from './seat-service.ts'

export interface SeatDialRoutesOptions {
  readonly dialling: SeatDialling
  readonly seats: Pick<SeatService, 'sendDigits'>
  readonly pages: Pick<SeatPages, 'require'>
}

/** Calls that the agent begins, and keys into them; at the agent's own seat. */
export const seatDialRoutes: FastifyPluginAsyncTypebox<SeatDialRoutesOptions> = async (
  server,
  { dialling, seats, pages },
) => {
  const command = { config: { access: 'seat.use' } as const, preHandler: fromItsPage(pages) }

  server.post('/api/seat/dial', { ...command, schema: { body: DialOrder } }, async (request, reply) => {
    const { taskId, phoneId } = request.body
    const order = { taskId, phoneId: phoneId ?? null }
    await dialling.dial(sessionOf(request).accountId, order, actorOf(request))
    return reply.code(204).send()
  })

  server.post('/api/seat/preview/dial', { ...command, schema: { body: PreviewDial } }, async (request, reply) => {
    const { phoneId } = request.body
    await dialling.dialPreview(sessionOf(request).accountId, phoneId ?? null, actorOf(request))
    return reply.code(204).send()
  })

  server.post('/api/seat/preview/skip', { ...command, schema: { body: PreviewSkip } }, async (request, reply) => {
    await dialling.skip(sessionOf(request).accountId, request.body.reason)
    return reply.code(204).send()
  })

  server.post('/api/seat/digits', { ...command, schema: { body: Digits } }, async (request, reply) => {
    await seats.sendDigits(sessionOf(request).accountId, request.body.digits)
    return reply.code(204).send()
  })
}
