import { readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { systemActor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Clock } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import { type CronEntry, firePayload } from '#platform/jobs/cron.ts'
import { defineJob } from '#platform/jobs/jobs.ts'
import { type Log, logError } from '#platform/log.ts'
import { retentionHold } from '../retention/retention-guard.ts'
import { isOwnPromptId } from './own-prompt.ts'
import { deleteUnnamedPrompts, lockPromptFiles, ownPrompts } from './own-prompt-store.ts'

export interface PromptSweepParts {
  readonly db: Ground
  readonly clock: Clock
  readonly log: Log
  /** `prompts` of the data folder; a folder in it is a language. */
  readonly folder: string
  /** Where recordings lie: its mark says whether folder and clock are this house's. */
  readonly recordings: string
}

/** Takes that nobody published: an author who comes back after a holiday finds the draft, and what it names stays anyway. */
const keptDays = 14

/**
 * Removes prompts that were made and that no version and no draft names: rows first, then every file of such a name that is
 * as old and has no row, also one that an earlier run has left.
 * @returns null where folder or clock are not to be trusted: in front of another house's database every file is a stranger
 */
export async function sweepPrompts(
  parts: PromptSweepParts,
): Promise<{ readonly rows: number; readonly files: number } | null> {
  const { db, log, recordings } = parts
  if ((await retentionHold({ db, folder: recordings })) !== null) {
    log.warn('prompts that nobody names are kept: see /readyz, retention')
    return null
  }
  const rows = await db.transaction().execute(async (tx) => {
    await lockPromptFiles(tx, 'alone')
    const gone = await deleteUnnamedPrompts(tx, keptDays)
    if (gone.length > 0) {
      const detail = { prompts: gone.length, days: keptDays }
      await writeAudit(tx, { actor: systemActor, action: 'prompt.expired', outcome: 'ok', detail })
    }
    return gone.length
  })
  const files = await removeFiles(parts)
  if (rows + files > 0) log.info({ rows, files }, 'prompts that nobody named were removed')
  return { rows, files }
}

async function removeFiles({ db, clock, log, folder }: PromptSweepParts): Promise<number> {
  const before = clock.now().getTime() - keptDays * 86_400_000
  let removed = 0
  for (const language of await languagesIn(folder)) {
    const place = join(folder, language)
    await db.transaction().execute(async (tx) => {
      // Whoever makes the same prompt again now waits, and then writes its file anew.
      await lockPromptFiles(tx, 'alone')
      const ours = (await readdir(place)).flatMap((file) => {
        const [id = ''] = file.split('.', 1)
        return isOwnPromptId(id) ? [{ id, file }] : []
      })
      const known = new Set((await ownPrompts(tx, [...new Set(ours.map(({ id }) => id))])).map(({ id }) => id))
      for (const { id, file } of ours) {
        // `.part`: its maker died. One that is being written now holds the lock.
        if (known.has(id) && file === `${id}.wav`) continue
        try {
          if ((await stat(join(place, file))).mtimeMs > before) continue
          await unlink(join(place, file))
          removed += 1
        } catch (error) {
          logError(log, error, 'a prompt that nobody names could not be removed', { file })
        }
      }
    })
  }
  return removed
}

async function languagesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

/** Every night, between the search for strays and the removal of old recordings. For `openCron` and `openJobs`. */
export function promptSweep(parts: Omit<PromptSweepParts, 'log'>): CronEntry {
  return {
    name: 'prompt.sweep',
    schedule: '30 2 * * *',
    job: defineJob({
      name: 'prompt.sweep',
      payload: firePayload,
      run: async (_fire, { log }) => void (await sweepPrompts({ ...parts, log })),
    }),
  }
}
