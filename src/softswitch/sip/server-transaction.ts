/**
 * Server transactions: RFC 3261 §17.2 with the Accepted state of RFC 6026. The INVITE one also does what RFC 3261
 * §13.3.1.4 asks of its owner: it repeats a 2xx until the ACK comes. Over a reliable transport nothing is repeated
 * (not even a 2xx, as the real servers have it) and nothing absorbed: timers I and J are zero.
 */
import type { SipClock, SipTimer } from './sip-clock.ts'
import { type ExtraHeaders, responseTo, type SipRequest, type SipResponse } from './sip-message.ts'
import type { SipTimers } from './sip-timers.ts'
import { type Hop, isReliable } from './transport.ts'

export interface ServerTransactionHost {
  readonly clock: SipClock
  readonly timers: SipTimers
  send(message: SipResponse, to: Hop): void
  /** From now on an ACK with this Call-ID, CSeq number and To tag belongs to the transaction. */
  awaitAck(transaction: InviteServerTransaction, toTag: string): void
  onEnded(transaction: ServerTransaction): void
}

export interface ReplyOptions {
  readonly reason?: string
  readonly headers?: ExtraHeaders
  readonly body?: Buffer | string
}

export abstract class ServerTransaction {
  readonly request: SipRequest
  /** Where the request came from. */
  readonly source: Hop
  /** Where answers go (RFC 3261 §18.2.2, RFC 3581). */
  readonly replyTo: Hop
  /** Tag that `reply` puts on a To without one. */
  readonly localTag: string
  readonly key: string
  protected readonly host: ServerTransactionHost
  protected last: SipResponse | undefined

  constructor(
    host: ServerTransactionHost,
    arrival: { request: SipRequest; source: Hop; replyTo: Hop; localTag: string; key: string },
  ) {
    this.host = host
    this.request = arrival.request
    this.source = arrival.source
    this.replyTo = arrival.replyTo
    this.localTag = arrival.localTag
    this.key = arrival.key
  }

  abstract readonly ended: boolean
  /** A final answer has been given. */
  abstract readonly answered: boolean

  /** Sends this response. @returns false when a final answer was given before, or the transaction is over */
  abstract respond(response: SipResponse): boolean
  /** The same request once more. */
  abstract receiveAgain(): void
  abstract terminate(): void

  /** Builds an answer with the fields RFC 3261 §8.2.6 copies, and sends it. @returns what left, or undefined */
  reply(status: number, options: ReplyOptions = {}): SipResponse | undefined {
    const response = responseTo(this.request, status, { ...options, tag: this.localTag })
    return this.respond(response) ? response : undefined
  }

  protected transmit(): void {
    if (this.last !== undefined) this.host.send(this.last, this.replyTo)
  }
}

/** Timer J. */
export class NonInviteServerTransaction extends ServerTransaction {
  #state: 'trying' | 'proceeding' | 'completed' | 'terminated' = 'trying'
  #timer: SipTimer | undefined

  override get ended(): boolean {
    return this.#state === 'terminated'
  }

  override get answered(): boolean {
    return this.#state === 'completed' || this.#state === 'terminated'
  }

  override respond(response: SipResponse): boolean {
    if (this.answered) return false
    this.last = response
    this.#state = response.status < 200 ? 'proceeding' : 'completed'
    this.transmit()
    if (this.#state !== 'completed') return true
    if (isReliable(this.source)) this.terminate()
    else this.#timer = this.host.clock.after(this.host.timers.giveUp, () => this.terminate())
    return true
  }

  override receiveAgain(): void {
    this.transmit()
  }

  override terminate(): void {
    if (this.#state === 'terminated') return
    this.#state = 'terminated'
    this.#timer?.clear()
    this.host.onEnded(this)
  }
}

/** What the owner of an INVITE is told after it has been handed the transaction. */
export interface InviteServerUser {
  /** The caller gave up; CANCEL has its 200 already, and 487 follows unless the owner answers here. */
  onCancel?(cancel: SipRequest): void
  /** First ACK of a 2xx. */
  onAck?(ack: SipRequest): void
  /** 64 × T1 went by without the ACK of a 2xx (the owner ends the dialog, RFC 3261 §13.3.1.4). */
  onAckTimeout?(): void
  /** A final answer other than 2xx has been acknowledged, or will be no more. */
  onRefusalDone?(acknowledged: boolean): void
}

/** Timers G, H, I, L, and the repetition of a 2xx. */
export class InviteServerTransaction extends ServerTransaction {
  user: InviteServerUser = {}
  #state: 'proceeding' | 'accepted' | 'completed' | 'confirmed' | 'terminated' = 'proceeding'
  #acknowledged = false
  /** Its 2xx is somebody else's: a proxy passes it on. */
  #relayed = false
  #retransmit: SipTimer | undefined
  #limit: SipTimer | undefined

  override get ended(): boolean {
    return this.#state === 'terminated'
  }

  override get answered(): boolean {
    return this.#state !== 'proceeding'
  }

  /** True once the ACK of the final answer is here. */
  get acknowledged(): boolean {
    return this.#acknowledged
  }

  override respond(response: SipResponse): boolean {
    if (this.#state !== 'proceeding') return false
    this.last = response
    if (response.status >= 200) {
      const accepted = response.status < 300
      this.#state = accepted ? 'accepted' : 'completed'
      if (accepted) this.host.awaitAck(this, response.toTag ?? '')
      if (!isReliable(this.source)) this.#repeat(this.host.timers.t1)
      this.#limit = this.host.clock.after(this.host.timers.giveUp, () => this.#gaveUp())
    }
    this.transmit()
    return true
  }

  /**
   * Passes a 2xx of the called side on (RFC 3261 §16.7 step 9), the first and every further one: the called side repeats
   * it, not we, and the ACK is for it (RFC 6026 §7.1, Accepted).
   */
  relay(response: SipResponse): void {
    if (this.#state === 'proceeding') {
      this.#state = 'accepted'
      this.#relayed = true
      this.#limit = this.host.clock.after(this.host.timers.giveUp, () => this.terminate())
    }
    this.host.send(response, this.replyTo)
  }

  override receiveAgain(): void {
    if (this.#state === 'proceeding' || this.#state === 'completed') this.transmit()
    else if (this.#state === 'accepted' && !this.#acknowledged && !this.#relayed) this.transmit()
  }

  receiveAck(ack: SipRequest): void {
    if (this.#relayed) {
      // On the INVITE's branch, as only an old client sends it.
      this.user.onAck?.(ack)
      return
    }
    if (this.#acknowledged || (this.#state !== 'accepted' && this.#state !== 'completed')) return
    this.#acknowledged = true
    this.#retransmit?.clear()
    if (this.#state === 'accepted') {
      const { user } = this
      // Said no more: an answered call is remembered for 64 T1, thousands of them at a busy hour.
      this.last = undefined
      // It is told nothing any more, and what it holds (a call and its media) need not outlive it by 64 T1.
      this.user = {}
      user.onAck?.(ack)
      return
    }
    this.#state = 'confirmed'
    this.#limit?.clear()
    if (isReliable(this.source)) this.terminate()
    else this.#limit = this.host.clock.after(this.host.timers.t4, () => this.terminate())
    this.user.onRefusalDone?.(true)
  }

  receiveCancel(cancel: SipRequest): void {
    if (this.#state !== 'proceeding') return
    this.user.onCancel?.(cancel)
    this.reply(487)
  }

  override terminate(): void {
    if (this.#state === 'terminated') return
    this.#state = 'terminated'
    this.#retransmit?.clear()
    this.#limit?.clear()
    this.host.onEnded(this)
  }

  #repeat(interval: number): void {
    this.#retransmit = this.host.clock.after(interval, () => {
      this.transmit()
      this.#repeat(Math.min(interval * 2, this.host.timers.t2))
    })
  }

  #gaveUp(): void {
    const missed = this.#acknowledged ? undefined : this.#state
    this.terminate()
    if (missed === 'accepted') this.user.onAckTimeout?.()
    else if (missed === 'completed') this.user.onRefusalDone?.(false)
  }
}
