import type { Socket } from 'node:net'

/** A client says the secret within milliseconds of its connection: so many at once are no clients. */
const MOST_NEWCOMERS = 50

/**
 * Connections of a control port that have not proved themselves yet. Their number is bounded, so that whoever opens
 * thousands and says nothing takes neither all file handles nor the place of a client: the oldest gives way to the newest.
 */
export class Newcomers {
  readonly #sockets = new Set<Socket>()

  enter(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const [oldest] = this.#sockets
    if (this.#sockets.size <= MOST_NEWCOMERS || oldest === undefined) return
    this.#sockets.delete(oldest)
    oldest.destroy()
  }

  /** It knew the secret. */
  welcome(socket: Socket): void {
    this.#sockets.delete(socket)
  }
}
