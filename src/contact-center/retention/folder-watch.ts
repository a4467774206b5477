import type { Clock } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import type { Listener, Subscription } from '#platform/database/listen.ts'
import { type Log, logError } from '#platform/log.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import { Rounds } from '#platform/rounds.ts'
import { folderMark, saveFolder } from './folder-store.ts'
import { confirmedChannel, faultWords, folderFault } from './retention-guard.ts'
import type { FolderFault } from './retention-tables.ts'

export interface FolderWatchParts {
  readonly db: Ground
  readonly listener: Pick<Listener, 'listen'>
  readonly clock: Clock
  readonly log: Log
  /** This node's name. */
  readonly node: string
  /** Where recordings lie. */
  readonly folder: string
  /** Calls may begin again. */
  readonly onOurs: () => void
}

/** As often as the disks are looked at. */
const lookEveryMs = 30_000

/**
 * Watches whether the folder of recordings is the one that was there. While it is not (a disk that is not mounted, another
 * house's folder, one that cannot be written) no call begins: its recording would lie where nobody looks for it, under the
 * disk's mount point or on the system's own disk. What it knows is in memory, so that the dialler asks for nothing.
 */
export class FolderWatch {
  readonly #parts: FolderWatchParts
  readonly #rounds: Rounds
  #mark: string | null = null
  #fault: FolderFault | null = null
  #subscription: Subscription | undefined

  constructor(parts: FolderWatchParts) {
    this.#parts = parts
    this.#rounds = new Rounds({ clock: parts.clock, look: () => this.#look() })
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    const look = () => this.#rounds.wake()
    this.#subscription = await this.#parts.listener.listen(confirmedChannel, { onPayload: look, onResync: look })
    await this.look()
  }

  /** Resolves when the folder has been looked at. */
  async look(): Promise<void> {
    this.#rounds.wake()
    await this.#rounds.rest()
  }

  /** Whether a call that begins now is recorded where it is looked for. */
  get isOurs(): boolean {
    return this.#fault === null
  }

  async close(): Promise<void> {
    await this.#subscription?.close()
    await this.#rounds.close()
  }

  async #look(): Promise<number> {
    const { db, log, folder } = this.#parts
    try {
      // Never another one: it is asked for once, and a database that is away hides no folder.
      this.#mark ??= await folderMark(db)
      await this.#saw(await folderFault(folder, this.#mark))
    } catch (error) {
      logError(log, error, 'what was seen of the folder of recordings was not kept')
    }
    return lookEveryMs
  }

  async #saw(fault: FolderFault | null): Promise<void> {
    const { db, log, node, onOurs } = this.#parts
    const before = this.#fault
    this.#fault = fault
    if (fault !== before) {
      if (fault === null) log.info('the folder of recordings is right again: calls begin')
      else log.error({ fault }, `no call begins: ${faultWords[fault]}`)
    }
    if (before !== null && fault === null) onOurs()
    await db.transaction().execute(async (tx) => {
      const isNews = await saveFolder(tx, { node, fault })
      if (isNews) await appendToStream(tx, 'live', [{ type: 'disk.changed', payload: {} }])
    })
  }
}
