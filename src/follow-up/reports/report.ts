/**
 * What became of the discharges of a period. A discharge is one person leaving one kind of care on one day, whatever
 * number of records, stays or programmes tell of it (requirements §5.4, N02, N04).
 */

/** How far a discharge has come; each has exactly one of these. What was reached furthest counts, over all its tasks. */
export const standings = [
  'completed',
  'partial',
  'refused',
  'under_way',
  'waiting',
  'failed',
  'expired',
  'stopped',
  'excluded',
] as const
export type Standing = (typeof standings)[number]

/** Some discharges of one standing, counted from their rows. */
export interface Counted {
  readonly standing: Standing
  /** Why, where the standing has a reason; else null. */
  readonly reason: string | null
  readonly discharges: number
  /** Of these, with at least one call that was made and has ended. */
  readonly attempted: number
  readonly tasks: number
  readonly tasksCompleted: number
  readonly dialled: number
  readonly answered: number
  /** Calls that the line's own trouble ended; they are not among the dialled (requirements §5.2, TRUNK). */
  readonly congestion: number
}

export interface Figures {
  readonly discharges: number
  readonly excluded: number
  /** 应随访 */
  readonly due: number
  /** Among the due, with at least one call that has ended. */
  readonly attempted: number
  readonly completed: number
  readonly partial: number
  readonly refused: number
  readonly underWay: number
  readonly waiting: number
  readonly failed: number
  readonly expired: number
  readonly stopped: number
  readonly excludedBy: Readonly<Record<string, number>>
  readonly failedBy: Readonly<Record<string, number>>
  readonly stoppedBy: Readonly<Record<string, number>>
  readonly tasks: number
  readonly tasksCompleted: number
  readonly dialled: number
  readonly answered: number
  readonly congestion: number
}

/** Shares from 0 to 1; null where nothing is in the denominator. */
export interface Rates {
  /** 随访率: attempted ÷ due */
  readonly followUp: number | null
  /** 随访成功率: completed ÷ due */
  readonly success: number | null
  /** completed ÷ attempted */
  readonly successOfAttempted: number | null
  /** 失访率: failed after all attempts ÷ due */
  readonly loss: number | null
  /** 接通率: answered ÷ dialled, of calls */
  readonly connected: number | null
}

export function figuresOf(counted: readonly Counted[]): Figures {
  const dueOnes = counted.filter(({ standing }) => standing !== 'excluded')
  const of = (standing: Standing) => counted.filter((one) => one.standing === standing)
  const discharges = (some: readonly Counted[]) => sum(some, (one) => one.discharges)
  return {
    discharges: discharges(counted),
    excluded: discharges(of('excluded')),
    due: discharges(dueOnes),
    attempted: sum(dueOnes, ({ attempted }) => attempted),
    completed: discharges(of('completed')),
    partial: discharges(of('partial')),
    refused: discharges(of('refused')),
    underWay: discharges(of('under_way')),
    waiting: discharges(of('waiting')),
    failed: discharges(of('failed')),
    expired: discharges(of('expired')),
    stopped: discharges(of('stopped')),
    excludedBy: byReason(of('excluded')),
    failedBy: byReason(of('failed')),
    stoppedBy: byReason(of('stopped')),
    tasks: sum(counted, ({ tasks }) => tasks),
    tasksCompleted: sum(counted, ({ tasksCompleted }) => tasksCompleted),
    dialled: sum(counted, ({ dialled }) => dialled),
    answered: sum(counted, ({ answered }) => answered),
    congestion: sum(counted, ({ congestion }) => congestion),
  }
}

/** Source: requirements §5.4. */
export function ratesOf(figures: Figures): Rates {
  const { due, attempted, completed, failed, dialled, answered } = figures
  return {
    followUp: share(attempted, due),
    success: share(completed, due),
    successOfAttempted: share(completed, attempted),
    loss: share(failed, due),
    connected: share(answered, dialled),
  }
}

export function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

function sum<One>(all: readonly One[], of: (one: One) => number): number {
  return all.reduce((total, one) => total + of(one), 0)
}

function byReason(some: readonly Counted[]): Record<string, number> {
  const reasons: Record<string, number> = {}
  for (const { reason, discharges } of some) {
    const key = reason ?? 'other'
    reasons[key] = (reasons[key] ?? 0) + discharges
  }
  return reasons
}

/** The first and the last day of a month, `2026-11`. */
export function daysOfMonth(month: string): { readonly from: string; readonly to: string } {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return { from: `${month}-01`, to: new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10) }
}

/** The month so many months before another. */
export function monthBefore(month: string, months: number): string {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 - months, 1)).toISOString().slice(0, 7)
}
