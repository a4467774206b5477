import type { Clock } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import { type Log, logError } from '#platform/log.ts'
import { Rounds } from '#platform/rounds.ts'
import { stateLease } from '../calls/attempt-store.ts'
import type { Lease, WorkSource } from '../work-source.ts'
import type { SeatLegs } from './seat-legs.ts'
import { SeatNews } from './seat-news.ts'
import { lockSeat, loseSeatLeg, moveStatus, nextWrapUpMs, seatsDue } from './seat-store.ts'
import { endWrapUp } from './wrap-up.ts'

export interface SeatKeeperParts {
  readonly db: Ground
  readonly lease: Lease
  readonly work: Pick<WorkSource, 'agentCallOver'>
  readonly legs: Pick<SeatLegs, 'hangUp'>
  readonly clock: Clock
  readonly log: Log
}

const atOnce = 50
/** After a refusal of the database. */
const retryMs = 1_000
/** What a timer can hold; a deadline is never that far. */
const longestMs = 3_600_000

/**
 * Keeps the seats' deadlines (requirements A18): after-call work ends by the database's clock, a sign-out that waited for
 * a call is done when the seat is free. It sleeps until the next deadline and is woken by the seats' news; no page timer
 * and no polling decide anything.
 */
export class SeatKeeper {
  readonly #parts: SeatKeeperParts
  readonly #rounds: Rounds

  constructor(parts: SeatKeeperParts) {
    this.#parts = parts
    this.#rounds = new Rounds({ clock: parts.clock, look: () => this.#look() })
  }

  /** A seat has changed: look again. Cheap, and safe to call at any moment. */
  wake(): void {
    this.#rounds.wake()
  }

  /** Resolves when what it was woken for is done. */
  rest(): Promise<void> {
    return this.#rounds.rest()
  }

  close(): Promise<void> {
    return this.#rounds.close()
  }

  async #look(): Promise<number> {
    const { db, lease, log } = this.#parts
    try {
      const due = await seatsDue(db, lease, atOnce)
      const failed = await this.#bringOn(due)
      // After-call work that is over may let a sign-out go ahead.
      if (due.length > 0 && !failed) this.wake()
      const next = await nextWrapUpMs(db, lease)
      // What could not be brought on is due still, and waits a little before it is tried again.
      return failed ? retryMs : Math.max(0, Math.min(next ?? longestMs, longestMs))
    } catch (error) {
      logError(log, error, 'the seats could not be looked at')
      return retryMs
    }
  }

  /** @returns whether one of them failed */
  async #bringOn(due: readonly { readonly id: string; readonly due: 'wrap_up' | 'sign_out' }[]): Promise<boolean> {
    let failed = false
    for (const one of due) {
      try {
        if (one.due === 'wrap_up') await this.#endWrapUp(one.id)
        else await this.#signOut(one.id)
      } catch (error) {
        failed = true
        logError(this.#parts.log, error, 'a seat stays as it is for the moment')
      }
    }
    return failed
  }

  async #endWrapUp(seatId: string): Promise<void> {
    const { db, lease, work } = this.#parts
    await db.transaction().execute(async (tx) => {
      await stateLease(tx, lease)
      const seat = await lockSeat(tx, seatId)
      // Extended or finished in the meantime.
      if (seat?.state !== 'wrap_up' || !seat.wrapUpOver) return
      const news = new SeatNews()
      await endWrapUp(tx, seat, { work, news })
      await news.tell(tx)
    })
  }

  async #signOut(seatId: string): Promise<void> {
    const { db, lease, legs } = this.#parts
    const done = await db.transaction().execute(async (tx) => {
      await stateLease(tx, lease)
      const seat = await lockSeat(tx, seatId)
      if (seat?.status !== 'signing_out' || seat.reservation !== null || seat.state === 'wrap_up') return false
      await loseSeatLeg(tx, seatId, { channelUuid: null, keepLease: false })
      await moveStatus(tx, seatId, 'signed_out')
      const news = new SeatNews()
      news.add(seatId)
      await news.tell(tx)
      return true
    })
    if (done) await legs.hangUp(seatId)
  }
}
