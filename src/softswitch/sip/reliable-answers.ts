/**
 * Provisional answers to one INVITE that its caller acknowledges with PRACK: RFC 3262 §3. Where the RFC leaves a choice
 * it is sofia's (nta.c): one answer is under way at a time, later ones wait for its PRACK, and so does a 2xx while one
 * with a body is unacknowledged.
 */
import { randomInt } from 'node:crypto'
import type { InviteServerTransaction } from './server-transaction.ts'
import type { SipClock, SipTimer } from './sip-clock.ts'
import type { SipRequest, SipResponse } from './sip-message.ts'
import type { SipTimers } from './sip-timers.ts'

export interface ReliableAnswersHost {
  readonly clock: SipClock
  readonly timers: SipTimers
  /** No PRACK came in 64 × T1; the INVITE has had its 503. */
  onLost(): void
}

export class ReliableAnswers {
  readonly #transaction: InviteServerTransaction
  readonly #host: ReliableAnswersHost
  /** First the one under way, then those that wait; a 2xx can only be the last. */
  #queue: SipResponse[] = []
  #rseq = randomInt(1, 2 ** 30)
  #acknowledged = false
  #repeat: SipTimer | undefined
  #limit: SipTimer | undefined

  constructor(transaction: InviteServerTransaction, host: ReliableAnswersHost) {
    this.#transaction = transaction
    this.#host = host
  }

  /** One of them has had its PRACK. */
  get acknowledged(): boolean {
    return this.#acknowledged
  }

  /** Numbers the answer (RSeq, Require) and sends it, now or behind those before it. */
  provisional(response: SipResponse): boolean {
    if (this.#transaction.answered) return false
    const required = response.headers.list('Require').filter((tag) => tag.toLowerCase() !== '100rel')
    response.headers.set('Require', [...required, '100rel'].join(', '))
    response.headers.set('RSeq', this.#rseq)
    this.#rseq += 1
    this.#queue.push(response)
    return this.#queue.length > 1 || this.#begin(response)
  }

  /** Sends the final answer; a 2xx behind what its caller must acknowledge first. */
  final(response: SipResponse): boolean {
    if (this.#transaction.answered) return false
    if (response.status < 300 && this.#queue.some(({ body }) => body.length > 0)) {
      this.#queue.push(response)
      return true
    }
    this.stop()
    return this.#transaction.respond(response)
  }

  /** @returns false when the PRACK names none that is under way: it gets 481 (RFC 3262 §3) */
  acknowledge(prack: SipRequest): boolean {
    // What stands behind the method is not looked at, as sofia does not (sip_extra.c, sip_rack_d).
    const [, rseq, seq, method] = /^\s*(\d+)\s+(\d+)\s+(\S+)/.exec(prack.headers.get('RAck') ?? '') ?? []
    const { cseq } = this.#transaction.request
    const first = this.#queue[0]
    const meant = Number(rseq) === Number(first?.headers.get('RSeq') ?? Number.NaN)
    if (!meant || Number(seq) !== cseq?.number || method?.toUpperCase() !== 'INVITE') return false
    this.#queue.shift()
    this.#acknowledged = true
    this.#stopTimers()
    const next = this.#queue[0]
    if (next !== undefined && next.status >= 200) this.final(this.#queue.shift() ?? next)
    else if (next !== undefined) this.#begin(next)
    return true
  }

  /** The call is decided: nothing more is sent or repeated. */
  stop(): void {
    this.#queue = []
    this.#stopTimers()
  }

  #begin(response: SipResponse): boolean {
    if (!this.#transaction.respond(response)) return false
    this.#repeatAfter(response, this.#host.timers.t1)
    this.#limit = this.#host.clock.after(this.#host.timers.giveUp, () => this.#gaveUp())
    return true
  }

  /** RFC 3262 §3: at intervals that begin with T1 and double, whatever the transport. */
  #repeatAfter(response: SipResponse, interval: number): void {
    this.#repeat = this.#host.clock.after(interval, () => {
      if (this.#transaction.respond(response)) this.#repeatAfter(response, interval * 2)
    })
  }

  /** No PRACK in 64 × T1: the INVITE fails, in sofia's words (nta.c, reliable_timeout). */
  #gaveUp(): void {
    this.stop()
    this.#transaction.reply(503, { reason: 'Reliable Response Time-Out' })
    this.#host.onLost()
  }

  #stopTimers(): void {
    this.#repeat?.clear()
    this.#limit?.clear()
  }
}
