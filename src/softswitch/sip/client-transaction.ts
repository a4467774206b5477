/**
 * Client transactions: RFC 3261 §17.1 with the Accepted state of RFC 6026. Over a reliable transport nothing is
 * repeated, and nothing is absorbed behind the final answer (timers D and K are zero).
 *
 * A transaction always brings one final answer: the network's, or one made here (`origin: 'local'`): 408 when timer
 * B, C or F ran out, 503 when the message could not be sent, 410 when the connection it was meant for is gone (as
 * sofia says it), 487 when a CANCEL was never answered (RFC 3261 §9.1).
 */
import type { SipClock, SipTimer } from './sip-clock.ts'
import { SipHeaders } from './sip-headers.ts'
import {
  addExtraHeaders,
  type ExtraHeaders,
  reasonPhrase,
  responseTo,
  SipRequest,
  type SipResponse,
} from './sip-message.ts'
import type { SipTimers } from './sip-timers.ts'
import { FlowGone, type Hop, isReliable } from './transport.ts'

export type ResponseOrigin = 'network' | 'local'

/** What the owner of a client transaction is told. */
export interface ClientTransactionUser {
  /**
   * Provisional answers, one final answer, and for INVITE every further 2xx of another fork (to be acknowledged and
   * ended by the owner, RFC 3261 §13.2.2.4).
   * @param source where the answer came from; where the request went (or was to go) when it was made here
   */
  onResponse(response: SipResponse, origin: ResponseOrigin, source: Hop | undefined): void
  /** A 2xx once more, which the owner has not acknowledged: a proxy passes it on. */
  onRepeated?(response: SipResponse): void
}

/** What a transaction needs from the endpoint that owns it. */
export interface ClientTransactionHost {
  readonly clock: SipClock
  readonly timers: SipTimers
  send(message: SipRequest, to: Hop, onError?: (error: Error) => void): void
  /** A CANCEL for this INVITE, on the same branch; the endpoint runs it as a transaction of its own. */
  sendCancel(invite: InviteClientTransaction, cancel: SipRequest): void
  /** The transaction is over and takes no more messages. */
  onEnded(transaction: ClientTransaction): void
}

type State = 'resolving' | 'calling' | 'proceeding' | 'accepted' | 'completed' | 'terminated'

export abstract class ClientTransaction {
  readonly request: SipRequest
  readonly branch: string
  protected readonly host: ClientTransactionHost
  protected readonly user: ClientTransactionUser
  protected state: State = 'resolving'
  #hop: Hop | undefined
  #retransmit: SipTimer | undefined
  #limit: SipTimer | undefined
  /** The way that is gone when the first one cannot be. */
  #instead: (() => Hop) | undefined

  constructor(host: ClientTransactionHost, request: SipRequest, branch: string, user: ClientTransactionUser) {
    this.host = host
    this.request = request
    this.branch = branch
    this.user = user
  }

  /** Where the request went; undefined until its next hop is resolved. */
  get hop(): Hop | undefined {
    return this.#hop
  }

  protected get reliable(): boolean {
    return isReliable(this.#hop)
  }

  get ended(): boolean {
    return this.state === 'terminated'
  }

  /** True until the final answer. */
  get waiting(): boolean {
    return this.state === 'resolving' || this.state === 'calling' || this.state === 'proceeding'
  }

  /**
   * First transmission. Called once by the endpoint.
   * @param instead makes the request ready for another way and says which; it is asked once, when nothing can be sent to `hop`
   */
  start(hop: Hop, instead?: () => Hop): void {
    if (this.state !== 'resolving') return
    this.#hop = hop
    this.#instead = instead
    this.state = 'calling'
    this.transmit()
    if (!this.reliable) this.retransmitAfter(this.host.timers.t1)
    this.limitAfter(this.host.timers.giveUp, () => this.fail(408))
  }

  /** Ends the transaction with an answer made here. */
  fail(status: number, reason = reasonPhrase(status)): void {
    if (this.state === 'terminated' || this.state === 'completed' || this.state === 'accepted') return
    this.terminate()
    this.user.onResponse(responseTo(this.request, status, { reason }), 'local', this.#hop)
  }

  /** Drops everything without a word to the owner: the endpoint closes. */
  terminate(): void {
    if (this.state === 'terminated') return
    this.state = 'terminated'
    this.stopTimers()
    this.host.onEnded(this)
  }

  abstract receive(response: SipResponse, source: Hop): void
  /** Interval that follows `previous`, or undefined to stop. */
  protected abstract nextInterval(previous: number): number | undefined

  protected transmit(): void {
    if (this.#hop === undefined) return
    this.host.send(this.request, this.#hop, (error) => this.#notSent(error))
  }

  #notSent(error: Error): void {
    const instead = this.#instead
    if (instead === undefined || this.state !== 'calling') {
      this.fail(error instanceof FlowGone ? 410 : 503)
      return
    }
    this.stopTimers()
    this.state = 'resolving'
    this.start(instead())
  }

  protected retransmitAfter(interval: number): void {
    this.#retransmit = this.host.clock.after(interval, () => {
      this.transmit()
      const next = this.nextInterval(interval)
      if (next !== undefined) this.retransmitAfter(next)
    })
  }

  protected limitAfter(ms: number, run: () => void): void {
    this.#limit?.clear()
    this.#limit = this.host.clock.after(ms, run)
  }

  protected stopRetransmission(): void {
    this.#retransmit?.clear()
  }

  protected stopTimers(): void {
    this.#retransmit?.clear()
    this.#limit?.clear()
  }
}

/** Timers E, F, K. */
export class NonInviteClientTransaction extends ClientTransaction {
  override receive(response: SipResponse, source: Hop): void {
    if (this.state !== 'calling' && this.state !== 'proceeding') return
    if (response.status < 200) {
      this.state = 'proceeding'
      this.user.onResponse(response, 'network', source)
      return
    }
    this.state = 'completed'
    this.stopTimers()
    if (this.reliable) this.terminate()
    else this.limitAfter(this.host.timers.t4, () => this.terminate())
    this.user.onResponse(response, 'network', source)
  }

  protected override nextInterval(previous: number): number {
    return this.state === 'proceeding' ? this.host.timers.t2 : Math.min(previous * 2, this.host.timers.t2)
  }
}

/** Timers A, B, C, D, M; CANCEL; ACK of both kinds. */
export class InviteClientTransaction extends ClientTransaction {
  #nonTwoHundredAck: SipRequest | undefined
  /** ACKs the owner sent for 2xx answers, by the answer's To tag. */
  readonly #acks = new Map<string, { ack: SipRequest; hop: Hop }>()
  #forks = new Set<string>()
  #cancel: SipRequest | undefined
  #cancelSent = false

  get cancelRequested(): boolean {
    return this.#cancel !== undefined
  }

  /**
   * Asks for CANCEL. It leaves once a provisional answer has come (RFC 3261 §9.1); a final answer that crosses it
   * still arrives, so the owner must be ready for a 2xx. Asking again changes nothing.
   * @returns the CANCEL as it leaves, or undefined when a final answer is here already
   */
  cancel(extra?: ExtraHeaders): SipRequest | undefined {
    if (this.#cancel !== undefined) return this.#cancel
    if (!this.waiting) return undefined
    this.#cancel = this.#sameTransaction('CANCEL')
    addExtraHeaders(this.#cancel.headers, extra)
    if (this.state === 'resolving') this.fail(487)
    else if (this.state === 'proceeding') this.#sendCancel(this.#cancel)
    return this.#cancel
  }

  /** Sends the ACK of a 2xx, and again for every repetition of that 2xx. */
  acknowledge(ack: SipRequest, hop: Hop): void {
    this.#acks.set(ack.toTag ?? '', { ack, hop })
    this.host.send(ack, hop)
  }

  override receive(response: SipResponse, source: Hop): void {
    if (this.state === 'calling' || this.state === 'proceeding') this.#receiveEarly(response, source)
    else if (this.state === 'accepted') this.#receiveAccepted(response, source)
    else if (this.state === 'completed' && response.status >= 300) this.#acknowledgeRefusal()
  }

  protected override nextInterval(previous: number): number | undefined {
    return this.state === 'calling' ? previous * 2 : undefined
  }

  #receiveEarly(response: SipResponse, source: Hop): void {
    if (response.status < 200) {
      this.state = 'proceeding'
      this.stopRetransmission()
      if (this.#cancel !== undefined && !this.#cancelSent) this.#sendCancel(this.#cancel)
      if (this.#cancel === undefined) this.limitAfter(this.host.timers.c, () => this.#ringTooLong())
      this.user.onResponse(response, 'network', source)
      return
    }
    this.stopTimers()
    if (response.status < 300) {
      this.state = 'accepted'
      this.#forks.add(response.toTag ?? '')
      this.limitAfter(this.host.timers.giveUp, () => this.terminate())
    } else {
      this.state = 'completed'
      this.#nonTwoHundredAck = this.#ackForRefusal(response)
      this.#acknowledgeRefusal()
      if (this.reliable) this.terminate()
      else this.limitAfter(this.host.timers.giveUp, () => this.terminate())
    }
    this.user.onResponse(response, 'network', source)
  }

  #receiveAccepted(response: SipResponse, source: Hop): void {
    if (response.status < 200 || response.status >= 300) return
    const tag = response.toTag ?? ''
    const sent = this.#acks.get(tag)
    if (sent !== undefined) this.host.send(sent.ack, sent.hop)
    else if (!this.#forks.has(tag)) {
      this.#forks.add(tag)
      this.user.onResponse(response, 'network', source)
    } else this.user.onRepeated?.(response)
  }

  /** RFC 3261 §17.1.1.3: same branch, Request-URI and Route; To from the answer. */
  #ackForRefusal(response: SipResponse): SipRequest {
    const ack = this.#sameTransaction('ACK')
    ack.headers.set('To', response.headers.get('To') ?? '')
    return ack
  }

  #acknowledgeRefusal(): void {
    if (this.#nonTwoHundredAck !== undefined && this.hop !== undefined) this.host.send(this.#nonTwoHundredAck, this.hop)
  }

  #sendCancel(cancel: SipRequest): void {
    this.#cancelSent = true
    this.limitAfter(this.host.timers.giveUp, () => this.fail(487))
    this.host.sendCancel(this, cancel)
  }

  #ringTooLong(): void {
    this.cancel()
    this.limitAfter(this.host.timers.giveUp, () => this.fail(408))
  }

  #sameTransaction(method: 'ACK' | 'CANCEL'): SipRequest {
    const headers = new SipHeaders()
    headers.add('Via', this.request.headers.list('Via')[0] ?? '')
    for (const route of this.request.headers.all('Route')) headers.add('Route', route)
    headers.add('Max-Forwards', '70')
    for (const name of ['From', 'To', 'Call-ID']) headers.add(name, this.request.headers.get(name) ?? '')
    headers.add('CSeq', `${this.request.cseq?.number ?? 0} ${method}`)
    return new SipRequest(method, this.request.uri, headers)
  }
}
