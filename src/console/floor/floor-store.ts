import type { Connection } from '../realtime/connection.ts'
import { readFloor } from './floor-api.ts'
import { type FloorView, viewOf, withFloorEvents } from './floor-view.ts'

export interface FloorState {
  readonly view: FloorView | null
  readonly error: unknown
}

/**
 * Snapshot, then the events of each team's stream; another snapshot only where a log has a gap or names something new.
 * Changes reach the page once a frame, however many events come.
 */
export class FloorStore {
  readonly #connection: Connection
  readonly #listeners = new Set<() => void>()
  #state: FloorState = { view: null, error: null }
  #next = this.#state
  #frame: number | undefined
  #stops: readonly (() => void)[] = []
  #loading: AbortController | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** For useSyncExternalStore. */
  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) void this.load()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#close()
    }
  }

  readonly state = (): FloorState => this.#state

  /** Takes a fresh snapshot and reads the streams on from it. */
  async load(): Promise<void> {
    this.#loading?.abort()
    const loading = new AbortController()
    this.#loading = loading
    try {
      const view = viewOf(await readFloor(loading.signal))
      if (loading.signal.aborted) return
      this.#set({ view, error: null })
      for (const stop of this.#stops) stop()
      this.#stops = Object.keys(view.offsets).map((stream) => this.#read(stream))
    } catch (error) {
      if (!loading.signal.aborted) this.#set({ ...this.#next, error })
    }
  }

  #read(stream: string): () => void {
    return this.#connection.read({
      stream,
      offset: () => this.#next.view?.offsets[stream] ?? 0,
      onEvents: (events) => {
        const { view } = this.#next
        if (view === null) return
        const after = withFloorEvents(view, stream, events)
        this.#set({ ...this.#next, view: after })
        if (after.stale) void this.load()
      },
      onGap: () => void this.load(),
    })
  }

  #set(state: FloorState): void {
    this.#next = state
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined
      this.#state = this.#next
      for (const listener of this.#listeners) listener()
    })
  }

  #close(): void {
    for (const stop of this.#stops) stop()
    this.#stops = []
    this.#loading?.abort()
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame)
    this.#frame = undefined
    this.#state = { view: null, error: null }
    this.#next = this.#state
  }
}
