import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { Lease } from '../work-source.ts'
import { maySit } from './may-sit.ts'
import type { PhoneKind, SeatStatus } from './seat.ts'
import type { SeatPhone } from './seat-legs.ts'
import { movableBy } from './seat-store.ts'
import '../supervision/supervision-tables.ts'
import './acd-tables.ts'

/** An agent's phone as it stands. */
export interface AgentPhone {
  readonly extension: string
  readonly kind: PhoneKind
  /** Where it registered; null when it is not live. */
  readonly contact: string | null
  readonly displayName: string
}

/** Null where none is assigned. */
export async function phoneOfAgent(db: Ground | GroundTransaction, agentId: string): Promise<AgentPhone | null> {
  const { rows } = await sql<AgentPhone>`
    select p.extension, p.kind, u.display_name, (select n.contact from registration n
      where n.phone_id = p.id and n.expires_at > clock_timestamp()) as contact
    from agent g join phone p on p.id = g.phone_id join user_account u on u.id = g.user_id
    where g.user_id = ${agentId}
  `.execute(db)
  return rows[0] ?? null
}

/** The seat of the agent whose phone this is; null where nobody has it, or nobody ever signed in with it. */
export async function seatOfExtension(tx: GroundTransaction, extension: string): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    select s.id from seat s join agent g on g.user_id = s.agent_id join phone p on p.id = g.phone_id
    where p.extension = ${extension}
  `.execute(tx)
  return rows[0]?.id ?? null
}

/** The seat whose phone calls in; null for a phone that nobody has. */
export async function phoneThatCalls(
  db: Ground,
  lease: Lease,
  extension: string,
): Promise<(SeatPhone & { readonly status: SeatStatus; readonly elsewhere: boolean }) | null> {
  const { rows } = await sql<SeatPhone & { status: SeatStatus; elsewhere: boolean }>`
    select s.id as seat_id, p.extension, p.kind, u.display_name, (select n.contact from registration n
        where n.phone_id = p.id and n.expires_at > clock_timestamp() and p.kind = 'desk') as contact,
      s.status, not ${movableBy(lease)} as elsewhere
    from phone p join agent g on g.phone_id = p.id join seat s on s.agent_id = g.user_id
    join user_account u on u.id = g.user_id
    where p.extension = ${extension} and ${maySit}
  `.execute(db)
  return rows[0] ?? null
}

/** The page has the seat from now on. */
export async function setPage(tx: GroundTransaction, seatId: string, pageId: string): Promise<void> {
  await sql`
    update seat set page_id = ${pageId}, page_since = app_now() where id = ${seatId}
  `.execute(tx)
}

/** Null before the first. */
export async function pageOfAgent(db: Ground, userId: string): Promise<string | null> {
  const { rows } = await sql<{ pageId: string | null }>`/* prepared: page-of-agent */
    select page_id from seat where agent_id = ${userId}
  `.execute(db)
  return rows[0]?.pageId ?? null
}

/** An agent's phone and site, for a page that opens the seat; null for an account that is no agent's. */
export async function agentAtPage(
  tx: GroundTransaction,
  userId: string,
): Promise<{ readonly phoneId: string | null; readonly kind: PhoneKind | null; readonly siteId: string } | null> {
  const { rows } = await sql<{ phoneId: string | null; kind: PhoneKind | null; siteId: string }>`
    select g.phone_id, p.kind, t.site_id from agent g join team t on t.id = g.team_id
    left join phone p on p.id = g.phone_id where g.user_id = ${userId} for update of g
  `.execute(tx)
  return rows[0] ?? null
}

export async function givePhone(tx: GroundTransaction, userId: string, phoneId: string): Promise<void> {
  await sql`update agent set phone_id = ${phoneId} where user_id = ${userId}`.execute(tx)
}
