import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Clock } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import type { ReadinessPart } from '#platform/http/readiness.ts'
import { type Log, logError } from '#platform/log.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import { Rounds } from '#platform/rounds.ts'
import { folderMark } from '../retention/folder-store.ts'
import { folderFault } from '../retention/retention-guard.ts'
import { wakeDiallers } from '../trunks/diallers.ts'
import { type DatabaseMark, type Doubt, doubtOf, type SeenMark } from './database-mark.ts'
import { recordsLaterCalls } from './newer-recordings.ts'
import { databaseDoubt, databaseMark, doubtDatabase, moveMark, trustDatabase } from './restored-store.ts'

export interface RestoredWatchParts {
  readonly db: Ground
  readonly clock: Clock
  readonly log: Log
  readonly dataDir: string
  /** Where recordings lie. */
  readonly recordings: string
}

/** In the data folder, and in no backup of it: who restores one has a house that asks. */
export const markFile = 'database-mark'

/** What happens between two is what an earlier database may hide. */
const everyMs = 10_000

const seenShape = Compile(Type.Object({ id: Type.String(), mark: Type.Integer() }))

/**
 * Watches whether the database is the one that this node had: an earlier one, restored from a backup, does not know who has been
 * called since, and would call them again. In doubt the rows say so, and the gate refuses every call (`database_restored`,
 * migration 0032) until a person has confirmed the database. Looked at when the house opens, when the database comes back,
 * and every ten seconds.
 */
export class RestoredWatch {
  readonly #parts: RestoredWatchParts
  readonly #rounds: Rounds
  /** Undefined: not read yet. */
  #seen: SeenMark | 'unreadable' | null | undefined
  /** When a house was open over the database before this one. Undefined: not asked yet; null: nothing to look for. */
  #movedBefore: Date | null | undefined
  /** What went wrong at the last look, so that it is told once. */
  #trouble: string | null = null

  constructor(parts: RestoredWatchParts) {
    this.#parts = parts
    this.#rounds = new Rounds({ clock: parts.clock, look: () => this.#look() })
  }

  /** Looks now, and then by itself; resolves when it has been looked. */
  async look(): Promise<void> {
    this.#rounds.wake()
    await this.#rounds.rest()
  }

  async close(): Promise<void> {
    await this.#rounds.close()
  }

  /** What this node knows of its database: nothing is dialled by an earlier one between two looks. */
  get seen(): SeenMark | null {
    return typeof this.#seen === 'object' ? this.#seen : null
  }

  async #look(): Promise<number> {
    const { db, log } = this.#parts
    try {
      if (this.#seen === undefined) this.#seen = await this.#remembered()
      const database = await databaseMark(db)
      const doubt = doubtOf(this.#seen, database) ?? (await this.#doubtByRecordings(database))
      if (doubt !== null) await this.#tell(doubt)
      // Remembered before it is moved for the first time: who is killed between the two knows it again.
      if (this.seen?.id !== database.id || doubt !== null) await this.#remember(database)
      await this.#remember({ id: database.id, mark: await moveMark(db) })
      this.#trouble = null
    } catch (error) {
      const trouble = String(error)
      if (trouble !== this.#trouble) logError(log, error, 'how far the database has come was not kept')
      this.#trouble = trouble
    }
    return everyMs
  }

  /** Once, as soon as the folder of recordings is there: no call begins before. */
  async #doubtByRecordings({ movedAt }: DatabaseMark): Promise<Doubt | null> {
    const { db, recordings } = this.#parts
    if (this.#movedBefore === undefined) this.#movedBefore = movedAt
    if (this.#movedBefore === null) return null
    if ((await folderFault(recordings, await folderMark(db))) !== null) return null
    const later = await recordsLaterCalls(db, recordings, this.#movedBefore)
    this.#movedBefore = null
    return later ? 'earlier' : null
  }

  async #tell(doubt: Doubt): Promise<void> {
    const { db, log } = this.#parts
    const isNews = await db.transaction().execute(async (tx) => {
      const first = await doubtDatabase(tx, doubt)
      if (first) await appendToStream(tx, 'live', [{ type: 'disk.changed', payload: {} }])
      return first
    })
    if (isNews) log.error({ doubt }, `no call begins: ${doubtWords[doubt]}`)
  }

  async #remembered(): Promise<SeenMark | 'unreadable' | null> {
    try {
      const seen: unknown = JSON.parse(await readFile(join(this.#parts.dataDir, markFile), 'utf8'))
      return seenShape.Check(seen) ? seen : 'unreadable'
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? null : 'unreadable'
    }
  }

  /** Known from now on, also where it cannot be written: then the next start knows what was written last. */
  async #remember({ id, mark }: SeenMark): Promise<void> {
    this.#seen = { id, mark }
    const path = join(this.#parts.dataDir, markFile)
    await writeFile(`${path}.part`, `${JSON.stringify({ id, mark })}\n`, { mode: 0o600, flush: true })
    await rename(`${path}.part`, path)
  }
}

/** For `/readyz`: a warning. */
export function restoredReadiness(db: Ground): ReadinessPart {
  return {
    name: 'restored',
    warns: true,
    check: async () => {
      const doubt = await databaseDoubt(db)
      return doubt === null ? null : `no call begins: ${doubtWords[doubt.why]}`
    },
  }
}

/** A person has looked: by this database people are called from now on. Nothing happens where nothing is doubted. */
export async function confirmDatabase(
  db: Ground,
  { actor, reason }: { readonly actor: Actor; readonly reason: string },
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const before = await trustDatabase(tx)
    if (before === null) return
    const detail = { reason, doubt: before.doubt, since: before.doubtedAt }
    const object = { kind: 'database', id: 'mark' }
    await writeAudit(tx, { actor, action: 'database.confirmed', object, outcome: 'ok', detail })
    await wakeDiallers(tx)
    await appendToStream(tx, 'live', [{ type: 'disk.changed', payload: {} }])
  })
}

const doubtWords: Readonly<Record<Doubt, string>> = {
  earlier: 'the database is an earlier one than this node has had; who was called since is not known',
  unknown: 'this node has never seen the database, which has been in use, and no other node is there',
  unreadable:
    'the file database-mark of the data folder cannot be read, so that nobody knows whether this is the database that was there; look, and confirm it (page Storage)',
}
