import type { SipResponse } from '#softswitch/sip/sip-message.ts'

/** Classes of refusals, the most telling first. */
const ranks: readonly ((status: number) => boolean)[] = [
  (status) => status >= 600,
  // The caller can do something about these.
  (status) => [401, 407, 415, 420, 484].includes(status),
  (status) => status >= 400 && status < 500,
  (status) => status >= 500,
]

/**
 * The refusal that the caller is told of all that came (RFC 3261 §16.7 step 6), in the real server's order
 * (sip-proxy-controller, bestResponseOrder): a redirection comes last. Of equals the first in the order of the targets.
 */
export function bestAnswer(answers: readonly SipResponse[]): SipResponse | undefined {
  const rank = ({ status }: SipResponse) => {
    const found = ranks.findIndex((isOfRank) => isOfRank(status))
    return found < 0 ? ranks.length : found
  }
  return [...answers].sort((one, other) => rank(one) - rank(other))[0]
}
