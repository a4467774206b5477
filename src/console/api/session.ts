import { queryOptions, useQuery } from '@tanstack/react-query'
import type { SessionView } from '#platform/auth/session-view.ts'
import { request } from './request.ts'

export type { SessionView }

/** Who is signed in; null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }) => (await request<{ session: SessionView | null }>('/api/session', { signal })).session,
  staleTime: Number.POSITIVE_INFINITY,
})

export async function signIn(credentials: { name: string; password: string }): Promise<SessionView> {
  return (await request<{ session: SessionView }>('/api/session', { method: 'POST', body: credentials })).session
}

export async function signOut(): Promise<void> {
  await request('/api/session', { method: 'DELETE' })
}

export async function changePassword(passwords: { present: string; next: string }): Promise<SessionView> {
  return (await request<{ session: SessionView }>('/api/session/password', { method: 'POST', body: passwords })).session
}

/** Whether the person signed in holds a right. The server asks again; here it only decides what is shown. */
export function useRight(right: string): boolean {
  const { data } = useQuery(sessionQuery)
  return data?.rights.includes(right) ?? false
}
