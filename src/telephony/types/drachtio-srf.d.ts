/**
 * The part of drachtio-srf 5.0.29 that telephony uses. The typings it ships lack the verb shortcuts, `Dialog.id`,
 * dialogue-level requests without a full message, and the connection underneath.
 */
declare module 'drachtio-srf' {
  import type { EventEmitter } from 'node:events'
  import type { Socket } from 'node:net'

  namespace Srf {
    interface SipMessage {
      readonly body?: string
      readonly source?: 'network' | 'application'
      readonly stackTxnId?: string
      readonly stackDialogId?: string
      get(header: string): string | undefined
      has(header: string): boolean
      getParsedHeader(header: 'from' | 'to'): { readonly params: { readonly tag?: string } }
    }

    interface SrfRequest extends SipMessage {
      readonly method: string
      readonly uri: string
      /** Where it came from. */
      readonly source_address: string
      readonly source_port: number
      cancel(callback: (error: Error | null) => void): void
      on(event: 'response', listener: (response: SrfResponse) => void): this
      /** The caller has given up; the server has answered both. */
      on(event: 'cancel', listener: () => void): this
    }

    interface SrfResponse extends SipMessage {
      readonly status: number
      readonly reason: string
      readonly finalResponseSent: boolean
      send(status: number, options?: { readonly headers?: Record<string, string>; readonly body?: string }): void
    }

    interface Dialog {
      /** Known to the server by this name for as long as the dialogue lives, also to another client. */
      readonly id: string
      readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string }
      readonly local: { sdp: string; readonly contact: string }
      readonly remote: { sdp: string }
      connected: boolean
      on(event: 'destroy', listener: (bye: SrfRequest, reason?: string) => void): this
      on(event: 'modify', listener: (request: SrfRequest, response: SrfResponse) => void): this
      on(event: 'ack', listener: (ack: SrfRequest) => void): this
      removeAllListeners(): this
      /** BYE; settles on its answer, which may never come. */
      destroy(): Promise<unknown>
      /** Re-INVITE; resolves with the answer's SDP. */
      modify(sdp: string): Promise<string>
      /** What the server's messages for this dialogue are given to. */
      handle(request: SrfRequest, response: SrfResponse): void
    }

    interface SipError extends Error {
      readonly status: number
      readonly reason?: string
      readonly res?: SrfResponse
    }

    interface CreateUacOptions {
      readonly localSdp: string
      readonly callingNumber: string
      readonly callingName?: string
      readonly headers: Record<string, string>
      readonly auth?: { readonly username: string; readonly password: string }
    }

    interface CreateUacProgress {
      cbRequest(error: Error | null, invite?: SrfRequest): void
      cbProvisional(response: SrfResponse): void
    }

    interface ConnectOptions {
      readonly host: string
      readonly port: number
      readonly secret: string
      readonly reconnect?: { readonly retryMaxDelay?: number; readonly maxAttempts?: number }
    }

    /** The client side of drachtio's protocol. Not documented by its makers; drachtio-link.ts says why it is touched. */
    interface WireProtocol extends EventEmitter {
      closing?: boolean
      /** Set by the first reconnect only. */
      socket?: Socket
      send(socket: Socket, message: string): string
      on(event: 'connect' | 'close', listener: (socket: Socket) => void): this
      on(event: 'msg', listener: (socket: Socket, message: string) => void): this
      on(event: string, listener: () => void): this
    }

    type Handler = (request: SrfRequest, response: SrfResponse) => void
  }

  class Srf {
    constructor(tag?: string)
    readonly app: { readonly client: { readonly wp: Srf.WireProtocol } }
    connect(options: Srf.ConnectOptions): void
    on(event: 'connect', listener: (error: Error | null, hostPort?: string, version?: string) => void): this
    on(event: 'error', listener: (error: Error) => void): this
    disconnect(): void
    options(handler: Srf.Handler): void
    invite(handler: Srf.Handler): void
    register(handler: Srf.Handler): void
    use(handler: (request: Srf.SrfRequest, response: Srf.SrfResponse, next: () => void) => void): void
    createUAC(
      uri: string,
      options: Srf.CreateUacOptions,
      progress: Srf.CreateUacProgress,
      callback: (error: Error | null, dialog?: Srf.Dialog) => void,
    ): void
    request(
      uri: string,
      options: {
        readonly method: string
        readonly stackDialogId?: string
        readonly stackTxnId?: string
        readonly headers?: Readonly<Record<string, string>>
      },
      callback: (error: Error | null, request?: Srf.SrfRequest) => void,
    ): void
    /** Called by srf itself for every dialogue it makes. */
    addDialog(dialog: Srf.Dialog): void
    removeDialog(dialog: Srf.Dialog): void
  }

  export = Srf
}
