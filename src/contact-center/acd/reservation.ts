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
