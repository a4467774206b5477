import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Actor } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { actorOf } from '#platform/http/access.ts'
import { CampaignItem } from './campaign-schema.ts'
import '../contact-center-tables.ts'

/**
 * Starts and halts dialling. Each writes the new state, an audit row (`campaign.started`, `campaign.paused`,
 * `campaign.stopped`) and the event `campaign.changed` in one transaction; to be asked for the state it already has
 * changes nothing.
 */
export interface CampaignControl {
  /** @throws UserError CAMPAIGN_UNKNOWN */
  start(campaignId: string, by: Actor): Promise<void>
  /** No new INVITE within a second; calls in progress go on. @throws UserError CAMPAIGN_UNKNOWN */
  pause(campaignId: string, by: Actor): Promise<void>
  /** @throws UserError CAMPAIGN_UNKNOWN */
  stop(campaignId: string, by: Actor): Promise<void>
}

export interface CampaignRoutesOptions {
  readonly db: Ground
  readonly control: CampaignControl
}

const Target = Type.Object({ id: Type.String({ format: 'uuid' }) })

export const campaignRoutes: FastifyPluginAsyncTypebox<CampaignRoutesOptions> = async (server, { db, control }) => {
  server.get(
    '/api/campaigns',
    {
      config: { access: 'call.read' },
      schema: { response: { 200: Type.Object({ campaigns: Type.Array(CampaignItem) }) } },
    },
    async () => ({
      campaigns: await db.selectFrom('campaign').select(['id', 'name', 'state']).orderBy('createdAt').execute(),
    }),
  )

  for (const command of ['start', 'pause', 'stop'] as const) {
    server.post(
      `/api/campaigns/:id/${command}`,
      { config: { access: 'campaign.control' }, schema: { params: Target } },
      async (request, reply) => {
        await control[command](request.params.id, actorOf(request))
        return reply.code(204).send()
      },
    )
  }
}
