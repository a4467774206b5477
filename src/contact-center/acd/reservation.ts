/**
 * The offer of a call to a seat (vocabulary: reservation). `rescinded`: the offer was taken back, the patient did not
 * answer; `canceled`: the patient went away before the agent was in the call.
 */
export type ReservationState =
  | 'pending'
  | 'accepted'
  | 'wrapping'
  | 'completed'
  | 'rejected'
  | 'timeout'
  | 'rescinded'
  | 'canceled'

/** A seat with one of these takes no other call (invariant 4). */
export const activeReservations: readonly ReservationState[] = ['pending', 'accepted', 'wrapping']
