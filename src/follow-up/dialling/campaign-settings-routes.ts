import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Ground } from '#platform/database/database.ts'
import { actorOf } from '#platform/http/access.ts'
import { callingReviewed } from '../status/first-steps.ts'
import { campaignBoard, changeCampaignSettings } from './campaign-settings.ts'
import { CampaignBoard, SettingsWish } from './campaign-settings-schema.ts'

const Target = Type.Object({ id: Type.String({ format: 'uuid' }) })

/** How a campaign is dialled, for whoever starts and stops it. */
export const campaignSettingsRoutes: FastifyPluginAsyncTypebox<{ readonly db: Ground }> = async (server, { db }) => {
  const config = { access: 'campaign.control' } as const

  server.get(
    '/api/campaigns/:id/settings',
    { config, schema: { params: Target, response: { 200: CampaignBoard } } },
    async (request) => campaignBoard(db, request.params.id),
  )

  server.put(
    '/api/campaigns/:id/settings',
    { config, schema: { params: Target, body: SettingsWish } },
    async (request, reply) => {
      await changeCampaignSettings(db, request.params.id, { actor: actorOf(request), ...request.body })
      return reply.code(204).send()
    },
  )

  server.post('/api/calling/reviewed', { config }, async (request, reply) => {
    await callingReviewed(db, actorOf(request))
    return reply.code(204).send()
  })
}
