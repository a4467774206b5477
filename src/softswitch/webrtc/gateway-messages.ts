/** What the media server and the gateway's process say to each other. Plain data: it crosses as JSON. */
import type { G711Law } from '../media/g711.ts'

/** In the environment of the gateway's process, as JSON. */
export interface GatewaySettings {
  /** Numeric address of every socket. */
  readonly address: string
  /** Ports that browsers are told; 0 and 0: any free port. */
  readonly portFrom: number
  readonly portTo: number
}

/** How a browser wants to be reached, of its offer: checked, nothing else of the text goes on. */
export interface PeerOffer {
  readonly mid: string
  readonly iceUfrag: string
  readonly icePwd: string
  /** `sha-256 AB:CD:…` */
  readonly fingerprint: string
  readonly setup: 'actpass' | 'active' | 'passive'
  readonly law: G711Law
  readonly payloadType: number
  readonly telephoneEventType: number | null
  /** Synchronisation source of what the browser is told. */
  readonly ssrc: number
}

/** How the gateway is reached. */
export interface PeerAnswer {
  readonly address: string
  readonly port: number
  readonly iceUfrag: string
  readonly icePwd: string
  readonly fingerprint: string
  readonly setup: 'active' | 'passive'
  /** Values of a=candidate lines, without the name. */
  readonly candidates: readonly string[]
}

export type ToGateway =
  /** `mediaPort`: of the leg, at the gateway's own address; the browser's packets go there as plain RTP. */
  | { readonly type: 'open'; readonly peer: number; readonly offer: PeerOffer; readonly mediaPort: number }
  | { readonly type: 'close'; readonly peer: number }
  | { readonly type: 'figures'; readonly ask: number }

export type FromGateway =
  | { readonly type: 'ready' }
  /** `port`: where the leg sends its plain RTP. */
  | { readonly type: 'opened'; readonly peer: number; readonly answer: PeerAnswer; readonly port: number }
  | { readonly type: 'openFailed'; readonly peer: number; readonly message: string }
  /** ICE and DTLS are done: sound flows. */
  | { readonly type: 'connected'; readonly peer: number }
  /** The connection to the browser is over, by its own doing or because it is not heard of any more. */
  | { readonly type: 'lost'; readonly peer: number; readonly state: string }
  | { readonly type: 'figures'; readonly ask: number; readonly figures: GatewayFigures }

export interface GatewayFigures {
  readonly pid: number
  readonly peers: number
  /** CPU of the process since it began, ms. */
  readonly cpuMs: number
}
