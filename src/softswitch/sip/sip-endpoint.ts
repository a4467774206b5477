/**
 * One SIP address on the network: transports, transactions and their matching. It knows no dialogs; `UserAgent` or the
 * drachtio server stands on it.
 *
 *     const endpoint = await SipEndpoint.open({ address: '127.0.0.1', port: 0 })
 *     endpoint.user = { onRequest: (transaction) => transaction.reply(200) }
 *     endpoint.request(options, { onResponse: (response) => … })
 *     await endpoint.close()
 *
 * What comes from the network never throws out of here: malformed requests get 400 (416, 505) without state, all else
 * that cannot be read is dropped and counted. An exception thrown by the user of the endpoint ends that one
 * transaction with 500 and is handed to `onFault`.
 */
import { randomUUID } from 'node:crypto'
import { isIP } from 'node:net'
import {
  type ClientTransaction,
  type ClientTransactionHost,
  type ClientTransactionUser,
  InviteClientTransaction,
  NonInviteClientTransaction,
} from './client-transaction.ts'
import type { RouteOptions, SipCounters, SipEndpointSettings, SipUser } from './endpoint-settings.ts'
import { nextHopUri, noteSource, numericHop, protocolOf, resolveHop } from './next-hop.ts'
import { randomToken } from './random-token.ts'
import { RequestGate } from './request-gate.ts'
import {
  InviteServerTransaction,
  NonInviteServerTransaction,
  type ServerTransaction,
  type ServerTransactionHost,
} from './server-transaction.ts'
import { type SipClock, systemSipClock } from './sip-clock.ts'
import { responseTo, type SipMessage, type SipRequest, type SipResponse } from './sip-message.ts'
import { parseSip } from './sip-parser.ts'
import { type SipTimers, sipTimers } from './sip-timers.ts'
import { ackKey, clientKey, serverKey } from './transaction-key.ts'
import { type Hop, isReliable, isSipProtocol, type SipProtocol } from './transport.ts'
import { openTransports, TransportSet } from './transport-set.ts'
import { branchCookie } from './via.ts'

export class SipEndpoint {
  readonly clock: SipClock
  readonly timers: SipTimers
  readonly counters: SipCounters = { received: 0, sent: 0, malformed: 0, repeated: 0, dropped: 0 }
  /** Until somebody is set here, every request gets 503. */
  user: SipUser = { onRequest: (transaction) => void transaction.reply(503) }
  readonly #transports: TransportSet
  readonly #settings: SipEndpointSettings
  readonly #clients = new Map<string, ClientTransaction>()
  readonly #servers = new Map<string, ServerTransaction>()
  readonly #awaitingAck = new Map<string, InviteServerTransaction>()
  readonly #ackKeys = new Map<InviteServerTransaction, string>()
  readonly #clientHost: ClientTransactionHost
  readonly #serverHost: ServerTransactionHost
  readonly #quietWaiters = new Set<() => void>()
  readonly #gate: RequestGate | undefined
  #closed = false

  /** @throws the system's error when the address cannot be bound */
  static async open(settings: SipEndpointSettings = {}): Promise<SipEndpoint> {
    const { transport, address = '127.0.0.1', port = 0, streams = {}, clock = systemSipClock } = settings
    const udp = { address, port, ...(settings.impairment === undefined ? {} : { impairment: settings.impairment }) }
    const transports = transport === undefined ? await openTransports(udp, streams, clock) : [transport]
    return new SipEndpoint(settings, new TransportSet(transports, settings.advertisedAddress))
  }

  private constructor(settings: SipEndpointSettings, transports: TransportSet) {
    this.#settings = settings
    this.#transports = transports
    this.clock = settings.clock ?? systemSipClock
    this.timers = sipTimers(settings.timers)
    this.#gate = settings.gate === undefined ? undefined : new RequestGate(settings.gate, this.clock)
    transports.listen({
      onMessage: (message, from) => this.#guard(() => this.#receive(message, from)),
      onBroken: (head, problem, from) => this.#guard(() => this.#refuseBroken(head, problem, from)),
    })
    this.#clientHost = {
      clock: this.clock,
      timers: this.timers,
      send: (message, to, onError) => this.#send(message, to, onError),
      sendCancel: (invite, cancel) => this.#sendCancel(invite, cancel),
      onEnded: (transaction) => {
        this.#clients.delete(clientKey(transaction.branch, transaction.request.method))
        this.#noteQuiet()
      },
    }
    this.#serverHost = {
      clock: this.clock,
      timers: this.timers,
      send: (message, to) => this.#send(message, answerHop(to)),
      awaitAck: (transaction, toTag) => {
        const key = ackKey(transaction.request, toTag)
        this.#awaitingAck.set(key, transaction)
        this.#ackKeys.set(transaction, key)
      },
      onEnded: (transaction) => this.#forgetServer(transaction),
    }
  }

  /** Bound address and port; of its UDP, unless it has none. */
  get local(): Hop {
    return this.#transports.local()
  }

  /** Bound address and port of one of its transports; of the main one where there is no such one. */
  localOf(protocol: SipProtocol | undefined): Hop {
    return this.#transports.local(protocol)
  }

  /** What it speaks, UDP first. */
  get protocols(): readonly SipProtocol[] {
    return this.#transports.protocols
  }

  /** Host that others are told to use. */
  get host(): string {
    return this.#transports.host
  }

  /** `host:port` as it stands in Via and Contact over UDP. */
  get hostPort(): string {
    return this.#transports.hostPort()
  }

  /** The same over another protocol. */
  hostPortOf(protocol: SipProtocol): string {
    return this.#transports.hostPort(protocol)
  }

  get #family(): 4 | 6 {
    return isIP(this.local.address) === 6 ? 6 : 4
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Live transactions, for tests and metrics. */
  get transactionCount(): number {
    return this.#clients.size + this.#servers.size
  }

  /** Contact URI of this endpoint, for peers that speak this protocol. */
  contactUri(user?: string, protocol: SipProtocol = this.#transports.main): string {
    const transport = protocol === 'udp' ? '' : `;transport=${protocol}`
    return `sip:${user === undefined ? '' : `${user}@`}${this.hostPortOf(protocol)}${transport}`
  }

  newTag(): string {
    return randomToken(8)
  }

  newCallId(): string {
    return randomUUID()
  }

  /**
   * Sends an INVITE in a transaction of its own. Via is put on top; Max-Forwards is added where it is missing.
   */
  invite(request: SipRequest, user: ClientTransactionUser, options: RouteOptions = {}): InviteClientTransaction {
    const branch = this.#stamp(request, options)
    return this.#begin(new InviteClientTransaction(this.#clientHost, request, branch, this.#guarded(user)), options)
  }

  /** Sends any request but INVITE and ACK. */
  request(request: SipRequest, user: ClientTransactionUser, options: RouteOptions = {}): NonInviteClientTransaction {
    const branch = this.#stamp(request, options)
    return this.#begin(new NonInviteClientTransaction(this.#clientHost, request, branch, this.#guarded(user)), options)
  }

  /**
   * Sends the ACK of a 2xx on a branch of its own; the transaction repeats it whenever the 2xx comes again.
   * @returns the ACK as it leaves
   */
  acknowledge(transaction: InviteClientTransaction, ack: SipRequest, options: RouteOptions = {}): SipRequest {
    this.#stamp(ack, options)
    const route = options.route ?? nextHopUri(ack)
    const hop = options.hop ?? numericHop(route)
    if (hop !== undefined) transaction.acknowledge(ack, hop)
    else void resolveHop(route, this.#family).then((found) => found && transaction.acknowledge(ack, found))
    return ack
  }

  /** Sends a request on its way and forgets it: an ACK that goes by a proxy. */
  pass(request: SipRequest, options: RouteOptions = {}): void {
    this.#stamp(request, options)
    const route = options.route ?? nextHopUri(request)
    const hop = options.hop ?? numericHop(route)
    if (hop !== undefined) this.#send(request, hop)
    else void resolveHop(route, this.#family).then((found) => found && this.#send(request, found))
  }

  /** Resolves when no request of ours waits for its final answer, at the latest after `limitMs`. */
  whenQuiet(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const limit = this.clock.after(limitMs, () => quiet())
      const quiet = () => {
        limit.clear()
        this.#quietWaiters.delete(quiet)
        resolve()
      }
      this.#quietWaiters.add(quiet)
      this.#noteQuiet()
    })
  }

  /** Drops every transaction without a word and gives the port back. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const transaction of [...this.#clients.values(), ...this.#servers.values()]) transaction.terminate()
    await this.#transports.close()
  }

  #begin<T extends ClientTransaction>(transaction: T, options: RouteOptions): T {
    this.#clients.set(clientKey(transaction.branch, transaction.request.method), transaction)
    if (this.#closed) {
      queueMicrotask(() => transaction.fail(503))
      return transaction
    }
    const route = options.route ?? nextHopUri(transaction.request)
    const known = options.hop ?? numericHop(route)
    if (known !== undefined) {
      this.#start(transaction, known)
      return transaction
    }
    void resolveHop(route, this.#family).then((found) =>
      found === undefined ? transaction.fail(503) : this.#start(transaction, found),
    )
    return transaction
  }

  #start(transaction: ClientTransaction, hop: Hop): void {
    const { request, branch } = transaction
    if (!this.#isTooLong(request, hop)) {
      transaction.start(hop)
      return
    }
    const goOver = (protocol: SipProtocol) => {
      const [, ...others] = request.headers.list('Via')
      request.headers.setAll('Via', [this.#via(protocol, branch), ...others])
    }
    goOver('tcp')
    transaction.start({ ...hop, protocol: 'tcp' }, () => {
      goOver('udp')
      return hop
    })
  }

  #isTooLong(request: SipRequest, hop: Hop): boolean {
    const most = this.#settings.longestOverUdp ?? Number.POSITIVE_INFINITY
    return !isReliable(hop) && this.#transports.has('tcp') && request.toBuffer().length > most
  }

  #stamp(request: SipRequest, options: RouteOptions): string {
    const protocol = this.#protocolFor(request, options)
    const branch = `${branchCookie}${randomToken(10)}`
    request.headers.prepend('Via', this.#via(protocol, branch))
    if (!request.headers.has('Max-Forwards')) request.headers.add('Max-Forwards', '70')
    return branch
  }

  #via(protocol: SipProtocol, branch: string): string {
    const rport = protocol === 'udp' ? ';rport' : ''
    return `SIP/2.0/${protocol.toUpperCase()} ${this.hostPortOf(protocol)};branch=${branch}${rport}`
  }

  #protocolFor(request: SipRequest, options: RouteOptions): SipProtocol {
    if (options.hop !== undefined) return options.hop.protocol ?? 'udp'
    return protocolOf(options.route ?? nextHopUri(request)) ?? this.#transports.main
  }

  #sendCancel(invite: InviteClientTransaction, cancel: SipRequest): void {
    const transaction = new NonInviteClientTransaction(this.#clientHost, cancel, invite.branch, {
      onResponse: () => {},
    })
    this.#clients.set(clientKey(invite.branch, 'CANCEL'), transaction)
    if (invite.hop !== undefined) transaction.start(invite.hop)
  }

  #send(message: SipMessage, to: Hop, onError?: (error: Error) => void): void {
    if (this.#closed) return
    this.counters.sent++
    this.#settings.onTrace?.('out', message, to)
    this.#transports.send(message.toBuffer(), to, onError)
  }

  /** A stream that cannot be read on: its last request is told why, if it can be. */
  #refuseBroken(head: Buffer | undefined, problem: string, from: Hop): void {
    if (this.#closed) return
    this.#noteUnreadable(from)
    const parsed = head === undefined ? undefined : parseSip(head)
    const request = parsed?.ok === true ? parsed.message : parsed?.answerable
    if (request?.kind === 'request' && request.method !== 'ACK') this.#refuseMalformed(request, 400, problem, from)
  }

  #receive(message: Buffer, from: Hop): void {
    if (this.#closed) return
    this.counters.received++
    const parsed = parseSip(message)
    if (!parsed.ok) {
      this.#noteUnreadable(from)
      if (parsed.answerable !== undefined && this.#admits(from))
        this.#refuseMalformed(parsed.answerable, parsed.status, parsed.problem, from)
      return
    }
    this.#settings.onTrace?.('in', parsed.message, from)
    if (parsed.message.kind === 'response') this.#receiveResponse(parsed.message, from)
    else this.#receiveRequest(parsed.message, from)
  }

  #noteUnreadable({ address }: Hop): void {
    this.counters.malformed++
    this.#settings.onRefused?.('sip_unreadable', address)
  }

  /** Whether a message that belongs to nothing we know is looked at. */
  #admits({ address }: Hop): boolean {
    if (this.#gate === undefined || this.#gate.admits(address)) return true
    this.counters.dropped++
    this.#settings.onRefused?.('sip_flood', address)
    return false
  }

  #refuseMalformed(request: SipRequest, status: number, problem: string, from: Hop): void {
    const replyTo = noteSource(request, from, this.#settings.symmetricAnswers === true)
    if (replyTo === undefined) return
    const reason = status === 400 ? `Bad Request - ${problem}` : undefined
    this.#send(
      responseTo(request, status, { tag: this.newTag(), ...(reason === undefined ? {} : { reason }) }),
      replyTo,
    )
  }

  #receiveResponse(response: SipResponse, from: Hop): void {
    const via = response.topVia
    // RFC 3261 §18.1.2: an answer whose top Via is not ours went astray.
    if (via === undefined || via.host.toLowerCase() !== this.host.toLowerCase()) return
    const protocol = via.transport.toLowerCase()
    if (!isSipProtocol(protocol) || !this.#transports.has(protocol)) return
    if ((via.port ?? 5060) !== this.localOf(protocol).port) return
    const transaction = this.#clients.get(clientKey(via.params.get('branch') ?? '', response.cseq?.method ?? ''))
    if (transaction !== undefined) {
      transaction.receive(response, from)
      this.#noteQuiet()
    } else this.user.onStrayResponse?.(response, from)
  }

  #receiveRequest(request: SipRequest, from: Hop): void {
    const via = request.topVia
    // One that came another way than its Via says is dropped, as sofia does: its answer would go astray.
    if (via === undefined || via.transport.toLowerCase() !== (from.protocol ?? 'udp')) {
      this.#noteUnreadable(from)
      return
    }
    if (via.params.has('alias')) this.#transports.alias(from, via.port ?? 5060)
    const key = serverKey(request, via, request.method === 'ACK' ? 'INVITE' : request.method)
    if (request.method === 'ACK') {
      this.#receiveAck(request, key, from)
      return
    }
    const known = this.#servers.get(key)
    if (known !== undefined) {
      this.counters.repeated++
      known.receiveAgain()
      return
    }
    if (!this.#admits(from)) return
    const replyTo = noteSource(request, from, this.#settings.symmetricAnswers === true)
    if (replyTo === undefined) return
    const arrival = { request, source: from, replyTo, localTag: this.newTag(), key }
    if (this.#isTooMuch(request)) {
      this.#send(responseTo(request, 503, { tag: arrival.localTag, headers: { 'Retry-After': '5' } }), replyTo)
      return
    }
    const transaction =
      request.method === 'INVITE'
        ? new InviteServerTransaction(this.#serverHost, arrival)
        : new NonInviteServerTransaction(this.#serverHost, arrival)
    this.#servers.set(key, transaction)
    if (request.method === 'CANCEL') {
      this.#receiveCancel(transaction, serverKey(request, via, 'INVITE'))
      return
    }
    if (request.method === 'INVITE') transaction.reply(100)
    this.#guard(
      () => this.user.onRequest(transaction),
      () => void transaction.reply(500),
    )
  }

  /** What ends a call, or belongs to one that is up, is let in for as long again: refusing it would prolong the load. */
  #isTooMuch(request: SipRequest): boolean {
    const most = this.#settings.maxTransactions ?? 50_000
    const belongs = request.method === 'CANCEL' || request.toTag !== undefined
    return this.#servers.size >= (belongs ? 2 * most : most)
  }

  #receiveCancel(transaction: ServerTransaction, inviteKey: string): void {
    const invite = this.#servers.get(inviteKey)
    if (!(invite instanceof InviteServerTransaction)) {
      transaction.reply(481)
      return
    }
    // RFC 3261 §9.2: the To tag of this answer is the one of the INVITE's answer.
    const answer = responseTo(transaction.request, 200, { tag: invite.localTag })
    transaction.respond(answer)
    this.#guard(() => invite.receiveCancel(transaction.request))
  }

  #receiveAck(ack: SipRequest, key: string, from: Hop): void {
    const transaction = this.#servers.get(key) ?? this.#awaitingAck.get(ackKey(ack, ack.toTag ?? ''))
    if (transaction instanceof InviteServerTransaction) this.#guard(() => transaction.receiveAck(ack))
    else this.user.onStrayAck?.(ack, from)
  }

  #forgetServer(transaction: ServerTransaction): void {
    this.#servers.delete(transaction.key)
    if (!(transaction instanceof InviteServerTransaction)) return
    const key = this.#ackKeys.get(transaction)
    if (key === undefined) return
    this.#ackKeys.delete(transaction)
    if (this.#awaitingAck.get(key) === transaction) this.#awaitingAck.delete(key)
  }

  #noteQuiet(): void {
    if (this.#quietWaiters.size === 0) return
    for (const transaction of this.#clients.values()) if (transaction.waiting) return
    for (const quiet of [...this.#quietWaiters]) quiet()
  }

  #guarded(user: ClientTransactionUser): ClientTransactionUser {
    return {
      onResponse: (response, origin, source) => this.#guard(() => user.onResponse(response, origin, source)),
      onRepeated: (response) => this.#guard(() => user.onRepeated?.(response)),
    }
  }

  #guard(run: () => void, otherwise?: () => void): void {
    try {
      run()
    } catch (error) {
      this.#settings.onFault?.(error)
      otherwise?.()
    }
  }
}

/** RFC 3261 §18.2.2: an answer for whom the connection is gone opens a new one. A browser cannot be reached so. */
function answerHop(to: Hop): Hop {
  if (to.flow === undefined || to.flow.open || (to.protocol !== 'tcp' && to.protocol !== 'tls')) return to
  return { address: to.address, port: to.port, protocol: to.protocol }
}
