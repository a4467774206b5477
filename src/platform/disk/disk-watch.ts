import { stat, statfs } from 'node:fs/promises'
import type { Clock } from '../clock.ts'
import type { Ground } from '../database/database.ts'
import type { Listener, Subscription } from '../database/listen.ts'
import type { ReadinessPart } from '../http/readiness.ts'
import { type Log, logError } from '../log.ts'
import { appendToStream } from '../realtime/stream-store.ts'
import { Rounds } from '../rounds.ts'
import { DiskQuestion } from './disk-question.ts'
import {
  type DiskPlace,
  type DiskSpace,
  type DiskThresholds,
  gigabyte,
  type RoomState,
  roomState,
} from './disk-room.ts'
import { diskSetting, readDiskThresholds } from './disk-settings.ts'
import { saveRoom } from './disk-store.ts'

/** Asks the system for the disk on which a folder lies. */
export type AskDisk = (folder: string) => Promise<AskedDisk>

type AskedDisk = DiskSpace & { readonly device: number }

export const askDisk: AskDisk = async (folder) => {
  const [{ bavail, blocks, bsize }, { dev }] = await Promise.all([statfs(folder), stat(folder)])
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize, device: dev }
}

export interface DiskWatchParts {
  readonly db: Ground
  readonly listener: Pick<Listener, 'listen'>
  readonly clock: Clock
  readonly log: Log
  /** This node's name. */
  readonly node: string
  readonly folders: Readonly<Record<DiskPlace, string>>
  readonly askDisk: AskDisk
  /** Calls may begin again. */
  readonly onRoom: () => void
}

/** Thirty calls record 30 MB meanwhile. */
const lookEveryMs = 30_000

/**
 * Watches the disks of data and recordings. What it knows is in memory, so that the dialler asks for nothing and a database
 * that is away (on that very disk) hides nothing; a change is told once, in the log and to the live pages.
 * Source: requirements §8.7 (disk forecast).
 */
export class DiskWatch {
  readonly #parts: DiskWatchParts
  readonly #question: DiskQuestion<AskedDisk>
  readonly #rounds: Rounds
  readonly #seen = new Map<DiskPlace, DiskSpace & { readonly state: RoomState }>()
  readonly #unreadable = new Set<DiskPlace>()
  #thresholds: DiskThresholds = diskSetting.otherwise
  #subscription: Subscription | undefined

  constructor(parts: DiskWatchParts) {
    this.#parts = parts
    this.#question = new DiskQuestion({ ask: parts.askDisk, clock: parts.clock })
    this.#rounds = new Rounds({ clock: parts.clock, look: () => this.#look() })
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    const look = () => this.#rounds.wake()
    this.#subscription = await this.#parts.listener.listen('suifang_setting', {
      onPayload: (key) => key === diskSetting.key && look(),
      onResync: look,
    })
    look()
    await this.#rounds.rest()
  }

  /** Resolves when the disks have been looked at. */
  async look(): Promise<void> {
    this.#rounds.wake()
    await this.#rounds.rest()
  }

  /** Whether a call that begins now can be recorded to its end. */
  get hasRoom(): boolean {
    return ![...this.#seen.values()].some(({ state }) => state === 'full')
  }

  /** For `/readyz`: a warning, since a house without room goes on with what it has begun. */
  get readiness(): ReadinessPart {
    return {
      name: 'disk',
      warns: true,
      check: async () => {
        const told = [...this.#seen].filter(([, { state }]) => state !== 'ok')
        if (told.length === 0) return null
        return told
          .map(([place, { state, freeBytes }]) => `${place} ${state}, ${(freeBytes / gigabyte).toFixed(1)} GB free`)
          .join('; ')
      },
    }
  }

  async close(): Promise<void> {
    await this.#subscription?.close()
    await this.#rounds.close()
  }

  async #look(): Promise<number> {
    const { db, log, folders } = this.#parts
    this.#thresholds = await readDiskThresholds(db).catch(() => this.#thresholds)
    const hadRoom = this.hasRoom
    const devices = new Set<number>()
    for (const place of ['data', 'recordings'] as const) {
      const space = await this.#ask(place, folders[place])
      // Two folders on one disk are told of once.
      if (space === null || devices.has(space.device)) continue
      devices.add(space.device)
      await this.#saw(place, space).catch((error: unknown) => logError(log, error, 'the room on a disk was not kept'))
    }
    if (!hadRoom && this.hasRoom) this.#parts.onRoom()
    return lookEveryMs
  }

  async #ask(place: DiskPlace, folder: string) {
    try {
      const space = await this.#question.of(folder)
      this.#unreadable.delete(place)
      return space
    } catch (error) {
      if (!this.#unreadable.has(place)) logError(this.#parts.log, error, 'a disk cannot be looked at', { place })
      this.#unreadable.add(place)
      return null
    }
  }

  async #saw(place: DiskPlace, { freeBytes, totalBytes }: DiskSpace): Promise<void> {
    const { db, log, node } = this.#parts
    const before = this.#seen.get(place)?.state ?? 'ok'
    const state = roomState(before, { freeBytes, totalBytes }, this.#thresholds)
    this.#seen.set(place, { freeBytes, totalBytes, state })
    if (state !== before) log[levelOf[state]]({ place, state, freeBytes, totalBytes }, textOf[state])
    await db.transaction().execute(async (tx) => {
      const isNews = await saveRoom(tx, { node, place, state, freeBytes, totalBytes })
      if (isNews) await appendToStream(tx, 'live', [{ type: 'disk.changed', payload: {} }])
    })
  }
}

const levelOf = { ok: 'info', low: 'warn', full: 'error' } as const
const textOf = {
  ok: 'there is room on the disk again',
  low: 'there is little room left on the disk',
  full: 'there is no room on the disk: no call begins until there is',
}
