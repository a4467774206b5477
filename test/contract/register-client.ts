/** A phone's REGISTERs in plain SIP text over UDP, sharing nothing with the SIP stack or the registrar under test. */
import { createHash, randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { EventEmitter, once } from 'node:events'
import Srf from 'drachtio-srf'
import type { SipServerAddress } from '#telephony/sip-link.ts'

export interface RegisterAnswer {
  readonly status: number
  /** Lower-case names; of a repeated header the values in order. */
  readonly headers: ReadonlyMap<string, readonly string[]>
}

export interface Credentials {
  readonly username: string
  readonly password: string
  readonly realm: string
  readonly nonce: string
  readonly algorithm: 'MD5' | 'SHA-256'
  readonly nc: number
  /** Default: the Request-URI. */
  readonly uri?: string
}

/** Where drachtio takes SIP over UDP; it tells its clients. */
export async function sipAddressOf(server: SipServerAddress): Promise<{ host: string; port: number }> {
  const srf = new Srf()
  const listening = new Promise<string>((resolve, reject) =>
    srf.on('connect', (error, hostPort = '') => (error === null ? resolve(hostPort) : reject(error))),
  )
  void srf.connect(server)
  const [, host = '', port] = /udp\/([\d.]+):(\d+)/.exec(await listening) ?? []
  srf.disconnect()
  return { host, port: Number(port) }
}

export class RegisterClient {
  readonly #socket: Socket
  readonly #server: { host: string; port: number }
  readonly #answers = new EventEmitter()
  readonly #callId = randomBytes(8).toString('hex')
  #cseq = 0

  static async open(server: { host: string; port: number }): Promise<RegisterClient> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new RegisterClient(socket, server)
  }

  private constructor(socket: Socket, server: { host: string; port: number }) {
    this.#socket = socket
    this.#server = server
    socket.on('message', (datagram) => this.#answers.emit('answer', String(datagram)))
  }

  get port(): number {
    return this.#socket.address().port
  }

  get uri(): string {
    return `sip:${this.#server.host}:${this.#server.port}`
  }

  /** Sends one REGISTER and resolves with its answer. */
  async register(
    extension: string,
    headers: Readonly<Record<string, string>>,
    credentials: Credentials | null = null,
  ): Promise<RegisterAnswer> {
    this.#cseq += 1
    const lines = [
      `REGISTER ${this.uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK${randomBytes(8).toString('hex')};rport`,
      'Max-Forwards: 70',
      `From: <sip:${extension}@${this.#server.host}>;tag=${randomBytes(4).toString('hex')}`,
      `To: <sip:${extension}@${this.#server.host}>`,
      `Call-ID: ${this.#callId}`,
      `CSeq: ${this.#cseq} REGISTER`,
      'User-Agent: test phone',
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      ...(credentials === null ? [] : [`Authorization: ${authorization(credentials, this.uri)}`]),
      'Content-Length: 0',
      '',
      '',
    ]
    const answered = once(this.#answers, 'answer', { signal: AbortSignal.timeout(10_000) })
    this.#socket.send(lines.join('\r\n'), this.#server.port, this.#server.host)
    const [text]: string[] = await answered
    return parse(text ?? '')
  }

  close(): void {
    this.#socket.close()
  }
}

/** The challenge of one algorithm. */
export function challengeOf(answer: RegisterAnswer, algorithm: 'MD5' | 'SHA-256') {
  const challenges = answer.headers.get('www-authenticate') ?? []
  const challenge = challenges.find((text) => text.includes(`algorithm=${algorithm}`)) ?? ''
  const field = (name: string) => new RegExp(`[ ,]${name}="?([^",]*)"?`).exec(challenge)?.[1] ?? ''
  return { realm: field('realm'), nonce: field('nonce'), stale: field('stale') === 'true', qop: field('qop') }
}

function authorization(credentials: Credentials, requestUri: string): string {
  const { username, password, realm, nonce, algorithm, nc, uri = requestUri } = credentials
  const hash = (text: string) =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex')
  const count = nc.toString(16).padStart(8, '0')
  const cnonce = randomBytes(6).toString('hex')
  const response = hash(
    `${hash(`${username}:${realm}:${password}`)}:${nonce}:${count}:${cnonce}:auth:${hash(`REGISTER:${uri}`)}`,
  )
  return (
    `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
    `response="${response}", algorithm=${algorithm}, cnonce="${cnonce}", qop=auth, nc=${count}`
  )
}

function parse(text: string): RegisterAnswer {
  const [first = '', ...lines] = (text.split('\r\n\r\n', 1)[0] ?? '').split('\r\n')
  const headers = new Map<string, string[]>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()])
  }
  return { status: Number(first.slice(8, 11)), headers }
}
