import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { readCalendarYear } from './calendar.ts'
import { statutoryDays } from './statutory-days.ts'

const days = (year: number, name: string) =>
  statutoryDays(year)
    .filter((day) => day.name === name)
    .map(({ day }) => day.slice(5))

describe('the holidays that the law itself gives', () => {
  it.each([2025, 2026])(
    'are off in %d as the State Council announced it, but for a margin of single days',
    async (year) => {
      const file = new URL(`holidays/holidays-${year}.json`, import.meta.url)
      const announced = new Set(
        readCalendarYear(await readFile(file, 'utf8')).days.flatMap(({ day, kind }) =>
          kind === 'holiday' ? [day] : [],
        ),
      )
      const ours = statutoryDays(year).map(({ day }) => day)
      // The seven festivals begin on days that are announced, and no more than the margins lie beside them.
      expect(ours.filter((day) => announced.has(day)).length).toBeGreaterThanOrEqual(13)
      expect(ours.filter((day) => !announced.has(day)).length).toBeLessThanOrEqual(5)
    },
  )

  it('stand on their dates in a year that nobody has announced', () => {
    expect(days(2027, '元旦')).toEqual(['01-01'])
    expect(days(2027, '劳动节')).toEqual(['05-01', '05-02'])
    expect(days(2027, '国庆节')).toEqual(['10-01', '10-02', '10-03'])
    expect(days(2027, '清明节')).toEqual(['04-04', '04-05'])
  })

  it.each([
    [2027, '02-06', '06-09', '09-15'],
    [2028, '01-26', '05-28', '10-03'],
    [2030, '02-03', '06-05', '09-12'],
    [2033, '01-31', '06-01', '09-08'],
  ])('hold New Year’s Eve to the third day of the lunar %d, 端午 and 中秋', (year, spring, boats, moon) => {
    const all = statutoryDays(year).map(({ day }) => day.slice(5))
    const eve = new Date(Date.parse(`${year}-${spring}T00:00:00Z`) - 86_400_000)
    for (let n = 0; n < 4; n += 1) {
      expect(all).toContain(new Date(eve.getTime() + n * 86_400_000).toISOString().slice(5, 10))
    }
    expect(all).toContain(boats)
    expect(all).toContain(moon)
    expect(all.length).toBeLessThanOrEqual(20)
  })
})
