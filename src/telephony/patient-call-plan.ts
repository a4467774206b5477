import { ownerHeaders } from './channel-owner.ts'
import type { CallPlan } from './outbound-call.ts'
import { AnsweredLeg } from './patient-leg.ts'
import type { DialHooks, DialOrder } from './telephony.ts'

/** Anything else could not be dialled, or would end up in the SIP message as something else than a number. */
const dialable = /^\+?\d{1,32}$/

/** How a patient is called: over the trunk, recorded in stereo. */
export function patientCallPlan(
  { attemptId, callId, number, trunk, ringTimeoutMs }: DialOrder,
  hooks: DialHooks,
): CallPlan<AnsweredLeg> {
  const owner = { attemptId, callId }
  const { username, password } = trunk
  return {
    callee: dialable.test(number)
      ? {
          uri: `sip:${number}@${trunk.host}:${trunk.port}`,
          callingNumber: trunk.callerNumber,
          headers: ownerHeaders(owner),
          ...(username === undefined || password === undefined ? {} : { auth: { username, password } }),
        }
      : null,
    ringTimeoutMs,
    hooks,
    owner,
    variables: { RECORD_STEREO: 'true', RECORD_MIN_SEC: '0' },
    answered: (parts) => new AnsweredLeg({ ...parts, attemptId, callId }),
  }
}
