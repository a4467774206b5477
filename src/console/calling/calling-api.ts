import { queryOptions } from '@tanstack/react-query'
import type { CallingBoard } from '#follow-up/calling/calling-schema.ts'
import { request } from '../api/request.ts'

export type CallingRule = CallingBoard['rule']
export type Bar = NonNullable<CallingBoard['held'][number]['bar']>

/** In the order in which they are shown. */
export const bars: readonly Bar[] = ['foreign', 'premium', 'service']

export const callingQuery = queryOptions({
  queryKey: ['calling'],
  queryFn: ({ signal }) => request<CallingBoard>('/api/calling', { signal }),
  // Windows open and close as time passes.
  refetchInterval: 60_000,
})
