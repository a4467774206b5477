import { rmdir, unlink } from 'node:fs/promises'
import { dirname, relative } from 'node:path'
import { systemActor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { type CronEntry, firePayload } from '#platform/jobs/cron.ts'
import { defineJob } from '#platform/jobs/jobs.ts'
import { type Log, logError } from '#platform/log.ts'
import { pathWithin } from '../recording/recording-place.ts'
import { retentionHold, tellHold } from './retention-guard.ts'
import { standingRule } from './retention-service.ts'
import { endRun, expireOldest, type FileLeft, filesLeft, markRemoved, openRun, previewOf } from './retention-store.ts'
import { removeFile } from './stray-service.ts'
import { expireStrays, straysDue } from './stray-store.ts'

export interface RetentionParts {
  readonly db: Ground
  readonly log: Log
  /** Where recordings lie; nothing outside of it is ever removed. */
  readonly folder: string
}

/** One transaction locks so many rows. */
const pieceOf = 200
/** What is more than this waits for the next night: 10,000 recordings of four minutes are 38 GB. */
const piecesAtMost = 50

/**
 * One night's run: recordings older than the approved rule become tombstones, then their files are removed, piece by
 * piece. A process that dies in between leaves tombstones with files, which the next run removes first; a file that is
 * gone already is as good as removed, in a folder that is there.
 * @returns null where nothing was due, nobody has approved the rule, or folder or clock are not to be trusted
 * Source: requirements F09, §8.6 (job with preview, approval, report; nothing silently vanishes).
 */
export async function expireRecordings(
  parts: RetentionParts,
  signal?: AbortSignal,
): Promise<{ readonly recordings: number; readonly bytes: number } | null> {
  const { db, log } = parts
  // Of what lies on a disk that is not there nothing could be told as removed, and a clock that jumped makes all old.
  const hold = await retentionHold(parts)
  if (hold !== null) {
    tellHold(log, hold)
    return null
  }
  await removeFilesLeft(parts, signal)
  const { rule, approval } = await standingRule(db)
  const due = (await previewOf(db, rule.recordingDays)).recordings + (await straysDue(db, rule.recordingDays))
  if (approval === null) {
    if (due > 0) log.info({ due }, 'recordings are older than the rule keeps them, and wait for its approval')
    return null
  }
  const isOpen = await db.selectFrom('retentionRun').select('id').where('endedAt', 'is', null).executeTakeFirst()
  if (due === 0 && isOpen === undefined) return null
  const runId = await db.transaction().execute((tx) => openRun(tx, approval))
  const run = { id: runId, recordingDays: approval.recordingDays }
  for (let piece = 0; piece < piecesAtMost; piece += 1) {
    // Left open: the next run goes on with it.
    if (await mustStop(parts, signal)) return null
    const expired = await db.transaction().execute((tx) => expireOldest(tx, run, pieceOf))
    if (expired.length === 0) break
    await removeFiles(parts, expired)
  }
  await removeStrays(parts, run, signal)
  return db.transaction().execute(async (tx) => {
    const after = await previewOf(tx, run.recordingDays)
    const removed = await endRun(tx, run.id, after)
    const detail = { ...run, ...removed, waiting: after.recordings, held: after.held, inReview: after.inReview }
    const object = { kind: 'retention_run', id: run.id }
    await writeAudit(tx, { actor: systemActor, action: 'retention.ran', object, outcome: 'ok', detail })
    log.info(detail, 'recordings expired')
    return removed
  })
}

async function mustStop(parts: RetentionParts, signal: AbortSignal | undefined): Promise<boolean> {
  return signal?.aborted === true || (await retentionHold(parts)) !== null
}

/** One that the system does not let go is found anew, and tried again the next night. */
async function removeStrays(
  parts: RetentionParts,
  run: { readonly id: string; readonly recordingDays: number },
  signal: AbortSignal | undefined,
): Promise<void> {
  const { db, log, folder } = parts
  for (let piece = 0; piece < piecesAtMost && !(await mustStop(parts, signal)); piece += 1) {
    const names = await db.transaction().execute((tx) => expireStrays(tx, run, pieceOf))
    const refused = (await Promise.all(names.map((name) => removeFile(folder, name)))).filter((isGone) => !isGone)
    if (refused.length > 0) log.error({ files: refused.length }, 'files of no call could not be removed')
    if (names.length < pieceOf) return
  }
}

async function removeFilesLeft(parts: RetentionParts, signal: AbortSignal | undefined): Promise<void> {
  let after: string | null = null
  for (let piece = 0; piece < piecesAtMost && !(await mustStop(parts, signal)); piece += 1) {
    const left: readonly FileLeft[] = await filesLeft(parts.db, after, pieceOf)
    await removeFiles(parts, left)
    after = left.at(-1)?.id ?? null
    if (left.length < pieceOf) return
  }
}

/** What the system refuses is told, and tried again the next night. */
async function removeFiles({ db, log, folder }: RetentionParts, files: readonly FileLeft[]): Promise<void> {
  const removed: string[] = []
  const days = new Set<string>()
  let refused: unknown
  for (const { id, path } of files) {
    const whole = path === null ? null : pathWithin(folder, path)
    try {
      if (whole !== null) {
        await unlink(whole)
        days.add(dirname(whole))
      }
      removed.push(id)
    } catch (error) {
      if (isGone(error)) removed.push(id)
      else refused = error
    }
  }
  await markRemoved(db, removed)
  if (removed.length < files.length) {
    logError(log, refused, 'files of expired recordings could not be removed', { files: files.length - removed.length })
  }
  // The folder of a day that has none left; another has files, and stays.
  for (const day of days) if (relative(folder, day) !== '') await rmdir(day).catch(() => {})
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/** Every night, at an hour when nobody is called. For `openCron` and `openJobs`. */
export function retentionRound(parts: Omit<RetentionParts, 'log'>): CronEntry {
  return {
    name: 'recording.retention',
    schedule: '40 2 * * *',
    job: defineJob({
      name: 'recording.retention',
      payload: firePayload,
      run: async (_fire, { log, signal }) => void (await expireRecordings({ ...parts, log }, signal)),
    }),
  }
}
