import type { Clock, Timer } from '#platform/clock.ts'
import { type Log, logError } from '#platform/log.ts'
import { Invitation, type InvitationOutcome } from './invitation.ts'
import type { MediaEndpoint } from './media-endpoint.ts'
import { attemptVariable, callVariable, type MediaLink } from './media-link.ts'
import { AnsweredLeg } from './patient-leg.ts'
import type { SipLink } from './sip-link.ts'
import type { DialAnswer, DialFailure, DialHooks, DialOrder, LegRef, OutboundDial } from './telephony.ts'

export interface OutboundCallParts {
  readonly sip: SipLink
  /** Media servers that are up, the least loaded first. */
  readonly mediaServers: () => readonly MediaLink[]
  readonly clock: Clock
  readonly log: Log
  readonly onAnswered: (leg: AnsweredLeg) => void
}

type StopReason = 'ring_timeout' | 'cancelled' | 'no_media'

/** When the first fails another is asked, or the same once more; a third try would only make the line wait. */
const mediaTries = 2
/** Anything else could not be dialled, or would end up in the SIP message as something else than a number. */
const dialable = /^\+?\d{1,32}$/

/** One dial, from the order to an answered leg or the reason why there is none. Whatever happens, nothing is left over. */
export class OutboundCall implements OutboundDial {
  readonly result: Promise<DialAnswer | DialFailure>
  readonly #parts: OutboundCallParts
  readonly #order: DialOrder
  readonly #hooks: DialHooks
  #stopReason: StopReason | null = null
  #invitation: Invitation | null = null
  #endpoint: MediaEndpoint | null = null
  #ringTimer: Timer | undefined

  constructor(parts: OutboundCallParts, order: DialOrder, hooks: DialHooks) {
    this.#parts = { ...parts, log: parts.log.child({ attemptId: order.attemptId, callId: order.callId }) }
    this.#order = order
    this.#hooks = hooks
    this.result = this.#run().catch((error: unknown) => {
      logError(this.#parts.log, error, 'a dial broke off')
      this.#invitation?.cancel()
      return this.#failure({ cause: 'lost' })
    })
  }

  cancel(): void {
    this.#stop('cancelled')
  }

  async #run(): Promise<DialAnswer | DialFailure> {
    if (!dialable.test(this.#order.number)) {
      return this.#failure({ cause: 'refused', sipStatus: 484, sipReason: 'Address Incomplete' })
    }
    if (!this.#parts.sip.up) return this.#failure({ cause: 'lost' })
    const endpoint = await this.#makeEndpoint()
    if (endpoint === null) return this.#failure({ cause: this.#stopReason ?? this.#withoutMedia() })
    this.#endpoint = endpoint
    let answer: DialAnswer | null = null
    try {
      const outcome = this.#stopReason === null ? await this.#invite(endpoint) : ({ kind: 'silent' } as const)
      if (outcome.kind !== 'answered') return this.#failure(this.#reasonOf(outcome))
      answer = await this.#connect(endpoint, outcome)
      return answer ?? this.#failure({ cause: 'no_media', sipStatus: outcome.sipStatus })
    } finally {
      this.#parts.clock.clearTimeout(this.#ringTimer)
      if (answer === null) await endpoint.release()
    }
  }

  async #makeEndpoint(): Promise<MediaEndpoint | null> {
    const { mediaServers, log, sip } = this.#parts
    for (let tried = 0; tried < mediaTries; tried += 1) {
      const servers = mediaServers()
      const server = servers[tried % Math.max(servers.length, 1)]
      if (server === undefined || this.#stopReason !== null || !sip.up) return null
      try {
        const endpoint = await server.createEndpoint(this.#order, log)
        try {
          await endpoint.setVariables({
            [attemptVariable]: this.#order.attemptId,
            [callVariable]: this.#order.callId,
            RECORD_STEREO: 'true',
            RECORD_MIN_SEC: '0',
            playback_terminators: 'none',
          })
          return endpoint
        } catch (error) {
          await endpoint.release()
          throw error
        }
      } catch (error) {
        logError(log, error, 'no channel to be had', { mediaHost: server.name })
      }
    }
    return null
  }

  #invite(endpoint: MediaEndpoint): Promise<InvitationOutcome> {
    const { sip, clock, log } = this.#parts
    const invitation = new Invitation({
      order: this.#order,
      offer: endpoint.localSdp,
      hooks: {
        onInviteSent: (ref) => {
          this.#ringTimer = clock.setTimeout(() => this.#stop('ring_timeout'), this.#order.ringTimeoutMs)
          this.#hooks.onInviteSent(ref)
        },
        onRinging: (progress) => this.#hooks.onRinging(progress),
      },
      sip,
      clock,
      log,
      media: { channelUuid: endpoint.uuid, mediaHost: endpoint.mediaHost },
    })
    this.#invitation = invitation
    void endpoint.ended.then(() => this.#stop('no_media'))
    return invitation.outcome
  }

  /** The patient has answered: from here to the first word every millisecond is heard. */
  async #connect(
    endpoint: MediaEndpoint,
    { dialog, sipStatus }: Extract<InvitationOutcome, { kind: 'answered' }>,
  ): Promise<DialAnswer | null> {
    const { sip, clock, log } = this.#parts
    const { attemptId, callId } = this.#order
    const leg = new AnsweredLeg({ attemptId, callId, ref: this.#ref, dialog, endpoint, sip, clock, log })
    this.#parts.onAnswered(leg)
    try {
      await endpoint.connect(dialog.remote.sdp)
    } catch (error) {
      // A patient who hung up meanwhile has answered all the same.
      if (leg.end?.by !== 'patient') {
        logError(log, error, 'the answered call could not be connected to its channel')
        await leg.hangUp()
        return null
      }
    }
    return { answered: true, leg, sipStatus, earlyMedia: this.#earlyMedia }
  }

  #stop(reason: StopReason): void {
    this.#stopReason ??= reason
    this.#invitation?.cancel()
  }

  #reasonOf(
    outcome: Exclude<InvitationOutcome, { kind: 'answered' }>,
  ): Partial<DialFailure> & Pick<DialFailure, 'cause'> {
    if (outcome.kind === 'lost') return { cause: 'lost' }
    const heard = outcome.kind === 'silent' ? {} : { ...outcome }
    if (this.#stopReason === 'ring_timeout' && outcome.kind === 'silent' && this.#invitation?.replied !== true) {
      // Even a trunk that only said 100 answers our CANCEL; drachtio keeps the 100 to itself.
      return { cause: 'no_reply' }
    }
    if (this.#stopReason !== null) return { ...heard, cause: this.#stopReason }
    return { ...heard, cause: outcome.kind === 'refused' ? 'refused' : 'no_reply' }
  }

  #withoutMedia(): 'lost' | 'no_media' {
    return this.#parts.sip.up ? 'no_media' : 'lost'
  }

  #failure(
    why: Pick<DialFailure, 'cause'> & Partial<Pick<DialFailure, 'sipStatus' | 'sipReason' | 'q850'>>,
  ): DialFailure {
    const { cause, sipStatus = null, sipReason = null, q850 = null } = why
    return { answered: false, cause, sipStatus, sipReason, q850, earlyMedia: this.#earlyMedia, ref: this.#ref }
  }

  get #earlyMedia(): boolean {
    return this.#invitation?.earlyMedia ?? false
  }

  get #ref(): LegRef {
    return (
      this.#invitation?.ref ?? {
        sipCallId: null,
        inviteTransaction: null,
        dialogId: null,
        localTag: null,
        remoteTag: null,
        channelUuid: this.#endpoint?.uuid ?? null,
        mediaHost: this.#endpoint?.mediaHost ?? null,
      }
    )
  }
}
