/** A bad network, for tests: packets of a socket are lost, late, or overtaken. */
import type { Socket } from 'node:dgram'

export interface BadNetwork {
  /** Of a hundred packets each way. */
  readonly lossPercent: number
  readonly delayMs: number
  /** Of a hundred, those that are held back by another `lateMs`, so that others overtake them. */
  readonly latePercent: number
  readonly lateMs: number
}

export const GOOD_NETWORK: BadNetwork = { lossPercent: 0, delayMs: 0, latePercent: 0, lateMs: 0 }

export class Impairment {
  network = GOOD_NETWORK

  /** Has a socket's datagrams, both ways, go through this network from now on. */
  on(socket: Socket): Socket {
    const emit = socket.emit.bind(socket)
    const send = socket.send.bind(socket)
    // Wrapped as they are called: with whatever arguments the socket's user likes.
    Object.assign(socket, {
      emit: (event: string, ...told: unknown[]) => {
        if (event !== 'message') return Reflect.apply(emit, socket, [event, ...told])
        this.#pass(() => Reflect.apply(emit, socket, [event, ...told]))
        return true
      },
      send: (packet: Buffer, ...to: unknown[]) => {
        // Its owner may write the next packet into the same bytes.
        const kept = this.network === GOOD_NETWORK ? packet : Buffer.from(packet)
        this.#pass(() => Reflect.apply(send, socket, [kept, ...to]))
      },
    })
    return socket
  }

  #pass(go: () => void): void {
    const { lossPercent, delayMs, latePercent, lateMs } = this.network
    if (Math.random() * 100 < lossPercent) return
    const wait = delayMs + (Math.random() * 100 < latePercent ? lateMs : 0)
    if (wait === 0) go()
    // A socket that was closed meanwhile sends nothing any more.
    else setTimeout(() => quietly(go), wait).unref()
  }
}

function quietly(go: () => void): void {
  try {
    go()
  } catch {
    // The socket is closed.
  }
}
