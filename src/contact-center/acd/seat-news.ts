import type { GroundTransaction } from '#platform/database/database.ts'
import { appendToStream, type NewStreamEvent } from '#platform/realtime/stream-store.ts'
import { seatsById } from './seat-store.ts'

/** The stream that a seat's page reads. */
export function seatStream(seatId: string): string {
  return `seat:${seatId}`
}

/** What the pages of seats must hear of one transaction, in order, by seat. */
export class SeatNews {
  readonly #bySeat = new Map<string, NewStreamEvent[]>()

  /** The seat has changed; without an event of its own it is told as it stands at the end of the transaction. */
  add(seatId: string, ...events: readonly NewStreamEvent[]): void {
    this.#bySeat.set(seatId, [...(this.#bySeat.get(seatId) ?? []), ...events])
  }

  /**
   * Writes it all, each seat's own state last. The last statements of a transaction, after the stream `live`; streams
   * are locked in one order everywhere.
   */
  async tell(tx: GroundTransaction): Promise<void> {
    if (this.#bySeat.size === 0) return
    const seats = await seatsById(tx, [...this.#bySeat.keys()])
    for (const seat of seats) {
      const { status, statusReason, state, since, phoneLive, wrapUpUntil } = seat
      const changed = { status, statusReason, state, since, phoneLive, wrapUpUntil }
      await appendToStream(tx, seatStream(seat.id), [
        ...(this.#bySeat.get(seat.id) ?? []),
        { type: 'seat.changed', payload: changed },
      ])
    }
    this.clear()
  }

  clear(): void {
    this.#bySeat.clear()
  }
}
