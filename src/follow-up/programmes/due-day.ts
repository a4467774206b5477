import type { RestDayRule } from '../follow-up-tables.ts'

/** Days that are not as their weekday says (calendar_day): holidays, and the working days that make up for them. */
export type Calendar = ReadonlyMap<string, 'holiday' | 'workday'>

export interface StepTime {
  readonly afterDays: number | null
  readonly fixedOn: string | null
  /** 'HH:MM' hospital time; null: the hour of the discharge, or the start of the day where that is not known. */
  readonly dueTime: string | null
  readonly restDayRule: RestDayRule
}

/** Shanghai has had no summer time since 1991. */
const hospitalOffsetMs = 8 * 3_600_000
const dayMs = 86_400_000
/** No run of rest days is longer; a calendar that says otherwise is wrong. */
const longestRest = 20

/**
 * The day on which a step is due by plan. "第7天" is D+7 (requirements §7).
 * @param anchorOn 'YYYY-MM-DD', the discharge day
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
  const start = Date.parse(`${day}T00:00:00Z`) - hospitalOffsetMs
  if (step.dueTime !== null) {
    const [hours = 0, minutes = 0] = step.dueTime.split(':').map(Number)
    return new Date(start + (hours * 60 + minutes) * 60_000)
  }
  if (dischargedAt === null) return new Date(start)
  return new Date(start + ((dischargedAt.getTime() + hospitalOffsetMs) % dayMs))
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10)
}

function isRestDay(day: string, calendar: Calendar): boolean {
  const said = calendar.get(day)
  if (said !== undefined) return said === 'holiday'
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay()
  return weekday === 0 || weekday === 6
}
