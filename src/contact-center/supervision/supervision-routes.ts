import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Reason } from '#platform/audit/reason.ts'
import { actorOf, sessionOf } from '#platform/http/access.ts'
import type { Supervision } from './supervision-service.ts'

const Seat = Type.Object({ seatId: Type.String({ format: 'uuid' }) })
const Mode = Type.Object(
  { mode: Type.Union([Type.Literal('monitor'), Type.Literal('coach'), Type.Literal('barge')]) },
  { additionalProperties: false },
)
/** Why; kept with the call and in the audit trail, so it names no patient. */
const Reasoned = Type.Object({ reason: Reason }, { additionalProperties: false })

/** Supervisors in the calls of their teams; every use is audited, and so is every refusal. */
export const supervisionRoutes: FastifyPluginAsyncTypebox<{ readonly supervision: Supervision }> = async (
  server,
  { supervision },
) => {
  const config = { access: 'call.supervise' } as const
  const seat = '/api/floor/seats/:seatId'
  const by = (request: FastifyRequest<{ Params: { seatId: string } }>) => ({
    supervisorId: sessionOf(request).accountId,
    seatId: request.params.seatId,
    actor: actorOf(request),
  })

  server.post(`${seat}/supervision`, { config, schema: { params: Seat, body: Mode } }, async (request, reply) => {
    await supervision.supervise(by(request), request.body.mode)
    return reply.code(204).send()
  })

  server.delete(`${seat}/supervision`, { config, schema: { params: Seat } }, async (request, reply) => {
    await supervision.leave(by(request))
    return reply.code(204).send()
  })

  server.post(`${seat}/take-over`, { config, schema: { params: Seat, body: Reasoned } }, async (request, reply) => {
    await supervision.takeOver(by(request), request.body.reason)
    return reply.code(204).send()
  })

  server.post(`${seat}/release`, { config, schema: { params: Seat, body: Reasoned } }, async (request, reply) => {
    await supervision.release(by(request), request.body.reason)
    return reply.code(204).send()
  })
}
