/**
 * The server as a proxy: requests that an application sends on instead of answering them, and the later requests of
 * dialogs in whose route it has stayed (`remainInDialog`).
 */
import type { RouteOptions } from '#softswitch/sip/endpoint-settings.ts'
import { protocolOf } from '#softswitch/sip/next-hop.ts'
import { InviteServerTransaction, type ServerTransaction } from '#softswitch/sip/server-transaction.ts'
import type { SipEndpoint } from '#softswitch/sip/sip-endpoint.ts'
import { addExtraHeaders, type SipRequest } from '#softswitch/sip/sip-message.ts'
import { parseNameAddr, parseSipUri } from '#softswitch/sip/sip-uri.ts'
import { parseVia } from '#softswitch/sip/via.ts'
import type { AppClient } from '../app-client.ts'
import { outgoingHeaders } from '../app-message.ts'
import type { CallRecords } from '../call-records.ts'
import type { ClientCommand } from '../client-command.ts'
import type { FlowCache } from '../flow-cache.ts'
import { okFrame, proxyAnswerFrame } from '../server-frame.ts'
import type { ServerParts } from '../server-parts.ts'
import { breadthOf } from './breadth.ts'
import { Challenges } from './challenges.ts'
import { Loops } from './loops.ts'
import { ProxiedRequest, type ProxyPlan } from './proxied-request.ts'

/** Dialogs whose end is never seen are forgotten after so many others. */
const dialogsRemembered = 10_000

type ProxyCommand = Extract<ClientCommand, { kind: 'proxy' }>

export class Proxies {
  readonly #endpoint: SipEndpoint
  readonly #flows: FlowCache
  readonly #challenges: Challenges
  readonly #records: CallRecords
  readonly #running = new Set<ProxiedRequest>()
  readonly #loops = new Loops()
  /** Call-IDs of the dialogs in whose route we are, the oldest first. */
  readonly #inRoute = new Set<string>()

  constructor({ endpoint, flows, records }: ServerParts) {
    this.#records = records
    this.#endpoint = endpoint
    this.#flows = flows
    this.#challenges = new Challenges(endpoint.clock)
  }

  /** Requests whose sender waits for an answer of a target. */
  get pendingCount(): number {
    return this.#running.size
  }

  /** Sends the request of this transaction on, as the application asks. */
  begin(client: AppClient, command: ProxyCommand, transaction: ServerTransaction): void {
    const { msgId, fullResponse } = command
    const { request } = transaction
    if (hopsLeft(request) <= 0) {
      client.nok(msgId, 'Rejected with 483 Too Many Hops due to Max-Forwards value of 0')
      transaction.reply(483)
      return
    }
    const breadth = breadthOf(request)
    if (breadth === 0) {
      client.nok(msgId, 'Rejected with 440 Max-Breadth Exceeded')
      transaction.reply(440)
      return
    }
    const leave = this.#loops.enter(request, this.#hasBeenHere(request))
    if (leave === undefined) {
      client.nok(msgId, 'Rejected with 482 Loop Detected')
      transaction.reply(482)
      return
    }
    const challenger = this.#challenges.answeredBy(request)
    const plan = { ...command, breadth, targets: challenger === undefined ? command.destinations : [challenger] }
    const proxied = new ProxiedRequest(transaction, plan, {
      endpoint: this.#endpoint,
      challenges: this.#challenges,
      ...(request.method === 'INVITE' ? { records: this.#records } : {}),
      draft: (target) => this.#draft(request, target, command),
      onAnswer: (response, peer) => {
        if (fullResponse) client.send(proxyAnswerFrame(msgId, { source: 'network', peer }, response.toBuffer()))
      },
      onDone: () => {
        leave()
        this.#running.delete(proxied)
        if (fullResponse) client.send(okFrame(msgId, 'done'))
      },
    })
    if (command.remainInDialog) this.#stayIn(request.callId)
    this.#run(transaction, proxied)
    if (!proxied.start()) {
      leave()
      this.#running.delete(proxied)
      client.nok(msgId, 'error proxying request to ')
      transaction.reply(500)
    } else if (!fullResponse) client.send(okFrame(msgId, 'done'))
  }

  /**
   * Sends a request inside somebody's dialog on, when our Record-Route brought it here: it has a To tag and our address,
   * `;lr`, as its first Route (controller, processMessageStatelessly), and we have stayed in a dialog of its Call-ID.
   * The real server does not ask for the last: whoever reaches it may send to anywhere in its name.
   * @returns false when it is not on its way through us
   */
  passThrough(transaction: ServerTransaction): boolean {
    const { request } = transaction
    if (!this.#isRoutedHere(request)) return false
    if (hopsLeft(request) <= 0) {
      transaction.reply(483)
      return true
    }
    const proxied = new ProxiedRequest(transaction, onlyOne(request), {
      endpoint: this.#endpoint,
      challenges: this.#challenges,
      draft: () => this.#draftInside(request),
      onAnswer: () => {},
      onDone: () => void this.#running.delete(proxied),
    })
    this.#run(transaction, proxied)
    if (request.method === 'BYE') this.#records.stop('network', 'normal-release', request)
    proxied.start()
    if (request.method === 'BYE') this.#records.stop('application', 'normal-release', request)
    return true
  }

  /** The same for the ACK of a 2xx, which nobody answers. */
  passAck(ack: SipRequest): boolean {
    if (!this.#isRoutedHere(ack)) return false
    const draft = this.#draftInside(ack)
    this.#endpoint.pass(draft.request, draft.way)
    return true
  }

  /** Ends what is under way: the server closes. */
  close(): void {
    for (const proxied of [...this.#running]) proxied.close()
    this.#challenges.close()
  }

  #stayIn(callId: string): void {
    this.#inRoute.add(callId)
    const [oldest] = this.#inRoute
    if (this.#inRoute.size > dialogsRemembered && oldest !== undefined) this.#inRoute.delete(oldest)
  }

  #run(transaction: ServerTransaction, proxied: ProxiedRequest): void {
    this.#running.add(proxied)
    if (!(transaction instanceof InviteServerTransaction)) return
    transaction.user = { onCancel: () => proxied.cancel(), onAck: (ack) => void this.passAck(ack) }
  }

  /** The request as it leaves for a target the application names (sip-proxy-controller, forwardRequest). */
  #draft(
    request: SipRequest,
    target: string,
    command: ProxyCommand,
  ): { request: SipRequest; way: RouteOptions } | undefined {
    const flow = this.#flows.find(target)
    const protocol = flow?.protocol ?? protocolOf(target)
    if (protocol === undefined || !this.#endpoint.protocols.includes(protocol) || parseSipUri(target) === undefined)
      return undefined
    const copy = oneHopOn(request)
    // One that names us was meant for whomever we choose; any other keeps its Request-URI.
    if (this.#isOurs(copy.uri)) copy.uri = target
    const own = ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards']
    addExtraHeaders(copy.headers, outgoingHeaders(command.message, this.#endpoint.hostPort, own))
    if (command.remainInDialog) {
      const here = `<${this.#endpoint.contactUri(undefined, protocol)};lr>`
      if (copy.method === 'REGISTER') copy.headers.prepend('Path', here).add('Require', 'path')
      else copy.headers.prepend('Record-Route', here)
    }
    return { request: copy, way: flow === undefined ? { route: target } : { hop: flow } }
  }

  #draftInside(request: SipRequest): { request: SipRequest; way: RouteOptions } {
    const copy = oneHopOn(request)
    const flow = copy.headers.has('Route') ? undefined : this.#flows.find(copy.uri)
    return { request: copy, way: flow === undefined ? {} : { hop: flow } }
  }

  #isRoutedHere(request: SipRequest): boolean {
    const first = request.headers.list('Route')[0]
    const uri = first === undefined ? undefined : parseNameAddr(first)?.uri
    return (
      request.toTag !== undefined &&
      this.#inRoute.has(request.callId) &&
      uri !== undefined &&
      parseSipUri(uri)?.params.has('lr') === true &&
      this.#isOurs(uri)
    )
  }

  #hasBeenHere(request: SipRequest): boolean {
    return request.headers.list('Via').some((value) => {
      const via = parseVia(value)
      return via !== undefined && this.#isHere(via)
    })
  }

  #isOurs(uri: string): boolean {
    const parsed = parseSipUri(uri)
    return parsed !== undefined && this.#isHere(parsed)
  }

  #isHere({ host, port = 5060 }: { readonly host: string; readonly port: number | undefined }): boolean {
    return this.#endpoint.protocols.some((protocol) => {
      const local = this.#endpoint.localOf(protocol)
      return local.port === port && [this.#endpoint.host, local.address].includes(host)
    })
  }
}

/** A copy that has been here: one hop less to go, and without the route that led to us. */
function oneHopOn(request: SipRequest): SipRequest {
  const copy = request.clone()
  copy.headers.set('Max-Forwards', hopsLeft(request) - 1)
  copy.headers.setAll('Route', copy.headers.list('Route').slice(1))
  return copy
}

/** One without Max-Forwards gets the usual 70. */
function hopsLeft(request: SipRequest): number {
  const given = Number(request.headers.get('Max-Forwards') ?? '71')
  return Number.isInteger(given) ? given : 71
}

/** Inside a dialog nothing is forked; one without a breadth of its own still goes to its one target. */
function onlyOne(request: SipRequest): ProxyPlan {
  const breadth = Math.max(1, breadthOf(request))
  return { targets: [request.uri], simultaneous: false, followRedirects: false, provisionalTimeoutMs: 0, breadth }
}
