/**
 * SIP over WebSocket (RFC 7118): browsers connect to us, never the other way; one message a frame, text or binary.
 * A page that has gone without a word is found by pings.
 */
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { type SipClock, systemSipClock } from './sip-clock.ts'
import { maxMessageBytes } from './sip-parser.ts'
import { type StreamLimits, usualStreamLimits, watchStream } from './stream-limits.ts'
import { listen } from './stream-listen.ts'
import { FlowGone, type Hop, type SipFlow, type SipTransport } from './transport.ts'

export interface WsSettings {
  /** Numeric address to bind. */
  readonly address: string
  /** 0 = any free port. */
  readonly port: number
  /** With it, WSS: PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly limits?: Partial<StreamLimits>
  readonly clock?: SipClock
}

const subprotocol = 'sip'
const handshakeMs = 10_000
/** A close frame that is not answered within this ends without. */
const goodbyeMs = 2_000
/** WebSocket close codes, RFC 6455 §7.4.1. */
const goingAway = 1001
const overloaded = 1013

/** @throws the system's error when the address cannot be bound, or the certificate cannot be used */
export async function openWs(settings: WsSettings): Promise<SipTransport> {
  const { tls, clock = systemSipClock } = settings
  const limits = { ...usualStreamLimits, ...settings.limits }
  const protocol = tls === undefined ? 'ws' : 'wss'
  const flows = new Set<WsFlow>()
  let open = true

  const httpOptions = { headersTimeout: handshakeMs, requestTimeout: handshakeMs, connectionsCheckingInterval: 5_000 }
  const server = tls === undefined ? createServer(httpOptions) : createTlsServer({ ...httpOptions, ...tls })
  server.maxConnections = limits.connections
  server.on('request', (_request, response) => {
    response.writeHead(426, { Connection: 'close', Upgrade: 'websocket' }).end()
  })
  server.on('clientError', (_error, socket: Duplex) => socket.destroy())
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: () => subprotocol,
  })
  upgrader.on('wsClientError', (_error, socket) => socket.destroy())
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    if (!offersSip(request)) refuse(socket, '400 Bad Request')
    else if (!open || flows.size >= limits.connections) refuse(socket, '503 Service Unavailable')
    else upgrader.handleUpgrade(request, socket, head, (page) => serve(page, request))
  })

  const serve = (page: WebSocket, request: IncomingMessage) => {
    const { remoteAddress, remotePort } = request.socket
    if (remoteAddress === undefined || remotePort === undefined) {
      page.terminate()
      return
    }
    const flow = new WsFlow(page, limits.unreadBytes)
    const from: Hop = { address: remoteAddress, port: remotePort, protocol, flow }
    const watch = watchStream(clock, limits, true, () => page.terminate())
    flows.add(flow)
    let alive = true
    const lookForLife = () => {
      if (!alive) {
        page.terminate()
        return
      }
      alive = false
      page.ping()
      life = clock.after(limits.pingMs, lookForLife)
    }
    let life = clock.after(limits.pingMs, lookForLife)
    page.on('pong', () => {
      alive = true
    })
    page.on('message', (data) => {
      alive = true
      const message = Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)])
      watch.moved(false)
      if (isKeepAlive(message)) flow.write(Buffer.from('\r\n'))
      else {
        watch.message()
        transport.onMessage(message, from)
      }
    })
    page.on('error', () => page.terminate())
    page.on('close', () => {
      watch.stop()
      life.clear()
      flows.delete(flow)
    })
  }

  const local = await listen(server, settings)
  const transport: SipTransport = {
    protocol,
    local,
    onMessage: () => {},
    send(message, to, onError) {
      if (!open) return
      if (to.flow?.open === true) to.flow.write(message)
      else queueMicrotask(() => onError?.(new FlowGone()))
    },
    async close() {
      if (!open) return
      open = false
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await Promise.all([...flows].map((flow) => flow.close()))
      server.closeAllConnections()
      await closed
    },
  }
  return transport
}

class WsFlow implements SipFlow {
  readonly #page: WebSocket
  readonly #unreadBytes: number

  constructor(page: WebSocket, unreadBytes: number) {
    this.#page = page
    this.#unreadBytes = unreadBytes
  }

  get open(): boolean {
    return this.#page.readyState === this.#page.OPEN
  }

  write(message: Buffer): void {
    if (!this.open) return
    if (this.#page.bufferedAmount > this.#unreadBytes) {
      this.#page.close(overloaded)
      this.#page.terminate()
    } else this.#page.send(message, { binary: false }, () => {})
  }

  async close(): Promise<void> {
    const page = this.#page
    if (page.readyState === page.CLOSED) return
    const limit = setTimeout(() => page.terminate(), goodbyeMs)
    await new Promise<void>((resolve) => {
      page.once('close', () => resolve())
      page.close(goingAway)
    })
    clearTimeout(limit)
  }
}

/** A client that does not name the subprotocol is none of ours (RFC 7118 §4.1). */
function offersSip(request: IncomingMessage): boolean {
  const offered = request.headers['sec-websocket-protocol'] ?? ''
  return offered.split(',').some((name) => name.trim().toLowerCase() === subprotocol)
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** RFC 5626 §3.5.1 inside a frame; answered with one line end, as the real server does for one or two. */
function isKeepAlive(message: Buffer): boolean {
  return message.length <= 4 && message.every((byte) => byte === 0x0d || byte === 0x0a)
}
