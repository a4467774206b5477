/**
 * A stretch of network for sound: loses, delays and so reorders the RTP packets that a plan names, in one direction.
 * Whoever sends to `port` sends to the far end, which sees `farPort` as its peer; the way back is straight.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** What becomes of the n-th packet (from 0): lost, or later by so many ms. */
export type Fate = 'lost' | number

export class UnevenWire {
  passed = 0
  lost = 0
  readonly #near: Socket
  readonly #far: Socket
  readonly #timers = new Set<NodeJS.Timeout>()
  #to: { port: number; address: string } | null = null
  #lostSince = 0

  static async open(plan: (packet: number) => Fate): Promise<UnevenWire> {
    const sockets = [createSocket('udp4'), createSocket('udp4')] as const
    for (const socket of sockets) {
      socket.bind(0, '127.0.0.1')
      await once(socket, 'listening')
    }
    return new UnevenWire(...sockets, plan)
  }

  private constructor(near: Socket, far: Socket, plan: (packet: number) => Fate) {
    this.#near = near
    this.#far = far
    let packet = 0
    let peer: { port: number; address: string } | null = null
    near.on('message', (datagram, from) => {
      peer = from
      this.#carry(datagram, plan(packet))
      packet += 1
    })
    far.on('message', (datagram) => {
      if (peer !== null) near.send(datagram, peer.port, peer.address)
    })
  }

  get port(): number {
    return this.#near.address().port
  }

  get farPort(): number {
    return this.#far.address().port
  }

  /** Packets whose fate is sealed: what is under way does not count. */
  get taken(): number {
    return this.passed + this.lost
  }

  /** Lost with others behind them: only of those can the far end know. */
  get lostForSure(): number {
    return this.lost - this.#lostSince
  }

  leadTo(to: { port: number; address: string }): void {
    this.#to = to
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#near.close()
    this.#far.close()
  }

  #carry(datagram: Buffer, fate: Fate): void {
    if (fate === 'lost') {
      this.lost += 1
      this.#lostSince += 1
      return
    }
    this.#lostSince = 0
    if (fate === 0) {
      this.#send(datagram)
      return
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#send(datagram)
    }, fate)
    this.#timers.add(timer)
  }

  #send(datagram: Buffer): void {
    if (this.#to === null) return
    this.passed += 1
    this.#far.send(datagram, this.#to.port, this.#to.address)
  }
}
