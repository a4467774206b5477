/**
 * A WAV file that is being recorded.
 *
 * `append` copies a tick's samples into a buffer and returns; whole buffers go to the disk by asynchronous writes at
 * fixed places of the file, so that a slow disk never holds up the tick. The header says "unfinished" (0 bytes) until
 * the end and is then put right: a reader of a killed recording takes all that is there.
 */
import { close as closeFd, open as openFd, write as writeFd } from 'node:fs'
import { promisify } from 'node:util'
import { WAV_HEADER_BYTES, wavHeader } from './wav.ts'

const RATE = 8000
/** Half a second a write: few system calls, and little is lost when the process is killed. */
const TICKS_PER_WRITE = 25
const TICK_SAMPLES = 160
/** Half-second buffers that may wait for the disk (30 s). Beyond, the recording is given up as failed. */
const MOST_WAITING = 60

const openAsync = promisify(openFd)
const writeAsync = promisify(writeFd)
const closeAsync = promisify(closeFd)

export interface RecordingResult {
  /** Samples of each channel. */
  readonly samples: number
  /** The system's error code when it could not be written, `ETIMEDOUT` when the disk was too slow. */
  readonly error: string | null
}

export class RecordingFile {
  readonly path: string
  readonly channels: 1 | 2
  readonly #fd: number
  readonly #spare: Buffer[] = []
  #buffer: Buffer
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
    this.#buffer = this.#newBuffer()
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
    const buffer = this.#buffer
    let at = this.#filled
    if (this.channels === 2) {
      for (let i = 0; i < TICK_SAMPLES; i++) {
        const l = left[i] ?? 0
        const r = right[i] ?? 0
        buffer[at] = l & 0xff
        buffer[at + 1] = l >> 8
        buffer[at + 2] = r & 0xff
        buffer[at + 3] = r >> 8
        at += 4
      }
    } else {
      for (let i = 0; i < TICK_SAMPLES; i++) {
        const sample = left[i] ?? 0
        buffer[at] = sample & 0xff
        buffer[at + 1] = sample >> 8
        at += 2
      }
    }
    this.#filled = at
    this.#samples += TICK_SAMPLES
    if (at === buffer.length) {
      this.#write(buffer, at)
      this.#buffer = this.#spare.pop() ?? this.#newBuffer()
      this.#filled = 0
    }
  }

  /** Writes what is left, puts the header right and closes. Idempotent; never throws. */
  close(): Promise<RecordingResult> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  async #finish(): Promise<RecordingResult> {
    if (this.#filled > 0) this.#write(this.#buffer, this.#filled)
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

  #newBuffer(): Buffer {
    return Buffer.alloc(TICKS_PER_WRITE * TICK_SAMPLES * 2 * this.channels)
  }

  #write(buffer: Buffer, bytes: number): void {
    const position = this.#writeAt
    this.#writeAt += bytes
    this.#waiting += 1
    if (this.#waiting > MOST_WAITING) this.#error ??= 'ETIMEDOUT'
    this.#writeAll(buffer, 0, bytes, position)
  }

  /** A disk may take less than it was given; the rest follows. */
  #writeAll(buffer: Buffer, from: number, to: number, position: number): void {
    writeFd(this.#fd, buffer, from, to - from, position, (error, written) => {
      if (error === null && written > 0 && from + written < to) {
        this.#writeAll(buffer, from + written, to, position + written)
        return
      }
      if (error !== null || written === 0) this.#error ??= error === null ? 'EIO' : codeOf(error)
      this.#waiting -= 1
      if (buffer.length === this.#buffer.length && this.#spare.length < 2) this.#spare.push(buffer)
      if (this.#waiting === 0) this.#drained?.()
    })
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EIO'
}
