/** Chance that can be repeated: the same seed draws the same. */
import type { Choice, Range } from './behaviours.ts'

export interface Chance {
  /** 0 ≤ x < 1 */
  next(): number
  within(range: Range): number
  /** One of the keys, by weight. @returns undefined when there is none to choose */
  pick(choice: Choice): string | undefined
}

/** Mulberry32 over a 32-bit hash (FNV-1a) of the seed's text. */
export function chance(seed: string): Chance {
  let state = 0x811c9dc5
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    within: ([from, to]) => from + next() * (to - from),
    pick(choice) {
      const entries = Object.entries(choice)
      let left = next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      for (const [key, weight] of entries) {
        left -= weight
        if (left < 0) return key
      }
      return entries.at(-1)?.[0]
    },
  }
}
