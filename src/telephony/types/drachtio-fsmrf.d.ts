/**
 * The part of drachtio-fsmrf 4.1.2 that telephony uses. It has no typings of its own. Left out on purpose:
 * `Endpoint.set` (its rejection is never handled), `Endpoint.destroy` and `Endpoint.modify` (see media-endpoint.ts).
 */
declare module 'drachtio-fsmrf' {
  import type { Socket } from 'node:net'
  import type Srf from 'drachtio-srf'

  namespace Mrf {
    interface Event {
      getHeader(name: string): string | null
      getBody(): string
    }

    /** drachtio-modesl's connection, inbound or outbound. Its socket is null once it has closed. */
    interface EslConnection {
      readonly socket: Socket | null
      reconnectOpts: { maxAttempts?: number }
      send(command: string, headers?: Readonly<Record<string, unknown>>): void
      on(event: string, listener: (event: Event) => void): this
      removeAllListeners(event?: string): this
    }

    interface ConnectOptions {
      readonly address: string
      readonly port: number
      readonly secret: string
      /** Where FreeSWITCH's outbound connections are awaited; the default is the first address that is not loopback. */
      readonly listenAddress: string
      readonly advertisedAddress?: string
      readonly profile: string
    }

    interface MediaServer {
      readonly conn: EslConnection
      /** Its listener for outbound connections. */
      readonly _server: {
        on(event: 'connection::open', listener: (connection: EslConnection) => void): unknown
      }
      createEndpoint(options: { readonly headers: Record<string, string> }): Promise<Endpoint>
      /**
       * Answers an INVITE with a channel's SDP. The two it makes are not tied together; when it rejects, either may have
       * been made all the same, and the INVITE is still to be answered unless its final response was sent.
       */
      connectCaller(
        request: Srf.SrfRequest,
        response: Srf.SrfResponse,
        options: { readonly headers: Record<string, string> },
      ): Promise<{ readonly endpoint: Endpoint; readonly dialog: Srf.Dialog }>
      disconnect(): void
    }

    interface Dtmf {
      readonly dtmf: string
      /** In samples of 8 kHz. */
      readonly duration: string
    }

    interface Endpoint {
      readonly uuid: string
      /** Null once FreeSWITCH has closed the connection. */
      readonly conn: EslConnection | null
      readonly dialog: Srf.Dialog
      readonly local: { readonly sdp: string | null }
      on(event: 'dtmf', listener: (digit: Dtmf) => void): this
      on(event: 'playback-start', listener: (started: { readonly file: string | null }) => void): this
      /** With a reason when the channel was hung up, without one when only its connection ended. */
      on(event: 'destroy', listener: (why?: { readonly reason: string | null }) => void): this
      /** @param subclass of the CUSTOM events that are wanted */
      addCustomEventListener(subclass: string, listener: (body: unknown, event: Event) => void): void
      /** Resolves when the application has completed, which may be never. */
      execute(application: string, argument: string): Promise<Event>
      api(command: string, argument: string): Promise<Event>
    }
  }

  class Mrf {
    constructor(srf: Srf)
    /** The callback form: it is called once for every failed try, and again when a later one succeeds. */
    connect(options: Mrf.ConnectOptions, callback: (error: Error | null, mediaServer?: Mrf.MediaServer) => void): void
  }

  export = Mrf
}
