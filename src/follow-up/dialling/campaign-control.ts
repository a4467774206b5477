import { sql } from 'kysely'
import type { CampaignControl } from '#contact-center/campaigns/campaign-routes.ts'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import { transacted } from '#platform/database/again.ts'
import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import { releaseAttempts } from '../tasks/release.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import { createdAttempts } from './work-store.ts'
import './campaign-errors.ts'

const words = { running: 'campaign.started', paused: 'campaign.paused', stopped: 'campaign.stopped' } as const

/**
 * Starts and halts dialling (requirements C15). What was claimed and not dialled goes back to the due tasks with the
 * same commit that pauses, and the gate refuses what slipped through: no INVITE leaves after it.
 */
export function campaignControl(db: Ground): CampaignControl {
  return {
    start: (id, by) => changeCampaign(db, id, 'running', by),
    pause: (id, by) => changeCampaign(db, id, 'paused', by),
    stop: (id, by) => changeCampaign(db, id, 'stopped', by),
  }
}

async function changeCampaign(db: Ground, campaignId: string, state: keyof typeof words, by: Actor): Promise<void> {
  await transacted(db, async (tx) => {
    const found = await sql<{ state: string }>`select state from campaign where id = ${campaignId} for update`.execute(
      tx,
    )
    const before = found.rows[0]?.state
    if (before === undefined) throw new UserError('CAMPAIGN_UNKNOWN')
    // What is stopped dials nothing either; only a start takes it out of that.
    if (before === state || (before === 'stopped' && state === 'paused')) return
    // A campaign that never ran is stopped all the same.
    await sql`update campaign set state = ${state}, changed_at = app_now() where id = ${campaignId}`.execute(tx)
    const released = state === 'running' ? [] : await releaseAttempts(tx, await createdAttempts(tx, campaignId))
    await writeAudit(tx, {
      actor: by,
      action: words[state],
      object: { kind: 'campaign', id: campaignId },
      outcome: 'ok',
    })
    await tellDiallers(tx)
    await appendToStream(tx, 'live', [...released, { type: 'campaign.changed', payload: { campaignId, state } }])
  })
}
