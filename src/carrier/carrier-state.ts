/**
 * What a running carrier tells of itself, in a file and as its first line on stdout. The application it belongs to
 * stands in it: one that finds it again writes itself there, and the carrier stays.
 */
import { stateFileOf } from '#softswitch/program/state-file.ts'

export interface CarrierState {
  readonly pid: number
  /** ISO 8601. */
  readonly startedAt: string
  readonly host: string
  readonly sipPort: number
  readonly lines: number
  readonly parentPid: number
}

export const carrierState = stateFileOf(isState)

function isState(value: unknown): value is CarrierState {
  if (typeof value !== 'object' || value === null) return false
  const { pid, startedAt, host, sipPort, lines, parentPid } = { ...emptyFields, ...value }
  const numbers = [pid, sipPort, lines, parentPid].every((number) => Number.isSafeInteger(number))
  return numbers && typeof startedAt === 'string' && typeof host === 'string'
}

const emptyFields: Readonly<Record<keyof CarrierState, unknown>> = {
  pid: null,
  startedAt: null,
  host: null,
  sipPort: null,
  lines: null,
  parentPid: null,
}
