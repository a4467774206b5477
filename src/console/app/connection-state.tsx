import { createContext, use, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import type { Connection, ConnectionState } from '../realtime/connection.ts'

export const ConnectionContext = createContext<Connection | null>(null)

/** The page's socket; there is one wherever somebody is signed in. */
export function useConnection(): Connection {
  const connection = use(ConnectionContext)
  if (connection === null) throw new Error('used outside the shell')
  return connection
}

export function useConnectionState(): ConnectionState {
  const connection = useConnection()
  return useSyncExternalStore(connection.watch, () => connection.state)
}

/** A word in the header: whether what the page shows is the present. */
export function ConnectionMark() {
  const { t } = useTranslation()
  const state = useConnectionState()
  return (
    <span className="connection" data-state={state} role="status">
      <i aria-hidden="true" />
      {t(`connection.${state}`)}
    </span>
  )
}
