import { useSyncExternalStore } from 'react'
import { serverNow } from '../api/server-clock.ts'
import { useConnectionState } from '../app/connection-state.tsx'
import { duration } from '../text/time.ts'

const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined
let now = serverNow()

/** One tick a second for all that is shown; it decides nothing. */
function watch(listener: () => void): () => void {
  listeners.add(listener)
  now = serverNow()
  timer ??= setInterval(() => {
    now = serverNow()
    for (const each of listeners) each()
  }, 1_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

function useServerNow(): number {
  return useSyncExternalStore(watch, () => now)
}

/** The time since an instant, or left until it, by the server's clock. While disconnected nobody knows, and it stands. */
export function Ticking({ since, until }: { readonly since?: string; readonly until?: string }) {
  const at = useServerNow()
  const connected = useConnectionState() === 'connected'
  if (!connected) return <span className="number">–:––</span>
  const ms = until === undefined ? at - Date.parse(since ?? '') : Date.parse(until) - at
  return (
    <span className="number" aria-live="off" role="timer">
      {duration(Math.max(0, Math.floor(ms / 1_000)))}
    </span>
  )
}
