import { ownerHeaders } from './channel-owner.ts'
import type { CallPlan } from './outbound-call.ts'
import { contactUri } from './registrar/contact.ts'
import { NailedLeg } from './seat-leg.ts'
import type { SeatCallOrder } from './telephony.ts'

/** User part of our From at a desk phone. */
const callingNumber = 'suifang'
const longestDisplayName = 40

/**
 * How an agent's phone is called: straight at its contact (over a stream transport drachtio finds the connection that the
 * phone registered through), to be kept up.
 * @param mediaTimeoutMs after so long without a packet from the phone its channel hangs up
 */
export function seatCallPlan(
  { seatId, contact, displayName, ringTimeoutMs }: SeatCallOrder,
  { mediaTimeoutMs }: { readonly mediaTimeoutMs: number },
): CallPlan<NailedLeg> {
  const owner = { seatId }
  const uri = contactUri(contact)
  return {
    callee:
      uri === null ? null : { uri, callingNumber, callingName: shownName(displayName), headers: ownerHeaders(owner) },
    ringTimeoutMs,
    hooks: { onInviteSent: () => {}, onRinging: () => {} },
    owner,
    variables: {
      // Set before the phone's address is: the offer's own answer (recvonly) has switched the time-out off.
      media_timeout_audio: String(mediaTimeoutMs),
      // Between calls the phone hears silence, not nothing. A real FreeSWITCH has it from its dialplan: too late here.
      send_silence_when_idle: '-1',
    },
    answered: (parts) => new NailedLeg({ ...parts, seatId }),
  }
}

/** What may stand between the quotes of a display name (RFC 3261 §25.1), and no more of it than a phone can show. */
function shownName(name: string): string {
  return [...name.replace(/[\p{Cc}"\\]/gu, ' ').trim()].slice(0, longestDisplayName).join('')
}
