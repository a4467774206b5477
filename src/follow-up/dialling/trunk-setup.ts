import { sql } from 'kysely'
import { checkTrunk, type TrunkDraft } from '#contact-center/dialer/trunk.ts'
import { systemActor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import type { Secrets } from '#platform/secrets.ts'
import { ensureStandardHospital } from '../intake/standard-hospital.ts'

/**
 * Sets up a trunk to a carrier, or changes the one of that name, and gives the standard programme a paused campaign over
 * it where it has none: what a hospital needs between an import and its first real call.
 * @returns the trunk's id
 * @throws UserError TRUNK_INVALID, TRUNK_IN_DEMO
 */
export async function setUpTrunk(
  parts: { readonly db: Ground; readonly secrets: Secrets },
  draft: TrunkDraft,
): Promise<string> {
  const trunk = checkTrunk(draft)
  const { siteId, programmeId } = await ensureStandardHospital(parts.db)
  const password = trunk.password === null ? null : parts.secrets.encrypt(trunk.password)
  return parts.db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('suifang.trunk-setup', 0))`.execute(tx)
    const known = await sql<{ id: string; kind: string }>`
      select id, kind from trunk where site_id = ${siteId} and name = ${trunk.name} for update
    `.execute(tx)
    if (known.rows[0]?.kind === 'simulated') throw new UserError('TRUNK_IN_DEMO')
    const id = known.rows[0]?.id ?? newId()
    await sql`
      insert into trunk (id, site_id, name, kind, host, port, lines, calls_per_second, caller_number, username, password_ciphertext)
      values (${id}, ${siteId}, ${trunk.name}, 'sip', ${trunk.host}, ${trunk.port}, ${trunk.lines}, ${trunk.callsPerSecond},
        ${trunk.callerNumber}, ${trunk.username}, ${password})
      on conflict (id) do update set host = excluded.host, port = excluded.port, lines = excluded.lines,
        calls_per_second = excluded.calls_per_second, caller_number = excluded.caller_number,
        username = excluded.username, password_ciphertext = excluded.password_ciphertext
    `.execute(tx)
    const campaignId = newId()
    const given = await sql`
      with added as (
        insert into campaign (id, site_id, name, trunk_id)
        select ${campaignId}, p.site_id, p.name, ${id} from programme p
        where p.id = ${programmeId} and p.campaign_id is null returning id
      ) select id from added
    `.execute(tx)
    if (given.rows.length > 0) {
      await sql`update programme set campaign_id = ${campaignId} where id = ${programmeId}`.execute(tx)
    }
    await writeAudit(tx, { actor: systemActor, action: 'trunk.set_up', object: { kind: 'trunk', id }, outcome: 'ok' })
    return id
  })
}
