import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { sessionOf } from '#platform/http/access.ts'
import { MoreTime, SeatView, StatusWish } from './seat-schema.ts'
import type { SeatService } from './seat-service.ts'

/** The agent's own seat; nobody reaches another's. */
export const seatRoutes: FastifyPluginAsyncTypebox<{ readonly seats: SeatService }> = async (server, { seats }) => {
  const config = { access: 'seat.use' } as const

  server.get(
    '/api/seat',
    { config, schema: { response: { 200: Type.Object({ seat: Type.Union([SeatView, Type.Null()]) }) } } },
    async (request) => ({ seat: await seats.view(sessionOf(request).accountId) }),
  )

  const commands = {
    'sign-in': (userId: string) => seats.signIn(userId),
    'sign-out': (userId: string) => seats.signOut(userId),
    'hang-up': (userId: string) => seats.hangUp(userId),
    hold: (userId: string) => seats.hold(userId),
    resume: (userId: string) => seats.resume(userId),
    'wrap-up/finish': (userId: string) => seats.finishWrapUp(userId),
  }
  for (const [command, act] of Object.entries(commands)) {
    server.post(`/api/seat/${command}`, { config }, async (request, reply) => {
      await act(sessionOf(request).accountId)
      return reply.code(204).send()
    })
  }

  server.post('/api/seat/status', { config, schema: { body: StatusWish } }, async (request, reply) => {
    const { status, reason } = request.body
    await seats.setStatus(sessionOf(request).accountId, status, reason ?? null)
    return reply.code(204).send()
  })

  server.post('/api/seat/wrap-up/extend', { config, schema: { body: MoreTime } }, async (request, reply) => {
    await seats.extendWrapUp(sessionOf(request).accountId, request.body.seconds)
    return reply.code(204).send()
  })
}
