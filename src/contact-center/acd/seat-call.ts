/** The call at a seat, as the seat's commands reach it. */
export interface SeatCall {
  /** @throws UserError SEAT_NO_CALL while patient and agent are not both in the call */
  hold(): Promise<void>
  /** @throws UserError SEAT_NO_CALL */
  resume(): Promise<void>
  /** Ends the call for the patient, or takes the dial back; the seat's own leg stays up. */
  hangUp(): Promise<void>
}

/** Calls that this process carries at seats now, one a seat. */
export class SeatCalls {
  readonly #calls = new Map<string, SeatCall>()

  at(seatId: string): SeatCall | undefined {
    return this.#calls.get(seatId)
  }

  /** @returns how to leave again */
  enter(seatId: string, call: SeatCall): () => void {
    this.#calls.set(seatId, call)
    return () => {
      if (this.#calls.get(seatId) === call) this.#calls.delete(seatId)
    }
  }
}
