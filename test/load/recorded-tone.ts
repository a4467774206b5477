import { readFile } from 'node:fs/promises'
import { readWavHeader } from '#softswitch/media/wav.ts'
import { toneLevel } from '../harness/tones.ts'

export interface RecordedTone {
  readonly seconds: number
  /** Share of the left channel's fifths of a second in which the tone is loud. */
  readonly present: number
  /** Share of the left channel's energy that is the tone, in the fifth of a second in the middle of them all. */
  readonly purity: number
}

/** A fifth of a second: whole periods of every voice (multiples of 5 Hz), and hardly longer than a key. */
const windowSamples = 1_600
/** Half of a patient's tone (peak 6,000). */
const loud = 3_000

/**
 * How much of a stereo recording's left channel, the patient's, is the patient's own tone. Keys replace it, so a call's
 * recording never has it all the time.
 * @throws when the file is missing or is no 8 kHz stereo WAV
 */
export async function recordedTone(path: string, voiceHz: number): Promise<RecordedTone> {
  const file = await readFile(path)
  const format = readWavHeader(file)
  if (format?.encoding !== 'pcm16' || format.channels !== 2 || format.sampleRate !== 8_000) {
    throw new Error('no stereo recording of 16 bits at 8 kHz')
  }
  const frames = Math.floor(Math.min(file.length - format.dataStart, format.dataBytes) / 4)
  const left = Int16Array.from({ length: frames }, (_, i) => file.readInt16LE(format.dataStart + i * 4))
  const windows = Array.from({ length: Math.floor(frames / windowSamples) }, (_, i) =>
    left.subarray(i * windowSamples, (i + 1) * windowSamples),
  )
  const levels = windows.map((samples) => ({ tone: toneLevel(samples, voiceHz), energy: energyOf(samples) }))
  const purities = levels
    .map(({ tone, energy }) => (energy === 0 ? 0 : tone ** 2 / 2 / energy))
    .toSorted((a, b) => a - b)
  return {
    seconds: frames / 8_000,
    present: windows.length === 0 ? 0 : levels.filter(({ tone }) => tone >= loud).length / windows.length,
    purity: purities[Math.floor(purities.length / 2)] ?? 0,
  }
}

/** Mean square. */
function energyOf(samples: Int16Array): number {
  return samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
}
