/** A number as keys make it: digits, and `*` for the decimal point (requirements E06). */
export interface NumberRule {
  readonly min: number
  readonly max: number
  /** Digits after the point; 0 or absent: whole numbers only. */
  readonly decimals?: number | undefined
}

/** Keys that a number may be made of; `#` ends it. */
export function numberKeys({ decimals = 0 }: NumberRule): string[] {
  return [...'0123456789', ...(decimals > 0 ? ['*'] : [])]
}

/** The longest entry that can make sense: the digits of the larger end, and point and decimals. */
export function numberLength({ min, max, decimals = 0 }: NumberRule): number {
  const whole = Math.max(...[min, max].map((end) => String(Math.trunc(Math.abs(end))).length))
  return decimals > 0 ? whole + 1 + decimals : whole
}

/** @returns null when the keys are no number, or one outside the rule */
export function numberOf(keys: string, { min, max, decimals = 0 }: NumberRule): number | null {
  const parts = /^(\d+)(?:\*(\d*))?$/.exec(keys)
  if (parts === null) return null
  const [, whole, fraction = ''] = parts
  if (fraction.length > decimals) return null
  const value = Number(`${whole}.${fraction}`)
  return value >= min && value <= max ? value : null
}
