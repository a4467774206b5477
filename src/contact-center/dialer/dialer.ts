import type { Clock, Timer } from '#platform/clock.ts'
import { failpoint } from '#platform/failpoint.ts'
import type { Log } from '#platform/log.ts'
import type { Telephony } from '#telephony/telephony.ts'
import type { Lease, Work, WorkSource } from '../work-source.ts'
import { newPacer, type Pacer, refill, startable, take, waitMs } from './pacer.ts'

/** A trunk as the dialler sees it: how fast it may be dialled. Its lines are counted by the claim itself. */
export interface DialableTrunk {
  readonly id: string
  readonly callsPerSecond: number
}

export interface DialerParts {
  readonly work: WorkSource
  readonly telephony: Telephony
  readonly lease: Lease
  readonly clock: Clock
  readonly log: Log
  /** Enabled trunks that have a running campaign. */
  trunks(): Promise<readonly DialableTrunk[]>
  /** Carries one claimed attempt to its end; never throws for what a call may bring. */
  call(work: Work): Promise<void>
}

/** More would only make one transaction long; the next claim follows at once. */
const claimAtMost = 50
/** After the database refused a claim. The dialler is also woken when the database comes back. */
const retryMs = 2_000
/** Another node's calls hold the lines too, and their end wakes that node, not this one. */
const linesTakenMs = 5_000
/** `nextDueAt` may lie months ahead, beyond what a timer can hold; looking again once an hour costs nothing. */
const longestWaitMs = 3_600_000

/**
 * Turns due tasks into calls, agentless: limited by the trunk's free lines (in the claim) and its calls per second
 * (here). It never polls: it is woken when a task falls due, a line comes free, a campaign or the telephony changes,
 * and sleeps until the next due time otherwise.
 * Source: architecture §3 (gate and claim), requirements C01, C15, C17.
 */
export class Dialer {
  readonly #parts: DialerParts
  readonly #pacers = new Map<string, Pacer>()
  readonly #running = new Set<Promise<void>>()
  #timer: Timer | undefined
  #round: Promise<void> | undefined
  #again = false
  #open = false

  constructor(parts: DialerParts) {
    this.#parts = parts
    parts.telephony.onUpChange((up) => {
      if (up) this.wake()
    })
  }

  /** Calls that this node carries now. */
  get callsInProgress(): number {
    return this.#running.size
  }

  start(): void {
    this.#open = true
    this.wake()
  }

  /** Something may have become possible: look for work. Cheap, and safe to call at any moment. */
  wake(): void {
    if (!this.#open) return
    if (this.#round !== undefined) {
      this.#again = true
      return
    }
    this.#parts.clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#round = this.#look().finally(() => {
      this.#round = undefined
      if (this.#again) {
        this.#again = false
        this.wake()
      }
    })
  }

  /** No new call from now on; calls in progress are hung up and written to their end. */
  async close({ hangUp }: { readonly hangUp: () => Promise<void> }): Promise<void> {
    this.#open = false
    this.#parts.clock.clearTimeout(this.#timer)
    await this.#round
    await hangUp()
    await Promise.allSettled(this.#running)
  }

  async #look(): Promise<void> {
    try {
      if (!this.#parts.telephony.up) return
      let waitAtMost = longestWaitMs
      for (const trunk of await this.#parts.trunks()) waitAtMost = Math.min(waitAtMost, await this.#dialTrunk(trunk))
      this.#sleep(waitAtMost)
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'no work could be claimed; calls in progress go on')
      this.#sleep(retryMs)
    }
  }

  #sleep(ms: number): void {
    if (this.#open) this.#timer = this.#parts.clock.setTimeout(() => this.wake(), ms)
  }

  /** @returns milliseconds until this trunk is worth another look, should nothing wake us before */
  async #dialTrunk(trunk: DialableTrunk): Promise<number> {
    const { work, lease, clock } = this.#parts
    for (;;) {
      const now = clock.now().getTime()
      const known = this.#pacers.get(trunk.id) ?? newPacer(trunk.callsPerSecond, now)
      const pacer = refill(known, trunk.callsPerSecond, now)
      this.#pacers.set(trunk.id, pacer)
      const limit = Math.min(claimAtMost, startable(pacer))
      if (limit === 0) return waitMs(pacer)
      if (!this.#open || !this.#parts.telephony.up) return longestWaitMs
      const claimed = await work.claim(lease, trunk.id, limit)
      if (claimed.length > 0) failpoint('after-claim')
      this.#pacers.set(trunk.id, take(pacer, claimed.length))
      for (const one of claimed) this.#carry(one)
      if (claimed.length < limit) {
        const due = await work.nextDueAt(trunk.id)
        if (due === null) return longestWaitMs
        const waitForDueMs = due.getTime() - clock.now().getTime()
        // Due already, and not to be had: every line is taken. A call of ours that ends wakes us at once.
        return waitForDueMs > 0 ? Math.min(longestWaitMs, waitForDueMs) : linesTakenMs
      }
    }
  }

  #carry(work: Work): void {
    const call = this.#parts
      .call(work)
      .catch((error: unknown) => {
        this.#parts.log.error({ err: error, attemptId: work.attemptId }, 'a call ended by a fault of ours')
      })
      .finally(() => {
        this.#running.delete(call)
        this.wake()
      })
    this.#running.add(call)
  }
}
