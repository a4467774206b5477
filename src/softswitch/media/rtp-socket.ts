/** UDP sockets for media: opened before they are needed, on a range of ports or wherever the system gives one. */
import { createSocket, type Socket } from 'node:dgram'
import type { Impairment } from '../chaos/impairment.ts'

export interface RtpPorts {
  readonly address: string
  /** First and last port; both 0: any free port. Even ports are taken, as RTP has it. */
  readonly from: number
  readonly to: number
  /** A bad network between every socket and everybody, for tests. */
  readonly impairment?: Impairment
}

/** Sockets kept open in advance, so that the first calls do not wait for them. */
const READY_SOCKETS = 16

export interface RtpSocket {
  readonly socket: Socket
  readonly port: number
}

export class RtpSocketPool {
  readonly #ports: RtpPorts
  readonly #ready: RtpSocket[] = []
  readonly #used = new Set<number>()
  #next: number
  #filling: Promise<void> | null = null
  #closed = false

  constructor(ports: RtpPorts) {
    this.#ports = ports
    this.#next = ports.from + (ports.from % 2)
  }

  /** Opens sockets in advance. Errors show when one is needed. */
  warmUp(): Promise<void> {
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = null
    })
    return this.#filling
  }

  /** @throws when no port of the range is free */
  async take(): Promise<RtpSocket> {
    const ready = this.#ready.shift() ?? (await this.#open())
    void this.warmUp()
    return ready
  }

  /** Closes a socket that was taken and frees its port. */
  release({ socket, port }: RtpSocket): void {
    socket.removeAllListeners()
    socket.on('error', () => {})
    socket.close(() => this.#used.delete(port))
  }

  close(): void {
    this.#closed = true
    for (const ready of this.#ready.splice(0)) this.release(ready)
  }

  async #fill(): Promise<void> {
    while (this.#ready.length < READY_SOCKETS && !this.#closed) {
      const opened = await this.#open().catch(() => null)
      if (opened === null) return
      if (this.#closed) this.release(opened)
      else this.#ready.push(opened)
    }
  }

  async #open(): Promise<RtpSocket> {
    const { from, to } = this.#ports
    if (from === 0) return this.#bind(0)
    const count = Math.floor((to - from) / 2) + 1
    for (let tried = 0; tried < count; tried++) {
      const port = this.#next
      this.#next += 2
      if (this.#next > to) this.#next = from + (from % 2)
      if (this.#used.has(port)) continue
      const opened = await this.#bind(port).catch(() => null)
      if (opened !== null) return opened
    }
    throw new Error(`no free port for media between ${from} and ${to}`)
  }

  #bind(port: number): Promise<RtpSocket> {
    if (port !== 0) this.#used.add(port)
    const family = this.#ports.address.includes(':') ? 6 : 4
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      // Addresses are numbers: a lookup would only cost a turn of the loop for each packet.
      lookup: (address, _options, done) => done(null, address, family),
    })
    this.#ports.impairment?.on(socket)
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => {
        this.#used.delete(port)
        socket.close()
        reject(error)
      })
      socket.bind(port, this.#ports.address, () => {
        socket.removeAllListeners('error')
        socket.on('error', () => {})
        resolve({ socket, port: socket.address().port })
      })
    })
  }
}
