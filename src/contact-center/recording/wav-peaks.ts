import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { NotAWav, type WavFormat, wavFormat } from './wav-file.ts'

/** One look over a whole recording: what proves that it is the one that was verified, and what draws it. */
export interface RecordingLook {
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
  /** Changes whenever the file is touched; see {@link touchMark}. */
  readonly touched: string
  /** Null for a file that cannot be drawn. */
  readonly wave: { readonly durationMs: number; readonly peaks: readonly (readonly number[])[] } | null
}

const chunkBytes = 256 * 1024
/** More points than a wide page has pixels. */
const mostPeaks = 4_000
/** Finer than this nothing is seen. */
const framesPerPeakAtLeast = 80

/**
 * Reads a 16-bit WAV once: its SHA-256, and for each channel the loudest sample of each of up to 4,000 equal spans, 0 to
 * 255 of full scale. Computed on request (docs/quality.md has the time that takes).
 * @throws ENOENT when it is missing
 */
export async function lookAtRecording(path: string): Promise<RecordingLook> {
  const file = await open(path, 'r')
  try {
    const stat = await file.stat({ bigint: true })
    const size = Number(stat.size)
    const format = await wavFormat(file, size).catch((error: unknown) => {
      if (error instanceof NotAWav) return null
      throw error
    })
    const sha = createHash('sha256')
    const drawing = format === null ? null : new Drawing(format, size)
    const chunk = Buffer.alloc(chunkBytes)
    for (let at = 0; at < size; ) {
      // The samples begin where a chunk does, so that none is cut in two.
      const upTo = format !== null && at < format.dataAt ? format.dataAt : size
      const { bytesRead } = await file.read(chunk, 0, Math.min(chunkBytes, upTo - at), at)
      if (bytesRead === 0) break
      sha.update(chunk.subarray(0, bytesRead))
      if (format !== null && at >= format.dataAt) drawing?.add(chunk, bytesRead)
      at += bytesRead
    }
    return { bytes: size, sha256: sha.digest('hex'), touched: touchMark(stat), wave: drawing?.wave ?? null }
  } finally {
    await file.close()
  }
}

/** What no writer leaves as it was: nobody sets the time of change back. */
export function touchMark(stat: {
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}): string {
  return [stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].map((part) => part.toString(36)).join('-')
}

class Drawing {
  readonly #format: WavFormat
  readonly #frames: number
  readonly #framesPerPeak: number
  readonly #peaks: Uint8Array[]
  #frame = 0

  constructor(format: WavFormat, size: number) {
    this.#format = format
    const bytes = Math.min(size - format.dataAt, format.dataBytes || size)
    this.#frames = Math.max(0, Math.floor(bytes / (format.channels * 2)))
    this.#framesPerPeak = Math.max(framesPerPeakAtLeast, Math.ceil(this.#frames / mostPeaks))
    const count = Math.ceil(this.#frames / this.#framesPerPeak)
    this.#peaks = Array.from({ length: format.channels }, () => new Uint8Array(count))
  }

  add(chunk: Buffer, bytes: number): void {
    const { channels } = this.#format
    // Little-endian, as everywhere Suifang runs.
    const samples = new Int16Array(chunk.buffer, chunk.byteOffset, Math.floor(bytes / 2))
    for (let at = 0; at + channels <= samples.length && this.#frame < this.#frames; at += channels) {
      const peak = Math.floor(this.#frame / this.#framesPerPeak)
      for (let channel = 0; channel < channels; channel += 1) {
        const level = Math.min(255, Math.abs(samples[at + channel] ?? 0) >> 7)
        const row = this.#peaks[channel]
        if (row !== undefined && level > (row[peak] ?? 0)) row[peak] = level
      }
      this.#frame += 1
    }
  }

  get wave() {
    const durationMs = Math.round((this.#frames * 1000) / this.#format.sampleRate)
    return { durationMs, peaks: this.#peaks.map((row) => [...row]) }
  }
}
