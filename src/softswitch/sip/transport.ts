/** Where messages come from and go to. Real networks in service; tests put a lossy, virtual one in their place. */

export type SipProtocol = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'

export interface Hop {
  readonly address: string
  readonly port: number
  /** Default `udp`. */
  readonly protocol?: SipProtocol
  /** The one connection meant: what goes to this hop leaves on it, or not at all. */
  readonly flow?: SipFlow
}

/** One connection of a stream transport. */
export interface SipFlow {
  /** False for ever once it has been false. */
  readonly open: boolean
  /** Gives one message away; a closed one loses it. */
  write(message: Buffer): void
}

export interface SipTransport {
  readonly protocol: SipProtocol
  /** Address and port this side is reached at. */
  readonly local: Hop
  /**
   * Gives one message away; loss is nobody's error. `onError` tells, never before `send` has returned, of a message
   * that the kernel refused or that has no way to its peer ({@link FlowGone}).
   */
  send(message: Buffer, to: Hop, onError?: (error: Error) => void): void
  /** One whole message. One listener; set before the first can come. */
  onMessage: (message: Buffer, from: Hop) => void
  /**
   * A stream in which no message can be found any more; it ends when this has returned.
   * @param head the header section that was read last, to be answered where possible
   */
  onBroken?: (head: Buffer | undefined, problem: string, from: Hop) => void
  /** What goes to this port of the flow's far end may leave on this flow (`alias` in a Via, RFC 5923). */
  alias?(flow: SipFlow, port: number): void
  close(): Promise<void>
}

/** The connection that a message was meant for is no more. */
export class FlowGone extends Error {
  constructor() {
    super('the connection is gone')
  }
}

/** Nothing is repeated over a reliable transport, and nothing absorbed (RFC 3261 §17). */
export function isReliable(hop: Hop | undefined): boolean {
  return hop?.protocol !== undefined && hop.protocol !== 'udp'
}

export function isSipProtocol(text: string): text is SipProtocol {
  return ['udp', 'tcp', 'tls', 'ws', 'wss'].includes(text)
}
