import type { Connection } from '../realtime/connection.ts'
import { FrameState } from '../realtime/frame-state.ts'
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
  readonly #state = new FrameState<FloorState>(
    { view: null, error: null },
    { open: () => void this.load(), close: () => this.#close() },
  )
  #stops: readonly (() => void)[] = []
  #loading: AbortController | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** For useSyncExternalStore. */
  readonly watch = this.#state.watch
  readonly state = this.#state.shown

  /** Takes a fresh snapshot and reads the streams on from it. */
  async load(): Promise<void> {
    this.#loading?.abort()
    const loading = new AbortController()
    this.#loading = loading
    try {
      const view = viewOf(await readFloor(loading.signal))
      if (loading.signal.aborted) return
      this.#state.set({ view, error: null })
      for (const stop of this.#stops) stop()
      this.#stops = Object.keys(view.offsets).map((stream) => this.#read(stream))
    } catch (error) {
      if (!loading.signal.aborted) this.#state.set({ ...this.#state.latest, error })
    }
  }

  #read(stream: string): () => void {
    return this.#connection.read({
      stream,
      offset: () => this.#state.latest.view?.offsets[stream] ?? 0,
      onEvents: (events) => {
        const { view } = this.#state.latest
        if (view === null) return
        const after = withFloorEvents(view, stream, events)
        this.#state.set({ ...this.#state.latest, view: after })
        if (after.stale) void this.load()
      },
      onGap: () => void this.load(),
    })
  }

  #close(): void {
    for (const stop of this.#stops) stop()
    this.#stops = []
    this.#loading?.abort()
  }
}
