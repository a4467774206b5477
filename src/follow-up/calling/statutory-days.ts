import type { CalendarDay } from './calendar.ts'
import { addDays, instantAt } from './hospital-day.ts'

/** Month, day, and how many days the law gives (全国年节及纪念日放假办法, State Council, 10 November 2024). */
const bySun = [
  ['元旦', '01-01', 1],
  // The day of the solar term is the 4th or the 5th in this century.
  ['清明节', '04-04', 2],
  ['劳动节', '05-01', 2],
  ['国庆节', '10-01', 3],
] as const

/** First day counted from the lunar one, and how many. */
const byMoon = [
  ['春节', '1/1', -1, 4],
  ['端午节', '5/5', 0, 1],
  ['中秋节', '8/15', 0, 1],
] as const

/**
 * Holidays that the law itself gives, for a year whose arrangement is not known yet: on these nobody is dialled. A new
 * moon within minutes of midnight is put on the wrong side of it here (2027: 7 February, in truth the 6th), so the lunar
 * ones have a day more before and behind. Which days around them are off, and which weekends make up for them, only the
 * State Council says.
 */
export function statutoryDays(year: number): readonly CalendarDay[] {
  const found = new Map<string, string>()
  const hold = (first: string, days: number, name: string) => {
    for (let n = 0; n < days; n += 1) found.set(addDays(first, n), found.get(addDays(first, n)) ?? name)
  }
  for (const [name, first, days] of bySun) hold(`${year}-${first}`, days, name)
  const lunar = lunarCalendar()
  for (let day = `${year}-01-01`; day.startsWith(String(year)); day = addDays(day, 1)) {
    const date = lunarDay(lunar, day)
    for (const [name, lunarDate, from, days] of byMoon) {
      if (date === lunarDate) hold(addDays(day, from - 1), days + 2, name)
    }
  }
  return [...found].sort().map(([day, name]) => ({ day, kind: 'holiday', name }))
}

/**
 * In the hospital's zone; the months of the lunar year by number, a leap month by a name of its own. Made when it is
 * asked: 0.03 s of processor time.
 */
function lunarCalendar(): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-u-ca-chinese', { timeZone: 'Asia/Shanghai', month: 'numeric', day: 'numeric' })
}

function lunarDay(lunar: Intl.DateTimeFormat, day: string): string {
  const parts = lunar.formatToParts(instantAt(day, '12:00'))
  return ['month', 'day'].map((wanted) => parts.find(({ type }) => type === wanted)?.value).join('/')
}
