/** Days and times of day at which a callback may be agreed; the hospital's hours (UTC+8, without summer time). */

export interface CallingPeriod {
  readonly opens: string
  readonly closes: string
}

const offsetMs = 8 * 3_600_000
const dayMs = 86_400_000
const stepMinutes = 15

/** Such as 2026-11-22. */
export function hospitalDay(at: Date): string {
  return new Date(at.getTime() + offsetMs).toISOString().slice(0, 10)
}

/** The days from today on. */
export function callbackDays(now: Date, days = 30): readonly string[] {
  return Array.from({ length: days }, (_, ahead) => hospitalDay(new Date(now.getTime() + ahead * dayMs)))
}

/** Quarters of an hour of a day that lie in the calling hours and are still to come. */
export function callbackTimes(day: string, now: Date, periods: readonly CallingPeriod[]): readonly string[] {
  const times: string[] = []
  for (const { opens, closes } of periods) {
    const first = Math.ceil(minutesOf(opens) / stepMinutes) * stepMinutes
    for (let minute = first; minute < minutesOf(closes); minute += stepMinutes) {
      const time = `${two(Math.floor(minute / 60))}:${two(minute % 60)}`
      if (Date.parse(callbackInstant(day, time)) > now.getTime()) times.push(time)
    }
  }
  return times
}

/** The instant, ISO 8601 in UTC, of a hospital's day and time of day. */
export function callbackInstant(day: string, time: string): string {
  return new Date(`${day}T${time}:00+08:00`).toISOString()
}

/** Back from an instant. */
export function dayAndTime(iso: string): { readonly day: string; readonly time: string } {
  const local = new Date(Date.parse(iso) + offsetMs).toISOString()
  return { day: local.slice(0, 10), time: local.slice(11, 16) }
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
