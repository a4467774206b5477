import { UserError } from '#platform/errors/errors.ts'
import type { RecordedSound } from './recorded-sound.ts'
import './prompt-errors.ts'

/**
 * From a recording to what the telephone plays: 8000 Hz, mono, 16 bit, speech at once, at the loudness of the prompts
 * that the house speaks itself (`ivr-flows/make-prompts.ts`), so that a survey does not jump from one to the next.
 */
export interface TelephoneSound {
  /** The whole file. */
  readonly wav: Buffer
  readonly durationMs: number
  /** Of the speech as it was recorded, in dB of full scale. */
  readonly speechDb: number
  /** What it was made louder by; below 0 quieter. */
  readonly gainDb: number
  /** What a person should hear to before it is used. */
  readonly warnings: readonly SoundWarning[]
}

export type SoundWarning = 'clipped' | 'quiet'

const rate = 8_000
/** Mean level of the speech, and room above it, in dB of full scale. */
const loudnessDb = -20
const highestPeakDb = -1
/** Who is raised by more than this is raised with the room around. */
const highestGainDb = 24
/** Quieter than this the recording is told of, and one that cannot be brought up to the other limit. */
const quietDb = { recorded: -40, made: -27 } as const
/** A frame of 20 ms with less than this is a pause. */
const pauseDb = -50
const frame = rate / 50
const leastSpeechMs = 200
/** Left before the first sound and after the last, in samples. */
const margin = { before: rate / 50, after: rate / 20 } as const
/** More samples at the end of the scale than one in ten thousand. */
const clippedShare = 1e-4

/** @throws UserError PROMPT_SILENT */
export function telephoneSound(recorded: RecordedSound): TelephoneSound {
  const samples = spoken(resampled(recorded.samples, recorded.sampleRate))
  const speechDb = speechLevel(samples)
  const peakDb = decibels(samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0))
  const gainDb = Math.min(loudnessDb - speechDb, highestPeakDb - peakDb, highestGainDb)
  const factor = 10 ** (gainDb / 20) * 32_767
  const warnings: SoundWarning[] = []
  if (recorded.clipped > recorded.samples.length * clippedShare) warnings.push('clipped')
  if (speechDb < quietDb.recorded || speechDb + gainDb < quietDb.made) warnings.push('quiet')
  return {
    wav: wavOf(Int16Array.from(samples, (sample) => Math.round(sample * factor))),
    durationMs: Math.round((samples.length / rate) * 1_000),
    speechDb,
    gainDb,
    warnings,
  }
}

/** Zero crossings of the filter on either side: what lies above 4 kHz is 60 dB down, and nothing folds back into speech. */
const crossings = 24
/** Of the half of the lower rate: where the filter begins to close. */
const passband = 0.9

/** To 8000 Hz by a windowed sinc, one row of coefficients for each place an output sample can have between two inputs. */
function resampled(samples: Float32Array, from: number): Float32Array {
  if (from === rate) return samples
  const reach = Math.ceil((crossings * from) / rate)
  // Silence on either side, so that no place lies outside: reading there made the whole twice as slow.
  const padded = new Float32Array(samples.length + 2 * reach)
  padded.set(samples, reach)
  const rows = new Map<number, Float64Array>()
  const made = new Float32Array(Math.floor((samples.length * rate) / from))
  for (let out = 0; out < made.length; out += 1) {
    // Whole numbers, so that the places repeat.
    const place = (out * from) % rate
    const first = (out * from - place) / rate + 1
    const row = rows.get(place) ?? coefficients(place / rate, reach, from)
    rows.set(place, row)
    made[out] = product(row, padded, first)
  }
  return made
}

function product(row: Float64Array, samples: Float32Array, first: number): number {
  let sum = 0
  for (let tap = 0; tap < row.length; tap += 1) sum += (row[tap] ?? 0) * (samples[first + tap] ?? 0)
  return sum
}

/** For the inputs from `reach` − 1 before to `reach` after; their sum is 1, so that loudness stays. */
function coefficients(between: number, reach: number, from: number): Float64Array {
  const cutoff = (passband * rate) / from
  const row = Float64Array.from({ length: 2 * reach }, (_, tap) => {
    const distance = tap - reach + 1 - between
    const x = Math.PI * distance * cutoff
    const window =
      0.42 + 0.5 * Math.cos((Math.PI * distance) / reach) + 0.08 * Math.cos((2 * Math.PI * distance) / reach)
    return Math.abs(distance) > reach ? 0 : (x === 0 ? 1 : Math.sin(x) / x) * window
  })
  const sum = row.reduce((all, each) => all + each, 0)
  return row.map((each) => each / sum)
}

/** Without the silence before and behind. @throws UserError PROMPT_SILENT */
function spoken(samples: Float32Array): Float32Array {
  const frames = framesOf(samples)
  const first = frames.findIndex((level) => level >= pauseDb)
  const last = frames.findLastIndex((level) => level >= pauseDb)
  const speechMs = frames.filter((level) => level >= pauseDb).length * 20
  if (speechMs < leastSpeechMs) throw new UserError('PROMPT_SILENT')
  return samples.slice(Math.max(0, first * frame - margin.before), (last + 1) * frame + margin.after)
}

/** Mean power of the frames that are no pause. */
function speechLevel(samples: Float32Array): number {
  const powers = framesOf(samples)
    .filter((level) => level >= pauseDb)
    .map((level) => 10 ** (level / 10))
  return 10 * Math.log10(powers.reduce((sum, power) => sum + power, 0) / powers.length)
}

/** The level of each 20 ms in dB. */
function framesOf(samples: Float32Array): number[] {
  return Array.from({ length: Math.ceil(samples.length / frame) }, (_, index) => {
    const part = samples.subarray(index * frame, (index + 1) * frame)
    return decibels(Math.sqrt(part.reduce((sum, sample) => sum + sample * sample, 0) / part.length))
  })
}

function decibels(level: number): number {
  return 20 * Math.log10(level)
}

function wavOf(samples: Int16Array): Buffer {
  const file = Buffer.alloc(44 + samples.length * 2)
  file.write('RIFF', 0, 'latin1')
  file.writeUInt32LE(file.length - 8, 4)
  file.write('WAVEfmt ', 8, 'latin1')
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(rate, 24)
  file.writeUInt32LE(rate * 2, 28)
  file.writeUInt16LE(2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36, 'latin1')
  file.writeUInt32LE(samples.length * 2, 40)
  for (const [index, sample] of samples.entries()) file.writeInt16LE(sample, 44 + index * 2)
  return file
}
