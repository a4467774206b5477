import { type QueryClient, queryOptions, useQuery } from '@tanstack/react-query'
import type { SessionView } from '#platform/auth/session-view.ts'
import { request } from './request.ts'

export type { SessionView }

/**
 * Who is signed in; null when nobody is. It takes no abort signal: the router waits for it whatever becomes of the
 * component that asked first.
 */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async () => (await request<{ session: SessionView | null }>('/api/session')).session,
  staleTime: Number.POSITIVE_INFINITY,
})

/** Somebody else is signed in now, or nobody: what the last person's page has asked is forgotten. */
export function sessionChanged(queryClient: QueryClient, session: SessionView | null): void {
  // Not clear(): who watches the session would go on watching a query that is no more.
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] })
  queryClient.setQueryData(sessionQuery.queryKey, session)
}

export interface Credentials {
  readonly name: string
  readonly password: string
  /** Ends the account's session elsewhere. */
  readonly takeOver?: boolean
}

export async function signIn(credentials: Credentials): Promise<SessionView> {
  return (await request<{ session: SessionView }>('/api/session', { method: 'POST', body: credentials })).session
}

export async function signOut(): Promise<void> {
  await request('/api/session', { method: 'DELETE' })
}

export interface PasswordChange {
  readonly present: string
  readonly next: string
  /** Where the session needs one. */
  readonly startCode?: string
}

export async function changePassword(passwords: PasswordChange): Promise<SessionView> {
  return (await request<{ session: SessionView }>('/api/session/password', { method: 'POST', body: passwords })).session
}

/** Whether the person signed in holds a right. The server asks again; here it only decides what is shown. */
export function useRight(right: string): boolean {
  const { data } = useQuery(sessionQuery)
  return data?.rights.includes(right) ?? false
}
