import type { Clock } from '#platform/clock.ts'

export interface FailureGateOptions {
  readonly clock: Clock
  /** So many failures within `windowMs` close the gate for `closedMs`. */
  readonly failures: number
  readonly windowMs: number
  readonly closedMs: number
}

interface Record {
  /** Instants, oldest first. */
  failedAt: number[]
  closedUntil: number
}

/** Keys remembered at once: whoever makes up addresses must not fill our memory. */
const keysAtMost = 10_000

/**
 * Closes to a key (an address, an extension) that has failed too often. In the memory of this process: with n nodes
 * somebody has n times as many tries, and a restart forgets.
 */
export class FailureGate {
  readonly #options: FailureGateOptions
  readonly #records = new Map<string, Record>()

  constructor(options: FailureGateOptions) {
    this.#options = options
  }

  /** @returns 0 while open */
  closedForMs(key: string): number {
    const record = this.#records.get(key)
    return record === undefined ? 0 : Math.max(0, record.closedUntil - this.#now())
  }

  fail(key: string): void {
    const { failures, windowMs, closedMs } = this.#options
    const now = this.#now()
    const record = this.#records.get(key) ?? { failedAt: [], closedUntil: 0 }
    record.failedAt = [...record.failedAt.filter((at) => at > now - windowMs), now]
    if (record.failedAt.length >= failures) {
      record.closedUntil = now + closedMs
      record.failedAt = []
    }
    // Put last: the one that has failed longest ago is forgotten first.
    this.#records.delete(key)
    this.#records.set(key, record)
    const [oldest] = this.#records.keys()
    if (this.#records.size > keysAtMost && oldest !== undefined) this.#records.delete(oldest)
  }

  forget(key: string): void {
    this.#records.delete(key)
  }

  #now(): number {
    return this.#options.clock.now().getTime()
  }
}
