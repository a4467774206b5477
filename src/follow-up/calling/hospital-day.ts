/**
 * The hospital's day and clock. Days are 'YYYY-MM-DD', times of day 'HH:MM' (24:00 is the end of a day). Shanghai has
 * had no summer time since 1991, so its offset is a constant.
 */
const offsetMs = 8 * 3_600_000
const dayMs = 86_400_000
const minuteMs = 60_000

/** The hospital's day on which an instant falls. */
export function dayOf(at: Date): string {
  return new Date(at.getTime() + offsetMs).toISOString().slice(0, 10)
}

/** Minutes since the hospital's midnight, 0–1439. */
export function minuteOfDay(at: Date): number {
  const local = at.getTime() + offsetMs
  return Math.floor((((local % dayMs) + dayMs) % dayMs) / minuteMs)
}

/** Whether a text is a day that the calendar has, as YYYY-MM-DD. */
export function isDay(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`)
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

export function startOfDay(day: string): Date {
  return new Date(Date.parse(`${day}T00:00:00Z`) - offsetMs)
}

/** @param time 'HH:MM' */
export function instantAt(day: string, time: string): Date {
  return new Date(startOfDay(day).getTime() + minutesOf(time) * minuteMs)
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10)
}

/** 1 Monday … 7 Sunday. */
export function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay() || 7
}

/** @param time 'HH:MM', to '24:00' */
export function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))
}
