import { useEffect } from 'react'
import { request } from '../api/request.ts'

const atMostEveryMs = 60_000

/**
 * Tells the server that somebody is at work, when keys or mouse are used: a page that is pushed to makes no requests
 * of its own, and it is the server that ends an idle session.
 */
export function useActivity(): void {
  useEffect(() => {
    let told = Number.NEGATIVE_INFINITY
    const tell = () => {
      if (performance.now() - told < atMostEveryMs) return
      told = performance.now()
      request('/api/session/activity', { method: 'POST' }).catch(() => undefined)
    }
    window.addEventListener('pointerdown', tell)
    window.addEventListener('keydown', tell)
    return () => {
      window.removeEventListener('pointerdown', tell)
      window.removeEventListener('keydown', tell)
    }
  }, [])
}
