import type { Ground } from '#platform/database/database.ts'
import { type Log, logError } from '#platform/log.ts'
import type { IncomingSeatCall } from '#telephony/telephony.ts'
import type { Lease } from '../work-source.ts'
import type { SeatLegs, SeatPhone } from './seat-legs.ts'
import { phoneThatCalls } from './seat-phone-store.ts'
import type { SeatService } from './seat-service.ts'

export interface SeatArrivalsParts {
  readonly db: Ground
  readonly lease: Lease
  readonly legs: SeatLegs
  readonly seats: Pick<SeatService, 'adopt'>
  readonly log: Log
}

/** A page calls in and says that it signs in, in either order: so long the call waits for the word. */
const waitMs = 8_000

/**
 * Browser phones that call in to be the leg of their seat: at sign-in, after a reload, from the page that took the seat
 * over. Who signs in is awaited; a seat that is signed in takes the leg at any time; one that is not refuses it.
 */
export class SeatArrivals {
  readonly #parts: SeatArrivalsParts

  constructor(parts: SeatArrivalsParts) {
    this.#parts = parts
  }

  /** For `Telephony.onSeatCall`. Resolves when it is decided; never rejects. */
  async arrive(call: IncomingSeatCall): Promise<void> {
    const { legs, log, seats } = this.#parts
    try {
      const phone = legs.awaited(call.extension) ?? (await this.#expected(call))
      if (phone === null) return
      const { leg, wasAwaited } = await legs.answer(call, phone)
      if (!wasAwaited) await seats.adopt(phone.seatId, leg)
    } catch (error) {
      logError(log, error, 'a phone that called in did not become its seat’s leg')
      call.refuse(480)
    }
  }

  /** @returns null when the call has been refused */
  async #expected(call: IncomingSeatCall): Promise<SeatPhone | null> {
    const { db, lease, legs, log } = this.#parts
    const found = await phoneThatCalls(db, lease, call.extension)
    if (found === null || found.elsewhere) {
      log.info(
        { extension: call.extension, elsewhere: found?.elsewhere ?? false },
        'a phone called in for no seat here',
      )
      call.refuse(found === null ? 403 : 486)
      return null
    }
    const { elsewhere: _elsewhere, status, ...phone } = found
    if (status !== 'signed_out' || (await legs.untilAwaited(phone.seatId, waitMs))) return phone
    call.refuse(480)
    return null
  }
}
