/** What the address of the reports page holds: nothing that names anybody. */
export interface ReportAddress {
  /** `2026-11`; else the days. */
  readonly month?: string
  readonly from?: string
  readonly to?: string
  readonly programmeId?: string
  readonly departmentId?: string
  readonly by?: 'self' | 'proxy'
}

export function parseReportAddress(search: Readonly<Record<string, unknown>>): ReportAddress {
  const { month, from, to, programmeId, departmentId, by } = search
  return {
    ...(matches(month, /^20\d{2}-(0[1-9]|1[0-2])$/) ? { month } : {}),
    ...(matches(from, /^\d{4}-\d{2}-\d{2}$/) && matches(to, /^\d{4}-\d{2}-\d{2}$/) ? { from, to } : {}),
    ...(matches(programmeId, /^[0-9a-f-]{36}$/) ? { programmeId } : {}),
    ...(matches(departmentId, /^([0-9a-f-]{36}|none)$/) ? { departmentId } : {}),
    ...(by === 'self' || by === 'proxy' ? { by } : {}),
  }
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value)
}

/** The days that an address means; without any, this month. @param today the hospital's day */
export function daysOf(
  { month, from, to }: ReportAddress,
  today: string,
): { readonly from: string; readonly to: string } {
  if (month === undefined && from !== undefined && to !== undefined) return { from, to }
  const [year = 0, number = 0] = (month ?? today.slice(0, 7)).split('-').map(Number)
  const lastDay = new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10)
  return { from: `${lastDay.slice(0, 7)}-01`, to: lastDay }
}

/** The month so many months after another. */
export function monthAfter(month: string, months: number): string {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 7)
}
