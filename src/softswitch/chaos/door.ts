import type { Socket } from 'node:net'

/** The connections of a server's clients, which a test may cut, turn away or leave unread. */
export class Door {
  readonly #sockets = new Set<Socket>()
  #state: 'up' | 'stopped' | 'deaf' = 'up'

  /** @returns false: turned away, and destroyed */
  enter(socket: Socket): boolean {
    if (this.#state === 'stopped') {
      socket.destroy()
      return false
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    // Its reader may begin to read it only now.
    if (this.#state === 'deaf') setImmediate(() => this.#state === 'deaf' && socket.pause())
    return true
  }

  turn(state: 'up' | 'stopped' | 'deaf'): void {
    this.#state = state
    for (const socket of this.#sockets) {
      if (state === 'stopped') socket.resetAndDestroy()
      else if (state === 'deaf') socket.pause()
      else socket.resume()
    }
  }
}
