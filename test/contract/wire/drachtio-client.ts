/** A client of drachtio's protocol in plain frames over one TCP connection, sharing nothing with servers or client libraries. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Pair } from '../pair.ts'
import { readSip, type SipText } from './sip-text.ts'

/** One frame, cut at its bars; `message` is the SIP text behind it. */
export interface DrachtioFrame {
  readonly fields: readonly string[]
  readonly message: SipText | null
}

/** The answer to something we sent. */
export interface DrachtioAnswer extends DrachtioFrame {
  /** `OK`, `NOK`, `NO`. */
  readonly verdict: string
  /** Of a refusal. */
  readonly reason: string
  /** Of a request or a response that was sent. */
  readonly transactionId: string
  readonly dialogId: string
}

/** A request or an answer from the network. */
export interface DrachtioMessage {
  readonly source: string
  readonly protocol: string
  readonly address: string
  readonly port: string
  readonly transactionId: string
  readonly dialogId: string
  readonly message: SipText
}

const patienceMs = 10_000

export class DrachtioClient {
  readonly #socket: Socket
  #bytes = Buffer.alloc(0)
  readonly #waiting = new Set<() => void>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #answers = new Map<string, (frame: DrachtioFrame) => void>()
  /** All that came, but answers. */
  readonly frames: DrachtioFrame[] = []
  /** Every payload of either side, in the order in which it was sent or came. */
  readonly wire: { readonly from: 'client' | 'server'; readonly payload: string }[] = []
  #closed = false

  static async reach({ host, port }: Pair['drachtio']): Promise<DrachtioClient> {
    const socket = connect({ host, port, noDelay: true })
    await once(socket, 'connect')
    return new DrachtioClient(socket)
  }

  /** Signed in, and wanting these verbs. */
  static async signIn(server: Pair['drachtio'], { tags = '', verbs = [] as readonly string[] } = {}) {
    const client = await DrachtioClient.reach(server)
    const answer = await client.ask('authenticate', [server.secret, tags])
    if (answer.verdict !== 'OK') throw new Error(`not let in: ${answer.fields.join('|')}`)
    for (const verb of verbs) await client.ask('route', [verb])
    return client
  }

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (bytes) => this.#take(bytes))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#closed = true
      this.#wake()
    })
  }

  get closed(): boolean {
    return this.#closed
  }

  /** `<message id>|<type>|<fields>` with a SIP message behind. */
  async ask(type: string, fields: readonly string[] = [], sip?: string): Promise<DrachtioAnswer> {
    const id = randomUUID()
    const answered = new Promise<DrachtioFrame>((resolve) => this.#answers.set(id, resolve))
    this.send([id, type, ...fields].join('|') + (sip === undefined ? '' : `\r\n${sip}`))
    const frame = await this.#within(answered, `the answer to ${type} ${sip?.split('\r\n', 1)[0] ?? ''}`)
    const { fields: told } = frame
    return {
      ...frame,
      verdict: told[3] ?? '',
      reason: told[4] ?? '',
      transactionId: told[10] ?? '',
      dialogId: told[11] ?? '',
    }
  }

  /** A request outside dialogs, or inside one. */
  request(sip: string, { dialogId = '' } = {}): Promise<DrachtioAnswer> {
    return this.ask('sip', ['', dialogId], sip)
  }

  /** An answer to a request that came. */
  respond(to: { readonly transactionId: string }, sip: string): Promise<DrachtioAnswer> {
    return this.ask('sip', [to.transactionId, ''], sip)
  }

  /** A payload in its frame. */
  send(payload: string): void {
    this.wire.push({ from: 'client', payload })
    this.sendBytes(`${Buffer.byteLength(payload)}#${payload}`)
  }

  sendBytes(text: string): void {
    this.#socket.write(text)
  }

  /** Takes the first SIP message that fits out of what came, now or when it comes. */
  async sip(fits: (told: DrachtioMessage) => boolean, what: string): Promise<DrachtioMessage> {
    return await this.until(() => {
      for (const [at, frame] of this.frames.entries()) {
        const told = asMessage(frame)
        if (told === null || !fits(told)) continue
        this.frames.splice(at, 1)
        return told
      }
      return undefined
    }, what)
  }

  /** The next request of that method. */
  requested(method: string): Promise<DrachtioMessage> {
    return this.sip(({ message }) => message.method === method, `a ${method}`)
  }

  /** The next answer with that status. */
  answered(status: number, method = ''): Promise<DrachtioMessage> {
    return this.sip(
      ({ message }) => message.status === status && (message.get('CSeq') ?? '').endsWith(method),
      `a ${status} ${method}`,
    )
  }

  async until<T>(look: () => T | undefined | false, what: string): Promise<T> {
    const found = look()
    if (found !== undefined && found !== false) return found
    return await this.#within(
      new Promise<T>((resolve) => {
        const check = () => {
          const later = look()
          if (later === undefined || later === false) return
          this.#waiting.delete(check)
          resolve(later)
        }
        this.#waiting.add(check)
      }),
      what,
    )
  }

  async gone(): Promise<void> {
    await this.until(() => this.#closed, 'the end of the connection')
  }

  /** What still waits for something waits no more, and is not told: nobody listens. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#socket.destroy()
  }

  async #within<T>(wanted: Promise<T>, what: string): Promise<T> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(new Error(`waited in vain for ${what}`)), patienceMs)
    this.#timers.add(timer)
    try {
      return await Promise.race([wanted, late.promise])
    } finally {
      clearTimeout(timer)
      this.#timers.delete(timer)
    }
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check()
  }

  #take(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    for (;;) {
      const mark = this.#bytes.indexOf('#')
      if (mark < 0) return
      const end = mark + 1 + Number(this.#bytes.toString('latin1', 0, mark))
      if (this.#bytes.length < end) return
      const payload = this.#bytes.toString('utf8', mark + 1, end)
      this.#bytes = this.#bytes.subarray(end)
      this.#deliver(payload)
    }
  }

  #deliver(payload: string): void {
    this.wire.push({ from: 'server', payload })
    const at = payload.indexOf('\r\n')
    const fields = (at < 0 ? payload : payload.slice(0, at)).split('|')
    const frame = { fields, message: at < 0 ? null : readSip(payload.slice(at + 2)) }
    const answer = fields[1] === 'response' ? this.#answers.get(fields[2] ?? '') : undefined
    if (answer === undefined) this.frames.push(frame)
    else {
      // A proxied request is answered several times.
      if (fields.at(-1) !== 'continue') this.#answers.delete(fields[2] ?? '')
      answer(frame)
    }
    this.#wake()
  }
}

function asMessage({ fields, message }: DrachtioFrame): DrachtioMessage | null {
  if (fields[1] !== 'sip' || message === null) return null
  const [, , source = '', , protocol = '', address = '', port = '', , transactionId = '', dialogId = ''] = fields
  return { source, protocol, address, port, transactionId, dialogId, message }
}
