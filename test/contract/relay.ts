import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP connection's way through a test's own hands, so that it can be cut where the server cannot be killed. */
export class Relay {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** False: whoever connects is turned away at once. */
  open = true

  static async to(host: string, port: number): Promise<Relay> {
    const relay = new Relay(host, port)
    relay.#server.listen(0, '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  private constructor(host: string, port: number) {
    this.#server = createServer({ noDelay: true }, (near) => {
      if (!this.open) {
        near.destroy()
        return
      }
      const far = connect({ host, port, noDelay: true })
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one)
        one.on('error', () => other.destroy())
        one.on('close', () => {
          this.#sockets.delete(one)
          other.destroy()
        })
        one.pipe(other)
      }
    })
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Resets everything that passes through. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  close(): void {
    this.cut()
    this.#server.close()
  }
}
