/**
 * One INVITE dialog from either end: ringing, answer, ACK, re-INVITE, requests inside, BYE. Made by `UserAgent`.
 *
 * As callee (`role: 'uas'`):
 *
 *     call.ring(); call.answer({ sdp })          // offer in call.offer, or undefined: then the ACK brings the answer
 *     call.on('acknowledged', (ack) => ack.sdp)
 *
 * As caller (`role: 'uac'`):
 *
 *     const call = agent.invite({ to: 'sip:1@127.0.0.1:5060', from: 'sip:me@127.0.0.1', sdp })
 *     call.on('answered', (response) => response.sdp)   // acknowledged already, unless we made no offer
 *
 * `ended` comes exactly once in every life.
 */
import { EventEmitter } from 'node:events'
import type { InviteClientTransaction, ResponseOrigin } from './client-transaction.ts'
import {
  type DialogState,
  dialogFromRequest,
  dialogFromResponse,
  dialogKey,
  noteRefreshAnswer,
  noteRemoteRequest,
  requestInside,
} from './dialog.ts'
import { Reinvite } from './reinvite.ts'
import { InviteServerTransaction, type ServerTransaction } from './server-transaction.ts'
import type { SipEndpoint } from './sip-endpoint.ts'
import { type ExtraHeaders, responseTo, type SipRequest, type SipResponse } from './sip-message.ts'
import type { Hop } from './transport.ts'

export interface CallEnd {
  /**
   * `local`: we sent BYE. `remote`: they did. `cancelled`: by the caller before an answer. `refused`: a final answer
   * of 300 or more. `timeout`: no final answer, or it could not be sent. `ack_timeout`: our 2xx was never
   * acknowledged. `lost`: a request inside the dialog got 481 or no answer.
   */
  readonly by: 'local' | 'remote' | 'cancelled' | 'refused' | 'timeout' | 'ack_timeout' | 'lost'
  /** Final SIP status of the INVITE when the call was not answered. */
  readonly status?: number
  /** The BYE, CANCEL or final answer, as it came. */
  readonly message?: SipRequest | SipResponse
}

export interface SipCallEvents {
  /** Caller: a provisional answer other than 100; `sdp` in it is early media. */
  progress: [response: SipResponse]
  /** Caller: the 2xx. Without an offer in our INVITE, now call `acknowledge({ sdp })`. */
  answered: [response: SipResponse]
  /** Callee: the ACK of our 2xx. */
  acknowledged: [ack: SipRequest]
  /** They change the session; answer or refuse it. Without a listener it gets 488. */
  reinvite: [reinvite: Reinvite]
  /** Any other request inside the dialog but BYE; answer it. Without a listener OPTIONS and INFO get 200, others 405. */
  request: [transaction: ServerTransaction]
  /** Once, last. */
  ended: [end: CallEnd]
}

export interface CallHost {
  readonly endpoint: SipEndpoint
  /** Contact, Allow, Server or User-Agent of every message that carries them. */
  identity(): Record<string, string>
  /** From now on requests inside this dialog come to `call`. */
  adopt(call: SipCall, key: string): void
  release(call: SipCall): void
}

export interface BodyOptions {
  readonly sdp?: string | undefined
  readonly headers?: ExtraHeaders | undefined
}

export class SipCall extends EventEmitter<SipCallEvents> {
  readonly role: 'uac' | 'uas'
  /** The INVITE that began it, as sent or as received. */
  readonly invite: SipRequest
  readonly #host: CallHost
  readonly #serverTransaction: InviteServerTransaction | undefined
  #clientTransaction: InviteClientTransaction | undefined
  #state: 'early' | 'confirmed' | 'ended' = 'early'
  #dialog: DialogState | undefined
  #acknowledged = false
  #byeWanted: { headers?: ExtraHeaders } | undefined
  #byeDone: (() => void)[] = []
  #ownInvite = false
  #theirInvite: Reinvite | undefined
  #twoHundred: SipResponse | undefined

  /** @internal UserAgent makes calls. */
  constructor(host: CallHost, from: { transaction: InviteServerTransaction } | { invite: SipRequest }) {
    super()
    this.#host = host
    if ('invite' in from) {
      this.role = 'uac'
      this.invite = from.invite
      return
    }
    this.role = 'uas'
    this.invite = from.transaction.request
    this.#serverTransaction = from.transaction
    this.#dialog = dialogFromRequest(this.invite, from.transaction.localTag)
    this.#adopt()
    from.transaction.user = {
      onCancel: (cancel) => this.#end({ by: 'cancelled', status: 487, message: cancel }),
      onAck: (ack) => this.#onAck(ack),
      onAckTimeout: () => this.#onAckTimeout(),
    }
  }

  get state(): 'early' | 'confirmed' | 'ended' {
    return this.#state
  }

  /** Callee: where the INVITE came from. */
  get source(): Hop | undefined {
    return this.#serverTransaction?.source
  }

  get callId(): string {
    return this.invite.callId
  }

  /** Undefined for a caller until an answer with a tag came. */
  get dialog(): Readonly<DialogState> | undefined {
    return this.#dialog
  }

  /** SDP of the INVITE that began the call: the offer, unless it is a late one. */
  get offer(): string | undefined {
    return this.invite.sdp
  }

  /** @internal Sends the INVITE; UserAgent calls it once listeners may be there. */
  start(hop?: { address: string; port: number }): void {
    this.#clientTransaction = this.#host.endpoint.invite(
      this.invite,
      { onResponse: (response, origin) => this.#onInviteResponse(response, origin) },
      hop === undefined ? {} : { hop },
    )
  }

  /** Callee: a provisional answer, 180 unless said otherwise. @returns false when it is too late */
  ring(options: BodyOptions & { status?: number; reason?: string } = {}): boolean {
    const status = options.status ?? 180
    return this.#serverTransaction?.reply(status, this.#content(options, { status: options.reason })) !== undefined
  }

  /** Callee: 200. @returns false when the caller was faster with CANCEL, or the call is over */
  answer(options: BodyOptions = {}): boolean {
    if (this.#state !== 'early') return false
    const sent = this.#serverTransaction?.reply(200, this.#content(options))
    if (sent === undefined) return false
    this.#state = 'confirmed'
    return true
  }

  /** Callee: a final answer of 300 or more. @returns false when it is too late */
  refuse(options: { status: number; reason?: string; headers?: ExtraHeaders; message?: string }): boolean {
    if (this.#state !== 'early' || this.#serverTransaction === undefined) return false
    const { status, reason, headers } = options
    const reply = { ...(reason === undefined ? {} : { reason }), ...(headers === undefined ? {} : { headers }) }
    const sent = this.#serverTransaction.reply(status, reply)
    if (sent === undefined) return false
    this.#end({ by: 'refused', status, message: sent })
    return true
  }

  /** Caller: gives up before the answer. `ended` says `cancelled`, also when a 2xx crossed (it is then ended by BYE). */
  cancel(options: { headers?: ExtraHeaders } = {}): void {
    if (this.#state === 'early') this.#clientTransaction?.cancel(options.headers)
  }

  /** Caller without an offer: the ACK, with the answer to the offer of the 2xx. */
  acknowledge(options: BodyOptions = {}): void {
    const transaction = this.#clientTransaction
    if (transaction === undefined || this.#dialog === undefined || this.#acknowledged) return
    this.#acknowledged = true
    this.#sendAck(transaction, this.#dialog, options)
  }

  /**
   * Changes the session: re-INVITE, and the ACK of its 2xx. `answer` makes the ACK's SDP when `sdp` is left out and
   * the 2xx brings an offer.
   * @returns the final answer; 491 when another re-INVITE is under way on either side
   */
  reinvite(options: BodyOptions & { answer?: (offer: string) => string } = {}): Promise<SipResponse> {
    const dialog = this.#dialog
    if (this.#state !== 'confirmed' || dialog === undefined) return Promise.reject(new Error('no dialog to change'))
    const request = requestInside(dialog, 'INVITE', this.#content(options))
    if (this.#ownInvite || this.#theirInvite?.pending) return Promise.resolve(responseTo(request, 491))
    this.#ownInvite = true
    return new Promise((resolve) => {
      const transaction = this.#host.endpoint.invite(request, {
        onResponse: (response) => {
          if (response.status < 200) return
          this.#ownInvite = false
          if (response.status < 300) {
            noteRefreshAnswer(dialog, response)
            const offer = options.sdp === undefined ? response.sdp : undefined
            const sdp = offer === undefined ? undefined : options.answer?.(offer)
            this.#sendAck(transaction, dialog, { sdp }, request.cseq?.number)
          } else this.#noteFailure(response)
          resolve(response)
        },
      })
    })
  }

  /** Any other request inside the dialog. @returns its final answer; 408 and 503 may be made here */
  request(method: string, options: { headers?: ExtraHeaders; body?: string } = {}): Promise<SipResponse> {
    const dialog = this.#dialog
    if (this.#state === 'ended' || dialog === undefined) return Promise.reject(new Error('no dialog'))
    const request = requestInside(dialog, method, options)
    return new Promise((resolve) => {
      this.#host.endpoint.request(request, {
        onResponse: (response) => {
          if (response.status < 200) return
          this.#noteFailure(response)
          resolve(response)
        },
      })
    })
  }

  /**
   * Ends an answered call. A callee waits for the ACK first (RFC 3261 §15). Resolves when the BYE is answered or
   * given up. Idempotent.
   */
  bye(options: { headers?: ExtraHeaders } = {}): Promise<void> {
    if (this.#state !== 'confirmed') return Promise.resolve()
    return new Promise((resolve) => {
      this.#byeDone.push(resolve)
      if (this.#byeWanted !== undefined) return
      this.#byeWanted = options
      const early = this.role === 'uas' ? this.#serverTransaction?.acknowledged === false : !this.#acknowledged
      if (!early) this.#sendBye(options, { by: 'local' })
      else if (this.role === 'uac') {
        this.acknowledge()
        this.#sendBye(options, { by: 'local' })
      }
    })
  }

  /** Ends the call in the way its state asks for: CANCEL, 480 (or `status`), or BYE. */
  hangUp(options: { status?: number; headers?: ExtraHeaders } = {}): Promise<void> {
    const { status = 480, ...rest } = options
    if (this.#state === 'confirmed') return this.bye(rest)
    if (this.role === 'uac') this.cancel(rest)
    else this.refuse({ status, ...rest })
    return Promise.resolve()
  }

  /** @internal A request inside the dialog. */
  receive(transaction: ServerTransaction): void {
    const dialog = this.#dialog
    const { request } = transaction
    if (dialog === undefined || !noteRemoteRequest(dialog, request)) {
      transaction.reply(500)
      return
    }
    if (request.method === 'BYE') this.#onBye(transaction)
    else if (this.#state === 'ended') transaction.reply(481)
    else if (transaction instanceof InviteServerTransaction) this.#onReinvite(transaction)
    else if (!this.emit('request', transaction)) {
      const known = request.method === 'OPTIONS' || request.method === 'INFO'
      transaction.reply(known ? 200 : 405, { headers: this.#host.identity() })
    }
  }

  #onInviteResponse(response: SipResponse, origin: ResponseOrigin): void {
    const transaction = this.#clientTransaction
    if (response.status < 200) {
      if (response.status > 100 && this.#state === 'early') {
        if (response.toTag !== undefined && this.#dialog === undefined) this.#enter(response)
        this.emit('progress', response)
      }
      return
    }
    if (response.status >= 300) {
      const cancelled = transaction?.cancelRequested === true
      const by = cancelled ? 'cancelled' : origin === 'local' ? 'timeout' : 'refused'
      this.#end({ by, status: response.status, message: response })
      return
    }
    if (transaction === undefined) return
    if (this.#state !== 'early') {
      this.#endFork(transaction, response)
      return
    }
    this.#enter(response)
    this.#state = 'confirmed'
    this.#twoHundred = response
    if (transaction.cancelRequested) {
      this.acknowledge()
      this.#byeWanted = {}
      this.#sendBye({}, { by: 'cancelled', status: 487 })
      return
    }
    if (this.offer !== undefined) this.acknowledge()
    this.emit('answered', response)
  }

  /** The dialog as this answer defines it: another fork's answer makes another dialog. */
  #enter(response: SipResponse): void {
    this.#dialog = { ...dialogFromResponse(this.invite, response), remoteSeq: this.#dialog?.remoteSeq }
    this.#adopt()
  }

  #adopt(): void {
    const dialog = this.#dialog
    if (dialog !== undefined) this.#host.adopt(this, dialogKey(dialog.callId, dialog.localTag, dialog.remoteTag))
  }

  /** A second 2xx from another fork: acknowledged, and ended at once. */
  #endFork(transaction: InviteClientTransaction, response: SipResponse): void {
    if (response.toTag === this.#twoHundred?.toTag) return
    const dialog = dialogFromResponse(this.invite, response)
    this.#sendAck(transaction, dialog, {})
    this.#host.endpoint.request(requestInside(dialog, 'BYE'), { onResponse: () => {} })
  }

  #sendAck(transaction: InviteClientTransaction, dialog: DialogState, options: BodyOptions, ackSeq?: number): void {
    const content = this.#content(options, { bare: true })
    const ack = requestInside(dialog, 'ACK', { ...content, ackSeq: ackSeq ?? this.invite.cseq?.number ?? 1 })
    this.#host.endpoint.acknowledge(transaction, ack)
  }

  #onAck(ack: SipRequest): void {
    if (this.#state === 'confirmed') this.emit('acknowledged', ack)
    if (this.#byeWanted !== undefined && this.#state === 'confirmed') this.#sendBye(this.#byeWanted, { by: 'local' })
  }

  #onAckTimeout(): void {
    if (this.#state !== 'confirmed') return
    this.#byeWanted = {}
    this.#sendBye({ headers: { Reason: 'SIP;cause=200;text="ACK timeout"' } }, { by: 'ack_timeout' })
  }

  #sendBye(options: { headers?: ExtraHeaders }, end: CallEnd): void {
    const dialog = this.#dialog
    if (dialog === undefined) return
    const bye = requestInside(dialog, 'BYE', options)
    this.#host.endpoint.request(bye, { onResponse: (response) => response.status >= 200 && this.#byeFinished() })
    this.#end(end, { keep: true })
  }

  #byeFinished(): void {
    this.#host.release(this)
    for (const done of this.#byeDone.splice(0)) done()
  }

  #onBye(transaction: ServerTransaction): void {
    transaction.reply(200)
    if (this.#state === 'early' && this.role === 'uas') this.#serverTransaction?.reply(487)
    this.#end({ by: 'remote', message: transaction.request }, { keep: this.#byeWanted !== undefined })
  }

  #onReinvite(transaction: InviteServerTransaction): void {
    if (this.#ownInvite || (this.role === 'uac' && this.#state === 'early')) transaction.reply(491)
    else if (this.#theirInvite?.pending) transaction.reply(500, { headers: { 'Retry-After': '1' } })
    else {
      const reinvite = new Reinvite(transaction, () => this.#host.identity())
      this.#theirInvite = reinvite
      reinvite.onAckTimeout = () => this.#onAckTimeout()
      if (!this.emit('reinvite', reinvite)) reinvite.refuse({ status: 488 })
    }
  }

  #noteFailure(response: SipResponse): void {
    if (this.#state !== 'confirmed' || (response.status !== 481 && response.status !== 408)) return
    this.#byeWanted = {}
    this.#sendBye({}, { by: 'lost', message: response })
  }

  #end(end: CallEnd, options: { keep?: boolean } = {}): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#theirInvite?.refuse({ status: 487 })
    if (options.keep !== true) this.#byeFinished()
    this.emit('ended', end)
  }

  #content(options: BodyOptions, how: { bare?: boolean; status?: string | undefined } = {}) {
    const sdp = options.sdp
    const headers: ExtraHeaders = {
      ...(how.bare === true ? {} : this.#host.identity()),
      ...(sdp === undefined ? {} : { 'Content-Type': 'application/sdp' }),
      ...options.headers,
    }
    return {
      headers,
      ...(sdp === undefined ? {} : { body: sdp }),
      ...(how.status === undefined ? {} : { reason: how.status }),
    }
  }
}
