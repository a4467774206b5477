import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { RecordingVerdict } from './recording.ts'
import { recordingName } from './recording-place.ts'
import type { WavMeasurement } from './wav-file.ts'

export interface ClosedRecording {
  readonly id: string
  readonly attemptId: string
  readonly campaignId: string
  /** Relative to the folder of recordings. */
  readonly path: string
  readonly state: string
  /** From start to stop, by the call's events; null when one of the two is unknown (the node died). */
  readonly mediaMs: number | null
}

export async function markRecordingStarted(
  tx: GroundTransaction,
  attemptId: string,
  started: { readonly path: string; readonly at: Date },
): Promise<void> {
  await sql`/* prepared: mark-recording-started */
    update recording set state = 'recording', path = ${recordingName(started.path)}, started_at = ${started.at},
      media_host = (select p.media_host from party p join call c on c.id = p.call_id
        where c.attempt_id = ${attemptId} and p.kind = 'patient' limit 1)
    where attempt_id = ${attemptId} and state = 'expected'
  `.execute(tx)
}

/** @returns the recording's id, or null when there is none to close */
export async function markRecordingClosed(tx: GroundTransaction, attemptId: string, at: Date): Promise<string | null> {
  const closed = await sql<{ id: string }>`/* prepared: mark-recording-closed */
    update recording set state = 'closed', closed_at = ${at}
    where attempt_id = ${attemptId} and state in ('recording', 'paused') returning id
  `.execute(tx)
  return closed.rows[0]?.id ?? null
}

/** A call that is over and whose recording never started. @returns true when that was so */
export async function markRecordingMissing(tx: GroundTransaction, attemptId: string): Promise<boolean> {
  const missing = await sql`/* prepared: mark-recording-missing */
    update recording set state = 'missing', judged_at = app_now() where attempt_id = ${attemptId} and state = 'expected'
  `.execute(tx)
  return Number(missing.numAffectedRows ?? 0) > 0
}

export async function closedRecording(db: Ground | GroundTransaction, id: string): Promise<ClosedRecording | null> {
  const found = await sql<ClosedRecording>`
    select r.id, r.attempt_id, a.campaign_id, r.path, r.state,
      (extract(epoch from r.closed_at - r.started_at) * 1000)::float8 as media_ms
    from recording r join attempt a on a.id = r.attempt_id
    where r.id = ${id} and r.path is not null
  `.execute(db)
  return found.rows[0] ?? null
}

export async function writeVerdict(
  tx: GroundTransaction,
  id: string,
  verdict: Pick<RecordingVerdict, 'state' | 'faults' | 'gapMs'>,
  found: WavMeasurement | null,
): Promise<boolean> {
  const written = await sql`
    update recording set state = ${verdict.state}, faults = ${[...verdict.faults]}, gap_ms = ${verdict.gapMs},
      bytes = ${found?.bytes ?? null}, duration_ms = ${found?.durationMs ?? null},
      sha256 = ${found === null ? null : Buffer.from(found.sha256, 'hex')}, judged_at = app_now()
    where id = ${id} and state = 'closed'
  `.execute(tx)
  return Number(written.numAffectedRows ?? 0) > 0
}

/**
 * Recordings whose call is over although their events say otherwise: the node died in the call. What was begun is closed
 * at the call's end, what never began is missing.
 * @returns ids of those closed, to be judged
 */
export async function closeOrphanedRecordings(tx: GroundTransaction): Promise<string[]> {
  await sql`
    update recording set state = 'missing', judged_at = app_now() from attempt a
    where a.id = recording.attempt_id and a.state = 'ended' and recording.state = 'expected'
  `.execute(tx)
  const closed = await sql<{ id: string }>`
    update recording set state = 'closed' from attempt a
    where a.id = recording.attempt_id and a.state = 'ended' and recording.state in ('recording', 'paused')
    returning recording.id
  `.execute(tx)
  return closed.rows.map((row) => row.id)
}

/** Recordings of ended calls that nobody has judged: their job was lost, or the node died before it was made. */
export async function unjudgedRecordings(db: Ground | GroundTransaction, atMost: number): Promise<string[]> {
  const found = await sql<{ id: string }>`
    select r.id from recording r join attempt a on a.id = r.attempt_id
    where r.state = 'closed' and a.state = 'ended' order by r.closed_at limit ${atMost}
  `.execute(db)
  return found.rows.map((row) => row.id)
}

export interface OpenableRecording {
  readonly id: string
  readonly attemptId: string
  readonly state: string
  readonly path: string | null
  readonly durationMs: number | null
  readonly gapMs: number | null
  readonly faults: readonly string[]
  /** Of the file as it was verified; null when it could not be read then, or has not been judged yet. */
  readonly sha256: Buffer | null
}

export function openableRecording(db: Ground, id: string): Promise<OpenableRecording | undefined> {
  return db
    .selectFrom('recording')
    .select(['id', 'attemptId', 'state', 'path', 'durationMs', 'gapMs', 'faults', 'sha256'])
    .where('id', '=', id)
    .executeTakeFirst()
}

/** Its file was opened and is another. The first time counts. */
export async function markChangedFound(tx: GroundTransaction, id: string): Promise<void> {
  await sql`
    update recording set changed_found_at = coalesce(changed_found_at, app_now()) where id = ${id}
  `.execute(tx)
}

/** Somebody hears it or takes it. @returns false for one that has expired */
export async function markOpened(tx: GroundTransaction, id: string): Promise<boolean> {
  const opened = await sql`
    update recording set opened_at = app_now() where id = ${id} and state <> 'expired'
  `.execute(tx)
  return Number(opened.numAffectedRows ?? 0) > 0
}
