import type { LivePerson, LiveSnapshot } from '#follow-up/live/live-schema.ts'
import { request } from '../api/request.ts'
import type { Connection } from '../realtime/connection.ts'
import { FrameState } from '../realtime/frame-state.ts'
import { type LiveView, viewOf, withEvents } from './live-view.ts'

export interface LiveState {
  readonly view: LiveView | null
  /** Who is called, by attempt, as far as this page may see. */
  readonly people: ReadonlyMap<string, LivePerson>
  readonly error: unknown
}

/**
 * Snapshot, then events; another snapshot only where the log has a gap or names something new. Changes reach the page
 * once a frame, however many events come.
 */
export class LiveStore {
  readonly #connection: Connection
  readonly #asked = new Set<string>()
  readonly #state = new FrameState<LiveState>(
    { view: null, people: new Map(), error: null },
    { open: () => void this.load(), close: () => this.#close() },
  )
  #stop: (() => void) | undefined
  #loading: AbortController | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** For useSyncExternalStore. */
  readonly watch = this.#state.watch
  readonly state = this.#state.shown

  /** Takes a fresh snapshot and reads the stream on from it. */
  async load(): Promise<void> {
    this.#loading?.abort()
    const loading = new AbortController()
    this.#loading = loading
    try {
      const snapshot = await request<LiveSnapshot>('/api/live', { signal: loading.signal })
      if (loading.signal.aborted) return
      this.#asked.clear()
      const people = new Map(snapshot.people.map((person) => [person.attemptId, person]))
      for (const id of people.keys()) this.#asked.add(id)
      this.#state.set({ view: viewOf(snapshot), people, error: null })
      this.#stop?.()
      this.#stop = this.#connection.read({
        stream: 'live',
        offset: () => this.#state.latest.view?.offset ?? 0,
        onEvents: (events) => {
          const { view } = this.#state.latest
          if (view === null) return
          const after = withEvents(view, events)
          this.#state.set({ ...this.#state.latest, view: after })
          if (after.stale) void this.load()
          else void this.#meet(after)
        },
        onGap: () => void this.load(),
      })
    } catch (error) {
      if (!loading.signal.aborted) this.#state.set({ ...this.#state.latest, error })
    }
  }

  /** Asks who is behind attempts the page has not met; forgets who is no longer on it. */
  async #meet(view: LiveView): Promise<void> {
    const shown = new Set([...view.calls, ...view.recentResults].map(({ attemptId }) => attemptId))
    for (const id of this.#asked) if (!shown.has(id)) this.#asked.delete(id)
    const attemptIds = [...shown].filter((id) => !this.#asked.has(id)).slice(0, 200)
    if (attemptIds.length === 0) return
    for (const id of attemptIds) this.#asked.add(id)
    try {
      const { people } = await request<{ people: LivePerson[] }>('/api/live/people', {
        method: 'POST',
        body: { attemptIds },
      })
      const known = [...this.#state.latest.people].filter(([id]) => this.#asked.has(id))
      this.#state.set({
        ...this.#state.latest,
        people: new Map([...known, ...people.map((one) => [one.attemptId, one] as const)]),
      })
    } catch {
      // Asked again with the next event: a name that is late hides nothing else.
      for (const id of attemptIds) this.#asked.delete(id)
    }
  }

  #close(): void {
    this.#stop?.()
    this.#stop = undefined
    this.#loading?.abort()
  }
}
