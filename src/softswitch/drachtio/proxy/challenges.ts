/**
 * Whose challenge a caller answers: a request that comes again with credentials goes to the target that asked for them,
 * and to no other (sip-proxy-controller, addChallenge and isResponseToChallenge).
 */
import type { SipClock, SipTimer } from '#softswitch/sip/sip-clock.ts'
import type { SipRequest, SipResponse } from '#softswitch/sip/sip-message.ts'

/** How long the caller has. */
const answerWithinMs = 2_000

export class Challenges {
  readonly #clock: SipClock
  readonly #byNonce = new Map<string, { realm: string; target: string; limit: SipTimer }>()

  constructor(clock: SipClock) {
    this.#clock = clock
  }

  /** @returns whether this is a challenge: the caller is to be told of it before any other target is tried */
  note(response: SipResponse, target: string): boolean {
    if (response.status !== 401 && response.status !== 407) return false
    const asked = response.headers.get('WWW-Authenticate') ?? response.headers.get('Proxy-Authenticate')
    const { nonce, realm } = digestOf(asked)
    if (nonce === undefined || realm === undefined) return false
    this.#byNonce.get(nonce)?.limit.clear()
    const limit = this.#clock.after(answerWithinMs, () => this.#byNonce.delete(nonce))
    this.#byNonce.set(nonce, { realm, target, limit })
    return true
  }

  /** The target whose challenge this request answers. */
  answeredBy(request: SipRequest): string | undefined {
    const given = request.headers.get('Authorization') ?? request.headers.get('Proxy-Authorization')
    const { nonce, realm } = digestOf(given)
    const asked = nonce === undefined ? undefined : this.#byNonce.get(nonce)
    if (nonce === undefined || asked === undefined || asked.realm !== realm) return undefined
    asked.limit.clear()
    this.#byNonce.delete(nonce)
    return asked.target
  }

  close(): void {
    for (const { limit } of this.#byNonce.values()) limit.clear()
    this.#byNonce.clear()
  }
}

function digestOf(header: string | undefined): { nonce: string | undefined; realm: string | undefined } {
  const value = (name: string) => new RegExp(`(?:^|[\\s,])${name}\\s*=\\s*"([^"]*)"`, 'i').exec(header ?? '')?.[1]
  return { nonce: value('nonce'), realm: value('realm') }
}
