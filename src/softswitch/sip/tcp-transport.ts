/**
 * SIP over TCP or TLS: connections that peers make to us and that we make to them, used in both directions. A request
 * without a flow of its own leaves on the connection to its address and port that is open, else on a new one.
 */
import { createServer, type Socket, connect as tcpConnect } from 'node:net'
import { createServer as createTlsServer, connect as tlsConnect } from 'node:tls'
import { type SipClock, systemSipClock } from './sip-clock.ts'
import { type StreamLimits, usualStreamLimits, watchStream } from './stream-limits.ts'
import { listen } from './stream-listen.ts'
import { SipStreamReader } from './stream-reader.ts'
import { FlowGone, type Hop, type SipFlow, type SipTransport } from './transport.ts'

export interface TcpSettings {
  /** Numeric address to bind. */
  readonly address: string
  /** 0 = any free port. */
  readonly port: number
  /** With it, TLS: PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly limits?: Partial<StreamLimits>
  readonly clock?: SipClock
}

const pong = Buffer.from('\r\n')
/** What is still to be sent when a connection ends has this long. */
const goodbyeMs = 5_000

/** @throws the system's error when the address cannot be bound, or the certificate cannot be used */
export async function openTcp(settings: TcpSettings): Promise<SipTransport> {
  const { address, tls, clock = systemSipClock } = settings
  const limits = { ...usualStreamLimits, ...settings.limits }
  const protocol = tls === undefined ? 'tcp' : 'tls'
  const flows = new Set<TcpFlow>()
  /** Open connections by `address|port` of the far end, its own port and those it has named. */
  const byPeer = new Map<string, TcpFlow>()
  let open = true

  const serve = (socket: Socket, peer: Hop, accepted: boolean): TcpFlow => {
    const flow = new TcpFlow(socket, limits.unreadBytes)
    const from: Hop = { address: peer.address, port: peer.port, protocol, flow }
    const reader = new SipStreamReader()
    const watch = watchStream(clock, limits, accepted, () => socket.destroy())
    flows.add(flow)
    byPeer.set(peerKey(from), flow)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    socket.on('data', (piece) => {
      for (const item of reader.push(piece)) {
        if (!flow.open) return
        if (item.kind === 'ping') flow.write(pong)
        else if (item.kind === 'message') {
          watch.message()
          transport.onMessage(item.bytes, from)
        } else {
          transport.onBroken?.(item.head, item.problem, from)
          flow.end()
          return
        }
      }
      watch.moved(reader.unfinished)
    })
    socket.on('error', () => socket.destroy())
    socket.on('end', () => flow.end())
    socket.on('close', () => {
      watch.stop()
      flows.delete(flow)
      for (const [key, other] of byPeer) if (other === flow) byPeer.delete(key)
    })
    return flow
  }

  const accept = (socket: Socket) => {
    const { remoteAddress, remotePort } = socket
    if (!open || flows.size >= limits.connections || remoteAddress === undefined || remotePort === undefined) {
      socket.on('error', () => {})
      socket.destroy()
    } else serve(socket, { address: remoteAddress, port: remotePort }, true)
  }
  const server =
    tls === undefined ? createServer(accept) : createTlsServer({ ...tls, handshakeTimeout: 10_000 }, accept)
  const local = await listen(server, settings)

  const dial = (to: Hop): TcpFlow => {
    const from = address === '0.0.0.0' || address === '::' ? {} : { localAddress: address }
    const socket =
      tls === undefined
        ? tcpConnect({ host: to.address, port: to.port, ...from })
        : tlsConnect({ host: to.address, port: to.port, ...from })
    const flow = serve(socket, to, false)
    const limit = clock.after(limits.connectMs, () => socket.destroy())
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      limit.clear()
      flow.connected()
    })
    socket.once('close', () => limit.clear())
    return flow
  }

  const transport: SipTransport = {
    protocol,
    local,
    onMessage: () => {},
    send(message, to, onError) {
      if (!open) return
      const known = to.flow ?? byPeer.get(peerKey(to))
      if (known?.open === true) known.write(message)
      else if (to.flow !== undefined) queueMicrotask(() => onError?.(new FlowGone()))
      else if (flows.size >= limits.connections) queueMicrotask(() => onError?.(new Error('too many connections')))
      else {
        const flow = dial(to)
        flow.onFailed(onError)
        flow.write(message)
        return
      }
      if (known instanceof TcpFlow && known.connecting) known.onFailed(onError)
    },
    alias(flow, port) {
      if (!(flow instanceof TcpFlow) || flow.peer === undefined) return
      const key = peerKey({ address: flow.peer, port })
      if (byPeer.get(key)?.open !== true) byPeer.set(key, flow)
    },
    async close() {
      if (!open) return
      open = false
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const flow of flows) flow.destroy()
      await closed
    },
  }
  return transport
}

class TcpFlow implements SipFlow {
  readonly peer: string | undefined
  readonly #socket: Socket
  readonly #unreadBytes: number
  #failed: (() => void)[] = []
  #connecting: boolean
  #ended = false

  constructor(socket: Socket, unreadBytes: number) {
    this.#socket = socket
    this.#unreadBytes = unreadBytes
    this.peer = socket.remoteAddress
    this.#connecting = socket.connecting
    socket.once('close', () => {
      for (const failed of this.#failed.splice(0)) failed()
    })
  }

  get open(): boolean {
    return !this.#ended && !this.#socket.destroyed && (this.#socket.writable || this.#connecting)
  }

  get connecting(): boolean {
    return this.#connecting
  }

  write(message: Buffer): void {
    if (!this.open) return
    if (this.#socket.writableLength > this.#unreadBytes) this.#socket.destroy()
    else this.#socket.write(message)
  }

  /** Told when the connection does not come up. */
  onFailed(onError: ((error: Error) => void) | undefined): void {
    if (onError !== undefined) this.#failed.push(() => onError(new Error('the connection did not come up')))
  }

  connected(): void {
    this.#connecting = false
    this.#failed = []
  }

  /** Sends what is still to be sent, then closes. */
  end(): void {
    this.#ended = true
    this.#socket.pause()
    this.#socket.setTimeout(goodbyeMs, () => this.#socket.destroy())
    this.#socket.destroySoon()
  }

  destroy(): void {
    this.#ended = true
    this.#socket.destroy()
  }
}

function peerKey(peer: Hop): string {
  return `${peer.address}|${peer.port}`
}
