/**
 * One request on its way through the server to one of several targets, one after another or all at once: RFC 3261 §16
 * as the real server understands it (sip-proxy-controller.cpp). A 6xx does not end its search, a redirection is the
 * least of refusals, and no limit but Timer C is put on the final answer.
 */
import type { ClientTransaction, ResponseOrigin } from '#softswitch/sip/client-transaction.ts'
import { InviteClientTransaction } from '#softswitch/sip/client-transaction.ts'
import type { RouteOptions } from '#softswitch/sip/endpoint-settings.ts'
import { InviteServerTransaction, type ServerTransaction } from '#softswitch/sip/server-transaction.ts'
import type { SipTimer } from '#softswitch/sip/sip-clock.ts'
import type { SipEndpoint } from '#softswitch/sip/sip-endpoint.ts'
import { type SipRequest, SipResponse } from '#softswitch/sip/sip-message.ts'
import { parseNameAddr } from '#softswitch/sip/sip-uri.ts'
import type { Hop } from '#softswitch/sip/transport.ts'
import type { CallRecords } from '../call-records.ts'
import { bestAnswer } from './best-answer.ts'
import { shareOf } from './breadth.ts'
import type { Challenges } from './challenges.ts'

export interface ProxyPlan {
  readonly targets: readonly string[]
  /** All at once, else one after another. */
  readonly simultaneous: boolean
  /** Contacts of a redirection become targets. */
  readonly followRedirects: boolean
  /** How long a target may say nothing before the next is tried; 0: until Timer B. */
  readonly provisionalTimeoutMs: number
  /** Copies that may be under way at once, here and behind the targets. More than 0. */
  readonly breadth: number
}

export interface ProxyHost {
  readonly endpoint: SipEndpoint
  readonly challenges: Challenges
  /** Of an INVITE that begins a call. */
  readonly records?: CallRecords
  /** The request as it goes to this target, and the way; undefined when it cannot be reached. */
  draft(target: string): { readonly request: SipRequest; readonly way: RouteOptions } | undefined
  /** Each final answer of a target. */
  onAnswer(response: SipResponse, source: Hop): void
  /** The caller has its final answer, or wants none any more, and no target is asked any more. */
  onDone(): void
}

/** Redirections are followed to this many targets in all. */
const mostTargets = 50

type BranchState = 'waiting' | 'asked' | 'over'

interface Branch {
  readonly target: string
  state: BranchState
  /** Its share of the breadth, while it is asked. */
  breadth: number
  transaction: ClientTransaction | undefined
  /** A refusal of the target. */
  refusal: SipResponse | undefined
  silence: SipTimer | undefined
}

export class ProxiedRequest {
  readonly #transaction: ServerTransaction
  readonly #plan: ProxyPlan
  readonly #host: ProxyHost
  readonly #branches: Branch[]
  /** No further target is tried. */
  #decided = false
  #done = false

  constructor(transaction: ServerTransaction, plan: ProxyPlan, host: ProxyHost) {
    this.#transaction = transaction
    this.#plan = plan
    this.#host = host
    this.#branches = [...new Set(plan.targets)].map(branchTo)
  }

  /** @returns false when no target could be asked */
  start(): boolean {
    return this.#askNext() > 0
  }

  /** The caller gave up. */
  cancel(): void {
    this.#decide()
    this.#finishIfOver()
  }

  /** Nobody is asked any more, and the caller is told so. */
  close(): void {
    this.#transaction.reply(503)
    this.cancel()
  }

  /** @returns how many targets it has asked */
  #askNext(): number {
    let asked = 0
    if (this.#decided) return asked
    const waiting = this.#branches.filter(({ state }) => state === 'waiting')
    for (const [i, branch] of waiting.entries()) {
      const share = shareOf(this.#freeBreadth(), this.#plan.simultaneous ? waiting.length - i : 1)
      if (share === 0) break
      if (!this.#ask(branch, share)) continue
      asked += 1
      if (!this.#plan.simultaneous) break
    }
    return asked
  }

  #freeBreadth(): number {
    const asked = this.#branches.filter(({ state }) => state === 'asked')
    return asked.reduce((free, { breadth }) => free - breadth, this.#plan.breadth)
  }

  #ask(branch: Branch, breadth: number): boolean {
    const draft = this.#host.draft(branch.target)
    branch.state = draft === undefined ? 'over' : 'asked'
    if (draft === undefined) return false
    branch.breadth = breadth
    draft.request.headers.set('Max-Breadth', breadth)
    const { endpoint } = this.#host
    const user = {
      onResponse: (response: SipResponse, origin: ResponseOrigin, source: Hop | undefined) =>
        this.#onAnswer(branch, response, origin, source),
      onRepeated: (response: SipResponse) => this.#repeat(response),
    }
    if (this.#plan.provisionalTimeoutMs > 0) {
      branch.silence = endpoint.clock.after(this.#plan.provisionalTimeoutMs, () => this.#onSilence(branch))
    }
    const { request, way } = draft
    branch.transaction =
      request.method === 'INVITE' ? endpoint.invite(request, user, way) : endpoint.request(request, user, way)
    this.#host.records?.attempt('application', request)
    return true
  }

  #onAnswer(branch: Branch, response: SipResponse, origin: ResponseOrigin, source: Hop | undefined): void {
    branch.silence?.clear()
    const { status } = response
    if (status === 100) return
    if (status < 200) {
      if (!this.#decided) this.#passOn(response)
      return
    }
    branch.state = 'over'
    if (status === 200) this.#host.records?.start('network', 'proxy-uac', response)
    else if (status >= 300) this.#host.records?.refused('network', response)
    const network = origin === 'network'
    if (network && source !== undefined && !this.#done) this.#host.onAnswer(response, source)
    if (status < 300) {
      this.#passOn(response)
      this.#decide()
      this.#finish()
      return
    }
    // What we made up ourselves (nobody there, no answer in time) is nothing to tell the caller.
    branch.refusal = network ? response : undefined
    if (network && this.#plan.followRedirects && status < 400) this.#follow(branch, response)
    this.#goOn(network && this.#host.challenges.note(response, branch.target))
  }

  /** A target is lost: the next one, or the caller's answer. */
  #goOn(challenged: boolean): void {
    if (this.#decided) this.#finishIfOver()
    else {
      if (!challenged) this.#askNext()
      if (challenged || !this.#isAsking()) this.#refuse(bestAnswer(this.#refusals()))
    }
  }

  #isAsking(): boolean {
    return this.#branches.some(({ state }) => state === 'asked')
  }

  #onSilence(branch: Branch): void {
    if (branch.state !== 'asked') return
    branch.state = 'over'
    cancelled(branch)
    this.#goOn(false)
  }

  #follow(branch: Branch, response: SipResponse): void {
    const known = new Set(this.#branches.map(({ target }) => target))
    const found = response.headers.list('Contact').flatMap((contact) => parseNameAddr(contact)?.uri ?? [])
    const fresh = [...new Set(found)].filter((uri) => !known.has(uri)).slice(0, mostTargets - known.size)
    this.#branches.splice(this.#branches.indexOf(branch) + 1, 0, ...fresh.map(branchTo))
  }

  #refusals(): SipResponse[] {
    return this.#branches.flatMap(({ refusal }) => refusal ?? [])
  }

  /** The final answer when no target took the request. */
  #refuse(response: SipResponse | undefined): void {
    this.#decide()
    if (response !== undefined) {
      const passed = withoutOurVia(response)
      this.#transaction.respond(passed)
      this.#host.records?.refused('application', passed)
    } else if (this.#transaction instanceof InviteServerTransaction) this.#transaction.reply(408)
    // RFC 4320 §4.1: no 408 to anything but an INVITE, its sender has given up by itself.
    else this.#transaction.terminate()
    this.#finish()
  }

  #passOn(response: SipResponse): void {
    const passed = withoutOurVia(response)
    const invite = this.#transaction instanceof InviteServerTransaction ? this.#transaction : undefined
    if (response.status === 200) this.#host.records?.start('application', 'proxy-uas', passed)
    if (invite !== undefined && response.status >= 200) invite.relay(passed)
    else this.#transaction.respond(passed)
  }

  /** A 2xx that has been passed on and comes once more. */
  #repeat(response: SipResponse): void {
    const passed = withoutOurVia(response)
    if (this.#transaction instanceof InviteServerTransaction) this.#transaction.relay(passed)
    else this.#transaction.respond(passed)
  }

  /** Those still asked are cancelled, the others never asked. */
  #decide(): void {
    this.#decided = true
    for (const branch of this.#branches) {
      branch.silence?.clear()
      if (branch.state === 'waiting') branch.state = 'over'
      else if (branch.state === 'asked') cancelled(branch)
    }
  }

  #finishIfOver(): void {
    if (!this.#isAsking()) this.#finish()
  }

  #finish(): void {
    if (this.#done) return
    this.#done = true
    this.#host.onDone()
  }
}

function branchTo(target: string): Branch {
  return { target, state: 'waiting', breadth: 0, transaction: undefined, refusal: undefined, silence: undefined }
}

function cancelled(branch: Branch): void {
  if (branch.transaction instanceof InviteClientTransaction) branch.transaction.cancel()
}

/** As it goes back to the caller (RFC 3261 §16.7 step 3). */
function withoutOurVia(response: SipResponse): SipResponse {
  const headers = response.headers.clone()
  headers.setAll('Via', headers.list('Via').slice(1))
  return new SipResponse(response.status, response.reason, headers, response.body)
}
