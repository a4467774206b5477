import type { HeldDigit } from '../media/telephone-event.ts'

/** Length of a key that was given without one, or with one too short, in samples. */
export const DEFAULT_DIGIT = 2000
const SHORTEST_DIGIT = 400

/** `12#@<ms>`: the length holds for all of them. @returns null when a character is no key */
export function digitsOf(text: string): HeldDigit[] | null {
  const [keys = '', ms] = text.split('@')
  if (keys === '' || !/^[0-9*#A-Da-d]+$/.test(keys)) return null
  const given = (Number.parseInt(ms ?? '', 10) || 0) * 8
  const durationSamples = given > SHORTEST_DIGIT ? given : DEFAULT_DIGIT
  return [...keys.toUpperCase()].map((digit) => ({ digit, durationSamples }))
}
