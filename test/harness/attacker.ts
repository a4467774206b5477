import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** A machine that nobody asked to call: sends what scanners send, from a loopback address that is not the house's. */
export class Attacker {
  readonly address = '127.0.0.9'
  /** How many datagrams it was sent back. */
  answers = 0
  readonly #socket: Socket
  #count = 0

  static async open(): Promise<Attacker> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.9')
    await once(socket, 'listening')
    return new Attacker(socket)
  }

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', () => {
      this.answers += 1
    })
    socket.on('error', () => {})
  }

  /** One more scan with this method, of a number each. */
  scan(method: 'INVITE' | 'OPTIONS' | 'REGISTER'): Buffer {
    this.#count += 1
    const { port } = this.#socket.address()
    const number = `00442${String(this.#count).padStart(8, '0')}`
    return Buffer.from(
      [
        `${method} sip:${number}@127.0.0.1 SIP/2.0`,
        `Via: SIP/2.0/UDP ${this.address}:${port};branch=z9hG4bKscan${this.#count};rport`,
        `From: <sip:${1_000 + (this.#count % 9_000)}@127.0.0.1>;tag=${this.#count}`,
        `To: <sip:${1_000 + (this.#count % 9_000)}@127.0.0.1>`,
        `Call-ID: scan${this.#count}@${this.address}`,
        `CSeq: 1 ${method}`,
        `Contact: <sip:scan@${this.address}:${port}>`,
        'Max-Forwards: 70',
        'User-Agent: friendly-scanner',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    )
  }

  /** Datagrams that are no SIP, and no SIP any more. */
  rubbish(): Buffer {
    this.#count += 1
    const bytes = Buffer.alloc(200, this.#count)
    return this.#count % 2 === 0 ? bytes : Buffer.concat([this.scan('OPTIONS').subarray(0, 60), bytes])
  }

  /** A packet of sound. */
  sound(): Buffer {
    this.#count += 1
    const packet = Buffer.alloc(172, 0xd5)
    packet.writeUInt16BE(0x8008, 0)
    packet.writeUInt16BE(this.#count & 0xffff, 2)
    packet.writeUInt32BE(this.#count * 160, 4)
    packet.writeUInt32BE(0xbad, 8)
    return packet
  }

  /** Sends them one behind the other; the loop of whoever reads them gets its turn between. */
  async send(port: number, datagrams: Iterable<Buffer>): Promise<void> {
    for (const datagram of datagrams) {
      await new Promise((sent) => this.#socket.send(datagram, port, '127.0.0.1', sent))
    }
  }

  close(): void {
    this.#socket.close()
  }
}
