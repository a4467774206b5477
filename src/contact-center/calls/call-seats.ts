import type { SeatLeg } from '#telephony/telephony.ts'
import type { SeatCall } from '../acd/seat-call.ts'

/** A phone that was lost in a call and is waited for. */
export interface ComingBack {
  readonly seatId: string
  readonly withinMs: number
  /** Nobody waits any more. */
  readonly giveUp: Promise<unknown>
  /** Where the patient is: a room stands on one media server. */
  readonly mediaHost: string | null
}

/** The seats, as a call needs them. */
export interface CallSeats {
  leg(seatId: string): SeatLeg | null
  /** Rings the lost phone until it is lifted, or waits for a browser's call; null when it was not in time. */
  comeBack(order: ComingBack): Promise<SeatLeg | null>
  /** Commands of the seat reach this call until the returned function is called. */
  enter(seatId: string, call: SeatCall): () => void
  /** A leg that ended and of which no event of the call tells. */
  legLost(seatId: string, leg: SeatLeg): void
  hangUp(seatId: string): Promise<void>
}
