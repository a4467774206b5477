/**
 * `local_stream://<name>`: music without an end from the files of one folder, as FreeSWITCH's mod_local_stream plays
 * it. Everybody who listens hears the same place of it, as with a radio.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AudioSource } from './audio-source.ts'
import { readWavHeader } from './wav.ts'
import { WavDecoder } from './wav-decoder.ts'

/** Of one stream; more files are left out (ten minutes are 9.6 MB). */
const MOST_SAMPLES = 10 * 60 * 8000
const SAMPLES_PER_MS = 8

export class LocalStreams {
  readonly #folder: string
  readonly #streams = new Map<string, Promise<Int16Array | null>>()

  /** @param folder holds one folder of WAV files for each stream */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** @returns null when there is no such stream, or nothing in it can be played */
  async open(name: string): Promise<AudioSource | null> {
    const wanted = /^([\w-]+)(\/\d+)?$/.exec(name)?.[1]
    if (wanted === undefined) return null
    const reading = this.#streams.get(wanted) ?? readFolder(join(this.#folder, wanted))
    this.#streams.set(wanted, reading)
    const samples = await reading
    // A folder that was empty may be filled later.
    if (samples === null) this.#streams.delete(wanted)
    return samples === null ? null : new LocalStreamSource(samples)
  }
}

class LocalStreamSource implements AudioSource {
  readonly #samples: Int16Array
  #at: number

  constructor(samples: Int16Array) {
    this.#samples = samples
    this.#at = Math.floor(performance.now() * SAMPLES_PER_MS) % samples.length
  }

  read(into: Int16Array, count: number): number {
    for (let i = 0; i < count; i++) {
      into[i] = this.#samples[this.#at] ?? 0
      this.#at = this.#at + 1 === this.#samples.length ? 0 : this.#at + 1
    }
    return count
  }

  close(): void {}
}

async function readFolder(folder: string): Promise<Int16Array | null> {
  const names = await readdir(folder).catch(() => [])
  const parts: Int16Array[] = []
  let length = 0
  for (const name of names.filter((each) => /\.wav$/i.test(each)).sort()) {
    const samples = await readWhole(join(folder, name)).catch(() => null)
    if (samples === null || length + samples.length > MOST_SAMPLES) continue
    parts.push(samples)
    length += samples.length
  }
  if (length === 0) return null
  const whole = new Int16Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

async function readWhole(path: string): Promise<Int16Array | null> {
  const bytes = await readFile(path)
  const format = readWavHeader(bytes)
  if (format === null) return null
  const decoder = new WavDecoder(format)
  const end = Math.min(bytes.length, format.dataStart + format.dataBytes)
  const whole = end - format.dataStart - ((end - format.dataStart) % decoder.frameBytes)
  return decoder.decode(bytes.subarray(format.dataStart, format.dataStart + whole))
}
