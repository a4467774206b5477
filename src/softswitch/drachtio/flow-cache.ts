/**
 * On which connection a telephone that cannot be dialled is reached: the one it registered (or subscribed) on. Kept
 * as the real server keeps it (cacheTportForSubscription): by user and host of the Contact without its port, from the
 * application's 200 until the time that the 200 grants; a connection that has closed meanwhile is not forgotten, so
 * that a request to it is refused instead of sent elsewhere.
 */
import type { SipClock } from '#softswitch/sip/sip-clock.ts'
import type { SipRequest, SipResponse } from '#softswitch/sip/sip-message.ts'
import { parseSipUri } from '#softswitch/sip/sip-uri.ts'
import { type Hop, isReliable } from '#softswitch/sip/transport.ts'

/** One is kept for each contact that has registered; beyond this the oldest is forgotten. */
const most = 10_000

export class FlowCache {
  readonly #clock: SipClock
  readonly #flows = new Map<string, { hop: Hop; until: number }>()

  constructor(clock: SipClock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#flows.size
  }

  /** Notes an answer of the application: of a successful REGISTER or SUBSCRIBE over a stream it keeps the flow. */
  note(request: SipRequest, response: SipResponse, source: Hop): void {
    const { method } = request
    const { status } = response
    const succeeded =
      (method === 'REGISTER' && status === 200) || (method === 'SUBSCRIBE' && (status === 200 || status === 202))
    const key = keyOf(request.contact?.uri)
    if (!succeeded || key === undefined || !isReliable(source)) return
    const granted = method === 'REGISTER' ? response.contact?.params.get('expires') : undefined
    const seconds = Number.parseInt(granted ?? response.headers.get('Expires') ?? '', 10)
    // The newest last: the order in which they are forgotten.
    this.#flows.delete(key)
    if (!(seconds > 0)) return
    this.#flows.set(key, { hop: source, until: this.#clock.now() + seconds * 1_000 })
    const [oldest] = this.#flows.keys()
    if (this.#flows.size > most && oldest !== undefined) this.#flows.delete(oldest)
  }

  /** The flow of this contact; undefined when it has none (any more). */
  find(uri: string): Hop | undefined {
    const key = keyOf(uri)
    const kept = key === undefined ? undefined : this.#flows.get(key)
    if (key === undefined || kept === undefined) return undefined
    if (kept.until >= this.#clock.now()) return kept.hop
    this.#flows.delete(key)
    return undefined
  }
}

function keyOf(uri: string | undefined): string | undefined {
  const parsed = uri === undefined ? undefined : parseSipUri(uri)
  return parsed === undefined ? undefined : `${parsed.user ?? ''}@${parsed.host}`
}
