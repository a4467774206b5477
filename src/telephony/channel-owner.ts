/**
 * Whose a channel is: a patient's attempt and call, or an agent's seat. It travels with the channel's INVITE and stands in
 * its variables, so that a restarted node finds its legs.
 */
export type ChannelOwner = { readonly attemptId: string; readonly callId: string } | { readonly seatId: string }

const names = {
  attemptId: { header: 'X-Suifang-Attempt', variable: 'suifang_attempt_id' },
  callId: { header: 'X-Suifang-Call', variable: 'suifang_call_id' },
  seatId: { header: 'X-Suifang-Seat', variable: 'suifang_seat_id' },
} as const

export const ownerVariableNames = {
  attemptId: names.attemptId.variable,
  callId: names.callId.variable,
  seatId: names.seatId.variable,
} as const

/** For an INVITE, ours to the media server as well as the one that leaves the house. */
export function ownerHeaders(owner: ChannelOwner): Record<string, string> {
  return 'seatId' in owner
    ? { [names.seatId.header]: owner.seatId }
    : { [names.attemptId.header]: owner.attemptId, [names.callId.header]: owner.callId }
}

export function ownerVariables(owner: ChannelOwner): Record<string, string> {
  return 'seatId' in owner
    ? { [names.seatId.variable]: owner.seatId }
    : { [names.attemptId.variable]: owner.attemptId, [names.callId.variable]: owner.callId }
}

/**
 * Whose house a channel is of. It goes to the media server alone, and the channel has it from its INVITE on: several
 * houses may stand on one server, each ends what is left of its own.
 */
export const houseHeader = 'X-Suifang-House'

/** What the server makes of the header. */
export const houseVariable = `sip_h_${houseHeader}`
