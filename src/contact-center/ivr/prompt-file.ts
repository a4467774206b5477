import type { Stats } from 'node:fs'

/** What the sound of a prompt was found to be. Levels in dB of full scale. */
export interface PromptSound {
  readonly sampleRate: number
  readonly channels: number
  readonly bitsPerSample: number
  readonly durationMs: number
  readonly rmsDb: number
  readonly peakDb: number
  /** Before the first and after the last sound. */
  readonly leadingSilenceMs: number
  readonly trailingSilenceMs: number
}

/** Quieter than this is silence: −50 dB of full scale. */
const silentSample = 32_768 * 10 ** (-50 / 20)

/**
 * As long as this is the same the file is: whoever writes into it, or puts another in its place, changes it, also where the
 * times are set back. Null where there is no file.
 */
export function fileMark(facts: Pick<Stats, 'ino' | 'size' | 'mtimeMs' | 'ctimeMs'> | null | undefined): string | null {
  return facts ? `${facts.ino} ${facts.size} ${facts.mtimeMs} ${facts.ctimeMs}` : null
}

/** Why a file cannot be a prompt, in the words of the finding that tells it. */
export class UnusablePrompt extends Error {}

/**
 * Measures a prompt: RIFF WAVE, PCM, 8000 Hz, mono, 16 bit; the one format that every media server plays without
 * converting.
 * @throws UnusablePrompt with what was found instead
 */
export function measurePrompt(file: Buffer): PromptSound {
  const { format, data } = wavChunks(file)
  if (format === null || data === null) throw new UnusablePrompt('it is no WAV file')
  const encoding = format.readUInt16LE(0)
  const channels = format.readUInt16LE(2)
  const sampleRate = format.readUInt32LE(4)
  const bitsPerSample = format.readUInt16LE(14)
  if (encoding !== 1 || channels !== 1 || sampleRate !== 8_000 || bitsPerSample !== 16) {
    throw new UnusablePrompt(`encoding ${encoding}, ${sampleRate} Hz, ${channels} channels, ${bitsPerSample} bit`)
  }
  const count = Math.floor(data.length / 2)
  if (count === 0) throw new UnusablePrompt('it is empty')
  let squares = 0
  let peak = 0
  let first = count
  let last = -1
  for (let i = 0; i < count; i++) {
    const sample = Math.abs(data.readInt16LE(i * 2))
    squares += sample * sample
    peak = Math.max(peak, sample)
    if (sample < silentSample) continue
    first = Math.min(first, i)
    last = i
  }
  return {
    sampleRate,
    channels,
    bitsPerSample,
    durationMs: (count / sampleRate) * 1_000,
    rmsDb: decibels(Math.sqrt(squares / count)),
    peakDb: decibels(peak),
    leadingSilenceMs: (first / sampleRate) * 1_000,
    trailingSilenceMs: ((count - 1 - last) / sampleRate) * 1_000,
  }
}

function decibels(level: number): number {
  return 20 * Math.log10(level / 32_768)
}

/** The two parts of a RIFF WAVE file that say what it sounds like; null where there is none. Lengths may lie. */
export function wavChunks(file: Buffer): { format: Buffer | null; data: Buffer | null } {
  let format: Buffer | null = null
  let data: Buffer | null = null
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') return { format, data }
  for (let at = 12; at + 8 <= file.length; ) {
    const name = file.toString('latin1', at, at + 4)
    const length = file.readUInt32LE(at + 4)
    const body = file.subarray(at + 8, at + 8 + length)
    if (name === 'fmt ' && body.length >= 16) format = body
    if (name === 'data') data = body
    at += 8 + length + (length % 2)
  }
  return { format, data }
}
