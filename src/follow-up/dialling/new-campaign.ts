import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'

/**
 * Gives the programme its campaign, paused: over the trunk, and set up as `like` is where there is one to copy.
 * @returns the campaign's id
 */
export async function giveCampaign(
  tx: GroundTransaction,
  wish: { readonly programmeId: string; readonly trunkId: string; readonly like: string | null },
): Promise<string> {
  const { programmeId, trunkId, like } = wish
  const id = newId()
  await sql`
    insert into campaign (id, site_id, name, trunk_id, pacing, any_hour, ring_timeout_ms, calling, retry, team_id, rating_flow)
    select ${id}, p.site_id, p.name, ${trunkId}, coalesce(l.pacing, 'agentless'), coalesce(l.any_hour, false),
      coalesce(l.ring_timeout_ms, 30000), l.calling, l.retry, l.team_id, l.rating_flow
    from programme p left join campaign l on l.id = ${like}::uuid and l.trunk_id = ${trunkId}
    where p.id = ${programmeId}
  `.execute(tx)
  await sql`update programme set campaign_id = ${id} where id = ${programmeId}`.execute(tx)
  return id
}

/** Over which a new programme is dialled: as the one it copies, else as the site's default one, else the first there is. */
export async function trunkForNew(
  tx: GroundTransaction,
  { siteId, copyOf }: { readonly siteId: string; readonly copyOf: string | null },
): Promise<{ readonly trunkId: string; readonly like: string | null } | null> {
  const { rows } = await sql<{ trunkId: string; like: string | null }>`
    select t.id as trunk_id, c.id as like
    from trunk t
    left join campaign c on c.trunk_id = t.id and c.id = (
      select p.campaign_id from programme p
      where p.campaign_id is not null and (p.id = ${copyOf}::uuid or (p.site_id = ${siteId} and p.is_default))
      order by p.id = ${copyOf}::uuid desc nulls last, p.id limit 1)
    order by c.id is null, not t.enabled, t.created_at, t.id limit 1
  `.execute(tx)
  const [found] = rows
  if (found === undefined) return null
  // What is not copied has settings of its own from the start.
  return { trunkId: found.trunkId, like: copyOf === null ? null : found.like }
}
