import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Clock } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import { OperationalError, UserError } from '#platform/errors/errors.ts'
import { type CronEntry, firePayload } from '#platform/jobs/cron.ts'
import { addJob, defineJob } from '#platform/jobs/jobs.ts'
import type { Log } from '#platform/log.ts'
import { attemptNamed, pathWithin } from '../recording/recording-place.ts'
import { recordingFiles, settledAfterMs, settledFile } from './recording-files.ts'
import { demandFolder } from './retention-guard.ts'
import { attachFile, listStray, markStrayRemoved, settleStraysBut, unknownNames } from './stray-store.ts'
import './retention-errors.ts'

export interface StrayParts {
  readonly db: Ground
  readonly clock: Clock
  readonly log: Log
  /** Where recordings lie. */
  readonly folder: string
}

/** What a search found: files given to their calls, and files that wait for a decision. */
export interface StraySearch {
  readonly attached: number
  readonly listed: number
}

/**
 * Looks for files that no row names. One that carries the id of a call that has no recording becomes that call's, and is
 * judged like others; any other is listed on the page Storage, where a person or the rule decides. Nothing is removed.
 * @throws OperationalError RECORDINGS_FOLDER_STRANGE
 * Source: requirements F01, §8.6 (nothing silently vanishes).
 */
export async function searchStrays(parts: StrayParts, signal?: AbortSignal): Promise<StraySearch> {
  const { db, folder, clock, log } = parts
  await demandFolder(parts)
  const now = clock.now()
  const met: string[] = []
  let attached = 0
  let news = 0
  for await (const names of recordingFiles(folder)) {
    if (signal?.aborted) return { attached, listed: met.length }
    for (const name of await unknownNames(db, names)) {
      const file = await settledFile(join(folder, name), now)
      if (file === null) continue
      const attemptId = attemptNamed(name)
      await db.transaction().execute(async (tx) => {
        const cause =
          attemptId === null
            ? 'not_a_recording'
            : await attachFile(tx, { attemptId, name, modifiedAt: file.modifiedAt })
        if (cause === 'attached') {
          attached += 1
          log.warn({ attemptId }, 'a recording that its call did not know of was found, and is the call’s now')
        } else if (cause !== 'call_goes_on') {
          if (await listStray(tx, { name, cause, ...file })) news += 1
          met.push(name)
        }
      })
    }
  }
  await settleStraysBut(db, met)
  if (news > 0) log.warn({ files: news }, 'files that belong to no call lie among the recordings: see the page Storage')
  return { attached, listed: met.length }
}

/**
 * A person has decided that a listed file may go. The decision and its audit row stand before the file is touched.
 * @throws UserError STRAY_GONE
 * @throws OperationalError RECORDINGS_FOLDER_STRANGE, STRAY_NOT_REMOVED
 */
export async function removeStray(
  { db, folder }: Pick<StrayParts, 'db' | 'folder'>,
  wish: { readonly actor: Actor; readonly id: string; readonly reason: string },
): Promise<void> {
  const { actor, id, reason } = wish
  await demandFolder({ db, folder })
  const name = await db.transaction().execute(async (tx) => {
    const removed = await markStrayRemoved(tx, id, { by: actor.accountId, reason })
    if (removed === null) throw new UserError('STRAY_GONE')
    const object = { kind: 'stray_recording', id }
    const detail = { file: removed, reason }
    await writeAudit(tx, { actor, action: 'recording.stray_removed', object, outcome: 'ok', detail })
    return removed
  })
  if (!(await removeFile(folder, name))) throw new OperationalError('STRAY_NOT_REMOVED')
}

/** @returns false where the system did not let it go; gone already is as good as removed */
export async function removeFile(folder: string, name: string): Promise<boolean> {
  const whole = pathWithin(folder, name)
  if (whole === null) return true
  return unlink(whole).then(
    () => true,
    (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT',
  )
}

/** Every night before the removal of old recordings. For `openCron` and `openJobs`; `order` asks for one after a start. */
export function strayRound(parts: Omit<StrayParts, 'log'>): CronEntry & { order(): Promise<void> } {
  const { db, clock } = parts
  const job = defineJob({
    name: 'recording.strays',
    payload: firePayload,
    run: async (_fire, { log, signal }) => void (await searchStrays({ ...parts, log }, signal)),
  })
  return {
    name: 'recording.strays',
    schedule: '20 2 * * *',
    job,
    order: () => {
      // What the process before us was writing has settled by then.
      const runAt = new Date(clock.now().getTime() + settledAfterMs + 60_000)
      return addJob(db, job, { fireAt: runAt.toISOString() }, { key: 'recording.strays after a start', runAt })
    },
  }
}
