import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { isRestDay, readCalendarYear } from './calendar.ts'

const shipped = (year: number) => readFile(new URL(`holidays/holidays-${year}.json`, import.meta.url), 'utf8')

describe('the holidays of a year', () => {
  it('are read from the shipped files, with the days that make up for them', async () => {
    const { year, days, source } = readCalendarYear(await shipped(2026))
    expect(year).toBe(2026)
    expect(source).toContain('gov.cn')
    expect(days).toContainEqual({ day: '2026-10-01', kind: 'holiday', name: expect.stringContaining('国庆') })
    expect(days).toContainEqual({ day: '2026-10-10', kind: 'workday', name: expect.any(String) })
  })

  it('that nobody has announced yet are not taken for none', () => {
    expect(() => readCalendarYear('{"year": 2027, "papers": [], "days": []}')).toThrow(
      expect.objectContaining({ code: 'CALENDAR_NOT_ANNOUNCED' }),
    )
  })

  it.each([
    'not JSON',
    '[]',
    '{"year": 2026, "papers": [], "days": [{"name": "x", "date": "2026-02-30", "isOffDay": true}]}',
    '{"year": "2026", "papers": [], "days": []}',
  ])('are refused when they cannot be read: %s', (text) => {
    expect(() => readCalendarYear(text)).toThrow(expect.objectContaining({ code: 'CALENDAR_UNREADABLE' }))
  })
})

it('a Saturday rests unless it makes up for a holiday, and a holiday rests on any weekday', async () => {
  const { days } = readCalendarYear(await shipped(2025))
  const calendar = new Map(days.map(({ day, kind }) => [day, kind]))
  expect(isRestDay('2025-01-25', calendar)).toBe(true)
  expect(isRestDay('2025-01-26', calendar)).toBe(false)
  expect(isRestDay('2025-01-28', calendar)).toBe(true)
  expect(isRestDay('2025-03-03', calendar)).toBe(false)
})
