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
  readonly #waiting = new Map<SeatCall, () => void>()

  at(seatId: string): SeatCall | undefined {
    return this.#calls.get(seatId)
  }

  /** @returns how to leave again */
  enter(seatId: string, call: SeatCall): () => void {
    this.#calls.set(seatId, call)
    return () => {
      if (this.#calls.get(seatId) === call) this.#calls.delete(seatId)
      this.#waiting.get(call)?.()
      this.#waiting.delete(call)
    }
  }

  /** Resolves when the seat's present call has left it; null when it has none. */
  whenFree(seatId: string): Promise<void> | null {
    const call = this.#calls.get(seatId)
    if (call === undefined) return null
    const before = this.#waiting.get(call)
    return new Promise((resolve) => {
      this.#waiting.set(call, () => {
        before?.()
        resolve()
      })
    })
  }
}
