/** By what a message finds its transaction. */
import type { SipRequest } from './sip-message.ts'
import { branchCookie, sentBy, type Via } from './via.ts'

export function clientKey(branch: string, method: string): string {
  return `${branch}|${method}`
}

/** RFC 3261 §17.2.3; without a branch of our century, by the fields RFC 2543 matched on. */
export function serverKey(request: SipRequest, via: Via, method: string): string {
  const branch = via.params.get('branch') ?? ''
  if (branch.toLowerCase().startsWith(branchCookie.toLowerCase()) && branch.length > branchCookie.length) {
    return `${branch}|${sentBy(via)}|${method}`
  }
  const { callId, cseq, fromTag, uri } = request
  return `2543|${callId}|${cseq?.number}|${fromTag}|${uri}|${sentBy(via)}|${branch}|${method}`
}

export function ackKey(message: SipRequest, toTag: string): string {
  return `${message.callId}|${message.cseq?.number}|${toTag}`
}
