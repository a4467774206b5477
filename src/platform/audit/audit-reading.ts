import { type SelectQueryBuilder, sql } from 'kysely'
import type { Database, Ground } from '#platform/database/database.ts'
import type { AuditSearch } from './audit-schema.ts'
import type { AuditAction } from './audit-store.ts'
import './audit-tables.ts'

/** One page of the trail, newest first. */
export function auditRows(db: Ground, search: AuditSearch) {
  return filtered(db.selectFrom('auditRow'), search)
    .select(['id', 'at', 'actorName', 'ip', 'action', 'objectKind', 'objectId', 'outcome', 'detail'])
    .select(sql<boolean>`hash is not null`.as('sealed'))
    .orderBy('id', 'desc')
    .limit(search.limit)
    .execute()
}

function filtered<O>(
  query: SelectQueryBuilder<Database, 'auditRow', O>,
  { from, to, actor, action, objectId, outcome, before }: AuditSearch,
) {
  return query
    .$if(from !== undefined, (rows) => rows.where('at', '>=', new Date(from ?? 0)))
    .$if(to !== undefined, (rows) => rows.where('at', '<', new Date(to ?? 0)))
    .$if(actor !== undefined && actor.trim() !== '', (rows) =>
      rows.where('actorName', '=', (actor ?? '').trim().toLowerCase()),
    )
    .$if(action !== undefined, (rows) => rows.where(sql<boolean>`starts_with(action, ${action})`))
    .$if(objectId !== undefined && objectId.trim() !== '', (rows) =>
      rows.where('objectId', '=', (objectId ?? '').trim()),
    )
    .$if(outcome !== undefined, (rows) => rows.where('outcome', '=', outcome ?? 'ok'))
    .$if(before !== undefined, (rows) => rows.where(sql<boolean>`id < ${before}::bigint`))
}

export interface LastChange {
  readonly at: Date
  /** Null: the program itself. */
  readonly by: string | null
  readonly reason: string | null
}

/** Who did this to the object last, when and why; null: nobody, it stands as it was shipped. */
export async function lastChange(
  db: Ground,
  { kind, id, action }: { readonly kind: string; readonly id: string; readonly action: AuditAction },
): Promise<LastChange | null> {
  const { rows } = await sql<LastChange>`
    select at, actor_name as by, detail ->> 'reason' as reason from audit_row
    where object_kind = ${kind} and object_id = ${id} and action = ${action} and outcome = 'ok'
    order by id desc limit 1
  `.execute(db)
  return rows[0] ?? null
}

/** Every action that occurs, found by hopping from one to the next over the index. */
export async function auditActions(db: Ground): Promise<readonly string[]> {
  const { rows } = await sql<{ action: string }>`
    with recursive hop as (
      (select action from audit_row order by action limit 1)
      union all
      select (select a.action from audit_row a where a.action > hop.action order by a.action limit 1)
      from hop where hop.action is not null
    )
    select action from hop where action is not null
  `.execute(db)
  return rows.map(({ action }) => action)
}
