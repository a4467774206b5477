import type { IncomingMessage, Server as NodeServer } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { writeAudit } from '#platform/audit/audit-store.ts'
import type { Auth, Session } from '#platform/auth/auth-service.ts'
import type { Right } from '#platform/auth/rights.ts'
import type { SessionWatch } from '#platform/auth/session-watch.ts'
import type { Clock, Timer } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import { type Log, logError } from '#platform/log.ts'
import { isOwnOrigin, sessionCookie } from './access.ts'
import { clientAddress, noProxies, type Proxies } from './proxies.ts'
import { shakeHands } from './tunnel-handshake.ts'

export interface TunnelAddress {
  readonly host: string
  readonly port: number
}

export interface TunnelOptions {
  readonly server: NodeServer
  /** Where pages find it. */
  readonly path: string
  /** WebSocket subprotocol, asked for and spoken at the other end. */
  readonly protocol: string
  /** Where it leads; null: nowhere yet (503). */
  readonly target: TunnelAddress | null
  /** Who may go through. */
  readonly right: Right
  readonly auth: Auth
  readonly watch: SessionWatch
  readonly db: Ground
  readonly clock: Clock
  readonly log: Log
  readonly parseCookies: (header: string) => Record<string, string | undefined>
  /** Asked when a session has ended: resolves when what must not be cut is over; null when there is nothing. */
  readonly staysFor?: (session: Session) => Promise<unknown> | null
  /** A tunnel was closed because its session had ended. @param left how many the account has still */
  readonly onExpelled?: (session: Session, left: number) => void
  /** Reverse proxies of our own. Default: none. */
  readonly proxies?: Proxies
  readonly limits?: Partial<TunnelLimits>
}

export interface TunnelLimits {
  /** At once on this node. */
  readonly tunnels: number
  /** Of one account: a page that comes again is faster than the end of its old connection. The oldest gives way. */
  readonly tunnelsPerAccount: number
  /** From one address in ten seconds. */
  readonly handshakesPer10Seconds: number
}

export const defaultTunnelLimits: TunnelLimits = { tunnels: 500, tunnelsPerAccount: 4, handshakesPer10Seconds: 60 }

export interface Tunnel {
  /** How many are open. */
  readonly size: number
  close(): Promise<void>
}

interface Passage {
  readonly session: Session
  readonly page: Duplex
  readonly inside: Socket
}

/** Why a handshake was not taken. */
interface Refusal {
  readonly status: 401 | 403 | 426 | 429 | 502 | 503
  readonly code: string
}

/** A page that is gone without a word is noticed by it. */
const keepAliveMs = 30_000
const windowMs = 10_000

/**
 * Lets pages of the console through to a WebSocket server inside, over the console's own origin and certificate: who
 * comes through has a session with the right for it, from a page of ours. After the handshake every byte goes through
 * as it is, in both directions, at the pace of the slower side.
 */
export function openTunnel(options: TunnelOptions): Tunnel {
  return new SocketTunnel(options)
}

class SocketTunnel implements Tunnel {
  readonly #options: TunnelOptions
  readonly #limits: TunnelLimits
  readonly #passages = new Set<Passage>()
  readonly #knocks = new Map<string, number>()
  readonly #upgrade: (request: IncomingMessage, page: Duplex, head: Buffer) => void
  /** Handshakes under way count, too. */
  #entering = 0
  #window: Timer | undefined
  #closed = false

  constructor(options: TunnelOptions) {
    this.#options = options
    this.#limits = { ...defaultTunnelLimits, ...options.limits }
    this.#upgrade = (request, page, head) => {
      if (pathOf(request) === options.path) void this.#enter(request, page, head)
    }
    options.server.on('upgrade', this.#upgrade)
  }

  get size(): number {
    return this.#passages.size
  }

  async close(): Promise<void> {
    this.#closed = true
    const { server, clock } = this.#options
    server.off('upgrade', this.#upgrade)
    clock.clearTimeout(this.#window)
    for (const { page } of [...this.#passages]) page.destroy()
  }

  /** Never rejects. */
  async #enter(request: IncomingMessage, page: Duplex, head: Buffer): Promise<void> {
    const { log, target, protocol } = this.#options
    page.on('error', () => page.destroy())
    this.#entering += 1
    try {
      const admitted = await this.#admit(request)
      if ('code' in admitted) return refuse(page, admitted)
      if (target === null) return refuse(page, { status: 503, code: 'TUNNEL_LEADS_NOWHERE' })
      const key = request.headers['sec-websocket-key'] ?? ''
      const { inside, answer, rest } = await shakeHands({ target, protocol, key, clock: this.#options.clock })
      if (page.destroyed || this.#closed) {
        page.destroy()
        inside.destroy()
        return
      }
      page.write(answer)
      if (rest.length > 0) page.write(rest)
      if (head.length > 0) inside.write(head)
      this.#pass({ session: admitted, page, inside })
    } catch (error) {
      logError(log, error, 'a page could not be let through')
      refuse(page, { status: 502, code: 'TUNNEL_BROKEN' })
    } finally {
      this.#entering -= 1
    }
  }

  async #admit(request: IncomingMessage): Promise<Session | Refusal> {
    const { auth, right, protocol, parseCookies } = this.#options
    const { origin, host = '', cookie = '' } = request.headers
    const full = this.#passages.size + this.#entering > this.#limits.tunnels
    if (full || this.#isKnocking(request)) return { status: 429, code: 'TOO_MANY_REQUESTS' }
    if (!isHandshake(request, protocol)) return { status: 426, code: 'INPUT_INVALID' }
    // A browser always tells it; who does not is no page.
    if (origin === undefined || !isOwnOrigin(origin, host)) {
      return this.#deny(request, null, { status: 403, code: 'FOREIGN_ORIGIN' })
    }
    const token = parseCookies(cookie)[sessionCookie]
    // Quiet: that a socket is opened again is nobody's doing.
    const session = token === undefined ? null : await auth.session(token, { quiet: true })
    if (session === null) return this.#deny(request, null, { status: 401, code: 'SIGNED_OUT' })
    if (session.mustChangePassword) {
      return this.#deny(request, session, { status: 403, code: 'PASSWORD_CHANGE_NEEDED' })
    }
    if (!session.rights.has(right)) return this.#deny(request, session, { status: 403, code: 'RIGHT_MISSING' })
    return session
  }

  #pass(passage: Passage): void {
    const { watch, log } = this.#options
    const { session, page, inside } = passage
    const ofAccount = this.#passagesOf(session.accountId)
    if (ofAccount.length >= this.#limits.tunnelsPerAccount) ofAccount[0]?.page.destroy()
    this.#passages.add(passage)
    log.debug({ sessionId: session.id }, 'a page is let through')
    const unwatch = watch.watch(session, () => void this.#sessionOver(passage))
    const over = () => {
      page.destroy()
      inside.destroy()
      if (this.#passages.delete(passage)) unwatch()
    }
    if (page instanceof Socket) page.setNoDelay(true).setKeepAlive(true, keepAliveMs).setTimeout(0)
    page.on('end', over)
    for (const side of [page, inside]) {
      side.on('error', over)
      side.on('close', over)
    }
    page.pipe(inside)
    inside.pipe(page)
    if (page.destroyed || inside.destroyed) over()
  }

  /** A call that is up is not cut: the passage closes when it is over. */
  async #sessionOver(passage: Passage): Promise<void> {
    const { staysFor, onExpelled, log } = this.#options
    try {
      await staysFor?.(passage.session)
    } catch (error) {
      logError(log, error, 'a passage was kept open for something that failed')
    }
    if (!this.#passages.has(passage)) return
    passage.page.destroy()
    passage.inside.destroy()
    const left = this.#passagesOf(passage.session.accountId).filter((other) => other !== passage).length
    onExpelled?.(passage.session, left)
  }

  /** The oldest first. */
  #passagesOf(accountId: string): readonly Passage[] {
    return [...this.#passages].filter(({ session }) => session.accountId === accountId)
  }

  #isKnocking(request: IncomingMessage): boolean {
    this.#window ??= this.#options.clock.setTimeout(() => {
      this.#window = undefined
      this.#knocks.clear()
    }, windowMs)
    this.#window.unref()
    const address = this.#addressOf(request) ?? ''
    const count = (this.#knocks.get(address) ?? 0) + 1
    this.#knocks.set(address, count)
    return count > this.#limits.handshakesPer10Seconds
  }

  #addressOf(request: IncomingMessage): string | null {
    return clientAddress(request, this.#options.proxies ?? noProxies)
  }

  async #deny(request: IncomingMessage, session: Session | null, refusal: Refusal): Promise<Refusal> {
    await writeAudit(this.#options.db, {
      actor: {
        accountId: session?.accountId ?? null,
        name: session?.signInName ?? null,
        sessionId: session?.id ?? null,
        ip: this.#addressOf(request),
        requestId: null,
      },
      action: 'access.denied',
      object: { kind: 'route', id: `UPGRADE ${this.#options.path}` },
      outcome: 'denied',
      detail: { code: refusal.code },
    })
    return refusal
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? ''
}

/** RFC 6455 §4.2.1, and the subprotocol that is spoken here. */
function isHandshake({ method, headers }: IncomingMessage, protocol: string): boolean {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim().toLowerCase())
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    /^[A-Za-z0-9+/]{22}==$/.test(headers['sec-websocket-key'] ?? '') &&
    offered.includes(protocol)
  )
}

function refuse(page: Duplex, { status, code }: Refusal): void {
  if (page.destroyed) return
  const lines = [`HTTP/1.1 ${status} ${code}`, 'Connection: close', 'Content-Type: text/plain']
  if (status === 426) lines.push('Upgrade: websocket')
  page.end([...lines, `Content-Length: ${code.length}`, '', code].join('\r\n'))
}
