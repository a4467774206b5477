import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  anyHour,
  type CallingRule,
  type CallingWindow,
  closedBy,
  nextOpening,
  parseCallingRule,
  parseCampaignCalling,
  windowOf,
} from './calling-rule.ts'
import { addDays, dayOf, instantAt, minuteOfDay, startOfDay, weekdayOf } from './hospital-day.ts'

const rule: CallingRule = {
  periods: [
    { opens: '08:30', closes: '11:30' },
    { opens: '14:30', closes: '20:00' },
  ],
  holidays: 'closed',
  weekends: 'closed',
  capPerDay: 2,
  capPerWeek: 5,
}
/** National day 2026: 1–7 October, 10 October (a Saturday) worked. */
const calendar = new Map<string, 'holiday' | 'workday'>([
  ...Array.from({ length: 7 }, (_, n) => [addDays('2026-10-01', n), 'holiday'] as const),
  ['2026-10-10', 'workday'],
])
const window = windowOf(rule, {}, calendar)

describe('the hospital’s day', () => {
  it('begins at 16:00 UTC of the day before', () => {
    expect(dayOf(new Date('2026-11-22T15:59:59Z'))).toBe('2026-11-22')
    expect(dayOf(new Date('2026-11-22T16:00:00Z'))).toBe('2026-11-23')
    expect(minuteOfDay(new Date('2026-11-22T16:00:00Z'))).toBe(0)
    expect(startOfDay('2026-11-23')).toEqual(new Date('2026-11-22T16:00:00Z'))
  })

  it('counts weekdays from Monday', () => {
    expect(weekdayOf('2026-11-23')).toBe(1)
    expect(weekdayOf('2026-11-22')).toBe(7)
  })
})

describe('the caps', () => {
  it('of a day is never greater than that of seven days', () => {
    expect(parseCallingRule({ ...rule, capPerDay: 5, capPerWeek: 5 })).toMatchObject({ capPerDay: 5 })
    expect(() => parseCallingRule({ ...rule, capPerDay: 3, capPerWeek: 2 })).toThrow(
      expect.objectContaining({ code: 'CALLING_CAPS_CROSSED', params: { day: 3, week: 2 } }),
    )
  })
})

describe('the calling window', () => {
  it('opens with its first minute and is closed in its last', () => {
    expect(closedBy(window, instantAt('2026-10-12', '08:29'))).toBe('outside_window')
    expect(closedBy(window, instantAt('2026-10-12', '08:30'))).toBeNull()
    expect(closedBy(window, new Date(instantAt('2026-10-12', '11:30').getTime() - 1))).toBeNull()
    expect(closedBy(window, instantAt('2026-10-12', '11:30'))).toBe('outside_window')
  })

  it('is closed on holidays and at weekends, and open on the days that make up for a holiday', () => {
    expect(closedBy(window, instantAt('2026-10-01', '09:00'))).toBe('holiday')
    expect(closedBy(window, instantAt('2026-10-17', '09:00'))).toBe('weekend')
    expect(closedBy(window, instantAt('2026-10-10', '09:00'))).toBeNull()
  })

  it('opens next after the holidays', () => {
    expect(nextOpening(window, instantAt('2026-09-30', '20:00'))).toEqual(instantAt('2026-10-08', '08:30'))
  })

  it('is open at this very instant when it is', () => {
    const at = instantAt('2026-10-12', '15:17')
    expect(nextOpening(window, at)).toEqual(at)
  })

  it('never opens without periods', () => {
    expect(nextOpening({ ...window, periods: [] }, instantAt('2026-10-12', '09:00'))).toBeNull()
  })

  it('runs over midnight where a campaign may dial at any hour', () => {
    expect(closedBy(anyHour, instantAt('2026-10-01', '23:59'))).toBeNull()
    expect(closedBy(anyHour, instantAt('2026-10-02', '00:00'))).toBeNull()
  })

  it('opens next at the earliest instant that is open, and not before', () => {
    const minute = fc.integer({ min: 0, max: 40 * 1_440 })
    const days = fc.constantFrom<CallingWindow['holidays']>('open', 'closed')
    fc.assert(
      fc.property(minute, days, days, (offset, holidays, weekends) => {
        const own = { ...window, holidays, weekends }
        const at = new Date(instantAt('2026-09-15', '00:00').getTime() + offset * 60_000)
        const opening = nextOpening(own, at)
        if (opening === null) throw new Error('this window opens')
        expect(closedBy(own, opening)).toBeNull()
        for (let before = at.getTime(); before < opening.getTime(); before += 30 * 60_000) {
          expect(closedBy(own, new Date(before))).not.toBeNull()
        }
      }),
    )
  })
})

describe('a calling rule', () => {
  it('is taken as written', () => {
    expect(parseCallingRule(rule)).toEqual(rule)
    expect(parseCampaignCalling({ weekends: 'open' })).toEqual({ weekends: 'open' })
  })

  it.each([
    { ...rule, capPerDay: 6 },
    { ...rule, periods: [{ opens: '12:00', closes: '12:00' }] },
    {
      ...rule,
      periods: [
        { opens: '08:00', closes: '12:00' },
        { opens: '11:00', closes: '13:00' },
      ],
    },
    { ...rule, periods: [{ opens: '8:00', closes: '12:00' }] },
    { ...rule, periods: [{ opens: '08:00', closes: '24:30' }] },
    { ...rule, extra: 1 },
    null,
  ])('is refused when it breaks its own terms: %j', (broken) => {
    expect(() => parseCallingRule(broken)).toThrow(expect.objectContaining({ code: 'CALLING_RULE_INVALID' }))
  })

  it('of a campaign has no caps: those are the hospital’s', () => {
    expect(() => parseCampaignCalling({ capPerDay: 5 })).toThrow(
      expect.objectContaining({ code: 'CALLING_RULE_INVALID' }),
    )
  })
})
