/**
 * A stretch of network in front of a SIP port, where a test loses, doubles or holds back the datagrams it chooses.
 * Whoever talks to the wire's port talks to the far end, which sees the wire as its peer.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

export interface WireDatagram {
  /** First line of the SIP message. */
  readonly line: string
  readonly text: string
  /** Towards the far end (`in`), or back from it. */
  readonly direction: 'in' | 'back'
  /** How many datagrams with the same first line and direction came before. */
  readonly nth: number
}

export type Fate = 'pass' | 'lose' | 'hold' | { readonly copies: number }

export class LossyWire {
  /** What becomes of each datagram. */
  fate: (datagram: WireDatagram) => Fate = () => 'pass'
  /** Everything that came to the wire, lost or not. */
  readonly log: WireDatagram[] = []
  readonly #front: Socket
  readonly #back: Socket
  readonly #far: { address: string; port: number }
  #peer: { address: string; port: number } | undefined
  #held: (() => void)[] = []

  /** A wire to `far`, whose near end listens on any port of `address`. */
  static async open(far: { address: string; port: number }, address = '127.0.0.1'): Promise<LossyWire> {
    const sockets = [createSocket('udp4'), createSocket('udp4')] as const
    for (const socket of sockets) {
      socket.bind(0, address)
      await once(socket, 'listening')
    }
    return new LossyWire(sockets, far)
  }

  private constructor([front, back]: readonly [Socket, Socket], far: { address: string; port: number }) {
    this.#front = front
    this.#back = back
    this.#far = far
    front.on('message', (bytes, from) => {
      this.#peer = from
      this.#carry(bytes, 'in', () => back.send(bytes, far.port, far.address))
    })
    back.on('message', (bytes) => {
      const peer = this.#peer
      if (peer !== undefined) this.#carry(bytes, 'back', () => front.send(bytes, peer.port, peer.address))
    })
  }

  get port(): number {
    return this.#front.address().port
  }

  get far(): { address: string; port: number } {
    return this.#far
  }

  /** Lets go what was held back, in the order it came. */
  release(): void {
    for (const send of this.#held.splice(0)) send()
  }

  count(direction: 'in' | 'back', start: string): number {
    return this.log.filter((entry) => entry.direction === direction && entry.line.startsWith(start)).length
  }

  close(): void {
    this.#front.close()
    this.#back.close()
  }

  #carry(bytes: Buffer, direction: 'in' | 'back', send: () => void): void {
    const text = bytes.toString()
    const line = text.split('\r\n')[0] ?? ''
    const nth = this.count(direction, line)
    const datagram = { line, text, direction, nth }
    this.log.push(datagram)
    const fate = this.fate(datagram)
    if (fate === 'lose') return
    if (fate === 'hold') this.#held.push(send)
    else for (let copy = 0; copy < (fate === 'pass' ? 1 : fate.copies); copy++) send()
  }
}
