import { queryOptions, useQuery } from '@tanstack/react-query'
import type { TrunkBoard } from '#contact-center/trunks/trunk-schema.ts'
import { request } from '../api/request.ts'
import { useBoardNews } from '../realtime/live-events.ts'

export type Trunk = TrunkBoard['trunks'][number]

const trunksQuery = queryOptions({
  queryKey: ['trunks'],
  queryFn: ({ signal }) => request<TrunkBoard>('/api/trunks', { signal }),
  // Failures and calls are those of the last day, which pass out of it with no event.
  refetchInterval: 600_000,
})

const atOnce = new Set(['trunk.changed', 'campaign.changed', 'calling.changed'])
/** Lines in use, and what the network said of the last calls. */
const inTime = new Set(['tasks.claimed', 'attempt.changed'])

export function useTrunks() {
  const board = useQuery(trunksQuery)
  useBoardNews({ offset: board.data?.offset, atOnce, inTime, everyMs: 10_000, refetch: () => board.refetch() })
  return board
}
