import type { FileHandle } from 'node:fs/promises'
import { OperationalError } from '../errors/errors.ts'
import '../errors/platform-errors.ts'
import { failpoint } from '../failpoint.ts'
import type { Position } from './cursor.ts'
import { encodeFrame } from './frame.ts'
import { createSegment } from './segment.ts'

interface Waiting {
  readonly frame: Buffer
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Writes frames to the newest segment. Appends that come while a write is on its way share the next one and its fsync:
 * many calls at once cost few syncs.
 */
export class JournalWriter {
  readonly #folder: string
  readonly #segmentBytes: number
  readonly #onWritten: () => void
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #file: FileHandle | undefined
  #segment: number
  #offset = 0
  #closed = false

  /** @param options.segment a number never used before; its file is made by the first append */
  constructor(options: { folder: string; segment: number; segmentBytes: number; onWritten: () => void }) {
    this.#folder = options.folder
    this.#segment = options.segment
    this.#segmentBytes = options.segmentBytes
    this.#onWritten = options.onWritten
  }

  /** Everything before this place is on disk. */
  get end(): Position {
    return { segment: this.#segment, offset: this.#offset }
  }

  append(entry: unknown): Promise<void> {
    if (this.#closed) return Promise.reject(new OperationalError('JOURNAL_CLOSED'))
    const frame = encodeFrame(entry)
    const written = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ frame, resolve, reject })
    })
    this.#writeWaiting()
    return written
  }

  /** Writes what waits, then takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#writing !== undefined) await this.#writing
    await this.#file?.close()
    this.#file = undefined
  }

  #writeWaiting(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
      // Between the loop's last look and here somebody may have come.
      if (this.#waiting.length > 0) this.#writeWaiting()
    })
  }

  async #write(): Promise<void> {
    // What is said in one breath is written and applied together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        await this.#writeBatch(Buffer.concat(batch.map(({ frame }) => frame)))
      } catch (cause) {
        // What reached the disk is unknown after a failed sync: never write behind it.
        await this.#leaveSegment()
        const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
        const error = new OperationalError('JOURNAL_NOT_WRITTEN', { reason: code }, { cause })
        for (const { reject } of batch) reject(error)
        continue
      }
      failpoint('journal-written')
      for (const { resolve } of batch) resolve()
      this.#onWritten()
    }
  }

  async #writeBatch(bytes: Buffer): Promise<void> {
    if (this.#offset >= this.#segmentBytes) await this.#leaveSegment()
    this.#file ??= await createSegment(this.#folder, this.#segment)
    let done = 0
    while (done < bytes.length) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#offset + done)
      done += bytesWritten
    }
    await this.#file.datasync()
    this.#offset += bytes.length
  }

  async #leaveSegment(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    this.#segment += 1
    this.#offset = 0
    await file?.close().catch(() => {}) // everything acknowledged in it is synced
  }
}
