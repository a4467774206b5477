import { queryOptions } from '@tanstack/react-query'
import type { TrunkBoard } from '#contact-center/trunks/trunk-schema.ts'
import { request } from '../api/request.ts'

export type Trunk = TrunkBoard['trunks'][number]

export const trunksQuery = queryOptions({
  queryKey: ['trunks'],
  queryFn: ({ signal }) => request<TrunkBoard>('/api/trunks', { signal }),
  // Lines in use, and what the network said of the last calls.
  refetchInterval: 10_000,
})
