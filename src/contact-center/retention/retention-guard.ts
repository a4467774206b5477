import { constants } from 'node:fs'
import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { DiskQuestion } from '#platform/disk/disk-question.ts'
import { OperationalError } from '#platform/errors/errors.ts'
import type { ReadinessPart } from '#platform/http/readiness.ts'
import type { Log } from '#platform/log.ts'
import './retention-errors.ts'
import type { FolderFault } from './retention-tables.ts'

/**
 * Why nothing is removed, whatever the rule says. The folder: it does not answer or cannot be written (`folder_gone`), it has no mark of this
 * house (`folder_unmarked`: a disk that is not mounted), or another's (`folder_foreign`). The database's clock: more than
 * a week ahead of where it was last believed, or behind.
 */
export interface RetentionHold {
  readonly why: FolderFault | 'clock_ahead' | 'clock_back'
  /** The clock as it was last believed, and as it is. */
  readonly clockSeenAt: Date
  readonly clockNow: Date
}

export interface GuardParts {
  readonly db: Ground
  /** Where recordings lie. */
  readonly folder: string
}

/** Somebody has confirmed a folder: whoever waits for it looks at once. */
export const confirmedChannel = 'suifang_folder'

/** In the folder of recordings; it is no recording. */
export const markName = '.suifang-recordings'
/** A night's run looks every day; a house that is off over the holidays is asked about. */
const believedDays = 7

interface Guard {
  readonly folderId: string
  readonly folderMarkedAt: Date | null
  readonly clockSeenAt: Date
  readonly clockNow: Date
  readonly jump: 'clock_ahead' | 'clock_back' | null
}

/** Believes the clock as far as it may. */
async function readGuard(db: Ground | GroundTransaction): Promise<Guard> {
  const { rows } = await sql<Guard>`
    with clock as materialized (select clock_timestamp() as now), seen as (
      update retention_guard g set clock_seen_at = clock.now from clock
      where clock.now > g.clock_seen_at + interval '1 hour'
        and clock.now <= g.clock_seen_at + make_interval(days => ${believedDays})
    )
    select g.folder_id, g.folder_marked_at, g.clock_seen_at, clock.now as clock_now,
      case when clock.now > g.clock_seen_at + make_interval(days => ${believedDays}) then 'clock_ahead'
        when clock.now < g.clock_seen_at - make_interval(days => ${believedDays}) then 'clock_back' end as jump
    from retention_guard g, clock
  `.execute(db)
  const [guard] = rows
  if (guard === undefined) throw new Error('the guard of retention has no row')
  return guard
}

/** Null: it has no mark. @throws where the folder cannot be written */
async function markIn(folder: string): Promise<string | null> {
  await access(folder, constants.W_OK)
  const mark = await readFile(join(folder, markName), 'utf8').catch(() => null)
  return mark === null ? null : mark.trim()
}

/** One for the process: whoever asks after a folder that hangs waits for one answer. */
const marks = new DiskQuestion({ ask: markIn })

/** What is wrong with the folder; null: it is the one that was there. One that does not answer is gone. */
export async function folderFault(folder: string, folderId: string): Promise<FolderFault | null> {
  try {
    const mark = await marks.of(folder)
    if (mark === null) return 'folder_unmarked'
    return mark === folderId ? null : 'folder_foreign'
  } catch {
    return 'folder_gone'
  }
}

/** What holds retention now; null: nothing does. */
export async function retentionHold({ db, folder }: GuardParts): Promise<RetentionHold | null> {
  const { folderId, clockSeenAt, clockNow, jump } = await readGuard(db)
  const why = (await folderFault(folder, folderId)) ?? jump
  return why === null ? null : { why, clockSeenAt, clockNow }
}

/**
 * At every start: marks the folder the first time, never again by itself, and says in the log what holds retention.
 * @param parts.folder exists
 */
export async function openRetentionGuard(parts: GuardParts & { readonly log: Log }): Promise<void> {
  const { db, folder, log } = parts
  const { folderId, folderMarkedAt } = await readGuard(db)
  if (folderMarkedAt === null && (await folderFault(folder, folderId)) === 'folder_unmarked') {
    await mark(folder, folderId)
    await sql`update retention_guard set folder_marked_at = clock_timestamp()`.execute(db)
  }
  tellHold(log, await retentionHold(parts))
}

export function tellHold(log: Log, hold: RetentionHold | null): void {
  if (hold !== null) log.error({ ...hold }, inWords(hold.why))
}

/** For `/readyz`: a warning. */
export function guardReadiness(parts: GuardParts): ReadinessPart {
  return {
    name: 'retention',
    warns: true,
    check: async () => {
      const hold = await retentionHold(parts)
      return hold === null ? null : inWords(hold.why)
    },
  }
}

/** @throws OperationalError RECORDINGS_FOLDER_STRANGE */
export async function demandFolder({ db, folder }: GuardParts): Promise<void> {
  const { folderId } = await readGuard(db)
  const fault = await folderFault(folder, folderId)
  if (fault !== null) throw new OperationalError('RECORDINGS_FOLDER_STRANGE', { detail: faultWords[fault] })
}

/** A person has looked: this is the folder from now on, or the clock is right. */
export async function confirmGuard(
  { db, folder }: GuardParts,
  wish: { readonly actor: Actor; readonly what: 'folder' | 'clock'; readonly reason: string },
): Promise<void> {
  const { actor, what, reason } = wish
  await db.transaction().execute(async (tx) => {
    const { folderId, clockSeenAt, clockNow } = await readGuard(tx)
    const object = { kind: 'retention_guard', id: what }
    const detail = what === 'folder' ? { reason } : { reason, from: clockSeenAt, to: clockNow }
    await writeAudit(tx, { actor, action: 'retention.confirmed', object, outcome: 'ok', detail })
    if (what === 'clock') {
      await sql`update retention_guard set clock_seen_at = ${clockNow}`.execute(tx)
    } else {
      await sql`update retention_guard set folder_marked_at = clock_timestamp()`.execute(tx)
      await mark(folder, folderId)
      await sql`select pg_notify(${confirmedChannel}, '')`.execute(tx)
    }
  })
}

async function mark(folder: string, folderId: string): Promise<void> {
  try {
    await writeFile(join(folder, markName), `${folderId}\n`, { mode: 0o640 })
  } catch (error) {
    throw new OperationalError('RECORDINGS_FOLDER_STRANGE', { detail: faultWords.folder_gone }, { cause: error })
  }
}

export const faultWords: Readonly<Record<FolderFault, string>> = {
  folder_gone: 'the folder of recordings is not there, does not answer, or may not be written',
  folder_unmarked: 'the folder of recordings lacks this house’s mark: is its disk mounted?',
  folder_foreign: 'the folder of recordings has another house’s mark',
}

function inWords(why: RetentionHold['why']): string {
  switch (why) {
    case 'clock_ahead':
      return 'no recording expires: the database’s clock is more than a week ahead of when it was last seen'
    case 'clock_back':
      return 'no recording expires: the database’s clock is more than a week behind of when it was last seen'
    default:
      return `no call begins and no recording expires: ${faultWords[why]}`
  }
}
