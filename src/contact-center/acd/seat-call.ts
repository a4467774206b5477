import type { SeatLeg, SupervisionMode } from '#telephony/telephony.ts'
import type { ReservedSeat } from './seat-offer.ts'

/** A supervisor's coming into a call, by the row that says so. */
export interface Supervising {
  readonly supervisionId: string
  readonly supervisorId: string
  /** Of the supervisor's own seat. */
  readonly leg: SeatLeg
  readonly mode: SupervisionMode
}

/** A call that a supervisor's seat is to have from now on. */
export interface TakingOver {
  readonly supervisionId: string
  /** That the seat will have for the call. */
  readonly reservationId: string
  readonly seat: ReservedSeat
  readonly leg: SeatLeg
  readonly reason: string
}

/** The call at a seat, as the commands of the seat and of its supervisors reach it. */
export interface SeatCall {
  /** @throws UserError SEAT_NO_CALL while patient and agent are not both in the call */
  hold(): Promise<void>
  /** @throws UserError SEAT_NO_CALL */
  resume(): Promise<void>
  /** Ends the call for the patient, or takes the dial back; the seat's own leg stays up. */
  hangUp(): Promise<void>
  /** Keys for the far end. @param digits 1–32 of 0–9, `*`, `#` @throws UserError SEAT_NO_CALL */
  sendDigits(digits: string): Promise<void>
  /**
   * A supervisor comes into the call, or changes how. It ends with the call, with the leg, or by `unsupervise`.
   * @throws UserError SEAT_NO_CALL while patient and agent are not both in the call; what {@link Room.supervise} throws
   */
  supervise(one: Supervising): Promise<void>
  /** Idempotent, also for one who never came. */
  unsupervise(supervisionId: string): Promise<void>
  /**
   * The call goes on at another seat: its leg is in the call when this resolves, the agent's has left. When it cannot be,
   * the call stays where it is.
   * @throws UserError SEAT_NO_CALL when the patient has gone, or nobody has been in the call yet
   */
  takeOver(to: TakingOver): Promise<void>
  /** A supervisor ends the call. @param by who, for the call's events */
  release(by: string, reason: string): Promise<void>
  /**
   * Nobody is at the seat any more: a dial is taken back, and a patient who answers all the same finds an apology and is
   * called again. A call in which patient and agent are, or were, goes on.
   */
  vacate(): void
}

/** Calls that this process carries at seats now, one a seat. */
export class SeatCalls {
  readonly #calls = new Map<string, SeatCall>()
  readonly #waiting = new Map<SeatCall, () => void>()
  /** Seats that nobody is at. */
  readonly #vacant = new Set<string>()

  at(seatId: string): SeatCall | undefined {
    return this.#calls.get(seatId)
  }

  /** @returns how to leave again */
  enter(seatId: string, call: SeatCall): () => void {
    this.#calls.set(seatId, call)
    // Its offer may have been made just before.
    if (this.#vacant.has(seatId)) call.vacate()
    return () => {
      if (this.#calls.get(seatId) === call) this.#calls.delete(seatId)
      this.#waiting.get(call)?.()
      this.#waiting.delete(call)
    }
  }

  /** Nobody is at the seat, until somebody takes it. */
  vacate(seatId: string): void {
    this.#vacant.add(seatId)
    this.#calls.get(seatId)?.vacate()
  }

  take(seatId: string): void {
    this.#vacant.delete(seatId)
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
