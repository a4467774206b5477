import type { StreamEvent, StreamPage } from './stream-store.ts'

export interface SubscriptionPorts {
  /** Next events after an offset, in order. */
  read(after: number): Promise<StreamPage>
  /** Resolves when the reader has taken the batch; rejects when it does not in time. */
  deliver(events: readonly StreamEvent[]): Promise<void>
  /** The reader's place in the log is gone. */
  onGap(): void
  /** The reader is too slow or the log cannot be read. */
  onFailure(error: unknown): void
}

/**
 * One reader of one stream: reads on from its offset whenever it is woken, one batch under way at a time. A slow
 * reader costs one batch of memory, whatever is written meanwhile.
 */
export class Subscription {
  readonly #ports: SubscriptionPorts
  #after: number
  #running = false
  #again = false
  #closed = false

  constructor(after: number, ports: SubscriptionPorts) {
    this.#after = after
    this.#ports = ports
  }

  /** There may be more. Never rejects. */
  async wake(): Promise<void> {
    this.#again = true
    if (this.#running) return
    this.#running = true
    try {
      while (this.#again && !this.#closed) {
        this.#again = false
        await this.#readOn()
      }
    } catch (error) {
      if (!this.#closed) this.#ports.onFailure(error)
    } finally {
      this.#running = false
    }
  }

  close(): void {
    this.#closed = true
  }

  async #readOn(): Promise<void> {
    const page = await this.#ports.read(this.#after)
    if (this.#closed) return
    if (page.gap) {
      this.#closed = true
      this.#ports.onGap()
      return
    }
    const last = page.events.at(-1)
    if (last === undefined) return
    await this.#ports.deliver(page.events)
    this.#after = last.offset
    // What was written after the look is told of by a word of its own.
    if (page.more) this.#again = true
  }
}
