import type Srf from 'drachtio-srf'
import type { Clock, Timer } from '#platform/clock.ts'
import { OperationalError } from '#platform/errors/errors.ts'
import { type Log, logError } from '#platform/log.ts'
import { ownerVariables } from './channel-owner.ts'
import type { MediaLink } from './media-link.ts'
import { NailedLeg } from './seat-leg.ts'
import { notNow, readCallIn, type SipLink, sendReply } from './sip-link.ts'
import type { CallInJudge, IncomingSeatCall, LegRef, SeatAnswerOrder, SeatLeg } from './telephony.ts'
import { within } from './within.ts'

export interface SeatCallsInParts {
  readonly sip: SipLink
  /** Media servers that are up, the least loaded first. */
  readonly mediaServers: (mediaHost?: string) => readonly MediaLink[]
  /** Told of each leg, before anybody else has it. */
  readonly hold: (leg: NailedLeg) => void
  readonly clock: Clock
  readonly log: Log
}

/** A caller waits; a database that is away does not let it in. */
const judgeLimitMs = 5_000
/** For the seat's rows to be asked. */
const decisionLimitMs = 10_000

/**
 * INVITEs to us: from phones of ours that want to be the leg of a seat, and from anybody who tries. Each is judged
 * before a channel is made for it, and one phone has one call waiting at most.
 */
export class SeatCallsIn {
  readonly #parts: SeatCallsInParts
  readonly #waiting = new Map<string, CallIn>()
  #judge: CallInJudge = async () => ({ reply: notNow })
  #handler: (call: IncomingSeatCall) => void = (call) => call.refuse(480)
  #closed = false

  constructor(parts: SeatCallsInParts) {
    this.#parts = parts
    parts.sip.onInvite((request, response) => {
      this.#answer(request, response).catch((error: unknown) =>
        logError(parts.log, error, 'the answer to an INVITE could not be sent'),
      )
    })
  }

  judgedBy(judge: CallInJudge): void {
    this.#judge = judge
  }

  handledBy(handler: (call: IncomingSeatCall) => void): void {
    this.#handler = handler
  }

  /** Who still waits is refused, and so is whoever comes. */
  close(): void {
    this.#closed = true
    for (const call of this.#waiting.values()) call.refuse(480)
  }

  async #answer(request: Srf.SrfRequest, response: Srf.SrfResponse): Promise<void> {
    const { clock, log } = this.#parts
    // A call whose node has died, offered to us.
    if (request.getParsedHeader('to').params.tag !== undefined) return response.send(481)
    if (this.#closed) return response.send(480)
    let cancelled = false
    request.on('cancel', () => {
      cancelled = true
    })
    const judged = (async () => this.#judge(readCallIn(request)))()
    const verdict = await within({ clock, limitMs: judgeLimitMs, what: 'INVITE' }, judged).catch((error: unknown) => {
      logError(log, error, 'an INVITE could not be judged')
      return { reply: notNow }
    })
    if (cancelled) return
    if ('reply' in verdict) return sendReply(response, verdict.reply)
    const { extension } = verdict
    // Without an offer there is nothing to answer; two calls of one phone are one too many.
    if (!/^m=audio /m.test(request.body ?? '')) return response.send(488)
    if (this.#waiting.has(extension)) return response.send(486)
    const call = new CallIn(this.#parts, extension, { request, response })
    this.#waiting.set(extension, call)
    void call.decided.then(() => this.#waiting.delete(extension))
    try {
      if (this.#closed) call.refuse(480)
      else this.#handler(call)
    } catch (error) {
      logError(log, error, 'the call of a phone could not be taken in')
      call.refuse(480)
    }
  }
}

/** One of them, from its arrival to the leg or the refusal. */
class CallIn implements IncomingSeatCall {
  readonly extension: string
  /** Resolves when it waits no more. */
  readonly decided: Promise<void>
  readonly #parts: SeatCallsInParts
  readonly #request: Srf.SrfRequest
  readonly #response: Srf.SrfResponse
  readonly #decide: () => void
  #open = true
  #cancelled = false
  readonly #timer: Timer

  constructor(
    parts: SeatCallsInParts,
    extension: string,
    { request, response }: { readonly request: Srf.SrfRequest; readonly response: Srf.SrfResponse },
  ) {
    this.#parts = parts
    this.extension = extension
    this.#request = request
    this.#response = response
    const { promise, resolve } = Promise.withResolvers<void>()
    this.decided = promise
    this.#decide = resolve
    request.on('cancel', () => {
      this.#cancelled = true
      this.#take()
    })
    this.#timer = parts.clock.setTimeout(() => this.refuse(480), decisionLimitMs)
  }

  refuse(status: 403 | 480 | 486): void {
    if (this.#take()) this.#response.send(status)
  }

  async accept(order: SeatAnswerOrder): Promise<SeatLeg> {
    if (!this.#take()) throw new OperationalError('SEAT_CALL_GONE')
    const owner = { seatId: order.seatId }
    const log = this.#parts.log.child(owner)
    const leg = await this.#connect(order, log)
    try {
      await leg.endpoint.setVariables({
        ...ownerVariables(owner),
        playback_terminators: 'none',
        // Between calls the phone hears silence, not nothing. A real FreeSWITCH has it from its dialplan: too late here.
        send_silence_when_idle: '-1',
      })
    } catch (error) {
      await leg.hangUp()
      throw error
    }
    if (leg.end !== null) throw new OperationalError('SEAT_CALL_GONE')
    return leg
  }

  async #connect({ seatId, mediaHost }: SeatAnswerOrder, log: Log): Promise<NailedLeg> {
    const { sip, clock, hold, mediaServers } = this.#parts
    const [link] = mediaServers(mediaHost)
    const [request, response] = [this.#request, this.#response]
    try {
      if (link === undefined) throw new OperationalError('MEDIA_SERVER_AWAY', { mediaHost: mediaHost ?? '*' })
      const { endpoint, dialog } = await link.connectCaller({ request, response }, { seatId }, log)
      const { callId, localTag, remoteTag } = dialog.sip
      const ref: LegRef = {
        sipCallId: callId,
        inviteTransaction: null,
        dialogId: dialog.id,
        localTag,
        remoteTag,
        channelUuid: endpoint.uuid,
        mediaHost: endpoint.mediaHost,
      }
      const leg = new NailedLeg({ ref, dialog, endpoint, sip, clock, log, seatId })
      hold(leg)
      return leg
    } catch (error) {
      throw this.#unconnected(error)
    }
  }

  /** Tells the caller, and whoever asked. */
  #unconnected(error: unknown): unknown {
    if (this.#cancelled) return new OperationalError('SEAT_CALL_GONE')
    const refused =
      error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : null
    if (this.#response.finalResponseSent) this.#endAnswered()
    else this.#response.send(refused === 488 ? 488 : 503)
    if (error instanceof OperationalError) return error
    // Else fsmrf's word for a page that was answered and never made its connection.
    return new OperationalError('SEAT_CALL_UNCONNECTED', { reason: refused ?? 'no connection' }, { cause: error })
  }

  /** The 200 has left, but no channel came to it. */
  #endAnswered(): void {
    const tag = this.#request.getParsedHeader('from').params.tag
    const sipCallId = this.#request.get('Call-ID')
    if (tag === undefined || sipCallId === undefined) return
    // drachtio's own naming, known although its word for it may have been lost.
    void this.#parts.sip.endCall({ inviteTransaction: null, dialogId: `${sipCallId};from-tag=${tag}` })
  }

  /** @returns whether it was still to be had */
  #take(): boolean {
    if (!this.#open) return false
    this.#open = false
    this.#parts.clock.clearTimeout(this.#timer)
    this.#decide()
    return true
  }
}
