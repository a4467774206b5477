import type { IncomingMessage, Server as NodeServer } from 'node:http'
import { Server, type Socket } from 'socket.io'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Auth, Session } from '#platform/auth/auth-service.ts'
import { lessAccessChannel } from '#platform/auth/session-store.ts'
import { SessionWatch } from '#platform/auth/session-watch.ts'
import type { Clock, Timer } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import type { Listener } from '#platform/database/listen.ts'
import { codeOf } from '#platform/errors/errors.ts'
import { isOwnOrigin, sessionCookie } from '#platform/http/access.ts'
import { clientAddress, noProxies, type Proxies } from '#platform/http/proxies.ts'
import { type Log, logError } from '#platform/log.ts'
import {
  type HubToPage,
  type PageToHub,
  type PushedEvent,
  realtimePath,
  type SubscribeReply,
  type SubscribeRequest,
} from './protocol.ts'
import { StreamLooks } from './stream-looks.ts'
import { type StreamEvent, streamChannel } from './stream-store.ts'
import { Subscription } from './subscription.ts'

export interface HubOptions {
  readonly server: NodeServer
  readonly auth: Auth
  readonly db: Ground
  readonly listener: Listener
  readonly clock: Clock
  readonly log: Log
  readonly parseCookies: (header: string) => Record<string, string | undefined>
  /** Deny by default: only the streams this says yes to are read. */
  readonly mayRead: (session: Session, stream: string) => boolean | Promise<boolean>
  /**
   * Streams that change often and may be told of a little later: after one change the next ones are told together, so
   * many milliseconds after it. Default: every stream at once.
   */
  readonly restMs?: (stream: string) => number
  /** Reverse proxies of our own. Default: none. */
  readonly proxies?: Proxies
  readonly limits?: Partial<HubLimits>
}

export interface HubLimits {
  /** Pages at once on this node. */
  readonly sockets: number
  /** Streams one page may read. */
  readonly streamsPerSocket: number
  /** Messages of one page, and handshakes from one address, in ten seconds. */
  readonly messagesPer10Seconds: number
  readonly eventsPerBatch: number
  /** A page that has not taken a batch by then is let go; it comes back and reads on from its offset. */
  readonly takenWithinMs: number
}

export const defaultHubLimits: HubLimits = {
  sockets: 500,
  streamsPerSocket: 24,
  messagesPer10Seconds: 40,
  eventsPerBatch: 200,
  takenWithinMs: 15_000,
}

/** Longer than another upgrade on this server may take to be answered (tunnel-handshake.ts). */
const upgradeLimitMs = 10_000

type Page = Socket<PageToHub, HubToPage>

interface Connected {
  readonly page: Page
  readonly sessionId: string
  readonly actor: Actor
  readonly subscriptions: Map<string, Subscription>
  unwatch: () => void
  messages: number
}

/** Pushes streams to pages. The session is asked for at the handshake and at every message; its end ends the sockets. */
export interface Hub {
  /** How many pages of this node read a stream now. */
  watchers(stream: string): number
  onWatchersChange(listener: (stream: string) => void): void
  /** Lets go of every page; they come back and read on from their offsets. */
  dropAll(): void
  close(): Promise<void>
}

export async function openHub(options: HubOptions): Promise<Hub> {
  const hub = new SocketHub(options)
  await hub.listen()
  return hub
}

class SocketHub implements Hub {
  readonly #options: HubOptions
  readonly #limits: HubLimits
  readonly #io: Server<PageToHub, HubToPage>
  readonly #sessions = new WeakMap<IncomingMessage, Session>()
  readonly #connected = new Set<Connected>()
  readonly #watch: SessionWatch
  readonly #retries = new Set<Timer>()
  readonly #watchersListeners: ((stream: string) => void)[] = []
  readonly #looks: StreamLooks
  readonly #readers = new Map<string, Set<Subscription>>()
  readonly #written = new WeakMap<readonly StreamEvent[], readonly PushedEvent[]>()
  /** Streams that were told of a moment ago, and whether they have changed since. */
  readonly #resting = new Map<string, { readonly timer: Timer; changed: boolean }>()
  readonly #closing: (() => Promise<void>)[] = []
  /** Handshakes by address within the running ten seconds. */
  readonly #handshakes = new Map<string, number>()
  #window: Timer | undefined

  constructor(options: HubOptions) {
    this.#options = options
    this.#limits = { ...defaultHubLimits, ...options.limits }
    this.#watch = new SessionWatch(options)
    this.#looks = new StreamLooks(options.db, this.#limits.eventsPerBatch)
    this.#io = new Server(options.server, {
      path: realtimePath,
      serveClient: false,
      transports: ['websocket'],
      maxHttpBufferSize: 16 * 1024,
      // Upgrades that nobody takes: engine.io's own second would cut off a page whose way to drachtio is slow.
      destroyUpgradeTimeout: upgradeLimitMs,
      allowRequest: (request, answer) => {
        this.#admit(request).then(
          (refusal) => answer(refusal, refusal === null),
          (error) => {
            logError(options.log, error, 'a handshake could not be judged')
            answer(codeOf(error), false)
          },
        )
      },
    })
    this.#io.on('connection', (page) => this.#welcome(page))
  }

  async listen(): Promise<void> {
    const { listener } = this.#options
    const streams = await listener.listen(streamChannel, {
      onPayload: (stream) => this.#wake(stream),
      onResync: () => this.#wake(null),
    })
    const access = await listener.listen(lessAccessChannel, {
      onPayload: (accountId) => this.#dismissAll(accountId),
      onResync: () => void this.#judgeAnew(),
    })
    await this.#watch.start()
    this.#closing.push(
      () => streams.close(),
      () => access.close(),
      () => this.#watch.close(),
    )
  }

  watchers(stream: string): number {
    return this.#readers.get(stream)?.size ?? 0
  }

  onWatchersChange(listener: (stream: string) => void): void {
    this.#watchersListeners.push(listener)
  }

  dropAll(): void {
    for (const one of [...this.#connected]) this.#dismiss(one)
  }

  async close(): Promise<void> {
    for (const close of this.#closing.splice(0)) await close()
    const { clock } = this.#options
    const resting = [...this.#resting.values()].map(({ timer }) => timer)
    for (const timer of [...this.#retries, ...resting, this.#window]) clock.clearTimeout(timer)
    this.#retries.clear()
    this.#resting.clear()
    for (const one of [...this.#connected]) this.#leave(one)
    this.#io.disconnectSockets(true)
    // Not io.close(): the web server is its owner's to close.
    this.#io.engine.close()
  }

  /** @returns null, or the code of the refusal */
  async #admit(request: IncomingMessage): Promise<string | null> {
    const { auth, parseCookies } = this.#options
    if (this.#connected.size >= this.#limits.sockets || this.#isKnocking(request)) return 'TOO_MANY_REQUESTS'
    if (!isOwnOrigin(request.headers.origin, request.headers.host ?? '')) return this.#deny(request, 'FOREIGN_ORIGIN')
    const token = parseCookies(request.headers.cookie ?? '')[sessionCookie]
    // Quiet: that a socket comes back is nobody's doing.
    const session = token === undefined ? null : await auth.session(token, { quiet: true })
    if (session === null) return this.#deny(request, 'SIGNED_OUT')
    if (session.mustChangePassword) return this.#deny(request, 'PASSWORD_CHANGE_NEEDED')
    this.#sessions.set(request, session)
    return null
  }

  async #deny(request: IncomingMessage, code: string): Promise<string> {
    const actor = actorOf(this.#addressOf(request), null)
    await this.#audit(actor, realtimePath, code)
    return code
  }

  #welcome(page: Page): void {
    const session = this.#sessions.get(page.request)
    if (session === undefined) {
      page.disconnect(true)
      return
    }
    const one: Connected = {
      page,
      sessionId: session.id,
      actor: actorOf(this.#addressOf(page.request), session),
      subscriptions: new Map(),
      unwatch: () => {},
      messages: 0,
    }
    this.#connected.add(one)
    one.unwatch = this.#watch.watch(session, () => {
      page.emit('signed_out')
      this.#dismiss(one)
    })
    page.on('disconnect', () => this.#leave(one))
    page.use(([event, ...args], next) => {
      this.#judge(one, event, args).then(
        (allowed) => (allowed ? next() : this.#dismiss(one)),
        (error) => {
          logError(this.#options.log, error, 'a message could not be judged')
          this.#dismiss(one)
        },
      )
    })
    page.on('subscribe', (request, reply) => {
      void this.#subscribe(one, request, reply)
    })
  }

  /** Every message: the session still lives, the event is one we know, its arguments have the right shape. */
  async #judge(one: Connected, event: unknown, args: readonly unknown[]): Promise<boolean> {
    if (this.#isTooMuch(one)) return false
    if (event !== 'subscribe' || !isSubscribe(args)) {
      await this.#audit(one.actor, `event ${typeof event === 'string' ? legible(event) : '?'}`, 'UNKNOWN_EVENT')
      return false
    }
    return (await this.#options.auth.sessionById(one.sessionId)) !== null
  }

  #isTooMuch(one: Connected): boolean {
    this.#openWindow()
    one.messages += 1
    return one.messages > this.#limits.messagesPer10Seconds
  }

  #isKnocking(request: IncomingMessage): boolean {
    this.#openWindow()
    const address = this.#addressOf(request) ?? ''
    const count = (this.#handshakes.get(address) ?? 0) + 1
    this.#handshakes.set(address, count)
    return count > this.#limits.messagesPer10Seconds
  }

  #addressOf(request: IncomingMessage): string | null {
    return clientAddress(request, this.#options.proxies ?? noProxies)
  }

  #openWindow(): void {
    this.#window ??= this.#options.clock.setTimeout(() => {
      this.#window = undefined
      this.#handshakes.clear()
      for (const each of this.#connected) each.messages = 0
    }, 10_000)
  }

  async #subscribe(one: Connected, request: SubscribeRequest, reply: (answer: SubscribeReply) => void): Promise<void> {
    const { auth, mayRead, log } = this.#options
    const { stream, after } = request
    try {
      const session = await auth.sessionById(one.sessionId)
      if (session === null) return this.#dismiss(one)
      if (!(await mayRead(session, stream))) {
        await this.#audit(one.actor, `stream ${stream.slice(0, 60)}`, 'RIGHT_MISSING')
        return reply({ ok: false, code: 'RIGHT_MISSING' })
      }
    } catch (error) {
      logError(log, error, 'a subscription could not be judged')
      return reply({ ok: false, code: codeOf(error) })
    }
    if (!this.#connected.has(one)) return
    if (!one.subscriptions.has(stream) && one.subscriptions.size >= this.#limits.streamsPerSocket) {
      return reply({ ok: false, code: 'TOO_MANY_REQUESTS' })
    }
    this.#forget(one, stream)
    const subscription = this.#subscription(one, stream, after)
    one.subscriptions.set(stream, subscription)
    this.#readers.set(stream, (this.#readers.get(stream) ?? new Set()).add(subscription))
    reply({ ok: true })
    this.#tellWatchers(stream)
    await subscription.wake()
  }

  #subscription(one: Connected, stream: string, after: number): Subscription {
    const { page } = one
    const { clock, log } = this.#options
    const subscription: Subscription = new Subscription(after, {
      read: (from) => this.#looks.read(stream, from),
      deliver: (events) =>
        page.timeout(this.#limits.takenWithinMs).emitWithAck('events', { stream, events: this.#told(events) }),
      onGap: () => {
        this.#forget(one, stream)
        page.emit('gap', { stream })
        this.#tellWatchers(stream)
      },
      onFailure: (error) => {
        if (!page.connected) return
        if (codeOf(error) === 'UNEXPECTED') {
          log.info({ stream, sessionId: one.sessionId }, 'a page did not take its events in time and was let go')
          return this.#dismiss(one)
        }
        logError(log, error, 'a stream could not be read')
        const retry = clock.setTimeout(() => {
          this.#retries.delete(retry)
          void subscription.wake()
        }, 1_000)
        this.#retries.add(retry)
      },
    })
    return subscription
  }

  /** As pages are told; what several of them read in one look is written once. */
  #told(events: readonly StreamEvent[]): readonly PushedEvent[] {
    const known = this.#written.get(events)
    if (known !== undefined) return known
    const told = events.map((event) => ({ ...event, at: event.at.toISOString() }))
    this.#written.set(events, told)
    return told
  }

  /** @param stream null: any of them may have grown */
  #wake(stream: string | null): void {
    this.#looks.renew()
    if (stream !== null && this.#rests(stream)) return
    const woken = stream === null ? [...this.#readers.values()] : [this.#readers.get(stream) ?? []]
    for (const readers of woken) for (const subscription of readers) void subscription.wake()
  }

  /** @returns whether its readers are told of this change later */
  #rests(stream: string): boolean {
    const resting = this.#resting.get(stream)
    if (resting !== undefined) {
      resting.changed = true
      return true
    }
    const { restMs, clock } = this.#options
    const ms = this.#readers.has(stream) ? (restMs?.(stream) ?? 0) : 0
    if (ms === 0) return false
    const timer = clock.setTimeout(() => {
      const changed = this.#resting.get(stream)?.changed === true
      this.#resting.delete(stream)
      if (changed) this.#wake(stream)
    }, ms)
    this.#resting.set(stream, { timer, changed: false })
    return false
  }

  /** Pages of an account that may see less than before come back, and are judged for each stream anew. */
  #dismissAll(accountId: string): void {
    for (const one of [...this.#connected]) if (one.actor.accountId === accountId) this.#dismiss(one)
  }

  /** Whoever it was told of may be among them. */
  async #judgeAnew(): Promise<void> {
    for (const one of [...this.#connected]) {
      const may = await this.#mayGoOn(one).catch((error: unknown) => {
        logError(this.#options.log, error, 'the streams of a page could not be judged anew')
        return false
      })
      if (!may) this.#dismiss(one)
    }
  }

  async #mayGoOn(one: Connected): Promise<boolean> {
    const { auth, mayRead } = this.#options
    const session = await auth.sessionById(one.sessionId)
    if (session === null) return false
    for (const stream of one.subscriptions.keys()) if (!(await mayRead(session, stream))) return false
    return true
  }

  #dismiss(one: Connected): void {
    this.#leave(one)
    one.page.disconnect(true)
  }

  #leave(one: Connected): void {
    if (!this.#connected.delete(one)) return
    const streams = [...one.subscriptions.keys()]
    for (const stream of streams) this.#forget(one, stream)
    for (const stream of streams) this.#tellWatchers(stream)
    one.unwatch()
  }

  /** The page reads the stream no more. */
  #forget(one: Connected, stream: string): void {
    const subscription = one.subscriptions.get(stream)
    if (subscription === undefined) return
    subscription.close()
    one.subscriptions.delete(stream)
    const readers = this.#readers.get(stream)
    readers?.delete(subscription)
    if (readers?.size === 0) this.#readers.delete(stream)
  }

  #tellWatchers(stream: string): void {
    for (const listener of this.#watchersListeners) listener(stream)
  }

  async #audit(actor: Actor, object: string, code: string): Promise<void> {
    await writeAudit(this.#options.db, {
      actor,
      action: 'access.denied',
      object: { kind: 'realtime', id: object },
      outcome: 'denied',
      detail: { code },
    })
  }
}

function isSubscribe(args: readonly unknown[]): boolean {
  const [request, reply] = args
  if (args.length !== 2 || typeof reply !== 'function') return false
  if (typeof request !== 'object' || request === null || !('stream' in request) || !('after' in request)) return false
  const { stream, after } = request
  return typeof stream === 'string' && streamName.test(stream) && Number.isSafeInteger(after) && Number(after) >= 0
}

const streamName = /^[\x21-\x7e]{1,100}$/

/** What the trail can keep: with a NUL or half a character in it the refusal would not be written down. */
function legible(event: string): string {
  return event.slice(0, 40).replace(/[^\x20-\x7e]/g, '?')
}

function actorOf(ip: string | null, session: Session | null): Actor {
  return {
    accountId: session?.accountId ?? null,
    name: session?.signInName ?? null,
    sessionId: session?.id ?? null,
    ip,
    requestId: null,
  }
}
