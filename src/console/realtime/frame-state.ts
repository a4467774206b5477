/**
 * What a page shows of something that changes by events: the page hears of it once a frame, however many events come, and
 * what is behind it is opened with the first who watches and closed with the last.
 */
export class FrameState<State> {
  readonly #empty: State
  readonly #source: { readonly open: () => void; readonly close: () => void }
  readonly #listeners = new Set<() => void>()
  #shown: State
  #latest: State
  #frame: number | undefined

  constructor(empty: State, source: { readonly open: () => void; readonly close: () => void }) {
    this.#empty = empty
    this.#source = source
    this.#shown = empty
    this.#latest = empty
  }

  /** For useSyncExternalStore. */
  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) this.#source.open()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#close()
    }
  }

  /** As the page has it. */
  readonly shown = (): State => this.#shown

  /** With the events that the next frame brings. */
  get latest(): State {
    return this.#latest
  }

  set(state: State): void {
    this.#latest = state
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined
      this.#shown = this.#latest
      for (const listener of this.#listeners) listener()
    })
  }

  #close(): void {
    this.#source.close()
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame)
    this.#frame = undefined
    this.#shown = this.#empty
    this.#latest = this.#empty
  }
}
