import type { TaskFilter, TaskSearch } from '#follow-up/tasks/worklist-schema.ts'

/**
 * What the address of the tasks page holds: filters that name nobody. A patient's name stays in the page. Without a
 * group: the open ones.
 */
export interface TaskAddress extends Partial<TaskFilter> {
  /** The page begins after this place. */
  readonly after?: string
  readonly limit?: number
}

export const defaultPageSize = 20

/** Where the list stood, and whom was asked for, while the console is open: who comes back from a task finds it so. */
export const lastListKey = ['tasks-address']
/** Stands in no address. */
export const askedKey = ['tasks-asked']

const day = /^\d{4}-\d{2}-\d{2}$/
const id = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const code = /^[a-z_]{1,30}$/

const shapes = {
  group: /^(open|closed|all)$/,
  state: code,
  from: day,
  to: day,
  departmentId: id,
  programmeId: id,
  campaignId: id,
  reason: code,
  lastResult: code,
  agentId: id,
  after: /^\d{1,17}_[0-9a-f-]{36}$/,
} as const satisfies Readonly<Record<Exclude<keyof TaskAddress, 'limit'>, RegExp>>

/** Takes from an address what is well formed; the rest is as if it were not there. */
export function parseTaskAddress(search: Record<string, unknown>): TaskAddress {
  const kept = Object.entries(shapes).flatMap(([key, shape]) => {
    const value = search[key]
    return typeof value === 'string' && shape.test(value) ? [[key, value] as const] : []
  })
  const limit = Number(search.limit ?? Number.NaN)
  const size = Number.isInteger(limit) && limit >= 1 && limit <= 100 ? { limit } : {}
  return { ...Object.fromEntries(kept), ...size }
}

/** What is asked for, without the place in it. */
export function filterOf({ group = 'open', after: _after, limit: _limit, ...filter }: TaskAddress): TaskFilter {
  return { group, ...filter }
}

/** What the server is asked. */
export function searchOf(address: TaskAddress, patient: string): TaskSearch {
  const { after, limit = defaultPageSize } = address
  return {
    ...filterOf(address),
    limit,
    ...(after === undefined ? {} : { after }),
    ...(patient === '' ? {} : { patient }),
  }
}
