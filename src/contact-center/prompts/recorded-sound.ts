import { UserError } from '#platform/errors/errors.ts'
import { wavChunks } from '../ivr/prompt-file.ts'
import './prompt-errors.ts'

/** Longest prompt, in seconds, and largest file, in bytes, that an upload may bring. */
export const recordedLimits = { seconds: 60, bytes: 10 * 1024 * 1024 } as const

/** What somebody has recorded, as one channel. */
export interface RecordedSound {
  readonly sampleRate: number
  readonly channels: number
  readonly bitsPerSample: number
  /** −1 to 1. */
  readonly samples: Float32Array
  /** Samples that stand at the end of the scale, two and more in a row: speech that was cut off. */
  readonly clipped: number
}

const encodings = { pcm: 1, float: 3, extensible: 0xfffe } as const

/**
 * Reads a stranger's WAV: PCM of 8 to 32 bit or float, 8 to 192 kHz, one or two channels.
 * @throws UserError PROMPT_NOT_WAV, PROMPT_FORMAT, PROMPT_TOO_LONG, PROMPT_SILENT
 */
export function readRecording(file: Buffer): RecordedSound {
  const { format, data } = wavChunks(file)
  if (format === null || data === null) throw new UserError('PROMPT_NOT_WAV')
  const said = format.readUInt16LE(0)
  const encoding = said === encodings.extensible && format.length >= 26 ? format.readUInt16LE(24) : said
  const channels = format.readUInt16LE(2)
  const sampleRate = format.readUInt32LE(4)
  const bitsPerSample = format.readUInt16LE(14)
  const read = readerOf(encoding, bitsPerSample)
  const fits = read !== null && (channels === 1 || channels === 2) && sampleRate >= 8_000 && sampleRate <= 192_000
  if (!fits) throw new UserError('PROMPT_FORMAT', { encoding, sampleRate, channels, bits: bitsPerSample })
  const bytes = bitsPerSample / 8
  const frames = Math.floor(data.length / (bytes * channels))
  if (frames === 0) throw new UserError('PROMPT_SILENT')
  const seconds = frames / sampleRate
  if (seconds > recordedLimits.seconds) {
    throw new UserError('PROMPT_TOO_LONG', { seconds: Math.ceil(seconds), limit: recordedLimits.seconds })
  }
  const sides = Array.from({ length: channels }, (_, side) => {
    const samples = new Float32Array(frames)
    for (let frame = 0; frame < frames; frame += 1) {
      samples[frame] = within(read(data, (frame * channels + side) * bytes))
    }
    return samples
  })
  const clipped = Math.max(...sides.map(clippedIn))
  return { sampleRate, channels, bitsPerSample, samples: oneOf(sides), clipped }
}

type Reader = (data: Buffer, at: number) => number

function readerOf(encoding: number, bits: number): Reader | null {
  if (encoding === encodings.float && bits === 32) return (data, at) => data.readFloatLE(at)
  if (encoding === encodings.float && bits === 64) return (data, at) => data.readDoubleLE(at)
  if (encoding !== encodings.pcm) return null
  // Of all widths this one alone has no sign.
  if (bits === 8) return (data, at) => ((data[at] ?? 128) - 128) / 128
  if (bits === 16) return (data, at) => data.readInt16LE(at) / 2 ** 15
  if (bits === 24) return (data, at) => data.readIntLE(at, 3) / 2 ** 23
  if (bits === 32) return (data, at) => data.readInt32LE(at) / 2 ** 31
  return null
}

function within(sample: number): number {
  return Number.isFinite(sample) ? Math.min(1, Math.max(-1, sample)) : 0
}

/** The end of an 8-bit scale is one step of 128 below 1. */
const fullScale = 0.99

function clippedIn(samples: Float32Array): number {
  let clipped = 0
  for (let at = 1; at < samples.length; at += 1) {
    const before = samples[at - 1] ?? 0
    const here = samples[at] ?? 0
    if (Math.abs(here) >= fullScale && Math.abs(before) >= fullScale && before > 0 === here > 0) clipped += 1
  }
  return clipped
}

/** Both sides mixed; the louder one where they cancel each other out, as a microphone wired crosswise does. */
function oneOf(sides: readonly Float32Array[]): Float32Array {
  const [left, right] = sides
  if (left === undefined) return new Float32Array()
  if (right === undefined) return left
  const mixed = left.map((sample, at) => (sample + (right[at] ?? 0)) / 2)
  const louder = energyOf(left) >= energyOf(right) ? left : right
  return energyOf(mixed) < energyOf(louder) / 8 ? louder : mixed
}

function energyOf(samples: Float32Array): number {
  return samples.reduce((sum, sample) => sum + sample * sample, 0)
}
