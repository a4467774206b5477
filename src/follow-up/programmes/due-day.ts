import { type Calendar, isRestDay } from '../calling/calendar.ts'
import { addDays, dayOf, instantAt, startOfDay } from '../calling/hospital-day.ts'
import type { RestDayRule } from '../follow-up-tables.ts'

export interface StepTime {
  readonly afterDays: number | null
  readonly fixedOn: string | null
  /** 'HH:MM' hospital time; null: the hour of the discharge, or the start of the day where that is not known. */
  readonly dueTime: string | null
  readonly restDayRule: RestDayRule
}

/** No run of rest days is longer; a calendar that says otherwise is wrong. */
const longestRest = 20

/**
 * The day on which a step is due by plan. "第7天" is D+7 (requirements §7).
 * @param anchorOn 'YYYY-MM-DD', the discharge day
 * Source: requirements H11 (a day of rest: keep it, or the working day before or after), C04 (fixed dates).
 */
export function dueDay(step: StepTime, anchorOn: string, calendar: Calendar): string {
  const planned = step.fixedOn ?? addDays(anchorOn, step.afterDays ?? 0)
  if (step.restDayRule === 'keep') return planned
  const direction = step.restDayRule === 'before' ? -1 : 1
  let day = planned
  for (let moved = 0; moved < longestRest && isRestDay(day, calendar); moved += 1) day = addDays(day, direction)
  return day
}

/** The instant from which it is due on that day. */
export function dueAt(step: StepTime, day: string, dischargedAt: Date | null): Date {
  if (step.dueTime !== null) return instantAt(day, step.dueTime)
  if (dischargedAt === null) return startOfDay(day)
  return new Date(startOfDay(day).getTime() + dischargedAt.getTime() - startOfDay(dayOf(dischargedAt)).getTime())
}

/** Days after the anchor of a plan of `times` contacts, `everyDays` apart: "3 times, 30 days apart" (requirements C04). */
export function repeatedDays(times: number, everyDays: number): readonly number[] {
  return Array.from({ length: times }, (_, index) => (index + 1) * everyDays)
}
