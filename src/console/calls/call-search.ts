import type { CallSearch } from '#follow-up/calls/call-schema.ts'

/** What the address of the calls page holds: filters that name nobody. A patient's name stays in the page. */
export interface CallAddress {
  readonly from?: string
  readonly to?: string
  readonly campaignId?: string
  readonly programmeId?: string
  readonly agentId?: string
  readonly result?: string
  readonly minSeconds?: number
  readonly maxSeconds?: number
  readonly ratings?: number[]
  /** The page begins after this call. */
  readonly before?: string
  readonly limit?: number
}

export const defaultPageSize = 20

/** Where the list stood, and whom was asked for, while the console is open: who comes back from a call finds it so. */
export const lastListKey = ['calls-address']
/** Stands in no address. */
export const askedKey = ['calls-asked']

const day = /^\d{4}-\d{2}-\d{2}$/
const id = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Takes from an address what is well formed; the rest is as if it were not there. */
export function parseCallSearch(search: Record<string, unknown>): CallAddress {
  const text = (key: string, shape: RegExp) => {
    const value = search[key]
    return typeof value === 'string' && shape.test(value) ? { [key]: value } : {}
  }
  const whole = (key: string, least: number, most: number) => {
    const value = Number(search[key] ?? Number.NaN)
    return Number.isInteger(value) && value >= least && value <= most ? { [key]: value } : {}
  }
  return {
    ...text('from', day),
    ...text('to', day),
    ...text('campaignId', id),
    ...text('programmeId', id),
    ...text('agentId', id),
    ...text('result', /^[a-z_]{1,30}$/),
    ...whole('minSeconds', 0, 86_400),
    ...whole('maxSeconds', 0, 86_400),
    ...ratingsIn(search.ratings),
    ...text('before', id),
    ...whole('limit', 1, 100),
  }
}

function ratingsIn(value: unknown): { ratings?: number[] } {
  if (!Array.isArray(value)) return {}
  const ratings = value.filter((each) => Number.isInteger(each) && each >= 0 && each <= 5)
  return ratings.length === 0 ? {} : { ratings }
}

/** What the server is asked. */
export function searchOf({ limit = defaultPageSize, ...filters }: CallAddress, patient: string): CallSearch {
  return { ...filters, limit, ...(patient === '' ? {} : { patient }) }
}

/** What the telephone did, as lists are filtered by it. */
export const callResults = [
  'completed',
  'partial',
  'no_answer',
  'busy',
  'rejected',
  'powered_off',
  'unreachable',
  'suspended_line',
  'invalid_number',
  'machine',
  'abandoned',
  'congestion',
  'failed',
  'cancelled',
  'restart',
]
