import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { AuditOutcome } from './audit-tables.ts'

/** Who does something, from where. Null where nobody has signed in (a refused sign-in) or the program itself acts. */
export interface Actor {
  readonly accountId: string | null
  readonly name: string | null
  readonly sessionId: string | null
  readonly ip: string | null
  readonly requestId: string | null
}

/** The program itself: imports from the command line, the demo hospital. */
export const systemActor: Actor = { accountId: null, name: 'suifang', sessionId: null, ip: null, requestId: null }

/** `noun.verb`, the verb in the past where the thing was done (`recording.played`), such as a feature needs. */
export type AuditAction = `${string}.${string}`

export interface AuditEntry {
  readonly actor: Actor
  readonly action: AuditAction
  readonly object?: { readonly kind: string; readonly id: string }
  readonly outcome: AuditOutcome
  /** Codes, counts and filters; no patient's data. */
  readonly detail?: Readonly<Record<string, unknown>>
}

/**
 * Writes one row of the audit trail. Within a transaction it stands or falls with what it tells of; for a reading
 * (playback, download) write it, and wait for it, before the thing is handed out.
 */
export async function writeAudit(db: Ground | GroundTransaction, entry: AuditEntry): Promise<void> {
  const { actor, object } = entry
  await db
    .insertInto('auditRow')
    .values({
      actorId: actor.accountId,
      actorName: actor.name,
      sessionId: actor.sessionId,
      ip: actor.ip,
      requestId: actor.requestId,
      action: entry.action,
      objectKind: object?.kind ?? null,
      objectId: object?.id ?? null,
      outcome: entry.outcome,
      detail: JSON.stringify(entry.detail ?? {}),
    })
    .execute()
}

/**
 * Seals what may be sealed into the hash chain. One caller at a time has effect; call it every few seconds.
 * @returns how many rows were sealed
 */
export async function sealAudit(db: Ground): Promise<number> {
  const { rows } = await sql<{ sealed: string }>`select audit_seal() as sealed`.execute(db)
  return Number(rows[0]?.sealed ?? 0)
}
