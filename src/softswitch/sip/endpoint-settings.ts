/** What an endpoint is opened with, and who stands on it. */
import type { Impairment } from '../chaos/impairment.ts'
import type { RequestGateSettings } from './request-gate.ts'
import type { ServerTransaction } from './server-transaction.ts'
import type { SipClock } from './sip-clock.ts'
import type { SipMessage, SipRequest, SipResponse } from './sip-message.ts'
import type { SipTimerSettings } from './sip-timers.ts'
import type { Hop, SipTransport } from './transport.ts'
import type { StreamSettings } from './transport-set.ts'

export interface SipEndpointSettings {
  /** Numeric address to bind. Default 127.0.0.1. */
  readonly address?: string
  /** 0 = any free port (the default). */
  readonly port?: number
  /** Host that Via and Contact show, when it is not the bound address (0.0.0.0, NAT). */
  readonly advertisedAddress?: string
  readonly timers?: SipTimerSettings
  readonly clock?: SipClock
  /** Beside UDP. Default: none. */
  readonly streams?: StreamSettings
  /** Another network than UDP; `address`, `port` and `streams` are then unused. */
  readonly transport?: SipTransport
  /** Answers go to the port a request came from, whether or not its Via asks for it (RFC 3581 asks only with rport). */
  readonly symmetricAnswers?: boolean
  /**
   * New requests beyond this many transactions get 503 and Retry-After; those of a call that is up, beyond twice as many.
   * Default 50 000: an answered one is remembered for 32 s (RFC 3261 §17.2, RFC 6026) and a plain call has two, so that 780
   * calls a second can go on for ever; some 8 kB each.
   */
  readonly maxTransactions?: number
  /**
   * A longer request, of those that name no transport or UDP, goes over TCP where this side has it, and over UDP after all
   * where nobody takes the connection (RFC 3261 §18.1.1, which says 1,300). In bytes as it leaves. Default: none is too long.
   */
  readonly longestOverUdp?: number
  /** A bad network, for tests. Over UDP. */
  readonly impairment?: Impairment
  /** How much strangers may ask. Default: anything. */
  readonly gate?: RequestGateSettings
  /** Told of each message that was beyond that and not answered, and of each that could not be read. */
  readonly onRefused?: (kind: 'sip_flood' | 'sip_unreadable', address: string) => void
  /** A fault in the code that uses the endpoint. Default: ignored, the endpoint goes on. */
  readonly onFault?: (error: unknown) => void
  /** Each message as it is received and sent, for logs and transcripts. */
  readonly onTrace?: (direction: 'in' | 'out', message: SipMessage, peer: Hop) => void
}

/** Where a request goes, when it is not the top Route or the Request-URI that says it. */
export interface RouteOptions {
  readonly hop?: Hop
  /** SIP URI of the next hop; its host may be a name. */
  readonly route?: string
}

/** Who answers requests that come to the endpoint. */
export interface SipUser {
  /** A new request (never ACK or CANCEL). INVITE comes as InviteServerTransaction and has had its 100. */
  onRequest(transaction: ServerTransaction): void
  /** An ACK that matches no transaction of this endpoint. */
  onStrayAck?(ack: SipRequest, source: Hop): void
  /** A response that matches no transaction of this endpoint: a late 2xx among others. */
  onStrayResponse?(response: SipResponse, source: Hop): void
}

/** Counts since the endpoint opened. */
export interface SipCounters {
  received: number
  sent: number
  malformed: number
  /** Absorbed repetitions of a request. */
  repeated: number
  /** Beyond what the gate admits: not answered. */
  dropped: number
}
