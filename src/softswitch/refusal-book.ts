/** What nobody asked us for: counted by kind, and told once a burst. */

export type RefusalKind =
  /** Messages beyond what an address may send outside calls: not answered. */
  | 'sip_flood'
  /** Datagrams and messages that are no SIP. */
  | 'sip_unreadable'
  /** Requests that no application takes: scans. */
  | 'sip_unwanted'
  /** Calls to the media server from another machine. */
  | 'media_peer'
  /** Sound for a leg from an address that is not its far end's. */
  | 'rtp_stranger'
  | 'drachtio_secret'
  | 'event_socket_secret'

export type OnRefused = (kind: RefusalKind, address: string, times?: number) => void

/** The line that tells of a burst: the application raises it to a warning of its own log. */
export const REFUSED_LINE = 'refused'

/** What comes of the same kind from the same address within this time is the same burst. */
const BURST_MS = 60_000
/** Senders of datagrams can claim any address: beyond so many addresses of a kind in one burst they are told together. */
const TOLD_ADDRESSES = 10

interface Burst {
  toldAt: number
  untold: number
}

export class RefusalBook {
  readonly #tell: (details: Readonly<Record<string, unknown>>) => void
  readonly #now: () => number
  readonly #counts: Record<RefusalKind, number> = {
    sip_flood: 0,
    sip_unreadable: 0,
    sip_unwanted: 0,
    media_peer: 0,
    rtp_stranger: 0,
    drachtio_secret: 0,
    event_socket_secret: 0,
  }
  readonly #bursts = new Map<RefusalKind, Map<string, Burst>>()

  /** @param now ms of a clock that never goes back */
  constructor(tell: (details: Readonly<Record<string, unknown>>) => void, now: () => number = () => performance.now()) {
    this.#tell = tell
    this.#now = now
  }

  /** Since the start. */
  get counts(): Readonly<Record<RefusalKind, number>> {
    return this.#counts
  }

  /** @param times how many of them this stands for */
  note(kind: RefusalKind, address: string, times = 1): void {
    this.#counts[kind] += times
    const now = this.#now()
    const bursts = this.#burstsOf(kind, now)
    const key = bursts.has(address) || bursts.size < TOLD_ADDRESSES ? address : 'others'
    const burst = bursts.get(key)
    if (burst !== undefined && now - burst.toldAt < BURST_MS) {
      burst.untold += times
      return
    }
    bursts.set(key, { toldAt: now, untold: times - 1 })
    this.#tell({ kind, address: key, untold: burst?.untold ?? 0, since_start: this.#counts[kind] })
  }

  #burstsOf(kind: RefusalKind, now: number): Map<string, Burst> {
    const known = this.#bursts.get(kind) ?? new Map<string, Burst>()
    this.#bursts.set(kind, known)
    if (known.size < TOLD_ADDRESSES) return known
    for (const [address, { toldAt }] of known) if (now - toldAt > 2 * BURST_MS) known.delete(address)
    return known
  }
}
