import type { Connection } from '../realtime/connection.ts'
import { readSeat } from './seat-api.ts'
import { type SeatView, viewOf, withSeatEvents } from './seat-view.ts'

export interface SeatPageState {
  /** Null until this page has the seat and has read it. */
  readonly view: SeatView | null
  readonly error: unknown
}

const stores = new WeakMap<Connection, SeatStore>()

/** One for each connection, whichever page looks. */
export function seatStoreOf(connection: Connection): SeatStore {
  const store = stores.get(connection) ?? new SeatStore(connection)
  stores.set(connection, store)
  return store
}

/** Snapshot, then events; another snapshot where the log has a gap, and when the page is looked at again. */
export class SeatStore {
  readonly #connection: Connection
  readonly #listeners = new Set<() => void>()
  #state: SeatPageState = { view: null, error: null }
  #isOpen = false
  #stop: (() => void) | undefined
  #loading: AbortController | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** For useSyncExternalStore. */
  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly state = (): SeatPageState => this.#state

  /**
   * Reads the seat from now on. Only the page that has the seat does, and as long as it has it, whatever it shows:
   * whoever reads it counts as a page at work, which another one would have to take over.
   */
  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    document.addEventListener('visibilitychange', this.#looked)
    void this.load()
  }

  close(): void {
    this.#isOpen = false
    document.removeEventListener('visibilitychange', this.#looked)
    this.#stop?.()
    this.#stop = undefined
    this.#loading?.abort()
  }

  /** Takes a fresh snapshot and reads the stream on from it. */
  async load(): Promise<void> {
    this.#loading?.abort()
    const loading = new AbortController()
    this.#loading = loading
    try {
      const seat = await readSeat(loading.signal)
      if (loading.signal.aborted) return
      const { view: before } = this.#state
      // A snapshot that was overtaken by events would take the page back.
      if (seat !== null && before?.id === seat.id && seat.offset < before.offset && this.#stop !== undefined) {
        this.#set({ ...this.#state, error: null })
        return
      }
      const view = seat === null ? null : viewOf(seat)
      const last = view?.call === null && before?.id === view.id ? before.last : null
      this.#set({ view: view === null ? null : { ...view, last }, error: null })
      this.#stop?.()
      this.#stop = view === null ? undefined : this.#read(view.id)
    } catch (error) {
      if (!loading.signal.aborted) this.#set({ ...this.#state, error })
    }
  }

  #read(seatId: string): () => void {
    return this.#connection.read({
      stream: `seat:${seatId}`,
      offset: () => this.#state.view?.offset ?? 0,
      onEvents: (events) => {
        const { view } = this.#state
        if (view !== null) this.#set({ ...this.#state, view: withSeatEvents(view, events) })
      },
      onGap: () => {
        this.#stop = undefined
        void this.load()
      },
    })
  }

  readonly #looked = (): void => {
    if (document.visibilityState === 'visible') void this.load()
  }

  #set(state: SeatPageState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}
