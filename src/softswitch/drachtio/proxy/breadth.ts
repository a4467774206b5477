/**
 * How many copies of a request may be under way at once, over all that pass it on (RFC 5393 §5): without that a request that
 * two proxies fork to each other becomes 2^70 before Max-Forwards ends it.
 */
import type { SipRequest } from '#softswitch/sip/sip-message.ts'

/** What one that says nothing may become (§5.3.3.1). */
const usual = 60

/** @returns the Max-Breadth of the request; the usual one where it has none, or none that can be read */
export function breadthOf(request: SipRequest): number {
  const text = request.headers.get('Max-Breadth')?.trim() ?? ''
  return /^\d{1,9}$/.test(text) ? Number(text) : usual
}

/**
 * What the next of so many copies gets of what is free; the last gets all of it. 0: it waits until others are over
 * (§5.3.3.2: what is under way at once is never more than the request itself was given).
 */
export function shareOf(free: number, copies: number): number {
  return Math.max(Math.min(free, 1), Math.floor(free / copies))
}
