import { queryOptions, useQuery } from '@tanstack/react-query'
import type { CallingBoard } from '#follow-up/calling/calling-schema.ts'
import { request } from '../api/request.ts'
import { serverNow } from '../api/server-clock.ts'
import { useBoardNews } from '../realtime/live-events.ts'

export type CallingRule = CallingBoard['rule']
export type Bar = NonNullable<CallingBoard['held'][number]['bar']>

/** In the order in which they are shown. */
export const bars: readonly Bar[] = ['foreign', 'premium', 'service']

const callingQuery = queryOptions({
  queryKey: ['calling'],
  queryFn: ({ signal }) => request<CallingBoard>('/api/calling', { signal }),
  // Windows open and close as time passes, with no event; the day of the calendar too.
  refetchInterval: ({ state: { data } }) => untilNext(data?.now.until ?? null),
})

const hourMs = 3_600_000

/** A second behind the moment at which the window opens or closes; at most an hour. */
function untilNext(until: string | null): number {
  if (until === null) return hourMs
  return Math.min(Math.max(Date.parse(until) - serverNow(), 0) + 1_000, hourMs)
}

const atOnce = new Set(['calling.changed', 'campaign.changed'])
/** Tasks that the rule holds come and go with the calls. */
const inTime = new Set(['task.changed', 'attempt.changed', 'why_not.changed', 'import.finished'])

export function useCalling() {
  const board = useQuery(callingQuery)
  useBoardNews({ offset: board.data?.offset, atOnce, inTime, everyMs: 10_000, refetch: () => board.refetch() })
  return board
}
