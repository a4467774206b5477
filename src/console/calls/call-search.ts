import type { CallSearch } from '#follow-up/calls/call-schema.ts'

/** What the address of the calls page holds: filters that name nobody. A patient's name stays in the page. */
export interface CallAddress {
  readonly from?: string
  readonly to?: string
  readonly campaignId?: string
  readonly result?: string
  readonly page?: number
  readonly pageSize?: number
  /** The call that is open. */
  readonly call?: string
}

export const defaultPageSize = 20

/** Takes from an address what is well formed; the rest is as if it were not there. */
export function parseCallSearch(search: Record<string, unknown>): CallAddress {
  const text = (key: string, shape: RegExp) => {
    const value = search[key]
    return typeof value === 'string' && shape.test(value) ? { [key]: value } : {}
  }
  const whole = (key: string, most: number) => {
    const value = Number(search[key])
    return Number.isInteger(value) && value >= 1 && value <= most ? { [key]: value } : {}
  }
  return {
    ...text('from', /^\d{4}-\d{2}-\d{2}$/),
    ...text('to', /^\d{4}-\d{2}-\d{2}$/),
    ...text('campaignId', /^[0-9a-f-]{36}$/),
    ...text('result', /^[a-z_]{1,30}$/),
    ...text('call', /^[0-9a-f-]{36}$/),
    ...whole('page', 10_000),
    ...whole('pageSize', 100),
  }
}

/** What the server is asked. */
export function searchOf(
  { call: _call, page = 1, pageSize = defaultPageSize, ...filters }: CallAddress,
  patient: string,
): CallSearch {
  return { ...filters, page, pageSize, ...(patient === '' ? {} : { patient }) }
}
