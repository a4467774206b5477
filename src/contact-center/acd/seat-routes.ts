import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { actorOf, sessionOf } from '#platform/http/access.ts'
import type { SeatPages } from './seat-pages.ts'
import { MoreTime, OpenedSeat, PageOpening, SeatView, StatusWish } from './seat-schema.ts'
import type { SeatService } from './seat-service.ts'

/** The page says who it is with each command. */
export const pageHeader = 'x-suifang-page'

/** For every route that is a command of the seat: taken from the page that has the seat alone. */
export function fromItsPage(pages: Pick<SeatPages, 'require'>) {
  return async (request: FastifyRequest): Promise<void> => {
    await pages.require(sessionOf(request).accountId, pageOf(request))
  }
}

function pageOf(request: FastifyRequest): string | null {
  const page = request.headers[pageHeader]
  return typeof page === 'string' ? page : null
}

/** The agent's own seat; nobody reaches another's. */
export const seatRoutes: FastifyPluginAsyncTypebox<{
  readonly seats: SeatService
  readonly pages: SeatPages
}> = async (server, { seats, pages }) => {
  const config = { access: 'seat.use' } as const
  const command = { config, preHandler: fromItsPage(pages) }

  server.get(
    '/api/seat',
    { config, schema: { response: { 200: Type.Object({ seat: Type.Union([SeatView, Type.Null()]) }) } } },
    async (request) => ({ seat: await seats.view(sessionOf(request).accountId) }),
  )

  server.post(
    '/api/seat/open',
    { config, schema: { body: PageOpening, response: { 200: OpenedSeat } } },
    async (request) => {
      const { pageId, takeOver } = request.body
      return pages.open(sessionOf(request).accountId, { pageId, takeOver: takeOver === true }, actorOf(request))
    },
  )

  const commands = {
    'sign-in': (userId: string) => seats.signIn(userId),
    'sign-out': (userId: string) => seats.signOut(userId),
    'hang-up': (userId: string) => seats.hangUp(userId),
    hold: (userId: string) => seats.hold(userId),
    resume: (userId: string) => seats.resume(userId),
    'wrap-up/finish': (userId: string) => seats.finishWrapUp(userId),
  }
  for (const [name, act] of Object.entries(commands)) {
    server.post(`/api/seat/${name}`, command, async (request, reply) => {
      await act(sessionOf(request).accountId)
      return reply.code(204).send()
    })
  }

  // Whose page it is, is judged with the change: agents do this all day.
  server.post('/api/seat/status', { config, schema: { body: StatusWish } }, async (request, reply) => {
    const { status, reason } = request.body
    await seats.setStatus(sessionOf(request).accountId, status, reason ?? null, pageOf(request))
    return reply.code(204).send()
  })

  server.post('/api/seat/wrap-up/extend', { ...command, schema: { body: MoreTime } }, async (request, reply) => {
    await seats.extendWrapUp(sessionOf(request).accountId, request.body.seconds)
    return reply.code(204).send()
  })
}
