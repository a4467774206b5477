/**
 * The carrier's end of a trunk for tests: plain SIP text over one UDP socket, written for these tests and sharing
 * nothing with the SIP stack under test. It does what it is told and keeps what it was sent.
 */
import { createSocket, type Socket } from 'node:dgram'
import { EventEmitter, once } from 'node:events'
import { RtpPhone } from '../harness/rtp-phone.ts'

export interface SipText {
  readonly startLine: string
  /** Lower-case names; of a repeated header the values in order. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly body: string
  /** `performance.now()` of its arrival. */
  readonly at: number
}

export class TestTrunk {
  readonly #socket: Socket
  readonly #calls = new Map<string, TestCall>()
  readonly #arrivals = new EventEmitter()
  readonly #unclaimed: TestCall[] = []
  /** Everything received, retransmissions included. */
  readonly received: SipText[] = []
  /** What to do with each INVITE, besides handing it to `nextCall`. */
  onCall: (call: TestCall) => void = () => {}
  /** False: nothing is answered at all, as by a dead machine. */
  answers = true

  static async open(): Promise<TestTrunk> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new TestTrunk(socket)
  }

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (datagram, from) => this.#receive(String(datagram), from))
    socket.on('error', () => {})
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** INVITEs of new calls so far, each counted once. */
  get invites(): number {
    return this.#calls.size
  }

  get calls(): readonly TestCall[] {
    return [...this.#calls.values()]
  }

  async nextCall(limitMs = 10_000): Promise<TestCall> {
    const waiting = this.#unclaimed.shift()
    if (waiting !== undefined) return waiting
    await once(this.#arrivals, 'call', { signal: AbortSignal.timeout(limitMs) })
    return await this.nextCall(limitMs)
  }

  async close(): Promise<void> {
    for (const call of this.#calls.values()) call.close()
    this.#socket.close()
  }

  #receive(text: string, from: { address: string; port: number }): void {
    const message = parse(text)
    if (message === null) return
    this.received.push(message)
    if (!this.answers) return
    const callId = header(message, 'call-id')
    const known = this.#calls.get(callId)
    if (known !== undefined) {
      known.receive(message)
      return
    }
    if (!message.startLine.startsWith('INVITE ')) return
    const call = new TestCall(message, this.port, (out) => this.#socket.send(out, from.port, from.address))
    this.#calls.set(callId, call)
    this.#unclaimed.push(call)
    this.onCall(call)
    this.#arrivals.emit('call')
  }
}

export class TestCall {
  invite: SipText
  #retried: ((invite: SipText) => void) | null = null
  readonly #events = new EventEmitter()
  readonly #port: number
  readonly #send: (text: string) => void
  readonly #tag = Math.random().toString(36).slice(2)
  #finalStatus = 0
  #acked = false
  #over: 'bye' | 'cancel' | 'rejected' | null = null
  #cseq = 100
  #lastResponse = ''
  #repeat: NodeJS.Timeout | undefined
  phone: RtpPhone | null = null
  /** `performance.now()` when the 200 left. */
  answeredAt = Number.NaN
  /** Requests of the far end inside the call, but ACK. */
  readonly requests: SipText[] = []

  constructor(invite: SipText, port: number, send: (text: string) => void) {
    this.invite = invite
    this.#port = port
    this.#send = send
    this.#events.setMaxListeners(0)
  }

  get number(): string {
    return /^INVITE sip:([^@]*)@/.exec(this.invite.startLine)?.[1] ?? ''
  }

  header(name: string): string {
    return header(this.invite, name)
  }

  get over(): 'bye' | 'cancel' | 'rejected' | null {
    return this.#over
  }

  get acked(): boolean {
    return this.#acked
  }

  /** The far end's BYE or CANCEL has come (and been answered). */
  async ended(limitMs = 15_000): Promise<'bye' | 'cancel' | 'rejected'> {
    if (this.#over === null) await once(this.#events, 'over', { signal: AbortSignal.timeout(limitMs) })
    return this.#over ?? 'bye'
  }

  trying(): void {
    this.#respond(100, 'Trying')
  }

  ring(): void {
    this.#respond(180, 'Ringing')
  }

  /** 183 with a session description: sound before the answer. */
  async earlyMedia(): Promise<void> {
    this.phone ??= await RtpPhone.open()
    this.#respond(183, 'Session Progress', this.phone.sdp)
  }

  reject(status: number, reason: string, headers: Readonly<Record<string, string>> = {}): void {
    this.#over = 'rejected'
    this.#final(status, reason, '', headers)
    this.#events.emit('over')
  }

  /** The INVITE comes again under a new CSeq, with credentials: `listener` decides what becomes of it. */
  onRetry(listener: (accept: (answer: boolean) => void, invite: SipText) => void): void {
    this.#retried = (invite) => {
      this.#retried = null
      clearInterval(this.#repeat)
      this.invite = invite
      this.#finalStatus = 0
      this.#over = null
      this.#acked = false
      listener((answer) => (answer ? void this.answerAndForget() : this.reject(403, 'Forbidden')), invite)
    }
  }

  /** 200; resolves with the ACK. */
  async answer(): Promise<RtpPhone> {
    this.phone ??= await RtpPhone.open()
    this.answeredAt = performance.now()
    this.#final(200, 'OK', this.phone.sdp)
    if (!this.#acked) await once(this.#events, 'ack', { signal: AbortSignal.timeout(10_000) })
    return this.phone
  }

  /** 200 for which no ACK is awaited. */
  async answerAndForget(): Promise<void> {
    this.phone ??= await RtpPhone.open()
    this.#final(200, 'OK', this.phone.sdp)
  }

  /** Where the INVITE wants the sound. */
  get mediaAddress(): { readonly address: string; readonly port: number } {
    const sdp = this.invite.body
    return {
      address: /^c=IN IP4 (\S+)/m.exec(sdp)?.[1] ?? '',
      port: Number(/^m=audio (\d+) /m.exec(sdp)?.[1]),
    }
  }

  /** Says it to the INVITE, whatever was said before, as another fork where a tag of its own is given. */
  say(status: number, { sdp = '', tag = this.#tag }: { readonly sdp?: string; readonly tag?: string } = {}): void {
    const contact = { Contact: `<sip:patient@127.0.0.1:${this.#port}>` }
    this.#send(response(this.invite, status, 'Said', tag, sdp, contact))
  }

  /** A request inside the call; resolves with the status of its answer. */
  ask(method: string, body = '', headers: Readonly<Record<string, string>> = {}): Promise<number> {
    return this.#request(method, body, headers)
  }

  /** BYE; resolves with the status of its answer. */
  async hangUp(headers: Readonly<Record<string, string>> = {}): Promise<number> {
    this.#over = 'bye'
    const status = await this.#request('BYE', '', headers)
    this.#events.emit('over')
    return status
  }

  /** Re-INVITE; resolves with its answer. An empty offer asks for theirs. */
  async reinvite(sdp: string): Promise<SipText> {
    const answered = once(this.#events, 'response', { signal: AbortSignal.timeout(10_000) })
    this.#sendRequest('INVITE', this.#cseq, sdp, {})
    const [answer]: SipText[] = await answered
    if (answer === undefined) throw new Error('no answer')
    this.#sendRequest('ACK', this.#cseq, '', {})
    this.#cseq += 1
    return answer
  }

  /** Re-INVITE that waits for no other; resolves with the status of its own answer. */
  async offerAgain(sdp: string): Promise<number> {
    const cseq = this.#cseq
    this.#cseq += 1
    const answered = new Promise<SipText>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`no answer to re-INVITE ${cseq}`)), 15_000)
      const take = (message: SipText) => {
        if (header(message, 'cseq') !== `${cseq} INVITE`) return
        clearTimeout(limit)
        this.#events.off('response', take)
        resolve(message)
      }
      this.#events.on('response', take)
    })
    const branch = newBranch()
    this.#sendRequest('INVITE', cseq, sdp, {}, branch)
    const { startLine } = await answered
    const status = Number(startLine.slice(8, 11))
    // The ACK of a refusal belongs to its transaction.
    this.#sendRequest('ACK', cseq, '', {}, status < 300 ? newBranch() : branch)
    return status
  }

  receive(message: SipText): void {
    if (message.startLine.startsWith('SIP/2.0 ')) {
      const status = Number(message.startLine.slice(8, 11))
      if (status >= 200) this.#events.emit('response', message)
      return
    }
    const method = message.startLine.split(' ', 1)[0]
    if (method === 'ACK') {
      clearInterval(this.#repeat)
      this.#acked = true
      this.#events.emit('ack')
      return
    }
    if (method === 'INVITE') {
      if (header(message, 'cseq') !== header(this.invite, 'cseq') && this.#retried !== null) this.#retried(message)
      else if (this.#lastResponse !== '') this.#send(this.#lastResponse)
      return
    }
    this.requests.push(message)
    this.#send(response(message, 200, 'OK', this.#tag, '', {}))
    if (method === 'CANCEL' && this.#finalStatus < 200) {
      this.#over = 'cancel'
      this.#final(487, 'Request Terminated', '')
    }
    if (method === 'BYE') this.#over = 'bye'
    if (this.#over !== null) this.#events.emit('over')
  }

  close(): void {
    clearInterval(this.#repeat)
    this.phone?.close()
  }

  #respond(status: number, reason: string, sdp = '', headers: Readonly<Record<string, string>> = {}): void {
    if (this.#finalStatus >= 200) return
    this.#finalStatus = status
    this.#lastResponse = response(this.invite, status, reason, this.#tag, sdp, {
      Contact: `<sip:patient@127.0.0.1:${this.#port}>`,
      ...headers,
    })
    this.#send(this.#lastResponse)
  }

  /** Sent again until the ACK comes (RFC 3261 §13.3.1.4), for as long as a test may wait. */
  #final(status: number, reason: string, sdp: string, headers: Readonly<Record<string, string>> = {}): void {
    if (this.#finalStatus >= 200) return
    this.#respond(status, reason, sdp, headers)
    let left = 20
    this.#repeat = setInterval(() => {
      left -= 1
      if (left === 0) clearInterval(this.#repeat)
      this.#send(this.#lastResponse)
    }, 500)
  }

  async #request(method: string, body: string, headers: Readonly<Record<string, string>>): Promise<number> {
    const answered = once(this.#events, 'response', { signal: AbortSignal.timeout(10_000) })
    this.#sendRequest(method, this.#cseq, body, headers)
    this.#cseq += 1
    const [answer]: SipText[] = await answered
    return Number(answer?.startLine.slice(8, 11))
  }

  #sendRequest(
    method: string,
    cseq: number,
    body: string,
    headers: Readonly<Record<string, string>>,
    branch = newBranch(),
  ): void {
    const to = header(this.invite, 'from')
    const from = `${header(this.invite, 'to')};tag=${this.#tag}`
    const target = /<([^>]+)>/.exec(header(this.invite, 'contact'))?.[1] ?? header(this.invite, 'contact')
    this.#send(
      text(
        `${method} ${target} SIP/2.0`,
        [
          ['Via', `SIP/2.0/UDP 127.0.0.1:${this.#port};branch=${branch};rport`],
          ['Max-Forwards', '70'],
          ['From', from],
          ['To', to],
          ['Call-ID', header(this.invite, 'call-id')],
          ['CSeq', `${cseq} ${method}`],
          ['Contact', `<sip:patient@127.0.0.1:${this.#port}>`],
          ...Object.entries(headers),
        ],
        body,
      ),
    )
  }
}

function newBranch(): string {
  return `z9hG4bK${Math.random().toString(36).slice(2)}`
}

export function header(message: SipText, name: string): string {
  return message.headers.get(name.toLowerCase())?.[0] ?? ''
}

function response(
  request: SipText,
  status: number,
  reason: string,
  tag: string,
  sdp: string,
  headers: Readonly<Record<string, string>>,
): string {
  const to = header(request, 'to')
  return text(
    `SIP/2.0 ${status} ${reason}`,
    [
      ...(request.headers.get('via') ?? []).map((via) => ['Via', via] as const),
      ['From', header(request, 'from')],
      ['To', status === 100 || to.includes('tag=') ? to : `${to};tag=${tag}`],
      ['Call-ID', header(request, 'call-id')],
      ['CSeq', header(request, 'cseq')],
      ...Object.entries(headers),
    ],
    sdp,
  )
}

function text(startLine: string, headers: readonly (readonly [string, string])[], body: string): string {
  const lines = [startLine, ...headers.map(([name, value]) => `${name}: ${value}`)]
  if (body !== '' && !headers.some(([name]) => name === 'Content-Type')) lines.push('Content-Type: application/sdp')
  lines.push(`Content-Length: ${Buffer.byteLength(body)}`, '', body)
  return lines.join('\r\n')
}

function parse(datagram: string): SipText | null {
  const end = datagram.indexOf('\r\n\r\n')
  if (end < 0) return null
  const [startLine = '', ...lines] = datagram.slice(0, end).split('\r\n')
  const headers = new Map<string, string[]>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const short = line.slice(0, colon).trim().toLowerCase()
    const name = compact[short] ?? short
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()])
  }
  return { startLine, headers, body: datagram.slice(end + 4), at: performance.now() }
}

const compact: Readonly<Record<string, string>> = {
  v: 'via',
  f: 'from',
  t: 'to',
  i: 'call-id',
  m: 'contact',
  l: 'content-length',
  c: 'content-type',
}
