/** Tones as evidence: who sends which frequency is heard by whom, and how loud. */

/** A sine at 8 kHz sampling. @param amplitude peak, 0–32767 */
export function sine(frequency: number, samples: number, amplitude = 8000, from = 0): Int16Array {
  return Int16Array.from({ length: samples }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * frequency * (from + i)) / 8000)),
  )
}

/**
 * Peak amplitude (0–32767) of one frequency in 8 kHz samples, by Goertzel's algorithm over all of them. For a clean
 * reading give it a multiple of 100 ms and frequencies that are multiples of 10 Hz.
 */
export function toneLevel(samples: Int16Array, frequency: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / 8000)
  let before = 0
  let beforeThat = 0
  for (const sample of samples) {
    const now = sample + coefficient * before - beforeThat
    beforeThat = before
    before = now
  }
  const power = before * before + beforeThat * beforeThat - coefficient * before * beforeThat
  return samples.length === 0 ? 0 : (2 * Math.sqrt(Math.max(power, 0))) / samples.length
}

/** The loudest quarter of a second of a frequency. */
export function loudest(sound: Int16Array, frequency: number): number {
  const piece = 2_000
  return Math.max(
    0,
    ...Array.from({ length: Math.floor(sound.length / piece) }, (_, at) =>
      toneLevel(sound.subarray(at * piece, (at + 1) * piece), frequency),
    ),
  )
}
