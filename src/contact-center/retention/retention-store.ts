import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import { reviewDays } from './retention.ts'
import '../contact-center-tables.ts'
import './retention-tables.ts'

/** A business date that was set ahead (SUIFANG_NOW) makes no recording older than it is. */
const today = sql`least(app_now(), clock_timestamp())`

/** Whether somebody works with recording `r`. */
const inReview = sql`coalesce(r.opened_at > ${today} - make_interval(days => ${reviewDays}), false)`

/** Recordings `r` of calls `a` that are over and of that age. A call's age is that of its answer. */
const oldEnough = (days: number) =>
  sql`a.state = 'ended' and r.expected_at < ${today} - make_interval(days => ${days}::integer)`

/** What a run would remove now, and what keeps others of that age. */
export interface RetentionPreview {
  readonly recordings: number
  readonly bytes: number
  readonly oldestAt: Date | null
  readonly held: number
  readonly inReview: number
}

export async function previewOf(db: Ground | GroundTransaction, days: number): Promise<RetentionPreview> {
  const { rows } = await sql<{
    recordings: number
    bytes: string
    oldestAt: Date | null
    held: number
    inReview: number
  }>`
    with old as (
      select r.bytes, r.expected_at, r.state = 'held' as held, ${inReview} as in_review
      from recording r join attempt a on a.id = r.attempt_id
      where r.state in ('verified', 'stored', 'damaged', 'held') and ${oldEnough(days)}
    )
    select count(*) filter (where not held and not in_review)::integer as recordings,
      coalesce(sum(bytes) filter (where not held and not in_review), 0) as bytes,
      min(expected_at) filter (where not held and not in_review) as oldest_at,
      count(*) filter (where held)::integer as held,
      count(*) filter (where not held and in_review)::integer as in_review
    from old
  `.execute(db)
  const [row] = rows
  return {
    recordings: row?.recordings ?? 0,
    bytes: Number(row?.bytes ?? 0),
    oldestAt: row?.oldestAt ?? null,
    held: row?.held ?? 0,
    inReview: row?.inReview ?? 0,
  }
}

export interface Approval {
  readonly id: string
  readonly ruleVersion: number
  readonly recordingDays: number
  readonly recordings: number
  readonly bytes: number
  readonly reason: string
  readonly by: string | null
  readonly at: Date
}

/** The last word of a person; it holds for the version of the rule that it names. */
export async function lastApproval(db: Ground | GroundTransaction): Promise<Approval | null> {
  const row = await db
    .selectFrom('retentionApproval as a')
    .leftJoin('userAccount as u', 'u.id', 'a.approvedBy')
    .select(['a.id', 'a.ruleVersion', 'a.recordingDays', 'a.recordings', 'a.bytes', 'a.reason'])
    .select(['u.displayName as by', 'a.approvedAt as at'])
    .orderBy('a.approvedAt', 'desc')
    .orderBy('a.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? null : { ...row, bytes: Number(row.bytes) }
}

export async function addApproval(
  tx: GroundTransaction,
  approval: {
    readonly ruleVersion: number
    readonly recordingDays: number
    readonly preview: RetentionPreview
    readonly reason: string
    readonly by: string | null
  },
): Promise<void> {
  const { preview, by, ...rest } = approval
  const { recordings, bytes, oldestAt } = preview
  await tx
    .insertInto('retentionApproval')
    .values({ id: newId(), ...rest, recordings, bytes, oldestAt, approvedBy: by })
    .execute()
}

export async function settingVersion(db: Ground | GroundTransaction, key: string): Promise<number> {
  const row = await db.selectFrom('settingNow').select('version').where('key', '=', key).executeTakeFirst()
  return row?.version ?? 0
}

/** Goes on with the run that a process has left behind, if it was under the same approval. @returns its id */
export async function openRun(tx: GroundTransaction, approval: Approval): Promise<string> {
  await sql`
    update retention_run set ended_at = app_now() where ended_at is null and approval_id <> ${approval.id}
  `.execute(tx)
  const open = await tx.selectFrom('retentionRun').select('id').where('endedAt', 'is', null).executeTakeFirst()
  if (open !== undefined) return open.id
  const id = newId()
  await tx
    .insertInto('retentionRun')
    .values({ id, approvalId: approval.id, recordingDays: approval.recordingDays })
    .execute()
  return id
}

/** A recording whose row has become a tombstone, and whose file is still to be removed. */
export interface FileLeft {
  readonly id: string
  readonly path: string | null
}

/**
 * Turns the oldest recordings of that age into tombstones: the row stays, with its hash, when it expired and by which
 * run. Held ones, those somebody works with, and those that another transaction has in hand are left.
 */
export async function expireOldest(
  tx: GroundTransaction,
  run: { readonly id: string; readonly recordingDays: number },
  atMost: number,
): Promise<readonly FileLeft[]> {
  const { rows: due } = await sql<{ id: string }>`
    select r.id from recording r join attempt a on a.id = r.attempt_id
    where r.state in ('verified', 'stored', 'damaged') and ${oldEnough(run.recordingDays)} and not ${inReview}
    order by r.expected_at, r.id limit ${atMost} for update of r skip locked
  `.execute(tx)
  if (due.length === 0) return []
  const ids = due.map(({ id }) => id)
  await sql`update recording set state = 'stored' where id = any(${ids}) and state = 'verified'`.execute(tx)
  const { rows: expired } = await sql<FileLeft & { bytes: string | null }>`
    update recording set state = 'expired', expired_at = app_now(), expired_run = ${run.id}
    where id = any(${ids}) returning id, path, bytes
  `.execute(tx)
  const bytes = expired.reduce((sum, one) => sum + Number(one.bytes ?? 0), 0)
  await sql`
    update retention_run set recordings = recordings + ${expired.length}, bytes = bytes + ${bytes} where id = ${run.id}
  `.execute(tx)
  return expired
}

/** Of tombstones: their process died before it removed the file, or the system refused. */
export async function filesLeft(db: Ground, after: string | null, atMost: number): Promise<readonly FileLeft[]> {
  const { rows } = await sql<FileLeft>`
    select id, path from recording
    where state = 'expired' and file_removed_at is null and (${after}::uuid is null or id > ${after}::uuid)
    order by id limit ${atMost}
  `.execute(db)
  return rows
}

export async function markRemoved(db: Ground, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await sql`
    update recording set file_removed_at = app_now() where id = any(${[...ids]}) and file_removed_at is null
  `.execute(db)
}

export async function endRun(
  tx: GroundTransaction,
  id: string,
  { held, inReview: reviewed }: RetentionPreview,
): Promise<{ readonly recordings: number; readonly bytes: number; readonly strays: number }> {
  const { rows } = await sql<{ recordings: number; bytes: string; strays: number }>`
    update retention_run set ended_at = app_now(), held = ${held}, in_review = ${reviewed}
    where id = ${id} returning recordings, bytes, strays
  `.execute(tx)
  const [row] = rows
  return { recordings: row?.recordings ?? 0, bytes: Number(row?.bytes ?? 0), strays: row?.strays ?? 0 }
}

export interface RetentionRun {
  readonly id: string
  readonly recordingDays: number
  readonly startedAt: Date
  readonly endedAt: Date | null
  readonly recordings: number
  readonly bytes: number
  readonly held: number | null
  readonly inReview: number | null
  /** Files of no call that it removed. */
  readonly strays: number
  /** Of its tombstones: their files could not be removed yet. */
  readonly filesLeft: number
}

/** Newest first. */
export async function lastRuns(db: Ground, atMost: number): Promise<readonly RetentionRun[]> {
  const { rows } = await sql<Omit<RetentionRun, 'bytes'> & { bytes: string }>`
    select n.id, n.recording_days, n.started_at, n.ended_at, n.recordings, n.bytes, n.held, n.in_review, n.strays,
      (select count(*) from recording r where r.expired_run = n.id and r.file_removed_at is null)::integer as files_left
    from retention_run n order by n.started_at desc, n.id desc limit ${atMost}
  `.execute(db)
  return rows.map(({ bytes, ...run }) => ({ ...run, bytes: Number(bytes) }))
}

/** How many recordings there are, and what they take: by what becomes of them. */
export interface KeptRecordings {
  readonly recordings: number
  readonly bytes: number
  readonly held: number
  readonly damaged: number
  readonly expired: number
  readonly oldestAt: Date | null
}

export async function keptRecordings(db: Ground): Promise<KeptRecordings> {
  const { rows } = await sql<Omit<KeptRecordings, 'bytes'> & { bytes: string }>`
    select count(*) filter (where whole)::integer as recordings, coalesce(sum(bytes) filter (where whole), 0) as bytes,
      count(*) filter (where state = 'held')::integer as held, count(*) filter (where state = 'damaged')::integer as damaged,
      count(*) filter (where state = 'expired')::integer as expired, min(expected_at) filter (where whole) as oldest_at
    from (select state, bytes, expected_at, state in ('closed', 'verified', 'stored', 'held', 'damaged') as whole
      from recording) as r
  `.execute(db)
  const [row] = rows
  return row === undefined
    ? { recordings: 0, bytes: 0, held: 0, damaged: 0, expired: 0, oldestAt: null }
    : { ...row, bytes: Number(row.bytes) }
}
