/**
 * A server that speaks the drachtio protocol to applications (drachtio-srf 5) and SIP to the network: over UDP, TCP,
 * TLS and WebSockets, as its endpoint does.
 *
 *     const server = await DrachtioServer.open({ sip: { address: '127.0.0.1', port: 5060 }, port: 9022, secret })
 *     server.port                     // where applications connect
 *     await server.close()            // BYE for what is up, CANCEL for what rings, then both ports are free
 *
 * It outlives its applications: dialogs stay when a connection ends, and can be ended by their id over another one.
 * What it does not do is refused in the real server's words: transports that its endpoint lacks.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { SipEndpointSettings } from '#softswitch/sip/endpoint-settings.ts'
import { SipEndpoint } from '#softswitch/sip/sip-endpoint.ts'
import { Door } from '../chaos/door.ts'
import { Newcomers } from '../newcomers.ts'
import type { OnRefused } from '../refusal-book.ts'
import { AppClient } from './app-client.ts'
import { DialogBook } from './app-dialog.ts'
import { AppRequests } from './app-requests.ts'
import { CallRecords } from './call-records.ts'
import type { ClientCommand } from './client-command.ts'
import { ClientRegistry } from './client-registry.ts'
import { FlowCache } from './flow-cache.ts'
import { NetworkRequests } from './network-requests.ts'
import { Proxies } from './proxy/proxies.ts'
import { noFrame, okFrame } from './server-frame.ts'
import { SessionTimers } from './session-timers.ts'

export interface DrachtioServerSettings {
  /** An open endpoint, which stays its owner's to close, or the settings of one of its own. */
  readonly sip: SipEndpoint | SipEndpointSettings
  /** Address for applications. Default 127.0.0.1. */
  readonly address?: string
  /** Port for applications; 0 (the default) = any free one. */
  readonly port?: number
  readonly secret: string
  /** Applications over TLS, on a port of their own; 0 = any free one. */
  readonly tls?: { readonly port: number; readonly cert: string; readonly key: string }
  /** Clients that have a route for `cdr:…` are told of attempts, starts and stops of calls. Default false. */
  readonly callRecords?: boolean
  /** A session timer below this is refused (422). Default 90, which drachtio-server has fixed. */
  readonly leastSessionSeconds?: number
  /** A connection that has not authenticated after this is closed. Default 10 s. */
  readonly authenticateWithinMs?: number
  /** Told of who had not the secret, and of requests that no application takes. */
  readonly onRefused?: OnRefused
  /** A fault of the server's own code, met while it served one message. */
  readonly onFault?: (error: unknown) => void
}

/** Whose protocol this is; drachtio-srf compares it before it pings. */
const version = 'v0.9.10'
const closeLimitMs = 2_000
const authenticateLimitMs = 10_000

export class DrachtioServer {
  readonly endpoint: SipEndpoint
  /** Of its applications. */
  readonly door = new Door()
  readonly #settings: DrachtioServerSettings
  readonly #server: Server
  readonly #tlsServer: Server | null = null
  readonly #registry = new ClientRegistry()
  readonly #dialogs = new DialogBook()
  readonly #requests: AppRequests
  readonly #network: NetworkRequests
  readonly #proxies: Proxies
  readonly #sockets = new Set<Socket>()
  readonly #newcomers = new Newcomers()
  #closed = false

  /** @throws the system's error when an address cannot be bound */
  static async open(settings: DrachtioServerSettings): Promise<DrachtioServer> {
    // The real server answers to where a request came from, asked by rport or not.
    const endpoint =
      settings.sip instanceof SipEndpoint
        ? settings.sip
        : await SipEndpoint.open({ symmetricAnswers: true, ...settings.sip })
    const server = new DrachtioServer(settings, endpoint)
    try {
      await server.#listen()
    } catch (error) {
      if (endpoint !== settings.sip) await endpoint.close()
      throw error
    }
    return server
  }

  private constructor(settings: DrachtioServerSettings, endpoint: SipEndpoint) {
    this.#settings = settings
    this.endpoint = endpoint
    const parts = {
      endpoint,
      onRefused: settings.onRefused ?? (() => {}),
      dialogs: this.#dialogs,
      registry: this.#registry,
      flows: new FlowCache(endpoint.clock),
      sessions: new SessionTimers(endpoint.clock, settings.leastSessionSeconds ?? 90),
      records: new CallRecords(this.#registry, { on: settings.callRecords ?? false }),
    }
    this.#requests = new AppRequests(parts)
    this.#proxies = new Proxies(parts)
    this.#network = new NetworkRequests(parts, this.#requests, this.#proxies)
    endpoint.user = {
      onRequest: (transaction) => this.#network.receive(transaction),
      onStrayAck: (ack, source) => this.#network.receiveStrayAck(ack, source),
    }
    this.#server = createServer((socket) => this.#accept(socket))
    const { tls } = settings
    if (tls !== undefined) {
      this.#tlsServer = createTlsServer({ ...tls, handshakeTimeout: authenticateLimitMs }, (socket) =>
        this.#accept(socket),
      )
      // A handshake that fails is its client's affair.
      this.#tlsServer.on('tlsClientError', (_error, socket) => socket.destroy())
    }
  }

  /** Port for applications. */
  get port(): number {
    const address = this.#server.address()
    return address === null || typeof address === 'string' ? 0 : address.port
  }

  /** Port for applications over TLS; 0: there is none. */
  get tlsPort(): number {
    const address = this.#tlsServer?.address() ?? null
    return address === null || typeof address === 'string' ? 0 : address.port
  }

  /** What it holds now. */
  get counts(): { clients: number; dialogs: number; invites: number; waiting: number; proxied: number } {
    return {
      clients: this.#registry.clients.size,
      dialogs: this.#dialogs.size,
      invites: this.#requests.pendingInvites,
      waiting: this.#network.pendingCount,
      proxied: this.#proxies.pendingCount,
    }
  }

  /** Ends every call and connection; its own endpoint too. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#network.refuseAll()
    this.#proxies.close()
    this.#requests.cancelAll()
    for (const dialog of [...this.#dialogs.values()])
      this.#requests.inside.end(dialog, 'SIP ;cause=200 ;text="Server closes"')
    await this.#settled()
    for (const client of this.#registry.clients) client.end()
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all([closed(this.#server), closed(this.#tlsServer)])
    if (this.endpoint !== this.#settings.sip) await this.endpoint.close()
  }

  /** Until no request of ours waits for its answer, or two seconds. */
  #settled(): Promise<void> {
    return this.endpoint.whenQuiet(closeLimitMs)
  }

  async #listen(): Promise<void> {
    const { address: host = '127.0.0.1', port = 0, tls } = this.#settings
    await this.#bind(this.#server, { host, port })
    if (this.#tlsServer !== null) await this.#bind(this.#tlsServer, { host, port: tls?.port ?? 0 })
  }

  #bind(server: Server, at: { readonly host: string; readonly port: number }): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(at, () => {
        server.removeListener('error', reject)
        server.on('error', (error) => this.#settings.onFault?.(error))
        resolve()
      })
    })
  }

  #accept(socket: Socket): void {
    if (!this.door.enter(socket)) return
    this.#sockets.add(socket)
    this.#newcomers.enter(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const client = new AppClient(socket, {
      onCommand: (from, command) => this.#guard(() => this.#obey(from, command)),
      onAuthenticated: (known) => {
        this.#newcomers.welcome(socket)
        this.#registry.add(known)
      },
      onGone: (gone) => this.#guard(() => this.#onGone(gone)),
    })
    const within = this.#settings.authenticateWithinMs ?? authenticateLimitMs
    const limit = this.endpoint.clock.after(within, () => {
      if (!client.authenticated) socket.destroy()
    })
    socket.once('close', () => limit.clear())
  }

  #obey(client: AppClient, command: ClientCommand): void {
    const { msgId } = command
    if (command.kind === 'invalid') {
      client.end(noFrame(msgId, command.reason))
      return
    }
    if (command.kind === 'authenticate') {
      this.#authenticate(client, command)
      return
    }
    if (!client.authenticated) {
      this.#settings.onRefused?.('drachtio_secret', client.address)
      client.end(noFrame(msgId, 'not authenticated'))
      return
    }
    switch (command.kind) {
      case 'ping':
        client.send(okFrame(msgId, 'pong'))
        return
      case 'route':
        this.#registry.addRoute(client, command.verb)
        client.send(okFrame(msgId))
        return
      case 'remove_route':
        this.#registry.removeRoutes(client)
        client.send(okFrame(msgId))
        return
      case 'proxy':
        this.#proxy(client, command)
        return
      case 'sip':
        this.#sip(client, command)
    }
  }

  /** The order in which a `sip` frame is understood is the real server's (client.cpp, processClientMessage). */
  #sip(client: AppClient, command: Extract<ClientCommand, { kind: 'sip' }>): void {
    const { msgId, transactionId, dialogId, routeUrl, message } = command
    if (message.startLine.startsWith('SIP/')) {
      if (transactionId === '') client.end(noFrame(msgId, 'transaction id missing'))
      else this.#network.respond(client, msgId, transactionId, message)
    } else if (dialogId !== '') this.#requests.inside.send(client, msgId, message, dialogId)
    else if (transactionId !== '') {
      if (message.startLine.startsWith('CANCEL')) this.#requests.cancel(client, msgId, transactionId, message)
      else client.end(noFrame(msgId, 'Invalid message format'))
    } else this.#requests.sendOutside(client, msgId, message, routeUrl)
  }

  #proxy(client: AppClient, command: Extract<ClientCommand, { kind: 'proxy' }>): void {
    const transaction = this.#network.takeForProxy(command.transactionId)
    if (transaction === undefined) client.nok(command.msgId, `Unknown transaction id: ${command.transactionId}`)
    else this.#proxies.begin(client, command, transaction)
  }

  #authenticate(client: AppClient, command: Extract<ClientCommand, { kind: 'authenticate' }>): void {
    if (!sameSecret(command.secret, this.#settings.secret)) {
      this.#settings.onRefused?.('drachtio_secret', client.address)
      client.end(noFrame(command.msgId, 'incorrect secret'))
      return
    }
    client.admit(command.tags)
    const { endpoint } = this
    const shown = endpoint.protocols.map((protocol) => `${protocol}/${endpoint.hostPortOf(protocol)}`)
    const bound = endpoint.protocols.map((protocol) => {
      const { address, port } = endpoint.localOf(protocol)
      return `${protocol}/${address}:${port}`
    })
    client.send(okFrame(command.msgId, shown.join(), version, bound.join()))
  }

  #onGone(client: AppClient): void {
    this.#registry.remove(client)
    this.#network.clientGone(client)
  }

  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#settings.onFault?.(error)
    }
  }
}

function closed(server: Server | null): Promise<void> {
  return new Promise((resolve) => (server?.listening === true ? server.close(() => resolve()) : resolve()))
}

/** Compares in a time that does not tell how much of it was right. */
function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(secret))
}
