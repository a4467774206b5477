import { describe, expect, it } from 'vitest'
import type { Calendar } from '../calling/calendar.ts'
import { dueAt, dueDay, repeatedDays, type StepTime } from './due-day.ts'

const step: StepTime = { afterDays: 7, fixedOn: null, dueTime: null, restDayRule: 'keep' }
const nationalDay2026: Calendar = new Map([
  ['2026-10-01', 'holiday'],
  ['2026-10-02', 'holiday'],
  ['2026-10-10', 'workday'],
])

describe('the day a step is due', () => {
  it('is seven days after the discharge day', () => {
    expect(dueDay(step, '2026-01-01', new Map())).toBe('2026-01-08')
    expect(dueDay(step, '2026-12-28', new Map())).toBe('2027-01-04')
  })

  it('is the fixed day where one is set', () => {
    expect(dueDay({ ...step, afterDays: null, fixedOn: '2026-02-10' }, '2025-01-01', new Map())).toBe('2026-02-10')
  })

  it('leaves a day of rest forwards or backwards as the step says', () => {
    expect(dueDay({ ...step, restDayRule: 'after' }, '2026-11-14', new Map())).toBe('2026-11-23')
    expect(dueDay({ ...step, restDayRule: 'before' }, '2026-11-14', new Map())).toBe('2026-11-20')
    expect(dueDay({ ...step, restDayRule: 'after' }, '2026-09-24', nationalDay2026)).toBe('2026-10-05')
    expect(dueDay({ ...step, restDayRule: 'before' }, '2026-09-24', nationalDay2026)).toBe('2026-09-30')
  })

  it('counts a make-up working day on a Saturday as no day of rest', () => {
    expect(dueDay({ ...step, restDayRule: 'after' }, '2026-10-03', nationalDay2026)).toBe('2026-10-10')
  })
})

describe('the instant a step is due', () => {
  it('is the hour of the discharge', () => {
    expect(dueAt(step, '2026-01-08', new Date('2026-01-01T02:00:00Z')).toISOString()).toBe('2026-01-08T02:00:00.000Z')
    expect(dueAt(step, '2026-01-08', new Date('2025-12-31T16:30:00Z')).toISOString()).toBe('2026-01-07T16:30:00.000Z')
  })

  it('is the start of the hospital day where no hour was told, and the set time where one is set', () => {
    expect(dueAt(step, '2026-01-08', null).toISOString()).toBe('2026-01-07T16:00:00.000Z')
    expect(dueAt({ ...step, dueTime: '09:30' }, '2026-01-08', null).toISOString()).toBe('2026-01-08T01:30:00.000Z')
  })
})

it('plans three contacts thirty days apart', () => {
  expect(repeatedDays(3, 30).map((afterDays) => dueDay({ ...step, afterDays }, '2026-01-01', new Map()))).toEqual([
    '2026-01-31',
    '2026-03-02',
    '2026-04-01',
  ])
})
