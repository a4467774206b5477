import { sql } from 'kysely'
import type { Ground } from '#platform/database/database.ts'
import type { Lease } from '../work-source.ts'
import { movableBy } from './seat-store.ts'
import '#platform/auth/auth-tables.ts'

/** Seats that are on duty, with the instant at which the last session of their agent is over; null: there is none. */
const onDuty = (lease: Lease, idleMs: number) => sql`
  select s.agent_id, (
    select max(least(e.expires_at, e.last_seen_at + ${idleMs}::float8 * interval '1 millisecond'))
    from session e join user_account u on u.id = e.user_account_id
    where e.user_account_id = s.agent_id and e.ended_at is null and u.disabled_at is null) as ends_at
  from seat s where s.status in ('available', 'on_break', 'away') and ${movableBy(lease)}
`

/** @returns their agents */
export async function seatsWithoutSession(db: Ground, lease: Lease, idleMs: number): Promise<readonly string[]> {
  const { rows } = await sql<{ agentId: string }>`
    select d.agent_id from (${onDuty(lease, idleMs)}) d where d.ends_at is null or d.ends_at <= app_now()
    order by d.agent_id
  `.execute(db)
  return rows.map(({ agentId }) => agentId)
}

/** Milliseconds until the next agent on duty has none, as it stands; null when nobody is on duty. */
export async function nextSessionEndMs(db: Ground, lease: Lease, idleMs: number): Promise<number | null> {
  const { rows } = await sql<{ ms: number | null }>`
    select greatest(extract(epoch from min(d.ends_at) - app_now()) * 1000, 0)::float8 as ms
    from (${onDuty(lease, idleMs)}) d
  `.execute(db)
  return rows[0]?.ms ?? null
}
