import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises'
import type { Log } from '../log.ts'
import type { Position } from './cursor.ts'
import { decodeFrame, holdsFrame } from './frame.ts'
import { listSegments, segmentPath } from './segment.ts'

export interface ReadEntry {
  readonly value: unknown
  /** The place after it. */
  readonly next: Position
}

const chunkBytes = 256 * 1024

/** Reads entries from a position on, a bounded number at a time, and removes segments that have been read to the end. */
export class JournalReader {
  readonly #folder: string
  readonly #log: Log
  #file: { readonly segment: number; readonly handle: FileHandle } | undefined

  constructor(folder: string, log: Log) {
    this.#folder = folder
    this.#log = log
  }

  /**
   * Up to `limit` entries between `from` and `end`; none when there are none.
   * @param read.leave the caller has applied all that came before `from`: a segment that ends there is finished with, and
   *   the next one is read. Else no further than to its end.
   */
  async read(
    from: Position,
    { end, limit, leave }: { readonly end: Position; readonly limit: number; readonly leave: boolean },
  ): Promise<readonly ReadEntry[]> {
    let position = from
    while (position.segment < end.segment || (position.segment === end.segment && position.offset < end.offset)) {
      const stop = position.segment === end.segment ? end.offset : Number.POSITIVE_INFINITY
      const entries = await this.#readSegment(position, stop, limit)
      if (entries.length > 0) return entries
      if (position.segment === end.segment || !leave) return []
      position = await this.#nextSegment(position, end)
    }
    return []
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.handle.close()
  }

  async #readSegment({ segment, offset }: Position, stop: number, limit: number): Promise<readonly ReadEntry[]> {
    const handle = await this.#open(segment)
    if (handle === undefined) return []
    const entries: ReadEntry[] = []
    let size = Math.min(chunkBytes, stop - offset)
    let bytes = await readUpTo(handle, offset, size)
    let at = 0
    while (entries.length < limit) {
      const decoded = decodeFrame(bytes, at)
      if (decoded.is === 'frame') {
        at = decoded.next
        entries.push({ value: decoded.value, next: { segment, offset: offset + at } })
        continue
      }
      // A frame longer than the chunk: once more, with room for it.
      const needed = decoded.is === 'short' ? at + decoded.bytes : 0
      if (entries.length > 0 || needed <= size || bytes.length < size) break
      size = needed
      bytes = await readUpTo(handle, offset, size)
    }
    return entries
  }

  /** Leaves a segment that holds no more entries, and removes it unless it is damaged. */
  async #nextSegment({ segment, offset }: Position, end: Position): Promise<Position> {
    await this.close()
    const path = segmentPath(this.#folder, segment)
    const rest = await readFile(path).then(
      (bytes) => bytes.subarray(offset),
      () => Buffer.alloc(0),
    )
    if (holdsFrame(rest, 0)) {
      // Entries that were acknowledged cannot be read: nobody deletes that.
      this.#log.error({ segment, offset, bytes: rest.length }, 'a journal segment is damaged and was put aside')
      await rename(path, `${path}.damaged`)
    } else {
      // A torn tail is what a crash leaves of an append that nobody was told had succeeded.
      if (rest.length > 0)
        this.#log.warn({ segment, offset, bytes: rest.length }, 'a torn tail of the journal was dropped')
      await rm(path, { force: true })
    }
    const later = (await listSegments(this.#folder)).find((number) => number > segment)
    return { segment: later ?? end.segment, offset: 0 }
  }

  async #open(segment: number): Promise<FileHandle | undefined> {
    if (this.#file?.segment === segment) return this.#file.handle
    await this.close()
    const handle = await open(segmentPath(this.#folder, segment), 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (handle !== undefined) this.#file = { segment, handle }
    return handle
  }
}

async function readUpTo(file: FileHandle, offset: number, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size)
  const { bytesRead } = await file.read(bytes, 0, size, offset)
  return bytes.subarray(0, bytesRead)
}
