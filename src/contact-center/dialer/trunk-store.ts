import { sql } from 'kysely'
import type { Ground } from '#platform/database/database.ts'
import type { DialableTrunk } from './dialer.ts'

/** Enabled trunks over which a running campaign dials. */
export async function dialableTrunks(db: Ground): Promise<readonly DialableTrunk[]> {
  const { rows } = await sql<DialableTrunk>`
    select t.id, t.calls_per_second from trunk t
    where t.enabled and exists (select from campaign c where c.trunk_id = t.id and c.state = 'running')
    order by t.id
  `.execute(db)
  return rows
}

export async function hasSimulatedTrunk(db: Ground): Promise<boolean> {
  const { rows } = await sql`select from trunk where kind = 'simulated' and enabled limit 1`.execute(db)
  return rows.length > 0
}

/** The simulated carrier takes a port of its own at every start; its trunks follow it. */
export async function pointSimulatedTrunks(db: Ground, carrier: { readonly host: string; readonly port: number }) {
  await sql`
    update trunk set host = ${carrier.host}, port = ${carrier.port}
    where kind = 'simulated' and (host, port) is distinct from (${carrier.host}, ${carrier.port})
  `.execute(db)
}
