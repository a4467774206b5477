import { type Kysely, sql } from 'kysely'
import type { Database, Ground, GroundTransaction } from '#platform/database/database.ts'
import '#platform/auth/auth-tables.ts'
import '../follow-up-tables.ts'
import type { ImportVerdict } from '../follow-up-tables.ts'
import type { RowWarning } from './row-codes.ts'

export interface NewRun {
  readonly id: string
  readonly siteId: string
  readonly fileName: string
  readonly sha256: Buffer
  readonly bytes: number
  readonly encoding: string | null
  readonly consent: { readonly purpose: string; readonly words: string; readonly declaredBy: string } | null
  readonly startedBy: string | null
}

export interface NewRow {
  readonly sheet: string | null
  readonly line: number
  readonly verdict: ImportVerdict
  readonly reason: string | null
  readonly code: string | null
  readonly columnName: string | null
  readonly warnings: readonly string[]
  readonly encounterId: string | null
  readonly departmentId: string | null
  /** Hex; the row as it came, for rejected rows. */
  readonly raw: string | null
}

export async function addRun(db: Kysely<Database>, run: NewRun): Promise<void> {
  const { consent, ...columns } = run
  await db
    .insertInto('importRun')
    .values({
      ...columns,
      source: 'list',
      consentPurpose: consent?.purpose ?? null,
      consentText: consent?.words ?? null,
      consentDeclaredBy: consent?.declaredBy ?? null,
    })
    .execute()
}

export async function finishRun(tx: GroundTransaction, id: string): Promise<void> {
  await sql`update import_run set state = 'finished', finished_at = app_now() where id = ${id}`.execute(tx)
}

export async function failRun(db: Kysely<Database>, id: string, errorCode: string): Promise<void> {
  await sql`
    update import_run set state = 'failed', error_code = ${errorCode}, finished_at = app_now()
    where id = ${id} and state = 'running'
  `.execute(db)
}

/**
 * Closes runs whose process died: they would seem to run for ever. What they had loaded is there, and the same file
 * again loads the rest.
 */
export async function closeLostRuns(db: Ground): Promise<void> {
  await sql`
    update import_run r set state = 'failed', error_code = 'IMPORT_INTERRUPTED', finished_at = app_now()
    where r.state = 'running' and r.started_at < app_now() - interval '1 hour'
  `.execute(db)
}

export async function addRows(tx: GroundTransaction, runId: string, rows: readonly NewRow[]): Promise<void> {
  if (rows.length === 0) return
  await sql`
    insert into import_row (import_run_id, sheet, line, verdict, reason, code, column_name, warnings, encounter_id,
      department_id, raw_ciphertext)
    select ${runId}, r.sheet, r.line, r.verdict, r.reason, r.code, r."columnName",
      array(select json_array_elements_text(r.warnings)), r."encounterId", r."departmentId", decode(r.raw, 'hex')
    from json_to_recordset(${JSON.stringify(rows)}::json) as r (sheet text, line integer, verdict text, reason text,
      code text, "columnName" text, warnings json, "encounterId" uuid, "departmentId" uuid, raw text)
  `.execute(tx)
}

export interface RunRow {
  readonly id: string
  readonly startedAt: Date
  readonly fileName: string | null
  readonly by: string | null
  readonly state: 'running' | 'finished' | 'failed'
  readonly errorCode: string | null
  readonly created: number
  readonly changed: number
  readonly unchanged: number
  readonly duplicate: number
  readonly excluded: number
  readonly rejected: number
}

/** Runs, newest first, with what became of their rows, counted. */
export async function runRows(
  db: Ground,
  which: { readonly limit: number } | { readonly id: string },
): Promise<readonly RunRow[]> {
  const { rows } = await sql<RunRow>`
    select r.id, r.started_at, r.file_name, coalesce(a.display_name, r.consent_declared_by) as by, r.state, r.error_code,
      n.created, n.changed, n.unchanged, n.duplicate, n.excluded, n.rejected
    from import_run r
    left join user_account a on a.id = r.started_by
    cross join lateral (
      select count(*) filter (where w.verdict = 'created')::integer as created,
        count(*) filter (where w.verdict = 'changed')::integer as changed,
        count(*) filter (where w.verdict = 'unchanged')::integer as unchanged,
        count(*) filter (where w.verdict = 'duplicate')::integer as duplicate,
        count(*) filter (where w.verdict = 'excluded')::integer as excluded,
        count(*) filter (where w.verdict = 'rejected')::integer as rejected
      from import_row w where w.import_run_id = r.id
    ) n
    where ${'id' in which ? sql`r.id = ${which.id}` : sql`true`}
    order by r.id desc limit ${'limit' in which ? which.limit : 1}
  `.execute(db)
  return rows
}

export interface ReportRow {
  readonly sheet: string | null
  readonly line: number
  readonly reason: string | null
  readonly code: string | null
  readonly columnName: string | null
  /** Null for a row that was not loaded. */
  readonly patientId: string | null
}

/** Rows of one verdict, or with one warning, in the order of the file. */
export function reportRows(
  db: Ground,
  runId: string,
  which: { readonly verdict: ImportVerdict } | { readonly warning: RowWarning },
  limit: number,
): Promise<ReportRow[]> {
  const rows = db
    .selectFrom('importRow')
    .leftJoin('encounter', 'encounter.id', 'importRow.encounterId')
    .select([
      'importRow.sheet',
      'importRow.line',
      'importRow.reason',
      'importRow.code',
      'importRow.columnName',
      'encounter.patientId',
    ])
    .where('importRow.importRunId', '=', runId)
  const wanted =
    'verdict' in which
      ? rows.where('importRow.verdict', '=', which.verdict)
      : rows.where(sql<boolean>`${which.warning} = any (import_row.warnings)`)
  return wanted.orderBy('importRow.line').limit(limit).execute()
}

export interface RejectedRow {
  readonly sheet: string | null
  readonly line: number
  readonly code: string | null
  readonly columnName: string | null
  readonly rawCiphertext: Buffer | null
}

/** Every rejected row of a run with its sealed cells, in the order of the file. */
export function rejectedRows(db: Ground, runId: string): Promise<RejectedRow[]> {
  return db
    .selectFrom('importRow')
    .select(['sheet', 'line', 'code', 'columnName', 'rawCiphertext'])
    .where('importRunId', '=', runId)
    .where('verdict', '=', 'rejected')
    .orderBy('line')
    .execute()
}

export interface NumberlessRow {
  readonly importRunId: string
  readonly sheet: string | null
  readonly line: number
  readonly departmentId: string | null
  readonly department: string | null
  readonly rawCiphertext: Buffer | null
}

/** Rows that had no callable number, newest first: the department's list of people to find a number for. */
export function numberlessRows(db: Ground, departmentId: string | null, limit: number): Promise<NumberlessRow[]> {
  return db
    .selectFrom('importRow')
    .leftJoin('department', 'department.id', 'importRow.departmentId')
    .select([
      'importRow.importRunId',
      'importRow.sheet',
      'importRow.line',
      'importRow.departmentId',
      'department.name as department',
      'importRow.rawCiphertext',
    ])
    .where('importRow.code', '=', 'no_callable_phone')
    .where('importRow.verdict', '=', 'rejected')
    .$if(departmentId !== null, (query) => query.where('importRow.departmentId', '=', departmentId))
    .orderBy('importRow.id', 'desc')
    .limit(limit)
    .execute()
}

/** Which of these stays (`number|day`) are in the database by now: somebody found a number for them. */
export async function loadedStays(db: Ground, encounterNos: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ stay: string }>`
    select encounter_no || '|' || discharged_on as stay from encounter where encounter_no = any (${encounterNos}::text[])
  `.execute(db)
  return new Set(rows.map(({ stay }) => stay))
}

/** The site with this name or code, or the first site; null when there is none. */
export async function siteOf(db: Kysely<Database>, name: string | null): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    select id from site order by (name = ${name} or code = ${name}) is true desc, created_at, id limit 1
  `.execute(db)
  return rows[0]?.id ?? null
}
