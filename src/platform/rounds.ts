import type { Clock, Timer } from './clock.ts'

export interface RoundsParts {
  readonly clock: Clock
  /**
   * Brings on what is due. Faults are its own to tell: it does not reject.
   * @returns ms until it is worth another look, should nobody wake it before; null where only a wake makes it so
   */
  readonly look: () => Promise<number | null>
}

/**
 * Looks one after another, never two at once: when woken, and when the last one said so. A wake in the midst of a look
 * means one more behind it, however often. Its timer keeps no process alive.
 */
export class Rounds {
  readonly #parts: RoundsParts
  #timer: Timer | undefined
  #round: Promise<void> | undefined
  #again = false
  #closed = false

  constructor(parts: RoundsParts) {
    this.#parts = parts
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Something has changed: look. Cheap, and safe to call at any moment, also from the look itself. */
  wake(): void {
    if (this.#closed) return
    if (this.#round !== undefined) {
      this.#again = true
      return
    }
    this.#parts.clock.clearTimeout(this.#timer)
    this.#round = this.#look()
  }

  /** Looks in so many ms, unless woken before. */
  wakeIn(ms: number): void {
    if (this.#closed) return
    const { clock } = this.#parts
    clock.clearTimeout(this.#timer)
    this.#timer = clock.setTimeout(() => this.wake(), ms)
    this.#timer.unref()
  }

  /** Resolves when what it was woken for is done. */
  async rest(): Promise<void> {
    while (this.#round !== undefined) await this.#round
  }

  /** No look begins any more; resolves when the last one is over. */
  async close(): Promise<void> {
    this.#closed = true
    this.#parts.clock.clearTimeout(this.#timer)
    await this.#round
  }

  async #look(): Promise<void> {
    try {
      const waitMs = await this.#parts.look()
      if (waitMs !== null) this.wakeIn(waitMs)
    } finally {
      this.#round = undefined
      const again = this.#again
      this.#again = false
      if (again) this.wake()
    }
  }
}
