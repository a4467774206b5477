/** The part of modesl 1.2.1 that the control connection uses. */
declare module 'modesl' {
  import type { Socket } from 'node:net'

  namespace modesl {
    interface Event {
      getHeader(name: string): string | null
      getBody(): string
    }

    class Connection {
      constructor(host: string, port: number, secret: string, onReady: () => void)
      /** What is subscribed right after sign-in. By default every completed execute of every channel: keep it short. */
      reqEvents: string[]
      readonly socket: Socket | null
      send(command: string, headers?: Readonly<Record<string, unknown>>): void
      api(command: string, callback: (event: Event) => void): void
      disconnect(): void
      on(event: 'error', listener: (error: Error) => void): this
      on(event: string, listener: (event: Event) => void): this
    }
  }

  export = modesl
}
