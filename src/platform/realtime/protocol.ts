/**
 * What page and hub say to each other. A page names the last offset it has; the hub sends every later event of the
 * log, in order, and the next batch only after the page has taken the last one.
 */

export interface PushedEvent {
  readonly offset: number
  readonly type: string
  readonly payload: Readonly<Record<string, unknown>>
  /** ISO 8601, UTC. */
  readonly at: string
}

export interface SubscribeRequest {
  readonly stream: string
  /** The last offset the page has; 0 for all that the log still holds. */
  readonly after: number
}

export type SubscribeReply = { readonly ok: true } | { readonly ok: false; readonly code: string }

export interface PageToHub {
  subscribe(request: SubscribeRequest, reply: (answer: SubscribeReply) => void): void
}

export interface HubToPage {
  events(batch: { readonly stream: string; readonly events: readonly PushedEvent[] }, taken: () => void): void
  /** Events the page never saw have been dropped: it needs a fresh snapshot, and to subscribe anew. */
  gap(stream: { readonly stream: string }): void
  /** The session has ended; the socket closes. */
  signed_out(): void
}

/** Where the hub listens on the web server. */
export const realtimePath = '/api/realtime'
