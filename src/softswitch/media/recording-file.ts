/**
 * A WAV file that is being recorded.
 *
 * `append` copies a tick's samples into a buffer and returns; whole buffers go to the disk by asynchronous writes at
 * fixed places of the file, so that a slow disk never holds up the tick. The header says "unfinished" (0 bytes) until
 * the end and is then put right: a reader of a killed recording takes all that is there.
 */
import { close as closeFd, open as openFd, write as writeFd } from 'node:fs'
import { endianness } from 'node:os'
import { promisify } from 'node:util'
import { WAV_HEADER_BYTES, wavHeader } from './wav.ts'

const RATE = 8000
/** Half a second a write: few system calls, and little is lost when the process is killed. */
const TICKS_PER_WRITE = 25
const TICK_SAMPLES = 160
/** Half-second buffers that may wait for the disk (30 s). Beyond, the recording is given up as failed. */
const MOST_WAITING = 60

/** As the file has them; on a machine of the other kind they are turned before they are written. */
const LITTLE_ENDIAN = endianness() === 'LE'

const openAsync = promisify(openFd)
const writeAsync = promisify(writeFd)
const closeAsync = promisify(closeFd)

export interface RecordingResult {
  /** Samples of each channel. */
  readonly samples: number
  /** The system's error code when it could not be written, `ETIMEDOUT` when the disk was too slow. */
  readonly error: string | null
}

/** The same memory twice. */
interface Chunk {
  readonly samples: Int16Array
  readonly bytes: Buffer
}

export class RecordingFile {
  readonly path: string
  readonly channels: 1 | 2
  readonly #fd: number
  readonly #spare: Chunk[] = []
  #chunk: Chunk
  /** Samples of all channels in it. */
  #filled = 0
  #writeAt = WAV_HEADER_BYTES
  #samples = 0
  #waiting = 0
  #error: string | null = null
  #drained: (() => void) | null = null
  #closing: Promise<RecordingResult> | null = null

  /**
   * Creates the file, replacing one that is there.
   * @throws the system's error when the file cannot be created
   */
  static async create(path: string, channels: 1 | 2): Promise<RecordingFile> {
    const fd = await openAsync(path, 'w', 0o640)
    const header = wavHeader({ channels, sampleRate: RATE, dataBytes: 0 })
    try {
      await writeAsync(fd, header, 0, header.length, 0)
    } catch (error) {
      await closeAsync(fd)
      throw error
    }
    return new RecordingFile(fd, path, channels)
  }

  private constructor(fd: number, path: string, channels: 1 | 2) {
    this.#fd = fd
    this.path = path
    this.channels = channels
    this.#chunk = this.#newChunk()
  }

  /** Samples of each channel so far. */
  get samples(): number {
    return this.#samples
  }

  get failed(): boolean {
    return this.#error !== null
  }

  /** Takes one tick: `right` is ignored when there is one channel. */
  append(left: Int16Array, right: Int16Array): void {
    if (this.#error !== null || this.#closing !== null) return
    const { samples } = this.#chunk
    let at = this.#filled
    if (this.channels === 2) {
      for (let i = 0; i < TICK_SAMPLES; i++) {
        samples[at] = left[i] ?? 0
        samples[at + 1] = right[i] ?? 0
        at += 2
      }
    } else {
      samples.set(left, at)
      at += TICK_SAMPLES
    }
    this.#filled = at
    this.#samples += TICK_SAMPLES
    if (at === samples.length) {
      this.#write(this.#chunk, at)
      this.#chunk = this.#spare.pop() ?? this.#newChunk()
      this.#filled = 0
    }
  }

  /** Writes what is left, puts the header right and closes. Idempotent; never throws. */
  close(): Promise<RecordingResult> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  async #finish(): Promise<RecordingResult> {
    if (this.#filled > 0) this.#write(this.#chunk, this.#filled)
    if (this.#waiting > 0) {
      await new Promise<void>((drained) => {
        this.#drained = drained
      })
    }
    try {
      const dataBytes = this.#samples * this.channels * 2
      const header = wavHeader({ channels: this.channels, sampleRate: RATE, dataBytes })
      await writeAsync(this.#fd, header, 0, header.length, 0)
    } catch (error) {
      this.#error ??= codeOf(error)
    }
    await closeAsync(this.#fd).catch((error: unknown) => {
      this.#error ??= codeOf(error)
    })
    return { samples: this.#samples, error: this.#error }
  }

  #newChunk(): Chunk {
    const samples = new Int16Array(TICKS_PER_WRITE * TICK_SAMPLES * this.channels)
    return { samples, bytes: Buffer.from(samples.buffer) }
  }

  #write(chunk: Chunk, samples: number): void {
    const position = this.#writeAt
    const bytes = samples * 2
    this.#writeAt += bytes
    this.#waiting += 1
    if (this.#waiting > MOST_WAITING) this.#error ??= 'ETIMEDOUT'
    if (!LITTLE_ENDIAN) chunk.bytes.swap16()
    this.#writeAll(chunk, 0, bytes, position)
  }

  /** A disk may take less than it was given; the rest follows. */
  #writeAll(chunk: Chunk, from: number, to: number, position: number): void {
    writeFd(this.#fd, chunk.bytes, from, to - from, position, (error, written) => {
      if (error === null && written > 0 && from + written < to) {
        this.#writeAll(chunk, from + written, to, position + written)
        return
      }
      if (error !== null || written === 0) this.#error ??= error === null ? 'EIO' : codeOf(error)
      this.#waiting -= 1
      if (this.#spare.length < 2) this.#spare.push(chunk)
      if (this.#waiting === 0) this.#drained?.()
    })
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EIO'
}
