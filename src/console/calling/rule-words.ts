import { isSame } from '../app/typed-words.ts'
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

export const ruleParts = ['periods', 'holidays', 'weekends', 'capPerDay', 'capPerWeek', 'alsoDialled'] as const

/** What the rule says; in which order kinds of numbers are named says nothing. */
export function ruleOf(rule: CallingRule): Required<CallingRule> {
  return { ...rule, alsoDialled: [...(rule.alsoDialled ?? [])].sort() }
}

/** Which parts of the rule are another now. */
export function changedParts(before: CallingRule, after: CallingRule): readonly (keyof CallingRule)[] {
  const [was, now] = [ruleOf(before), ruleOf(after)]
  return ruleParts.filter((part) => !isSame(was[part], now[part]))
}
