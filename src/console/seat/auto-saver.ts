/** Where a value stands: `saving` has been sent, `retrying` has had no answer and is sent again, `failed` was refused. */
export type SaveState =
  | { readonly type: 'saved' }
  | { readonly type: 'saving' }
  | { readonly type: 'retrying'; readonly error: unknown }
  | { readonly type: 'failed'; readonly error: unknown }

export interface SavedValues<V> {
  /** As the agent sees them: given, whether or not they have arrived. */
  readonly values: Readonly<Record<string, V>>
  /** Of those that were touched on this page. */
  readonly saves: Readonly<Record<string, SaveState>>
}

export interface AutoSaverOptions<V> {
  /** Rejects where the server refuses or is not reached. @param value null takes it back */
  readonly write: (key: string, value: V | null) => Promise<void>
  /** Whether the same request may yet succeed. */
  readonly mayPass: (error: unknown) => boolean
  readonly setTimeout: (run: () => void, ms: number) => unknown
  readonly clearTimeout: (timer: unknown) => void
}

interface Waiting<V> {
  readonly key: string
  readonly value: V | null
}

const retryMs = [1_000, 2_000, 4_000, 8_000]

/**
 * Saves each value as it is given, one after the other in the order given, of one key only the latest. What has
 * no answer from the server is sent again until it has one; what is refused is shown as such and stays on the page.
 */
export class AutoSaver<V> {
  readonly #options: AutoSaverOptions<V>
  readonly #listeners = new Set<() => void>()
  readonly #queue: Waiting<V>[] = []
  #state: SavedValues<V>
  #sending = false
  #failures = 0
  #timer: unknown
  #closed = false

  constructor(values: Readonly<Record<string, V>>, options: AutoSaverOptions<V>) {
    this.#options = options
    this.#state = { values, saves: {} }
  }

  /** For useSyncExternalStore. */
  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly state = (): SavedValues<V> => this.#state

  /** True while something given has not arrived. */
  get isDirty(): boolean {
    return Object.values(this.#state.saves).some(({ type }) => type !== 'saved')
  }

  /** True while something was refused, or the server was not reached with it: leaving the page would give it up. */
  get isStuck(): boolean {
    return Object.values(this.#state.saves).some(({ type }) => type === 'failed' || type === 'retrying')
  }

  /** @param value null takes it back */
  give(key: string, value: V | null): void {
    const { [key]: _old, ...others } = this.#state.values
    this.#set({
      values: value === null ? others : { ...others, [key]: value },
      saves: { ...this.#state.saves, [key]: { type: 'saving' } },
    })
    const [head, ...rest] = this.#queue
    const sent = this.#sending && head !== undefined ? [head] : []
    const waiting = this.#sending ? rest : this.#queue
    this.#queue.splice(0, this.#queue.length, ...sent, ...waiting.filter((one) => one.key !== key))
    this.#queue.push({ key, value })
    void this.#send()
  }

  /** Sends what waits without waiting longer, and what was refused once more: by the agent's hand, or at a reconnection. */
  retry(key?: string): void {
    for (const [each, save] of Object.entries(this.#state.saves)) {
      if (save.type === 'failed' && (key === undefined || each === key)) {
        this.give(each, this.#state.values[each] ?? null)
      }
    }
    if (this.#timer === undefined) return
    this.#options.clearTimeout(this.#timer)
    this.#timer = undefined
    void this.#send()
  }

  /** What the server holds now, read anew; what has been given here and has not arrived stays. */
  refresh(values: Readonly<Record<string, V>>): void {
    const merged: Record<string, V> = { ...values }
    for (const [key, { type }] of Object.entries(this.#state.saves)) {
      if (type === 'saved') continue
      const value = this.#state.values[key]
      if (value === undefined) delete merged[key]
      else merged[key] = value
    }
    this.#set({ ...this.#state, values: merged })
  }

  /** Other values altogether, in place of these, all of which have arrived. */
  replace(values: Readonly<Record<string, V>>): void {
    this.#set({ values, saves: {} })
  }

  /** Resolves when nothing waits any more: true when all was saved, false when something was refused or not reached. */
  async settled(): Promise<boolean> {
    while (this.#sending) {
      await new Promise<void>((resolve) => {
        const stop = this.watch(() => {
          stop()
          resolve()
        })
      })
    }
    return !this.isDirty
  }

  /** After a close: tries again as before. */
  open(): void {
    this.#closed = false
    void this.#send()
  }

  /** Sends what is left, each once: nobody is there any more to whom a failure could be told. */
  close(): void {
    this.#closed = true
    if (this.#timer === undefined) return
    this.#options.clearTimeout(this.#timer)
    this.#timer = undefined
    void this.#send()
  }

  async #send(): Promise<void> {
    if (this.#sending || this.#timer !== undefined) return
    const head = this.#queue[0]
    if (head === undefined) return
    this.#sending = true
    const outcome = await this.#options.write(head.key, head.value).then(
      () => ({ error: null }),
      (error: unknown) => ({ error }),
    )
    this.#sending = false
    const passes = outcome.error !== null && this.#options.mayPass(outcome.error)
    const newer = this.#queue.slice(1).some(({ key }) => key === head.key)
    if (passes) {
      if (newer) this.#queue.shift()
      const wait = retryMs[Math.min(this.#failures, retryMs.length - 1)] ?? 8_000
      this.#failures += 1
      for (const { key } of this.#queue) this.#mark(key, { type: 'retrying', error: outcome.error })
      if (this.#closed) return
      this.#timer = this.#options.setTimeout(() => {
        this.#timer = undefined
        void this.#send()
      }, wait)
      return
    }
    this.#failures = 0
    this.#queue.shift()
    if (newer) this.#mark(head.key, { type: 'saving' })
    else this.#mark(head.key, outcome.error === null ? { type: 'saved' } : { type: 'failed', error: outcome.error })
    await this.#send()
  }

  #mark(key: string, save: SaveState): void {
    this.#set({ ...this.#state, saves: { ...this.#state.saves, [key]: save } })
  }

  #set(state: SavedValues<V>): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}
