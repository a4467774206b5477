/**
 * A telephone's view of an endpoint: calls out, calls in, and requests sorted to the calls they belong to.
 *
 *     const endpoint = await SipEndpoint.open({ address: '127.0.0.1', port: 5062 })
 *     const agent = new UserAgent(endpoint, { name: 'softswitch', onInvite: (call) => { … } })
 *     const call = agent.invite({ to: 'sip:100@127.0.0.1:5060', from: 'sip:me@127.0.0.1', sdp: offer })
 *     await agent.close()
 */
import { InviteServerTransaction, type ServerTransaction } from './server-transaction.ts'
import { SipCall } from './sip-call.ts'
import type { SipTimer } from './sip-clock.ts'
import type { SipEndpoint } from './sip-endpoint.ts'
import { SipHeaders } from './sip-headers.ts'
import { addExtraHeaders, type ExtraHeaders, SipRequest } from './sip-message.ts'
import { formatNameAddr } from './sip-uri.ts'
import type { Hop } from './transport.ts'

export interface UserAgentSettings {
  /** User-Agent and Server header. */
  readonly name?: string
  /** User part of Contact. */
  readonly contactUser?: string
  /** Option tags of `Require` that are understood; others get 420. Default none. */
  readonly supported?: readonly string[]
  /** A new call. 100 has left; ring, answer or refuse it, now or later. Default: 480. */
  onInvite?(call: SipCall): void
  /** Any other request outside a dialog. Default: OPTIONS 200, others 405. */
  onRequest?(transaction: ServerTransaction): void
}

export interface InviteOrder {
  /** Request-URI, and To unless `toHeader` is given. */
  readonly to: string
  /** URI of the caller. */
  readonly from: string
  readonly displayName?: string
  readonly toHeader?: string
  /** Offer; without it the 2xx brings one, and `acknowledge` takes the answer. */
  readonly sdp?: string
  readonly headers?: ExtraHeaders
  /** Where to send it, instead of the address in `to`. */
  readonly hop?: Hop
}

const allow = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO'

export class UserAgent {
  readonly endpoint: SipEndpoint
  readonly #settings: UserAgentSettings
  readonly #calls = new Map<string, SipCall>()
  readonly #live = new Set<SipCall>()

  constructor(endpoint: SipEndpoint, settings: UserAgentSettings = {}) {
    this.endpoint = endpoint
    this.#settings = settings
    endpoint.user = { onRequest: (transaction) => this.#receive(transaction) }
  }

  /** Calls that have not ended. */
  get calls(): ReadonlySet<SipCall> {
    return this.#live
  }

  /** Sends an INVITE after the listeners of this tick are in place. */
  invite(order: InviteOrder): SipCall {
    const headers = new SipHeaders()
    const from = { displayName: order.displayName, uri: order.from, tag: this.endpoint.newTag() }
    headers.add('From', formatNameAddr(from))
    headers.add('To', order.toHeader ?? formatNameAddr({ uri: order.to }))
    headers.add('Call-ID', this.endpoint.newCallId())
    headers.add('CSeq', '1 INVITE')
    addExtraHeaders(headers, this.#identity('User-Agent'))
    if (order.sdp !== undefined) headers.add('Content-Type', 'application/sdp')
    addExtraHeaders(headers, order.headers)
    const call = this.#newCall({ invite: new SipRequest('INVITE', order.to, headers, order.sdp) })
    queueMicrotask(() => call.start(order.hop))
    return call
  }

  /** Ends every call as its state asks for, waits at most `limitMs` for the last BYE, then closes the endpoint. */
  async close(limitMs = 2_000): Promise<void> {
    const ends = [...this.#live].map((call) => {
      const ended = new Promise<void>((done) => call.once('ended', () => done()))
      return Promise.all([call.hangUp({ status: 503 }), ended])
    })
    let limit: SipTimer | undefined
    const tooLong = new Promise<void>((done) => {
      limit = this.endpoint.clock.after(limitMs, done)
    })
    await Promise.race([Promise.all(ends), tooLong])
    limit?.clear()
    await this.endpoint.close()
  }

  #newCall(from: { transaction: InviteServerTransaction } | { invite: SipRequest }): SipCall {
    const keys = new Set<string>()
    const call = new SipCall(
      {
        endpoint: this.endpoint,
        identity: () => this.#identity('transaction' in from ? 'Server' : 'User-Agent'),
        adopt: (of, key) => {
          keys.add(key)
          this.#calls.set(key, of)
        },
        release: (of) => {
          for (const key of keys) if (this.#calls.get(key) === of) this.#calls.delete(key)
        },
      },
      from,
    )
    this.#live.add(call)
    call.once('ended', () => this.#live.delete(call))
    return call
  }

  #identity(nameHeader: 'Server' | 'User-Agent'): Record<string, string> {
    const { name, contactUser } = this.#settings
    const identity: Record<string, string> = { Contact: `<${this.endpoint.contactUri(contactUser)}>`, Allow: allow }
    if (name !== undefined) identity[nameHeader] = name
    return identity
  }

  #receive(transaction: ServerTransaction): void {
    const { request } = transaction
    const toTag = request.toTag
    if (toTag !== undefined) {
      const call = this.#calls.get(`${request.callId}|${toTag}|${request.fromTag ?? ''}`)
      if (call === undefined) transaction.reply(481)
      else call.receive(transaction)
      return
    }
    const required = request.headers.list('Require').filter((tag) => !this.#settings.supported?.includes(tag))
    if (required.length > 0) transaction.reply(420, { headers: { Unsupported: required.join(', ') } })
    else if (transaction instanceof InviteServerTransaction) this.#receiveInvite(transaction)
    else if (this.#settings.onRequest !== undefined) this.#settings.onRequest(transaction)
    else transaction.reply(request.method === 'OPTIONS' ? 200 : 405, { headers: this.#identity('Server') })
  }

  #receiveInvite(transaction: InviteServerTransaction): void {
    const { request } = transaction
    if (request.body.length > 0 && request.sdp === undefined) {
      transaction.reply(415, { headers: { Accept: 'application/sdp' } })
      return
    }
    const call = this.#newCall({ transaction })
    if (this.#settings.onInvite === undefined) call.refuse({ status: 480 })
    else this.#settings.onInvite(call)
  }
}
