import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Ground } from '#platform/database/database.ts'
import { changeDiskThresholds } from '#platform/disk/disk-settings.ts'
import { actorOf } from '#platform/http/access.ts'
import { confirmDatabase } from '../restored/restored-watch.ts'
import { confirmGuard } from './retention-guard.ts'
import { approveRetention, changeRetention } from './retention-service.ts'
import {
  ApprovalWish,
  GuardWish,
  RuleWish,
  StorageBoard,
  StrayParams,
  StrayRemoval,
  ThresholdWish,
} from './storage-schema.ts'
import { storageBoard } from './storage-service.ts'
import { removeStray } from './stray-service.ts'

/** How long what is kept, and the room there is, for who keeps the machine (requirements F09, §8.6, §8.7). */
export const storageRoutes: FastifyPluginAsyncTypebox<{ readonly db: Ground; readonly folder: string }> = async (
  server,
  { db, folder },
) => {
  const config = { access: 'storage.manage' } as const

  server.get('/api/storage', { config, schema: { response: { 200: StorageBoard } } }, async () =>
    storageBoard({ db, folder }),
  )

  server.put('/api/storage/rule', { config, schema: { body: RuleWish } }, async (request, reply) => {
    const { rule, reason, basedOn } = request.body
    await changeRetention(db, { actor: actorOf(request), to: rule, reason, basedOn })
    return reply.code(204).send()
  })

  server.post('/api/storage/approval', { config, schema: { body: ApprovalWish } }, async (request, reply) => {
    await approveRetention(db, { actor: actorOf(request), ...request.body })
    return reply.code(204).send()
  })

  server.put('/api/storage/thresholds', { config, schema: { body: ThresholdWish } }, async (request, reply) => {
    const { thresholds, reason } = request.body
    await changeDiskThresholds(db, { actor: actorOf(request), to: thresholds, reason })
    return reply.code(204).send()
  })

  server.post('/api/storage/confirmation', { config, schema: { body: GuardWish } }, async (request, reply) => {
    const { what, reason } = request.body
    const actor = actorOf(request)
    if (what === 'database') await confirmDatabase(db, { actor, reason })
    else await confirmGuard({ db, folder }, { actor, what, reason })
    return reply.code(204).send()
  })

  server.post(
    '/api/storage/strays/:id/remove',
    { config, schema: { params: StrayParams, body: StrayRemoval } },
    async (request, reply) => {
      await removeStray({ db, folder }, { actor: actorOf(request), id: request.params.id, ...request.body })
      return reply.code(204).send()
    },
  )
}
