/**
 * Opens what can be played: WAV files, `tone_stream://`, `silence_stream://` and `local_stream://`.
 *
 * Prompts are short and played again and again: they are decoded once and kept, up to a bound. Long files (music on
 * hold, a recording that is listened to) are read ahead while they play. Nothing here blocks: a play whose disk is
 * too slow is silent for a tick.
 */
import { type FileHandle, open } from 'node:fs/promises'
import type { AudioSource, SoundFile } from './audio-source.ts'
import { LocalStreams } from './local-stream.ts'
import { silenceStream, toneStream } from './tone-stream.ts'
import { readWavHeader, type WavFormat } from './wav.ts'
import { WavDecoder } from './wav-decoder.ts'

/** Files up to this size are decoded whole and kept: 25 s of prompt at 8 kHz. */
const KEPT_FILE_BYTES = 400_000
/** What may be kept in all. */
const KEPT_BYTES = 24_000_000
const HEAD_BYTES = 4096
/** Read-ahead of long files, in bytes of the file. */
const CHUNK_BYTES = 32 * 1024

interface KeptSound {
  readonly modifiedMs: number
  readonly fileBytes: number
  readonly rate: number
  readonly samples: Int16Array
}

export class SoundLibrary {
  /** Least recently used first. */
  readonly #kept = new Map<string, KeptSound>()
  readonly #opening = new Map<string, Promise<unknown>>()
  readonly #localStreams: LocalStreams
  #keptBytes = 0

  /** @param musicFolder where `local_stream://<name>` finds the folder `<name>` */
  constructor(musicFolder: string) {
    this.#localStreams = new LocalStreams(musicFolder)
  }

  /**
   * @param uri an absolute path or one of the streams, perhaps behind parameters: `{loops=-1}/music.wav`
   * @param options.skipSamples where to begin (`file@@offset`), at 8 kHz
   * @param options.times how often a file is played
   * @param options.mayLoop the parameter `loops` counts for files, as in a conference; elsewhere for tones only
   * @returns null when there is no such file or it cannot be played
   */
  async open(
    uri: string,
    { skipSamples = 0, mayLoop = false, times = 1 }: { skipSamples?: number; mayLoop?: boolean; times?: number } = {},
  ): Promise<AudioSource | null> {
    const { target, loops } = readParameters(uri)
    if (target.startsWith('silence_stream://')) return silenceStream(target.slice('silence_stream://'.length))
    if (target.startsWith('tone_stream://')) {
      const script = target.slice('tone_stream://'.length)
      return toneStream(loops === null || /;loops=/i.test(script) ? script : `${script};loops=${loops}`)
    }
    if (target.startsWith('local_stream://'))
      return await this.#localStreams.open(target.slice('local_stream://'.length))
    const path = target.replace(/^file:\/\//, '')
    const asked = !mayLoop || loops === null ? times : loops < 0 ? Number.POSITIVE_INFINITY : Math.max(loops, 1)
    // A prompt that a hundred calls want at once is decoded once: the others wait for it to be kept.
    await this.#opening.get(path)?.catch(() => {})
    const opening = this.#openFile(path, skipSamples, asked)
    if (!this.#opening.has(path)) {
      this.#opening.set(path, opening)
      void opening.catch(() => {}).finally(() => this.#opening.delete(path))
    }
    return await opening.catch(() => null)
  }

  async #openFile(path: string, skipSamples: number, times: number): Promise<AudioSource | null> {
    const file = await open(path, 'r')
    let keepOpen = false
    try {
      const { mtimeMs, size } = await file.stat()
      const kept = this.#kept.get(path)
      if (kept !== undefined && kept.modifiedMs === mtimeMs && kept.fileBytes === size) {
        this.#kept.delete(path)
        this.#kept.set(path, kept)
        return new KeptSource(kept, skipSamples, times)
      }
      const head = Buffer.alloc(Math.min(HEAD_BYTES, size))
      await file.read(head, 0, head.length, 0)
      const format = readWavHeader(head)
      if (format === null) return null
      const end = Math.min(size, format.dataStart + format.dataBytes)
      if (end - format.dataStart > KEPT_FILE_BYTES) {
        const source = await FileSource.begin(file, { format, end, skipSamples, times })
        keepOpen = true
        return source
      }
      const bytes = Buffer.alloc(Math.max(0, end - format.dataStart))
      const { bytesRead } = await file.read(bytes, 0, bytes.length, format.dataStart)
      const samples = new WavDecoder(format).decode(bytes.subarray(0, bytesRead))
      const sound = { modifiedMs: mtimeMs, fileBytes: size, rate: format.sampleRate, samples }
      this.#keep(path, sound)
      return new KeptSource(sound, skipSamples, times)
    } finally {
      if (!keepOpen) await file.close()
    }
  }

  #keep(path: string, sound: KeptSound): void {
    const before = this.#kept.get(path)
    if (before !== undefined) this.#keptBytes -= before.samples.byteLength
    this.#kept.delete(path)
    this.#kept.set(path, sound)
    this.#keptBytes += sound.samples.byteLength
    for (const [oldest, { samples }] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES) break
      this.#kept.delete(oldest)
      this.#keptBytes -= samples.byteLength
    }
  }
}

/** `{name=value,…}` before a file. @returns `loops` as a whole number, null when it is not given */
function readParameters(uri: string): { target: string; loops: number | null } {
  const match = /^\{([^}]*)\} */.exec(uri)
  if (match === null) return { target: uri, loops: null }
  const value = /(?:^|,) *loops=([^,]*)/i.exec(match[1] ?? '')?.[1]?.trim() ?? ''
  const loops = /^inf(inite)?$/i.test(value) ? -1 : Number.parseInt(value, 10)
  return { target: uri.slice(match[0].length), loops: Number.isNaN(loops) ? null : loops }
}

class KeptSource implements AudioSource {
  readonly file: SoundFile
  readonly #samples: Int16Array
  #at: number
  #timesLeft: number

  constructor({ samples, rate }: KeptSound, skipSamples: number, times: number) {
    this.#samples = samples
    this.#at = Math.min(skipSamples, samples.length)
    this.file = { rate, samples: samples.length - this.#at }
    this.#timesLeft = samples.length === 0 ? 1 : times
  }

  read(into: Int16Array, count: number): number {
    let written = 0
    while (written < count) {
      if (this.#at === this.#samples.length) {
        this.#timesLeft -= 1
        if (this.#timesLeft <= 0) break
        this.#at = 0
      }
      const taken = Math.min(count - written, this.#samples.length - this.#at)
      for (let i = 0; i < taken; i++) into[written + i] = this.#samples[this.#at + i] ?? 0
      this.#at += taken
      written += taken
    }
    return written
  }

  close(): void {}
}

interface FilePart {
  readonly format: WavFormat
  /** Behind the last byte of sound. */
  readonly end: number
  readonly skipSamples: number
  readonly times: number
}

/** Plays one chunk while the next is being read. */
class FileSource implements AudioSource {
  readonly file: SoundFile
  readonly #file: FileHandle
  readonly #decoder: WavDecoder
  readonly #begin: number
  readonly #end: number
  #timesLeft: number
  #nextByte: number
  #current: Int16Array = new Int16Array(0)
  #at = 0
  #next: Int16Array | null = null
  #reading = false
  #ended = false
  #closed = false

  static async begin(file: FileHandle, of: FilePart): Promise<FileSource> {
    const source = new FileSource(file, of)
    await source.#readAhead()
    return source
  }

  private constructor(file: FileHandle, { format, end, skipSamples, times }: FilePart) {
    this.#file = file
    this.#decoder = new WavDecoder(format)
    this.#begin = format.dataStart
    this.#end = end
    this.#timesLeft = times
    const skippedFrames = Math.floor((skipSamples * format.sampleRate) / 8000)
    this.#nextByte = Math.min(end, format.dataStart + skippedFrames * this.#decoder.frameBytes)
    const frames = Math.floor((end - this.#nextByte) / this.#decoder.frameBytes)
    this.file = { rate: format.sampleRate, samples: Math.floor((frames * 8000) / format.sampleRate) }
  }

  read(into: Int16Array, count: number): number {
    let written = 0
    while (written < count) {
      if (this.#at === this.#current.length) {
        if (this.#next !== null) {
          this.#current = this.#next
          this.#at = 0
          this.#next = null
        } else if (this.#ended) break
        else {
          // The disk is late. Silence holds the place; nothing of the file is lost.
          into.fill(0, written, count)
          written = count
        }
        void this.#readAhead()
        continue
      }
      const taken = Math.min(count - written, this.#current.length - this.#at)
      for (let i = 0; i < taken; i++) into[written + i] = this.#current[this.#at + i] ?? 0
      this.#at += taken
      written += taken
    }
    return written
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#ended = true
    if (!this.#reading) void this.#file.close().catch(() => {})
  }

  async #readAhead(): Promise<void> {
    if (this.#reading || this.#next !== null || this.#ended) return
    this.#reading = true
    try {
      const frame = this.#decoder.frameBytes
      if (this.#end - this.#nextByte < frame && this.#timesLeft > 1) {
        this.#timesLeft -= 1
        this.#nextByte = this.#begin
      }
      const wanted = Math.min(CHUNK_BYTES - (CHUNK_BYTES % frame), this.#end - this.#nextByte)
      const bytes = Buffer.allocUnsafe(Math.max(0, wanted - (wanted % frame)))
      const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, this.#nextByte)
      this.#nextByte += bytesRead
      if (bytesRead === 0) this.#ended = true
      else this.#next = this.#decoder.decode(bytes.subarray(0, bytesRead - (bytesRead % frame)))
    } catch {
      this.#ended = true
    } finally {
      this.#reading = false
      if (this.#closed) void this.#file.close().catch(() => {})
    }
  }
}
