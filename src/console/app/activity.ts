import { useEffect } from 'react'
import { request } from '../api/request.ts'
import { SessionUse } from './session-use.ts'

/** That of this page. */
export const sessionUse = new SessionUse({
  tell: () => void request('/api/session/activity', { method: 'POST' }).catch(() => undefined),
  now: () => performance.now(),
})

/** Keys and mouse are use of the session. */
export function useActivity(): void {
  useEffect(() => {
    window.addEventListener('pointerdown', sessionUse.used)
    window.addEventListener('keydown', sessionUse.used)
    return () => {
      window.removeEventListener('pointerdown', sessionUse.used)
      window.removeEventListener('keydown', sessionUse.used)
    }
  }, [])
}
