import type { ColumnType, GeneratedAlways } from 'kysely'

export type AuditOutcome = 'ok' | 'denied' | 'failed'

/** Append-only. The database itself writes id, time, transaction and seal, whatever the writer says. */
interface AuditRowTable {
  id: GeneratedAlways<string>
  xact: GeneratedAlways<string>
  at: GeneratedAlways<Date>
  actorId: ColumnType<string | null, string | null, never>
  /** The name at that time: accounts are renamed. */
  actorName: ColumnType<string | null, string | null, never>
  sessionId: ColumnType<string | null, string | null, never>
  ip: ColumnType<string | null, string | null, never>
  requestId: ColumnType<string | null, string | null, never>
  action: ColumnType<string, string, never>
  objectKind: ColumnType<string | null, string | null, never>
  objectId: ColumnType<string | null, string | null, never>
  outcome: ColumnType<AuditOutcome, AuditOutcome, never>
  detail: ColumnType<Record<string, unknown>, string, never>
  prevHash: GeneratedAlways<Buffer | null>
  hash: GeneratedAlways<Buffer | null>
}

declare module '#platform/database/tables.ts' {
  interface Tables {
    auditRow: AuditRowTable
  }
}
