/**
 * Requests that applications send outside dialogs, and CANCEL; those inside go to their dialog's. Answers go back to the
 * application that asked; what it can no longer take (its connection is gone) is ended on its behalf, so that no leg is
 * left behind.
 */
import { randomInt, randomUUID } from 'node:crypto'
import type { InviteClientTransaction, ResponseOrigin } from '#softswitch/sip/client-transaction.ts'
import { dialogFromResponse, requestInside } from '#softswitch/sip/dialog.ts'
import type { RouteOptions } from '#softswitch/sip/endpoint-settings.ts'
import { protocolOf } from '#softswitch/sip/next-hop.ts'
import type { SipEndpoint } from '#softswitch/sip/sip-endpoint.ts'
import { SipHeaders } from '#softswitch/sip/sip-headers.ts'
import { addExtraHeaders, knownMethods, parseCSeq, SipRequest, type SipResponse } from '#softswitch/sip/sip-message.ts'
import { formatNameAddr, parseSipUri } from '#softswitch/sip/sip-uri.ts'
import type { Hop, SipProtocol } from '#softswitch/sip/transport.ts'
import { answering, Refusal, sentMeta, tellAnswer } from './app-answers.ts'
import type { AppClient } from './app-client.ts'
import { type AppDialog, appDialogId, type DialogBook, dialogHop } from './app-dialog.ts'
import {
  type AppMessage,
  addressHeader,
  contentType,
  isTarget,
  outgoingHeaders,
  requestLine,
  withoutLocalhost,
} from './app-message.ts'
import type { CallRecords } from './call-records.ts'
import { type Acknowledging, DialogRequests } from './dialog-requests.ts'
import type { FlowCache } from './flow-cache.ts'
import { requestSentFrame } from './server-frame.ts'
import type { ServerParts } from './server-parts.ts'
import type { SessionTimers } from './session-timers.ts'

/** An INVITE or SUBSCRIBE of an application, not finally answered yet. */
interface Outgoing extends Acknowledging {
  readonly transactionId: string
  readonly dialogId: string
  readonly client: AppClient
  readonly method: string
  readonly contact: string
  cancelled: boolean
  /** The dialog of a reliable provisional answer, or of the 200. */
  dialog: AppDialog | undefined
}

export class AppRequests {
  readonly inside: DialogRequests
  readonly #endpoint: SipEndpoint
  readonly #dialogs: DialogBook
  readonly #flows: FlowCache
  readonly #sessions: SessionTimers
  readonly #records: CallRecords
  /** INVITEs under way, by the transaction id the application knows. */
  readonly #invites = new Map<string, { outgoing: Outgoing; transaction: InviteClientTransaction }>()

  constructor(parts: ServerParts) {
    const { endpoint, dialogs, flows, sessions, records } = parts
    this.#endpoint = endpoint
    this.#dialogs = dialogs
    this.#flows = flows
    this.#sessions = sessions
    this.#records = records
    this.inside = new DialogRequests(parts, (transactionId) => this.#invites.get(transactionId)?.outgoing)
  }

  /** INVITEs without a final answer. */
  get pendingInvites(): number {
    return this.#invites.size
  }

  sendOutside(client: AppClient, msgId: string, message: AppMessage, routeUrl: string): void {
    const callId = message.headers.get('Call-ID')
    const known = callId === undefined ? undefined : this.#dialogs.byCallId(callId)
    if (known !== undefined) {
      this.inside.send(client, msgId, message, known.id)
      return
    }
    answering(client, msgId, '', () => {
      const { method, uri } = requestLine(message.startLine)
      const route = routeUrl === '' ? undefined : /^sips?:/i.test(routeUrl) ? routeUrl : `sip:${routeUrl}`
      const flow = toFlows.has(method) ? this.#flows.find(uri) : undefined
      const protocol = flow?.protocol ?? protocolOf(route ?? uri)
      if (!knownMethods.has(method) || method === 'ACK' || method === 'CANCEL' || !isTarget(uri)) {
        throw new Refusal(`invalid request-uri: ${message.startLine}`)
      }
      if (protocol === undefined || !this.#speaks(protocol, route ?? uri)) {
        throw new Refusal('requested protocol/transport not available')
      }
      const target = withoutLocalhost(uri, this.#endpoint.hostPortOf(protocol))
      if (contentType(message) === undefined) throw new Refusal('missing content-type')
      if (this.#isMyself(target)) throw new Refusal('can not send request to myself')
      const way = flow !== undefined ? { hop: flow } : route !== undefined ? { route } : {}
      this.#start(client, msgId, this.#draft(method, target, message, protocol), way, protocol)
    })
  }

  cancel(client: AppClient, msgId: string, transactionId: string, message: AppMessage): void {
    const pending = this.#invites.get(transactionId)
    const headers = outgoingHeaders(message, this.#endpoint.hostPort, ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards'])
    const cancel = pending?.transaction.cancel(headers)
    if (pending === undefined || cancel === undefined) {
      client.nok(msgId, `unable to cancel unknown transaction id: ${transactionId}`)
      return
    }
    pending.outgoing.cancelled = true
    const meta = sentMeta(this.#endpoint, pending.transaction.hop?.protocol)
    client.send(requestSentFrame(msgId, meta, randomUUID(), cancel.toBuffer()))
  }

  /** Cancels every INVITE under way: the server closes. */
  cancelAll(): void {
    for (const { outgoing, transaction } of this.#invites.values()) {
      outgoing.cancelled = true
      transaction.cancel()
    }
  }

  /** The request the application asks for, with what it left out filled in (Via and Max-Forwards follow). */
  #draft(method: string, uri: string, message: AppMessage, protocol: SipProtocol): SipRequest {
    const hostPort = this.#endpoint.hostPortOf(protocol)
    const contact = `<${this.#endpoint.contactUri(undefined, protocol)}>`
    const givenFrom = message.headers.get('From')
    const from = addressHeader(withoutLocalhost(givenFrom ?? contact, hostPort), this.#endpoint.newTag())
    if (from === undefined) throw new Refusal(`invalid from value provided by client: ${givenFrom}`)
    const givenTo = message.headers.get('To')
    const to = addressHeader(withoutLocalhost(givenTo ?? formatNameAddr({ uri }), hostPort))
    if (to === undefined) throw new Refusal('Error creating leg')
    const seq = parseCSeq(message.headers.get('CSeq') ?? '')?.number ?? randomInt(1, 1 << 24)
    const headers = new SipHeaders([
      ['From', from],
      ['To', to],
      ['Call-ID', message.headers.get('Call-ID') ?? this.#endpoint.newCallId()],
      ['CSeq', `${seq} ${method}`],
    ])
    if (method === 'INVITE' || method === 'SUBSCRIBE') headers.add('Contact', contact)
    addExtraHeaders(headers, outgoingHeaders(message, hostPort, ['From', 'To', 'Call-ID', 'CSeq']))
    const type = contentType(message)
    if (type !== undefined && type !== '') headers.set('Content-Type', type)
    return new SipRequest(method, uri, headers, message.body)
  }

  #start(client: AppClient, msgId: string, request: SipRequest, way: RouteOptions, protocol: SipProtocol): void {
    const { method } = request
    const outgoing: Outgoing = {
      transactionId: randomUUID(),
      dialogId: method === 'INVITE' || method === 'SUBSCRIBE' ? appDialogId(request) : '',
      client,
      method,
      contact: request.headers.get('Contact') ?? '',
      cancelled: false,
      dialog: undefined,
      acknowledged: 0,
    }
    if (method === 'INVITE') {
      const transaction = this.#endpoint.invite(
        request,
        {
          onResponse: (response, origin, source) =>
            this.#onInviteAnswer(outgoing, transaction, response, origin, source),
        },
        way,
      )
      this.#invites.set(outgoing.transactionId, { outgoing, transaction })
      this.#records.attempt('application', request)
    } else {
      const onResponse = (response: SipResponse, _origin: ResponseOrigin, source: Hop | undefined) =>
        this.#onAnswer(outgoing, request, response, source)
      this.#endpoint.request(request, { onResponse }, way)
    }
    client.send(requestSentFrame(msgId, sentMeta(this.#endpoint, protocol), outgoing.transactionId, request.toBuffer()))
  }

  /** An answer to a request outside a dialog that is no INVITE. */
  #onAnswer(outgoing: Outgoing, request: SipRequest, response: SipResponse, source: Hop | undefined): void {
    if (response.status === 100) return
    const subscribed = outgoing.method === 'SUBSCRIBE' && (response.status === 200 || response.status === 202)
    if (subscribed) this.#enter(outgoing, request, response, source)
    this.#tell(outgoing, response, source)
  }

  #onInviteAnswer(
    outgoing: Outgoing,
    transaction: InviteClientTransaction,
    response: SipResponse,
    origin: ResponseOrigin,
    source: Hop | undefined,
  ): void {
    const { status } = response
    if (status === 100 || (status < 200 && outOfTurn(outgoing, response))) return
    const fork = status >= 200 && !this.#invites.has(outgoing.transactionId)
    if (status >= 200) this.#invites.delete(outgoing.transactionId)
    if (fork || (status > 200 && status < 300)) {
      this.#acknowledgeAndEnd(transaction, response, source, 'SIP ;cause=200 ;text="Call completed elsewhere"')
      if (fork) return
    }
    if (status === 200 && origin === 'network') {
      if (!outgoing.client.connected) {
        this.#acknowledgeAndEnd(transaction, response, source, 'SIP ;cause=200 ;text="Application disconnected"')
        return
      }
      const dialog = this.#enter(outgoing, transaction.request, response, source)
      dialog.awaitingAck = { transaction, seq: transaction.request.cseq?.number ?? 0 }
      dialog.byeAfterAck = outgoing.cancelled
      this.#sessions.answered(dialog, response)
    } else if (status < 200 && response.headers.has('RSeq') && outgoing.dialog === undefined) {
      this.#enter(outgoing, transaction.request, response, source)
    } else if (status >= 300 && outgoing.dialog !== undefined) this.#dialogs.remove(outgoing.dialog)
    this.#tell(outgoing, response, source)
    if (status === 200) this.#records.start('network', 'uac', response)
    else if (status >= 300) this.#records.refused('network', response)
  }

  #enter(outgoing: Outgoing, request: SipRequest, response: SipResponse, source: Hop | undefined): AppDialog {
    const early = outgoing.dialog
    if (early !== undefined) this.#dialogs.remove(early)
    const fresh = dialogFromResponse(request, response)
    const dialog: AppDialog = {
      id: outgoing.dialogId,
      transactionId: outgoing.transactionId,
      method: outgoing.method === 'SUBSCRIBE' ? 'SUBSCRIBE' : 'INVITE',
      state: {
        ...fresh,
        localSeq: Math.max(fresh.localSeq, early?.state.localSeq ?? 0),
        remoteSeq: early?.state.remoteSeq,
      },
      owner: outgoing.client,
      tags: outgoing.client.tags,
      contact: outgoing.contact,
      hop: dialogHop(fresh.routeSet, fresh.remoteTarget, source),
      answered: response.status >= 200,
      byeAfterAck: false,
      awaitingAck: undefined,
      reinvite: undefined,
      reinvited: undefined,
      localSdp: request.sdp ?? '',
      session: undefined,
      reliable: undefined,
    }
    outgoing.dialog = dialog
    this.#dialogs.add(dialog)
    return dialog
  }

  /** A 2xx nobody can use: acknowledged, and its dialog ended at once. */
  #acknowledgeAndEnd(
    transaction: InviteClientTransaction,
    response: SipResponse,
    source: Hop | undefined,
    reason: string,
  ): void {
    const state = dialogFromResponse(transaction.request, response)
    const ack = requestInside(state, 'ACK', { ackSeq: transaction.request.cseq?.number ?? 0 })
    const way = source?.flow === undefined ? {} : { hop: source }
    this.#endpoint.acknowledge(transaction, ack, way)
    this.#endpoint.request(requestInside(state, 'BYE', { headers: { Reason: reason } }), { onResponse: () => {} }, way)
  }

  #tell({ client, transactionId, dialogId }: Outgoing, response: SipResponse, source: Hop | undefined): void {
    tellAnswer(this.#endpoint, client, { transactionId, dialogId, response, source })
  }

  #speaks(protocol: SipProtocol, uri: string): boolean {
    return this.#endpoint.protocols.includes(protocol) && /^sips?:/i.test(uri)
  }

  #isMyself(uri: string): boolean {
    const parsed = parseSipUri(uri)
    if (parsed === undefined) return false
    const port = parsed.port ?? 5060
    if (!this.#endpoint.protocols.some((protocol) => this.#endpoint.localOf(protocol).port === port)) return false
    return [this.#endpoint.host, this.#endpoint.local.address].includes(parsed.host)
  }
}

/** A reliable provisional answer that comes again, or before the one it follows (RFC 3262 §4). */
function outOfTurn({ acknowledged }: Outgoing, response: SipResponse): boolean {
  const rseq = Number.parseInt(response.headers.get('RSeq') ?? '', 10)
  return acknowledged > 0 && rseq > 0 && rseq !== acknowledged + 1
}

/** Methods that leave outside a dialog over the flow on which their target has registered. */
const toFlows: ReadonlySet<string> = new Set(['INVITE', 'OPTIONS', 'NOTIFY', 'MESSAGE'])
