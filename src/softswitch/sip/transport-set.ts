/** The transports of one endpoint, one of a kind: UDP, and the streams beside it. */
import type { SipClock } from './sip-clock.ts'
import { hostText } from './sip-uri.ts'
import type { StreamLimits } from './stream-limits.ts'
import { openTcp } from './tcp-transport.ts'
import type { Hop, SipProtocol, SipTransport } from './transport.ts'
import { openUdp } from './udp-transport.ts'
import { openWs } from './ws-transport.ts'

/** Streams beside UDP. Every port may be 0: any free one. */
export interface StreamSettings {
  /** On the port number that UDP has. */
  readonly tcp?: boolean
  readonly tls?: { readonly port: number; readonly cert: string; readonly key: string }
  /** `address`: where a tunnel stands before it; default: the endpoint's. */
  readonly ws?: { readonly port: number; readonly address?: string }
  readonly wss?: { readonly port: number; readonly cert: string; readonly key: string }
  readonly limits?: Partial<StreamLimits>
}

/** Another program may hold a port for TCP that is free for UDP. */
const triesForBoth = 20

/**
 * @returns UDP first
 * @throws the system's error when an address cannot be bound, or a certificate cannot be used; nothing is left open
 */
export async function openTransports(
  at: { address: string; port: number },
  streams: StreamSettings,
  clock: SipClock,
): Promise<SipTransport[]> {
  const { address } = at
  const common = { address, clock, ...(streams.limits === undefined ? {} : { limits: streams.limits }) }
  const opened = await openMain(at, streams.tcp === true, common)
  try {
    const { tls, ws, wss } = streams
    if (tls !== undefined) opened.push(await openTcp({ ...common, port: tls.port, tls }))
    if (ws !== undefined) opened.push(await openWs({ ...common, ...ws }))
    if (wss !== undefined) opened.push(await openWs({ ...common, port: wss.port, tls: wss }))
    return opened
  } catch (error) {
    for (const transport of opened) await transport.close()
    throw error
  }
}

async function openMain(
  at: { address: string; port: number },
  withTcp: boolean,
  common: { address: string; clock: SipClock; limits?: Partial<StreamLimits> },
): Promise<SipTransport[]> {
  for (let tries = 1; ; tries++) {
    const udp = await openUdp(at)
    if (!withTcp) return [udp]
    try {
      return [udp, await openTcp({ ...common, port: udp.local.port })]
    } catch (error) {
      await udp.close()
      if (at.port !== 0 || tries === triesForBoth) throw error
    }
  }
}

export class TransportSet {
  readonly #main: SipTransport
  readonly #byProtocol = new Map<SipProtocol, SipTransport>()
  readonly #advertised: string | undefined

  /**
   * @param transports the main one first, at least that
   * @param advertised host that others are told to use, when it is not the bound address
   */
  constructor(transports: readonly SipTransport[], advertised: string | undefined) {
    const [main] = transports
    if (main === undefined) throw new Error('an endpoint needs a transport')
    this.#main = main
    this.#advertised = advertised
    for (const transport of transports) this.#byProtocol.set(transport.protocol, transport)
  }

  get main(): SipProtocol {
    return this.#main.protocol
  }

  /** Host that others are told to use. */
  get host(): string {
    return this.#advertised ?? this.#main.local.address
  }

  /** In the order they were opened. */
  get protocols(): SipProtocol[] {
    return [...this.#byProtocol.keys()]
  }

  has(protocol: SipProtocol | undefined): boolean {
    return protocol !== undefined && this.#byProtocol.has(protocol)
  }

  /** Bound address and port; of the main transport where there is no such one. */
  local(protocol: SipProtocol = this.main): Hop {
    return (this.#byProtocol.get(protocol) ?? this.#main).local
  }

  /** `host:port` as it stands in Via and Contact. */
  hostPort(protocol: SipProtocol = this.main): string {
    return `${hostText(this.host)}:${this.local(protocol).port}`
  }

  listen(hooks: {
    onMessage: (message: Buffer, from: Hop) => void
    onBroken: (head: Buffer | undefined, problem: string, from: Hop) => void
  }): void {
    for (const transport of this.#byProtocol.values()) {
      transport.onMessage = hooks.onMessage
      transport.onBroken = hooks.onBroken
    }
  }

  send(message: Buffer, to: Hop, onError?: (error: Error) => void): void {
    const protocol = to.protocol ?? 'udp'
    const transport = this.#byProtocol.get(protocol)
    if (transport !== undefined) transport.send(message, to, onError)
    else queueMicrotask(() => onError?.(new Error(`no ${protocol} transport`)))
  }

  /** What goes to this port of the peer may leave on its connection (`alias` in its Via, RFC 5923). */
  alias(peer: Hop, port: number): void {
    if (peer.flow !== undefined) this.#byProtocol.get(peer.protocol ?? 'udp')?.alias?.(peer.flow, port)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#byProtocol.values()].map((transport) => transport.close()))
  }
}
