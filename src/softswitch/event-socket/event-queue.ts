/**
 * Events that wait for a client that reads too slowly. Bounded as in mod_event_socket (event_handler): so many may
 * wait; what comes then is lost and counted; the count begins anew when one finds room again; one lost event too many
 * in a row, and the client is given up.
 */
import type { SwitchEvent } from '../channel/switch-event.ts'

export interface EventQueueLimits {
  /** MAX_QUEUE_LEN there. */
  readonly waiting: number
  /** So many in a row may be lost: MAX_MISSED there. */
  readonly lost: number
}

export interface EventQueueHooks {
  /** The first that found no room. */
  onFull(): void
  /** One has found room behind so many that were lost. */
  onRoom(lost: number): void
  /** Too many were lost. */
  onGivenUp(lost: number): void
}

const asThere: EventQueueLimits = { waiting: 100_000, lost: 500 }

export class EventQueue {
  readonly #limits: EventQueueLimits
  readonly #hooks: EventQueueHooks
  #events: SwitchEvent[] = []
  /** Those before it are taken: to shift an array this long costs as much as it is long. */
  #first = 0
  #lost = 0

  constructor(hooks: EventQueueHooks, limits: EventQueueLimits = asThere) {
    this.#hooks = hooks
    this.#limits = limits
  }

  get length(): number {
    return this.#events.length - this.#first
  }

  push(event: SwitchEvent): void {
    if (this.length < this.#limits.waiting) {
      this.#events.push(event)
      if (this.#lost > 0) this.#hooks.onRoom(this.#lost)
      this.#lost = 0
      return
    }
    this.#lost += 1
    if (this.#lost === 1) this.#hooks.onFull()
    if (this.#lost > this.#limits.lost) this.#hooks.onGivenUp(this.#lost)
  }

  shift(): SwitchEvent | undefined {
    const event = this.#events[this.#first]
    if (event === undefined) return undefined
    this.#first += 1
    if (this.#first > 1_000 && this.#first * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#first)
      this.#first = 0
    }
    return event
  }
}
