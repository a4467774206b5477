/** A client of the event socket in plain text over one TCP connection, sharing nothing with the servers or the client libraries. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A header block with its body, as it came. */
export interface EslFrame {
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** An event, its values decoded. */
export interface EslEvent {
  readonly name: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  get(header: string): string | undefined
}

const patienceMs = 10_000

export class EventSocketClient {
  readonly #socket: Socket
  #bytes = Buffer.alloc(0)
  readonly #replies: ((frame: EslFrame) => void)[] = []
  readonly #waiting = new Set<() => void>()
  readonly events: EslEvent[] = []
  /** What was neither an answer nor an event: `auth/request`, `text/disconnect-notice`. */
  readonly notices: EslFrame[] = []
  #closed = false

  /** An open connection without a word said. */
  static async reach({ host, port }: { readonly host: string; readonly port: number }): Promise<EventSocketClient> {
    const socket = connect({ host, port, noDelay: true })
    await once(socket, 'connect')
    return new EventSocketClient(socket)
  }

  static async signIn(server: { readonly host: string; readonly port: number; readonly secret: string }) {
    const client = await EventSocketClient.reach(server)
    await client.command(`auth ${server.secret}`)
    return client
  }

  constructor(socket: Socket) {
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

  /** One command, header lines and body behind it if need be. @returns the headers of its answer */
  async command(text: string): Promise<EslFrame> {
    const answered = new Promise<EslFrame>((resolve) => this.#replies.push(resolve))
    this.send(`${text}\n\n`)
    return await this.#within(answered, `the answer to "${text.split('\n', 1)[0]}"`)
  }

  /** Reply-Text of the command's answer. */
  async say(text: string): Promise<string> {
    return (await this.command(text)).headers.get('Reply-Text') ?? ''
  }

  /** Body of the answer. */
  async api(command: string): Promise<string> {
    return (await this.command(`api ${command}`)).body
  }

  /** Bytes as they are. */
  send(text: string): void {
    this.#socket.write(text)
  }

  /** The first event from `from` on that fits, now or when it comes. */
  async event(fits: (event: EslEvent) => boolean, what: string, from = 0): Promise<EslEvent> {
    return await this.until(() => this.events.slice(from).find(fits), what)
  }

  /** The first value that is neither undefined nor false; asked again with everything that comes. */
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

  close(): void {
    this.#socket.destroy()
  }

  async #within<T>(wanted: Promise<T>, what: string): Promise<T> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      const seen = this.events.map(({ name }) => name).join(' ')
      late.reject(new Error(`waited in vain for ${what}; seen: ${seen}`))
    }, patienceMs)
    try {
      return await Promise.race([wanted, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check()
  }

  #take(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    for (let end = this.#bytes.indexOf('\n\n'); end >= 0; end = this.#bytes.indexOf('\n\n')) {
      const headers = readHeaders(this.#bytes.toString('utf8', 0, end))
      const length = Number(headers.get('Content-Length') ?? 0)
      // `connect` and `uuid_dump` show a channel's own Content-Length nowhere: only frames with a body have one.
      if (this.#bytes.length < end + 2 + length) return
      const body = this.#bytes.toString('utf8', end + 2, end + 2 + length)
      this.#bytes = this.#bytes.subarray(end + 2 + length)
      this.#deliver({ headers, body })
    }
  }

  #deliver(frame: EslFrame): void {
    const type = frame.headers.get('Content-Type') ?? ''
    if (type.startsWith('text/event-')) this.events.push(readEvent(type, frame.body))
    else if (type === 'command/reply' || type === 'api/response') this.#replies.shift()?.(frame)
    else this.notices.push(frame)
    this.#wake()
  }
}

function readHeaders(text: string): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of text.split('\n')) {
    const colon = line.indexOf(': ')
    if (colon > 0) headers.set(line.slice(0, colon), line.slice(colon + 2))
  }
  return headers
}

function readEvent(type: string, body: string): EslEvent {
  const { headers, text } = type === 'text/event-json' ? readJson(body) : readPlain(body)
  return { name: headers.get('Event-Name') ?? '', headers, body: text, get: (name) => headers.get(name) }
}

function readJson(body: string) {
  const parsed: unknown = JSON.parse(body)
  const headers = new Map<string, string>()
  if (typeof parsed === 'object' && parsed !== null) {
    for (const [name, value] of Object.entries(parsed)) headers.set(name, String(value))
  }
  return { headers, text: headers.get('_body') ?? '' }
}

function readPlain(body: string) {
  const end = body.indexOf('\n\n')
  const headers = new Map<string, string>()
  for (const [name, value] of readHeaders(body.slice(0, end))) headers.set(name, decodeURIComponent(value))
  return { headers, text: body.slice(end + 2) }
}
