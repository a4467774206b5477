/**
 * Voices of the patients: a steady tone stands for each, and tells who is heard where. Numbers that follow one another
 * never sound alike: 620 voices from 300 to 3 395 Hz, 5 Hz apart.
 */
const lowestHz = 300
const voices = 620

/** Voices are multiples of this, so that a tone is whole in 200 ms. */
export const voiceStepHz = 5

/** @param number digits, with or without what stands before them; by the last six */
export function voiceOf(number: string): number {
  const digits = Number(/(\d{1,6})$/.exec(number)?.[1] ?? 0)
  return lowestHz + voiceStepHz * (digits % voices)
}
