import type { Clock } from '#platform/clock.ts'
import { failpoint } from '#platform/failpoint.ts'
import type { Log } from '#platform/log.ts'
import { Rounds } from '#platform/rounds.ts'
import type { Telephony } from '#telephony/telephony.ts'
import type { CampaignSeats, ReservedSeat } from '../acd/seat-offer.ts'
import type { Claimed, Lease, WorkSource } from '../work-source.ts'
import { newPacer, type Pacer, refill, startable, take, waitMs } from './pacer.ts'

/** A trunk as the dialler sees it: how fast it may be dialled. Its lines are counted by the claim itself. */
export interface DialableTrunk {
  readonly id: string
  readonly callsPerSecond: number
}

/** Campaigns whose calls wait for a free seat each (progressive pacing). */
export interface SeatPacing {
  /** Running campaigns of the trunk for which a seat is free here. */
  campaigns(trunkId: string): Promise<readonly string[]>
  /** The free seats of the campaign's team, for one claim. */
  offer(campaignId: string): CampaignSeats
  /** Shows the next records of the trunk's preview campaigns at free seats; nothing is dialled. */
  preview(trunkId: string): Promise<void>
  /** Carries one claimed attempt, and frees its seat, whatever the call may bring. */
  call(claimed: Claimed, seat: ReservedSeat): Promise<void>
}

export interface DialerParts {
  readonly work: Pick<WorkSource, 'claim' | 'claimForSeats' | 'nextDueAt'>
  readonly telephony: Pick<Telephony, 'up' | 'onUpChange'>
  /** Whether another call can be recorded; who finds that it can again wakes the dialler. */
  readonly canRecord: () => boolean
  readonly lease: Lease
  readonly clock: Clock
  readonly log: Log
  readonly seats: SeatPacing
  /** Enabled trunks that have a running campaign. */
  trunks(): Promise<readonly DialableTrunk[]>
  /** Carries one claimed attempt without a seat to its end; never throws for what a call may bring. */
  call(claimed: Claimed): Promise<void>
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
 * Turns due tasks into calls: limited by the trunk's free lines (in the claim) and its calls per second (here), and in a
 * progressive campaign by the free seats, one of which is reserved with the attempt, so that nobody who answers finds
 * no agent. It never polls: it is woken when a task falls due, a line or a seat comes free, a campaign or the telephony
 * changes, and sleeps until the next due time otherwise.
 * Source: architecture §3 (gate and claim), requirements C01, C15, C17.
 */
export class Dialer {
  readonly #parts: DialerParts
  readonly #pacers = new Map<string, Pacer>()
  readonly #running = new Set<Promise<void>>()
  readonly #rounds: Rounds
  #open = false

  constructor(parts: DialerParts) {
    this.#parts = parts
    this.#rounds = new Rounds({ clock: parts.clock, look: () => this.#look() })
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
    if (this.#open) this.#rounds.wake()
  }

  /** A call that a person has begun: carried as the dialler's own, and counted in the trunk's calls per second. */
  carryForSeat(claimed: Claimed, seat: ReservedSeat): void {
    const pacer = this.#pacers.get(claimed.trunkId)
    if (pacer !== undefined) this.#pacers.set(claimed.trunkId, take(pacer, 1))
    this.#carry(claimed.attemptId, this.#parts.seats.call(claimed, seat))
  }

  /** No new call from now on; calls in progress are hung up and written to their end. */
  async close({ hangUp }: { readonly hangUp: () => Promise<void> }): Promise<void> {
    this.#open = false
    await this.#rounds.close()
    await hangUp()
    await Promise.allSettled(this.#running)
  }

  async #look(): Promise<number | null> {
    try {
      if (!this.#parts.telephony.up || !this.#parts.canRecord()) return null
      let waitAtMost = longestWaitMs
      for (const trunk of await this.#parts.trunks()) waitAtMost = Math.min(waitAtMost, await this.#dialTrunk(trunk))
      return waitAtMost
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'no work could be claimed; calls in progress go on')
      return retryMs
    }
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
      if (!this.#open || !this.#parts.telephony.up || !this.#parts.canRecord()) return longestWaitMs
      // Seats first: people wait at them.
      const seated = await this.#claimForSeats(trunk.id, limit)
      await this.#parts.seats.preview(trunk.id)
      const claimed = seated === limit ? [] : await work.claim(lease, trunk.id, limit - seated)
      if (claimed.length > 0) failpoint('after-claim')
      const started = seated + claimed.length
      this.#pacers.set(trunk.id, take(pacer, started))
      for (const one of claimed) this.#carry(one.attemptId, this.#parts.call(one))
      if (started < limit) {
        const due = await work.nextDueAt(trunk.id)
        if (due === null) return longestWaitMs
        const waitForDueMs = due.getTime() - clock.now().getTime()
        // Due already, and not to be had: every line is taken. A call of ours that ends wakes us at once.
        return waitForDueMs > 0 ? Math.min(longestWaitMs, waitForDueMs) : linesTakenMs
      }
    }
  }

  /** @returns how many calls were started */
  async #claimForSeats(trunkId: string, limit: number): Promise<number> {
    const { seats, work, lease, log } = this.#parts
    let started = 0
    for (const campaignId of await seats.campaigns(trunkId)) {
      if (started === limit) break
      const offer = seats.offer(campaignId)
      const claimed = await work.claimForSeats(lease, { trunkId, campaignId, atMost: limit - started }, offer)
      started += claimed.length
      for (const one of claimed) {
        const seat = offer.seatOf(one.attemptId)
        if (seat === undefined) log.error({ attemptId: one.attemptId }, 'an attempt for a seat came without one')
        else this.#carry(one.attemptId, seats.call(one, seat))
      }
    }
    return started
  }

  #carry(attemptId: string, carried: Promise<void>): void {
    const call = carried
      .catch((error: unknown) => {
        this.#parts.log.error({ err: error, attemptId }, 'a call ended by a fault of ours')
      })
      .finally(() => {
        this.#running.delete(call)
        this.wake()
      })
    this.#running.add(call)
  }
}
