import type { Clock, Timer } from '#platform/clock.ts'
import type { Listener, Subscription } from '#platform/database/listen.ts'
import { type Log, logError } from '#platform/log.ts'
import type { Auth, Session } from './auth-service.ts'
import { sessionChannel } from './session-store.ts'

export interface SessionWatchParts {
  readonly auth: Pick<Auth, 'sessionById'>
  readonly listener: Listener
  readonly clock: Clock
  readonly log: Log
}

interface Watched {
  readonly onEnd: Set<() => void>
  timer: Timer | undefined
}

/** Past the instant, so that the database surely agrees. */
const marginMs = 50
const retryMs = 5_000

/**
 * Tells who hangs on a session when it has ended: signed out, ended by somebody, or overdue, which nobody notices but
 * whoever looks when it may be so.
 */
export class SessionWatch {
  readonly #parts: SessionWatchParts
  readonly #watched = new Map<string, Watched>()
  #subscription: Subscription | null = null

  constructor(parts: SessionWatchParts) {
    this.#parts = parts
  }

  async start(): Promise<void> {
    this.#subscription = await this.#parts.listener.listen(sessionChannel, {
      onPayload: (sessionId) => this.#end(sessionId),
      onResync: () => {
        for (const sessionId of this.#watched.keys()) void this.#look(sessionId)
      },
    })
  }

  /** @returns how to watch no more */
  watch({ id }: Pick<Session, 'id'>, onEnd: () => void): () => void {
    const watched = this.#watched.get(id) ?? { onEnd: new Set(), timer: undefined }
    this.#watched.set(id, watched)
    watched.onEnd.add(onEnd)
    // It may have ended since it was read, and of that nobody is told any more.
    this.#lookIn(id, 0)
    return () => {
      watched.onEnd.delete(onEnd)
      if (watched.onEnd.size === 0 && this.#watched.get(id) === watched) this.#forget(id)
    }
  }

  async close(): Promise<void> {
    for (const sessionId of [...this.#watched.keys()]) this.#forget(sessionId)
    await this.#subscription?.close()
  }

  #lookIn(sessionId: string, ms: number): void {
    const watched = this.#watched.get(sessionId)
    if (watched === undefined) return
    const { clock } = this.#parts
    clock.clearTimeout(watched.timer)
    watched.timer = clock.setTimeout(() => void this.#look(sessionId), Math.max(ms, 0) + marginMs)
    watched.timer.unref()
  }

  async #look(sessionId: string): Promise<void> {
    try {
      const session = await this.#parts.auth.sessionById(sessionId)
      if (session === null) this.#end(sessionId)
      else this.#lookIn(sessionId, session.endsInMs)
    } catch (error) {
      logError(this.#parts.log, error, 'a session could not be looked at')
      this.#lookIn(sessionId, retryMs)
    }
  }

  #end(sessionId: string): void {
    const watched = this.#watched.get(sessionId)
    this.#forget(sessionId)
    for (const onEnd of watched?.onEnd ?? []) onEnd()
  }

  #forget(sessionId: string): void {
    this.#parts.clock.clearTimeout(this.#watched.get(sessionId)?.timer)
    this.#watched.delete(sessionId)
  }
}
