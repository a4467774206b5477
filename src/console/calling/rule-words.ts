import type { CallingRule } from './calling-api.ts'

const time = /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/

export function isTimeOfDay(text: string): boolean {
  return time.test(text)
}

type Period = CallingRule['periods'][number]

/** Whether a period of a day opens before it closes and after the one before it has closed. */
export function periodFits(periods: readonly Partial<Period>[], index: number): boolean {
  const { opens = '', closes = '' } = periods[index] ?? {}
  const before = index === 0 ? undefined : periods[index - 1]
  return opens < closes && (before?.closes === undefined || before.closes <= opens)
}

export function hoursText(periods: readonly Period[]): string {
  return periods.map(({ opens, closes }) => `${opens}–${closes}`).join('  ')
}

/** Which parts of the rule are another now. */
export function changedParts(before: CallingRule, after: CallingRule): readonly (keyof CallingRule)[] {
  const parts = ['periods', 'holidays', 'weekends', 'capPerDay', 'capPerWeek', 'alsoDialled'] as const
  const told = (rule: CallingRule, part: keyof CallingRule) =>
    JSON.stringify(part === 'alsoDialled' ? [...(rule.alsoDialled ?? [])].sort() : rule[part])
  return parts.filter((part) => told(before, part) !== told(after, part))
}
