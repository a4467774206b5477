import { sql } from 'kysely'
import { systemActor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import { setUpTeamIn } from './agent-setup.ts'
import './queue-errors.ts'
import './queue-tables.ts'

export interface QueueDraft {
  readonly name: string
  /** Made where there is none of that name. */
  readonly team: string
  /** A campaign whose patients may ask for this team's agents by key 0; how it is dialled stays. */
  readonly campaign: string | null
  /** Null: as it is, or the default. */
  readonly waitSeconds: number | null
}

/**
 * A team's queue, made or changed: a team has one. What is refused leaves neither behind.
 * @returns its id
 * @throws UserError QUEUE_INVALID, TEAM_CAMPAIGN_UNKNOWN
 */
export async function setUpQueue(db: Ground, draft: QueueDraft): Promise<string> {
  const name = draft.name.trim()
  const { waitSeconds } = draft
  if (name === '') throw new UserError('QUEUE_INVALID', { field: 'name', wanted: 'a name' })
  if (waitSeconds !== null && !(Number.isInteger(waitSeconds) && waitSeconds >= 5 && waitSeconds <= 900)) {
    throw new UserError('QUEUE_INVALID', { field: 'wait', wanted: '5–900' })
  }
  return db.transaction().execute(async (tx) => {
    const teamId = await setUpTeamIn(tx, { name: draft.team, campaign: null })
    const { rows } = await sql<{ id: string }>`
      insert into queue (id, site_id, name, team_id, wait_limit_seconds)
      select ${newId()}, t.site_id, ${name}, t.id, ${waitSeconds ?? 60} from team t where t.id = ${teamId}
      on conflict (team_id) do update set name = excluded.name,
        wait_limit_seconds = coalesce(${waitSeconds}::integer, queue.wait_limit_seconds)
      returning id
    `.execute(tx)
    const id = rows[0]?.id ?? ''
    if (draft.campaign !== null) {
      const changed = await sql`
        update campaign set team_id = ${teamId}, changed_at = app_now()
        where name = ${draft.campaign} or id::text = ${draft.campaign} returning id
      `.execute(tx)
      if (changed.rows.length === 0) throw new UserError('TEAM_CAMPAIGN_UNKNOWN', { name: draft.campaign })
    }
    await writeAudit(tx, {
      actor: systemActor,
      action: 'queue.set_up',
      object: { kind: 'queue', id },
      outcome: 'ok',
      detail: { teamId, campaign: draft.campaign, waitSeconds },
    })
    return id
  })
}
