import { sql } from 'kysely'
import { shippedRatingFlow } from '#contact-center/acd/agent-setup.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { CampaignBoard, CampaignSettings } from './campaign-settings-schema.ts'

interface CampaignRow {
  readonly version: number
  readonly name: string
  readonly trunkId: string
  readonly anyHour: boolean
  readonly pacing: string
  readonly teamId: string | null
  readonly ringTimeoutMs: number
  readonly calling: unknown
  readonly retry: unknown
  readonly rating: boolean
}

export async function campaignRow(
  db: Ground | GroundTransaction,
  id: string,
  lock = false,
): Promise<CampaignRow | null> {
  const { rows } = await sql<CampaignRow>`
    select settings_version as version, name, trunk_id, any_hour, pacing, team_id, ring_timeout_ms, calling, retry,
      rating_flow is not null as rating
    from campaign where id = ${id} ${lock ? sql`for update` : sql``}
  `.execute(db)
  return rows[0] ?? null
}

/** The retry plan of the newest version of what the campaign dials. */
export async function programmeRetry(db: Ground | GroundTransaction, campaignId: string): Promise<unknown> {
  const { rows } = await sql<{ retry: unknown }>`
    select v.retry from programme p join programme_version v on v.programme_id = p.id
    where p.campaign_id = ${campaignId} order by v.version desc limit 1
  `.execute(db)
  return rows[0]?.retry
}

export async function trunkChoices(db: Ground | GroundTransaction): Promise<CampaignBoard['trunks']> {
  const { rows } = await sql<CampaignBoard['trunks'][number]>`
    select id, name, kind, caller_number, enabled from trunk order by created_at, id
  `.execute(db)
  return rows
}

export async function teamChoices(db: Ground | GroundTransaction): Promise<CampaignBoard['teams']> {
  const { rows } = await sql<CampaignBoard['teams'][number]>`select id, name from team order by name`.execute(db)
  return rows
}

/** @returns the new version */
export async function writeSettings(tx: GroundTransaction, id: string, settings: CampaignSettings): Promise<number> {
  const { trunkId, anyHour, pacing, teamId, ringSeconds, calling, retry, rating } = settings
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value))
  const { rows } = await sql<{ version: number }>`
    update campaign set trunk_id = ${trunkId}, any_hour = ${anyHour}, pacing = ${pacing}, team_id = ${teamId},
      ring_timeout_ms = ${ringSeconds * 1_000}, calling = ${json(calling)}::jsonb, retry = ${json(retry)}::jsonb,
      rating_flow = case when ${rating} then coalesce(rating_flow, ${shippedRatingFlow}) end,
      settings_version = settings_version + 1, changed_at = app_now()
    where id = ${id} returning settings_version as version
  `.execute(tx)
  return rows[0]?.version ?? 0
}
