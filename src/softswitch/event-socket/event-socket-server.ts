/**
 * The event socket: the port that clients connect to with a password, and the connections that it opens itself to
 * clients of one channel (`socket <host>:<port> async full`).
 */
import { timingSafeEqual } from 'node:crypto'
import { connect, createServer, isIP, type Server, type Socket } from 'node:net'
import type { Channel } from '../channel/channel.ts'
import type { OutboundControl, SwitchCore } from '../channel/switch-core.ts'
import { Door } from '../chaos/door.ts'
import { Newcomers } from '../newcomers.ts'
import type { OnRefused } from '../refusal-book.ts'
import { EventConnection } from './event-connection.ts'

export interface EventSocketSettings {
  readonly core: SwitchCore
  readonly address: string
  /** 0 = any free port. */
  readonly port: number
  readonly password: string
  readonly onRefused?: OnRefused
}

const OUTBOUND_PORT = 8084
const CONNECT_LIMIT_MS = 5_000
const MOST_CONNECTIONS = 4000

export class EventSocketServer {
  /** Of its clients. */
  readonly door = new Door()
  /** Commands that begin so are never answered; empty: none. For tests. */
  stuckCommand = ''
  readonly #core: SwitchCore
  readonly #server: Server
  readonly #password: Buffer
  readonly #onRefused: OnRefused
  readonly #connections = new Set<EventConnection>()
  readonly #newcomers = new Newcomers()
  #closed = false
  readonly #countListeners: ((inbound: number) => void)[] = []
  #inbound = 0

  /** @throws the system's error when the port cannot be bound */
  static async open(settings: EventSocketSettings): Promise<EventSocketServer> {
    const server = createServer({ noDelay: true })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: settings.address, port: settings.port }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    return new EventSocketServer(settings, server)
  }

  private constructor({ core, password, onRefused = () => {} }: EventSocketSettings, server: Server) {
    this.#core = core
    this.#server = server
    this.#password = Buffer.from(password)
    this.#onRefused = onRefused
    server.maxConnections = MOST_CONNECTIONS
    server.on('connection', (socket) => this.#accept(socket))
    server.on('error', (error) => core.settings.log('event socket', { error: String(error) }))
    core.connectOutbound = (channel, argument) => this.#connectOutbound(channel, argument)
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Clients that are connected and have said the password, without those of single channels. */
  get clients(): number {
    return this.#inbound
  }

  /** Told of every change of `clients`. */
  onClients(listener: (count: number) => void): void {
    this.#countListeners.push(listener)
  }

  /** Says goodbye to every client and frees the port. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#core.connectOutbound = null
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const connection of this.#connections) connection.disconnect()
    await closed
  }

  #accept(socket: Socket): void {
    if (!this.door.enter(socket)) return
    const { remoteAddress = '' } = socket
    this.#newcomers.enter(socket)
    const connection = this.#add(
      new EventConnection(this.#core, socket, {
        channel: null,
        full: true,
        accepts: (password) => this.#isPassword(password),
        isStuck: (line) => this.stuckCommand !== '' && line.startsWith(this.stuckCommand),
        onAuthenticated: () => {
          this.#newcomers.welcome(socket)
          this.#count(1)
          void connection.gone.then(() => this.#count(-1))
        },
        onWrongPassword: () => this.#onRefused('event_socket_secret', remoteAddress),
      }),
    )
  }

  #count(change: number): void {
    this.#inbound += change
    for (const listener of this.#countListeners) listener(this.#inbound)
  }

  #add(connection: EventConnection): EventConnection {
    this.#connections.add(connection)
    void connection.gone.then(() => this.#connections.delete(connection))
    return connection
  }

  #isPassword(given: string): boolean {
    const bytes = Buffer.from(given)
    return bytes.length === this.#password.length && timingSafeEqual(bytes, this.#password)
  }

  async #connectOutbound(channel: Channel, argument: string): Promise<OutboundControl | null> {
    const [target = '', ...flags] = argument.split(' ').filter((word) => word !== '')
    for (const host of target.split('|')) {
      const socket = await this.#reach(host)
      if (socket === null) continue
      if (this.#closed) {
        socket.destroy()
        return null
      }
      return this.#add(
        new EventConnection(this.#core, socket, {
          channel,
          full: flags.some((flag) => flag.toLowerCase() === 'full'),
          accepts: () => false,
        }),
      )
    }
    this.#core.settings.log('no client at the other end of a channel', { target, uuid: channel.uuid })
    return null
  }

  #reach(target: string): Promise<Socket | null> {
    const { host, port } = parseTarget(target)
    if (host === '' || port < 1 || port > 65_535) return Promise.resolve(null)
    return new Promise((resolve) => {
      const socket = connect({ host, port, noDelay: true, ...(isIP(host) === 0 ? {} : { family: isIP(host) }) })
      const limit = setTimeout(() => fail(), CONNECT_LIMIT_MS)
      const fail = (): void => {
        clearTimeout(limit)
        socket.destroy()
        resolve(null)
      }
      socket.once('error', fail)
      socket.once('connect', () => {
        clearTimeout(limit)
        socket.off('error', fail)
        resolve(socket)
      })
    })
  }
}

/** `host:port`, `host`, `[::1]:port`. */
function parseTarget(target: string): { host: string; port: number } {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(target)
  if (bracketed !== null) return { host: bracketed[1] ?? '', port: Number(bracketed[2] ?? OUTBOUND_PORT) }
  const at = target.lastIndexOf(':')
  if (at < 0) return { host: target, port: OUTBOUND_PORT }
  return { host: target.slice(0, at), port: Number(target.slice(at + 1)) || 0 }
}
