/**
 * A phone that registers and calls in, in plain SIP text over UDP or a WebSocket, sharing nothing with the SIP stack or
 * the registrar under test. Its sound is plain RTP.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { EventEmitter, once } from 'node:events'
import { RtpPhone } from '../harness/rtp-phone.ts'

/** How its messages travel. */
export interface Wire {
  /** For Via: `UDP`, `WS`. */
  readonly name: string
  /** For Via and Contact. */
  readonly sentBy: string
  send(text: string): void
  onText(listener: (text: string) => void): void
  close(): void
}

export async function udpWire(server: { host: string; port: number }): Promise<Wire> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    name: 'UDP',
    sentBy: `127.0.0.1:${socket.address().port}`,
    send: (text) => socket.send(text, server.port, server.host),
    onText: (listener) => socket.on('message', (datagram) => listener(String(datagram))),
    close: () => socket.close(),
  }
}

/** As a page does: a name that leads nowhere, and the subprotocol `sip` (RFC 7118). */
export async function wsWire(url: string): Promise<Wire> {
  const socket = new WebSocket(url, ['sip'])
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error('the WebSocket was refused')))
  })
  return {
    name: 'WS',
    sentBy: `${randomBytes(6).toString('hex')}.invalid`,
    send: (text) => socket.send(text),
    onText: (listener) => socket.addEventListener('message', ({ data }) => listener(String(data))),
    close: () => socket.close(),
  }
}

export interface Message {
  readonly startLine: string
  /** Of an answer, else 0. */
  readonly status: number
  /** Lower-case names; of a repeated header the values in order. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly body: string
}

export interface CallOptions {
  readonly target?: string
  /** Default: its RTP telephone's. Empty: no offer. */
  readonly sdp?: string
  /** Default: the right one, to the challenge that came. A function may answer with something else. */
  readonly authorize?: ((challenge: Message) => string) | null
  /** Header lines besides. */
  readonly headers?: readonly string[]
}

interface Dialogue {
  readonly callId: string
  readonly fromTag: string
  toHeader: string
  remoteTarget: string
}

export class CallingPhone {
  readonly extension: string
  readonly rtp: RtpPhone
  password: string
  /** Authorization of its last INVITE. */
  lastAuthorization = ''
  readonly #wire: Wire
  readonly #arrivals = new EventEmitter()
  readonly #registerCallId = randomBytes(8).toString('hex')
  #cseq = 0
  #dialogue: Dialogue | null = null
  #invite: { readonly text: string; readonly branch: string; readonly cseq: number } | null = null
  #byeCame = false
  /** Directions of the re-INVITEs that came. */
  readonly offers: string[] = []
  #offersTaken = 0

  static async open(wire: Wire, account: { extension: string; password: string }): Promise<CallingPhone> {
    return new CallingPhone(wire, account, await RtpPhone.open())
  }

  private constructor(wire: Wire, { extension, password }: { extension: string; password: string }, rtp: RtpPhone) {
    this.#wire = wire
    this.extension = extension
    this.password = password
    this.rtp = rtp
    this.#arrivals.setMaxListeners(0)
    wire.onText((text) => this.#receive(parse(text)))
  }

  get contact(): string {
    return `sip:${this.extension}@${this.#wire.sentBy};transport=${this.#wire.name.toLowerCase()}`
  }

  /** REGISTER, the challenge answered. @returns the last answer */
  async register(contact = this.contact, seconds = 120): Promise<Message> {
    const send = (authorization: string) =>
      this.#request('REGISTER', 'sip:suifang', {
        callId: this.#registerCallId,
        to: `<sip:${this.extension}@suifang>`,
        headers: [`Contact: <${contact}>;expires=${seconds}`, ...authorizationLine(authorization)],
      })
    const first = await send('')
    return first.status === 401 ? send(this.answerTo(first, 'REGISTER', 'sip:suifang')) : first
  }

  /** INVITE, the challenge answered; a 200 is confirmed, and sound sent. @returns the final answer */
  async call({
    target = 'sip:seat@suifang',
    sdp = this.rtp.sdp,
    authorize,
    headers = [],
  }: CallOptions = {}): Promise<Message> {
    const callId = randomBytes(8).toString('hex')
    const fromTag = randomBytes(4).toString('hex')
    const send = async (authorization: string) => {
      this.lastAuthorization = authorization
      const answer = await this.#request('INVITE', target, {
        callId,
        fromTag,
        to: `<${target}>`,
        headers: [`Contact: <${this.contact}>`, ...headers, ...authorizationLine(authorization)],
        body: sdp,
      })
      this.#ack(answer, target)
      return answer
    }
    let answer = await send('')
    if (answer.status === 401 && authorize !== null) {
      const answerTo = authorize ?? ((challenge: Message) => this.answerTo(challenge, 'INVITE', target))
      answer = await send(answerTo(answer))
    }
    if (answer.status === 200) {
      const remoteTarget = /<([^>]+)>/.exec(header(answer, 'contact'))?.[1] ?? header(answer, 'contact')
      this.#dialogue = { callId, fromTag, toHeader: header(answer, 'to'), remoteTarget }
      this.#byeCame = false
    }
    return answer
  }

  /** Sends a tone (silence at 0 Hz) to where the answer wants it. */
  talk(answer: Message, frequency = 0): void {
    const address = /^c=IN IP4 (\S+)/m.exec(answer.body)?.[1] ?? ''
    this.rtp.talk({ address, port: Number(/^m=audio (\d+) /m.exec(answer.body)?.[1]) }, frequency)
  }

  /** CANCEL of the INVITE that is on its way. */
  cancel(): void {
    if (this.#invite === null) return
    const [head = ''] = this.#invite.text.split('\r\n\r\n', 1)
    const kept = head
      .split('\r\n')
      .slice(1)
      .filter((line) => /^(via|from|to|call-id|max-forwards):/i.test(line))
    const uri = /^INVITE (\S+)/.exec(head)?.[1] ?? ''
    this.#wire.send(
      [`CANCEL ${uri} SIP/2.0`, ...kept, `CSeq: ${this.#invite.cseq} CANCEL`, 'Content-Length: 0', '', ''].join('\r\n'),
    )
  }

  async hangUp(): Promise<Message> {
    const dialogue = this.#dialogue
    if (dialogue === null) throw new Error('nothing to hang up')
    const { callId, fromTag, toHeader, remoteTarget } = dialogue
    return this.#request('BYE', remoteTarget, { callId, fromTag, to: toHeader, headers: [] })
  }

  /** Resolves when the far end has hung up. */
  async ended(limitMs = 10_000): Promise<void> {
    if (!this.#byeCame) await once(this.#arrivals, 'bye', { signal: AbortSignal.timeout(limitMs) })
  }

  /** The direction of the next re-INVITE, which has been agreed to. */
  async offered(limitMs = 10_000): Promise<string> {
    while (this.offers.length === this.#offersTaken) {
      await once(this.#arrivals, 'offer', { signal: AbortSignal.timeout(limitMs) })
    }
    return this.offers[this.#offersTaken++] ?? ''
  }

  close(): void {
    this.rtp.close()
    this.#wire.close()
  }

  /** Our side of a stream that the far end describes anew. */
  #agreeTo(offer: string): string {
    const mirrored: Readonly<Record<string, string>> = { sendonly: 'recvonly', recvonly: 'sendonly' }
    const direction = directionOf(offer)
    return `${this.rtp.sdp.replace(/a=(sendrecv|sendonly|recvonly|inactive)\r\n/, '')}a=${mirrored[direction] ?? direction}\r\n`
  }

  /** The Authorization for a challenge, with the password it has now. */
  answerTo(challenge: Message, method: string, uri: string, nc = 1): string {
    const text = challenge.headers.get('www-authenticate')?.find((one) => one.includes('algorithm=MD5')) ?? ''
    const field = (name: string) => new RegExp(`[ ,]${name}="?([^",]*)"?`).exec(text)?.[1] ?? ''
    const md5 = (value: string) => createHash('md5').update(value).digest('hex')
    const count = nc.toString(16).padStart(8, '0')
    const cnonce = randomBytes(6).toString('hex')
    const who = md5(`${this.extension}:${field('realm')}:${this.password}`)
    const response = md5(`${who}:${field('nonce')}:${count}:${cnonce}:auth:${md5(`${method}:${uri}`)}`)
    return (
      `Digest username="${this.extension}", realm="${field('realm')}", nonce="${field('nonce')}", uri="${uri}", ` +
      `response="${response}", algorithm=MD5, cnonce="${cnonce}", qop=auth, nc=${count}`
    )
  }

  async #request(
    method: string,
    uri: string,
    {
      callId,
      fromTag = randomBytes(4).toString('hex'),
      to,
      headers,
      body = '',
    }: {
      readonly callId: string
      readonly fromTag?: string
      readonly to: string
      readonly headers: readonly string[]
      readonly body?: string
    },
  ): Promise<Message> {
    this.#cseq += 1
    const cseq = this.#cseq
    const branch = `z9hG4bK${randomBytes(8).toString('hex')}`
    const text = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/${this.#wire.name} ${this.#wire.sentBy};branch=${branch};rport`,
      'Max-Forwards: 70',
      `From: <sip:${this.extension}@suifang>;tag=${fromTag}`,
      `To: ${to}`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} ${method}`,
      ...headers,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n')
    if (method === 'INVITE') this.#invite = { text, branch, cseq }
    const answered = once(this.#arrivals, `final ${cseq} ${method}`, { signal: AbortSignal.timeout(15_000) })
    this.#wire.send(text)
    const [answer]: Message[] = await answered
    if (answer === undefined) throw new Error('no answer')
    return answer
  }

  /** Of a 200 on a new branch, to its Contact; of another on the INVITE's (RFC 3261 §17.1.1.3). */
  #ack(answer: Message, target: string): void {
    if (this.#invite === null) return
    const ok = answer.status === 200
    const uri = ok ? (/<([^>]+)>/.exec(header(answer, 'contact'))?.[1] ?? target) : target
    const branch = ok ? `z9hG4bK${randomBytes(8).toString('hex')}` : this.#invite.branch
    this.#wire.send(
      [
        `ACK ${uri} SIP/2.0`,
        `Via: SIP/2.0/${this.#wire.name} ${this.#wire.sentBy};branch=${branch};rport`,
        'Max-Forwards: 70',
        `From: ${header(answer, 'from')}`,
        `To: ${header(answer, 'to')}`,
        `Call-ID: ${header(answer, 'call-id')}`,
        `CSeq: ${this.#invite.cseq} ACK`,
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    )
  }

  #receive(message: Message): void {
    if (message.status >= 200) {
      this.#arrivals.emit(`final ${header(message, 'cseq')}`, message)
      return
    }
    if (message.status > 0) {
      this.#arrivals.emit('progress', message)
      return
    }
    const method = message.startLine.split(' ', 1)[0]
    if (method === 'ACK') return
    const body = method === 'INVITE' ? this.#agreeTo(message.body) : ''
    this.#wire.send(
      [
        'SIP/2.0 200 OK',
        ...(message.headers.get('via') ?? []).map((via) => `Via: ${via}`),
        ...['From', 'To', 'Call-ID', 'CSeq'].map((name) => `${name}: ${header(message, name)}`),
        ...(body === '' ? [] : [`Contact: <${this.contact}>`, 'Content-Type: application/sdp']),
        `Content-Length: ${Buffer.byteLength(body)}`,
        '',
        body,
      ].join('\r\n'),
    )
    if (method === 'INVITE') {
      this.offers.push(directionOf(message.body))
      this.#arrivals.emit('offer')
    }
    if (method !== 'BYE') return
    this.#byeCame = true
    this.#arrivals.emit('bye')
  }
}

export function header(message: Message, name: string): string {
  return message.headers.get(name.toLowerCase())?.[0] ?? ''
}

function directionOf(sdp: string): string {
  return /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(sdp)?.[1] ?? 'sendrecv'
}

function authorizationLine(authorization: string): readonly string[] {
  return authorization === '' ? [] : [`Authorization: ${authorization}`]
}

const compact: Readonly<Record<string, string>> = { v: 'via', f: 'from', t: 'to', i: 'call-id', m: 'contact' }

function parse(text: string): Message {
  const end = text.indexOf('\r\n\r\n')
  const [startLine = '', ...lines] = text.slice(0, end < 0 ? undefined : end).split('\r\n')
  const headers = new Map<string, string[]>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const short = line.slice(0, colon).trim().toLowerCase()
    const name = compact[short] ?? short
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()])
  }
  const status = startLine.startsWith('SIP/2.0 ') ? Number(startLine.slice(8, 11)) : 0
  return { startLine, status, headers, body: end < 0 ? '' : text.slice(end + 4) }
}
