/** A share as a person reads it, with one decimal; a dash where nothing is in the denominator. */
export function percent(share: number | null): string {
  return share === null ? '–' : `${(share * 100).toFixed(1)}%`
}

/** Fewer than this say little: they are marked, not coloured. */
export const fewBelow = 10
