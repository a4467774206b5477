/** The far end of a SIP server for tests: one UDP socket that says what it is told, and nothing by itself. */
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { answerTo, readSip, type SipText, tagOf, uriOf, writeSip } from './sip-text.ts'

export const anSdp = [
  'v=0',
  'o=peer 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 8 101',
  'a=rtpmap:101 telephone-event/8000',
  '',
].join('\r\n')

const patienceMs = 10_000

export class SipPeer {
  readonly #socket: Socket
  readonly #server: { readonly host: string; readonly port: number }
  readonly #waiting = new Set<() => void>()
  readonly received: SipText[] = []
  /** Every message of either side, repetitions left out. */
  readonly wire: { readonly from: 'peer' | 'server'; readonly text: string }[] = []

  static async open(server: { readonly host: string; readonly port: number }): Promise<SipPeer> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new SipPeer(socket, server)
  }

  private constructor(socket: Socket, server: { readonly host: string; readonly port: number }) {
    this.#socket = socket
    this.#server = server
    socket.on('message', (datagram) => {
      this.received.push(readSip(String(datagram)))
      this.#note('server', String(datagram))
      for (const check of [...this.#waiting]) check()
    })
    socket.on('error', () => {})
  }

  get port(): number {
    return this.#socket.address().port
  }

  get contact(): string {
    return `sip:peer@127.0.0.1:${this.port}`
  }

  send(text: string): void {
    this.#note('peer', text)
    this.#socket.send(text, this.#server.port, this.#server.host)
  }

  #note(from: 'peer' | 'server', text: string): void {
    if (!this.wire.some((before) => before.text === text)) this.wire.push({ from, text })
  }

  /** Takes the first message that fits out of what came, now or when it comes; its retransmissions too. */
  async next(fits: (message: SipText) => boolean, what: string): Promise<SipText> {
    const look = (): SipText | undefined => {
      const found = this.received.find(fits)
      if (found === undefined) return undefined
      for (let at = this.received.length - 1; at >= 0; at--) {
        if (this.received[at]?.text === found.text) this.received.splice(at, 1)
      }
      return found
    }
    const now = look()
    if (now !== undefined) return now
    return await new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        this.#waiting.delete(check)
        const seen = this.received.map(({ startLine }) => startLine).join(', ')
        reject(new Error(`the peer waited in vain for ${what}; there: ${seen}`))
      }, patienceMs)
      const check = () => {
        const later = look()
        if (later === undefined) return
        clearTimeout(limit)
        this.#waiting.delete(check)
        resolve(later)
      }
      this.#waiting.add(check)
    })
  }

  requested(method: string): Promise<SipText> {
    return this.next((message) => message.method === method, `a ${method}`)
  }

  answered(status: number, method = ''): Promise<SipText> {
    return this.next(
      (message) => message.status === status && (message.get('CSeq') ?? '').endsWith(method),
      `a ${status} ${method}`,
    )
  }

  answer(
    request: SipText,
    status: number,
    reason: string,
    { headers = [] as readonly string[], body = '', tag = 'peer-tag' } = {},
  ): void {
    this.send(answerTo(request, status, reason, { tag, headers: [`Contact: <${this.contact}>`, ...headers], body }))
  }

  /** A call towards the server: every request inside is written from it. */
  dial(user = 'app'): PeerDialog {
    return new PeerDialog(this, `sip:${user}@${this.#server.host}:${this.#server.port}`)
  }

  close(): void {
    this.#socket.close()
  }
}

/** What the peer knows of one call of its own. */
export class PeerDialog {
  readonly callId = randomBytes(8).toString('hex')
  readonly fromTag = randomBytes(4).toString('hex')
  toTag = ''
  target: string
  readonly #peer: SipPeer
  readonly #uri: string
  #cseq = 0
  #branch = ''

  constructor(peer: SipPeer, uri: string) {
    this.#peer = peer
    this.#uri = uri
    this.target = uri
  }

  /** Sends a request with the next CSeq (or, CANCEL and ACK, with the last). */
  send(method: string, { headers = [] as readonly string[], body = '' } = {}): string {
    const repeats = method === 'CANCEL' || method === 'ACK'
    if (!repeats || this.#cseq === 0) this.#cseq += 1
    if (method !== 'CANCEL' || this.#branch === '') this.#branch = `z9hG4bK${randomBytes(8).toString('hex')}`
    const text = writeSip(
      `${method} ${method === 'CANCEL' ? this.#uri : this.target} SIP/2.0`,
      [
        `Via: SIP/2.0/UDP 127.0.0.1:${this.#peer.port};branch=${this.#branch};rport`,
        'Max-Forwards: 70',
        `From: <sip:peer@127.0.0.1>;tag=${this.fromTag}`,
        `To: <${this.#uri}>${this.toTag === '' || method === 'CANCEL' ? '' : `;tag=${this.toTag}`}`,
        `Call-ID: ${this.callId}`,
        `CSeq: ${this.#cseq} ${method}`,
        ...(repeats ? [] : [`Contact: <${this.#peer.contact}>`]),
        ...headers,
      ],
      body,
    )
    this.#peer.send(text)
    return text
  }

  /** Learns the far end from an answer. */
  learn(answer: SipText): SipText {
    this.toTag = tagOf(answer.get('To'))
    const contact = answer.get('Contact')
    if (contact !== undefined) this.target = uriOf(contact)
    return answer
  }
}
