import { queryOptions, type UseMutationOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { AccountList } from '#platform/auth/account-schema.ts'
import { request } from '../api/request.ts'

export const accountsQuery = queryOptions({
  queryKey: ['accounts'],
  queryFn: ({ signal }) => request<AccountList>('/api/accounts', { signal }),
})

/** A change, after which the named lists are asked for again, whatever became of it. */
export function useChange<Wish, Answer = unknown>(
  change: (wish: Wish) => Promise<Answer>,
  lists: readonly string[],
  options: Pick<UseMutationOptions<Answer, Error, Wish>, 'onSuccess'> = {},
) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: change,
    ...options,
    onSettled: () => Promise.all(lists.map((list) => queryClient.invalidateQueries({ queryKey: [list] }))),
  })
}
