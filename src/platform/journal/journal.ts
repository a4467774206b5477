import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, sleep, systemClock } from '../clock.ts'
import { kindOf } from '../errors/errors.ts'
import { failpoint } from '../failpoint.ts'
import { type Log, logError } from '../log.ts'
import { Backlog, type Express, type Waiting } from './backlog.ts'
import { Cursor, type Position } from './cursor.ts'
import { JournalReader, type ReadEntry } from './journal-reader.ts'
import { JournalWriter } from './journal-writer.ts'
import { listSegments } from './segment.ts'

export interface JournalOptions<Entry> {
  /**
   * Brings entries to where they belong, in order, all of them or none. Called again with the same ones after an
   * error or a crash: it must be idempotent. With `express` it may be called while another call is under way, never
   * with the same key.
   */
  apply(entries: readonly Entry[]): Promise<void>
  /** Reads an entry back from its JSON: dates come as text, and another release may have written it. */
  parse(value: unknown): Entry
  /** Entries that do not wait for those of other keys before them. Absent: all are applied in one order. */
  readonly express?: Express<Entry>
  readonly log: Log
  readonly clock?: Clock
  /** Most entries applied at once; default 200. */
  readonly batch?: number
  /** A segment file is closed when it has grown to this; default 4 MB. */
  readonly segmentBytes?: number
}

/**
 * What a running call has to say, safe on disk before anybody waits for the database (architecture §3).
 *
 * `append` resolves when the entry is fsynced. Entries are applied in the order they were appended (those of one key,
 * where there is an express way); while the database is away they wait on disk, not in memory, for as long as it takes and over restarts. One process a folder.
 *
 * An entry that cannot be applied although the database is there is tried ten times, then put into `rejected.jsonl`
 * beside the journal and told as an error: one broken entry must not stop a hospital's calls, and is not lost.
 */
export class Journal<Entry> {
  readonly #folder: string
  readonly #options: JournalOptions<Entry>
  readonly #clock: Clock
  readonly #writer: JournalWriter
  readonly #reader: JournalReader
  readonly #cursor: Cursor
  readonly #stop = new AbortController()
  #applying: Promise<void> | undefined
  /** Something was written since the last look. */
  #more = false
  #waiting: { readonly for: Position; readonly key: string | undefined; readonly resolve: () => void }[] = []
  readonly #backlog: Backlog<Entry>
  readonly #batch: number
  /** Everything before this place is applied, or in the backlog. */
  #readTo: Position
  /** Something was written, or one of the ways is free again. */
  #changed = Promise.withResolvers<void>()
  readonly #ways = new Map<Way, Promise<void>>()

  private constructor(folder: string, options: JournalOptions<Entry>, cursor: Cursor, lastSegment: number) {
    this.#folder = folder
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#cursor = cursor
    this.#readTo = cursor.position
    this.#backlog = new Backlog(options.express)
    this.#batch = options.batch ?? 200
    this.#reader = new JournalReader(folder, options.log)
    this.#writer = new JournalWriter({
      folder,
      segment: lastSegment + 1,
      segmentBytes: options.segmentBytes ?? 4_000_000,
      onWritten: () => this.#applyRest(),
    })
  }

  /** Opens the folder, making it when missing, and begins to apply what an earlier process left. */
  static async open<Entry>(folder: string, options: JournalOptions<Entry>): Promise<Journal<Entry>> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const segments = await listSegments(folder)
    const cursor = await Cursor.open(folder)
    const lastSegment = Math.max(cursor.position.segment, segments.at(-1) ?? 0)
    const [oldest = lastSegment] = segments
    if (oldest > cursor.position.segment) cursor.moveTo({ segment: oldest, offset: 0 })
    const journal = new Journal(folder, options, cursor, lastSegment)
    if (segments.length > 0) journal.#applyRest()
    return journal
  }

  /**
   * @throws OperationalError JOURNAL_NOT_WRITTEN (disk full or broken; the entry may or may not be applied later),
   *   JOURNAL_CLOSED
   */
  append(entry: Entry): Promise<void> {
    return this.#writer.append(entry)
  }

  /**
   * Resolves when everything that is on disk by now has been applied, whatever is appended meanwhile. Waits as long as the
   * database is away.
   * @param key only what has this key (`express`)
   */
  applied(key?: string): Promise<void> {
    const end = this.#writer.end
    if (this.#applying === undefined || this.#isApplied(end, key)) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ for: end, key, resolve }))
  }

  /** True while entries wait for the database. */
  get hasBacklog(): boolean {
    return this.#applying !== undefined
  }

  /** Writes what was appended and stops; what is not applied by then is applied by the next process. */
  async close(): Promise<void> {
    await this.#writer.close()
    this.#stop.abort()
    this.#changed.resolve()
    await this.#applying
    await this.#reader.close()
    await this.#cursor.close()
  }

  #applyRest(): void {
    this.#more = true
    this.#changed.resolve()
    this.#applying ??= this.#applyAll().finally(() => {
      this.#applying = undefined
      if (this.#more && !this.#stop.signal.aborted) this.#applyRest()
      else for (const { resolve } of this.#waiting.splice(0)) resolve()
    })
  }

  /** Until nothing is left: reads on, and has each way take what it may. */
  async #applyAll(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      this.#changed = Promise.withResolvers()
      this.#more = false
      const hadNone = this.#backlog.size === 0
      const came = await this.#readOn()
      this.#start('express', () => this.#backlog.takeUrgent(this.#batch))
      this.#start('rest', () => this.#backlog.take(this.#batch))
      if (came) continue
      if (this.#backlog.size > 0) await this.#changed.promise
      // What was still under way at that look may have hidden the next segment.
      else if (hadNone && !this.#more) break
    }
    await Promise.all(this.#ways.values())
  }

  #start(way: Way, take: () => readonly Waiting<Entry>[]): void {
    if (this.#ways.has(way) || this.#stop.signal.aborted) return
    const taken = take()
    if (taken.length === 0) return
    const applying = this.#applyTaken(taken).finally(() => {
      this.#ways.delete(way)
      this.#changed.resolve()
    })
    this.#ways.set(way, applying)
  }

  async #applyTaken(taken: readonly Waiting<Entry>[]): Promise<void> {
    await this.#apply(taken.map(({ entry }) => entry))
    if (!this.#stop.signal.aborted) await this.#settle(taken)
  }

  /** These are applied, or put aside. */
  async #settle(taken: readonly Waiting<Entry>[]): Promise<void> {
    failpoint('journal-applied')
    this.#moveTo(this.#backlog.done(taken))
    this.#tellApplied()
    await this.#cursor.keep().catch((error) => logError(this.#options.log, error, 'the journal position was not kept'))
  }

  #moveTo(position: Position | null): void {
    if (position !== null) this.#cursor.moveTo(position)
  }

  async #parse(value: unknown): Promise<{ readonly entry: Entry } | null> {
    try {
      return { entry: this.#options.parse(value) }
    } catch (error) {
      await this.#putAside(value, error)
      return null
    }
  }

  #tellApplied(): void {
    const waiting = this.#waiting
    this.#waiting = waiting.filter((one) => !this.#isApplied(one.for, one.key))
    for (const one of waiting) if (this.#isApplied(one.for, one.key)) one.resolve()
  }

  #isApplied(end: Position, key: string | undefined): boolean {
    if (isReached(end, this.#cursor.position)) return true
    return key !== undefined && isReached(end, this.#readTo) && !this.#backlog.awaits(key, end)
  }

  /** @returns whether there was more, and room for it */
  async #readOn(): Promise<boolean> {
    const limit = this.#batch
    // Two batches: enough to find who is in a hurry, and bounded while the database is away.
    if (this.#backlog.size >= 2 * limit) return false
    const read = await this.#insist<readonly ReadEntry[]>('the journal could not be read', [], () =>
      this.#reader.read(this.#readTo, { end: this.#writer.end, limit, leave: this.#backlog.size === 0 }),
    )
    for (const { value, next } of read) {
      const parsed = await this.#parse(value)
      if (this.#stop.signal.aborted) return false
      this.#readTo = next
      if (parsed === null) this.#moveTo(this.#backlog.skip(next))
      else this.#backlog.add({ entry: parsed.entry, next })
    }
    return read.length > 0
  }

  async #apply(entries: readonly Entry[]): Promise<void> {
    for (let tries = 1; entries.length > 0 && !this.#stop.signal.aborted; tries += 1) {
      try {
        return await this.#options.apply(entries)
      } catch (error) {
        logError(this.#options.log, error, 'journal entries could not be applied', { entries: entries.length, tries })
        if (kindOf(error) !== 'operational') {
          const [only, ...others] = entries
          // One of them is the culprit: one by one, in order.
          if (others.length > 0) return await this.#applyOneByOne(entries)
          if (tries >= triesBeforeRejected) return await this.#putAside(only, error)
        }
        await this.#pause(tries)
      }
    }
  }

  async #applyOneByOne(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) await this.#apply([entry])
  }

  async #putAside(entry: unknown, error: unknown): Promise<void> {
    const line = `${JSON.stringify({ at: this.#clock.now(), error: String(error), entry })}\n`
    await this.#insist('a rejected journal entry could not be put aside', undefined, () =>
      appendFile(join(this.#folder, 'rejected.jsonl'), line, { mode: 0o600, flush: true }),
    )
    this.#options.log.error({ err: error }, 'a journal entry was rejected and put aside in rejected.jsonl')
  }

  /** Tries until it succeeds; `otherwise` when we are closed before that. */
  async #insist<Result>(complaint: string, otherwise: Result, act: () => Promise<Result>): Promise<Result> {
    for (let tries = 1; !this.#stop.signal.aborted; tries += 1) {
      try {
        return await act()
      } catch (error) {
        logError(this.#options.log, error, complaint, { tries })
        await this.#pause(tries)
      }
    }
    return otherwise
  }

  /** 100 ms, doubling to 10 s; ends at once when we are closed. */
  async #pause(tries: number): Promise<void> {
    await sleep(this.#clock, Math.min(100 * 2 ** (tries - 1), 10_000), this.#stop.signal).catch(() => {})
  }
}

const triesBeforeRejected = 10

/** Two batches may be under way at a time: what is in a hurry, and the rest. */
type Way = 'express' | 'rest'

function isReached(wanted: Position, { segment, offset }: Position): boolean {
  return segment > wanted.segment || (segment === wanted.segment && offset >= wanted.offset)
}
