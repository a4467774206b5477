import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Ground } from '#platform/database/database.ts'
import { actorOf } from '#platform/http/access.ts'
import { changeOwnedNumbers } from './owned-numbers.ts'
import {
  OwnedWish,
  ReasonGiven,
  TestTold,
  TestWish,
  TrunkBoard,
  TrunkChange,
  TrunkReplyTold,
  TrunkTarget,
  TrunkWish,
} from './trunk-schema.ts'
import type { Trunks, TrunkTests } from './trunk-service.ts'

export interface TrunkRoutesOptions {
  readonly db: Ground
  readonly trunks: Trunks
  readonly tests: TrunkTests
}

/** Ways to the telephone network, apart from whatever is known of patients (requirements R13, R18, B17, A17). */
export const trunkRoutes: FastifyPluginAsyncTypebox<TrunkRoutesOptions> = async (server, { db, trunks, tests }) => {
  const config = { access: 'trunk.manage' } as const

  server.get('/api/trunks', { config, schema: { response: { 200: TrunkBoard } } }, async () => trunks.board())

  server.post(
    '/api/trunks',
    { config, schema: { body: TrunkWish, response: { 201: Type.Object({ id: Type.String() }) } } },
    async (request, reply) => reply.code(201).send({ id: await trunks.add(actorOf(request), request.body) }),
  )

  server.put(
    '/api/trunks/:id',
    { config, schema: { params: TrunkTarget, body: TrunkChange } },
    async (request, reply) => {
      await trunks.change(actorOf(request), request.params.id, request.body)
      return reply.code(204).send()
    },
  )

  for (const [command, enabled] of [
    ['enable', true],
    ['disable', false],
  ] as const) {
    server.post(
      `/api/trunks/:id/${command}`,
      { config, schema: { params: TrunkTarget, body: ReasonGiven } },
      async (request, reply) => {
        await trunks.enable(actorOf(request), request.params.id, { enabled, reason: request.body.reason })
        return reply.code(204).send()
      },
    )
  }

  server.post(
    '/api/trunks/:id/ask',
    { config, schema: { params: TrunkTarget, response: { 200: TrunkReplyTold } } },
    async (request) => tests.ask(request.params.id),
  )

  server.post(
    '/api/trunks/:id/test',
    { config, schema: { params: TrunkTarget, body: TestWish, response: { 200: TestTold } } },
    async (request) => tests.call(actorOf(request), request.params.id, request.body.number),
  )

  server.put('/api/owned-numbers', { config, schema: { body: OwnedWish } }, async (request, reply) => {
    await changeOwnedNumbers(db, { actor: actorOf(request), ...request.body })
    return reply.code(204).send()
  })
}
