import { describe, expect, it } from 'vitest'
import { changedParts, isTimeOfDay, periodFits } from './rule-words.ts'

const rule = {
  periods: [{ opens: '08:30', closes: '11:30' }],
  holidays: 'closed',
  weekends: 'open',
  capPerDay: 2,
  capPerWeek: 5,
} as const
const mutable = () => ({ ...rule, periods: rule.periods.map((period) => ({ ...period })) })

describe('the calling rule as it is typed', () => {
  it.each([
    ['08:30', true],
    ['24:00', true],
    ['24:01', false],
    ['8:30', false],
    ['', false],
  ])('takes %s for a time of day: %s', (text, is) => expect(isTimeOfDay(text)).toBe(is))

  it('lets no period close before it opens, or begin before the last has closed', () => {
    const periods = [
      { opens: '08:00', closes: '11:00' },
      { opens: '10:30', closes: '12:00' },
      { opens: '15:00', closes: '15:00' },
    ]
    expect(periods.map((_period, index) => periodFits(periods, index))).toEqual([true, false, false])
  })

  it('names the parts that are another, and no kinds of numbers is the same as not saying any', () => {
    expect(changedParts(mutable(), { ...mutable(), alsoDialled: [] })).toEqual([])
    expect(changedParts(mutable(), { ...mutable(), capPerDay: 3, alsoDialled: ['foreign'] })).toEqual([
      'capPerDay',
      'alsoDialled',
    ])
  })
})
