import type { Clock, Timer } from '#platform/clock.ts'
import { type Log, logError } from '#platform/log.ts'
import { type ChannelOwner, ownerVariables } from './channel-owner.ts'
import type { ConnectedLeg, ConnectedLegParts } from './connected-leg.ts'
import { type Callee, Invitation, type InvitationOutcome } from './invitation.ts'
import type { MediaEndpoint } from './media-endpoint.ts'
import type { MediaLink } from './media-link.ts'
import type { SipLink } from './sip-link.ts'
import type { DialAnswer, DialFailure, DialHooks, LegRef } from './telephony.ts'

export interface OutboundCallParts {
  readonly sip: SipLink
  /** Media servers that are up, the least loaded first. */
  readonly mediaServers: () => readonly MediaLink[]
  readonly clock: Clock
  readonly log: Log
}

/** What differs between a call to a patient and one to an agent's phone. */
export interface CallPlan<Leg extends ConnectedLeg> {
  /** Null when it can be seen that nobody can be called so: 484 at once, no INVITE. */
  readonly callee: Callee | null
  readonly ringTimeoutMs: number
  readonly hooks: DialHooks
  /** Whose the channel is: on its INVITE and in its variables, for a node that comes later. */
  readonly owner: ChannelOwner
  /** More variables of the channel. */
  readonly variables: Readonly<Record<string, string>>
  /** The leg from the moment of the answer; whoever makes it holds it, too. */
  readonly answered: (parts: ConnectedLegParts) => Leg
}

export interface OutboundAnswer<Leg> extends Omit<DialAnswer, 'leg'> {
  readonly leg: Leg
}

type StopReason = 'ring_timeout' | 'cancelled' | 'no_media'

/** When the first fails another is asked, or the same once more; a third try would only make the line wait. */
const mediaTries = 2

/** One call out, from the order to an answered leg or the reason why there is none. Whatever happens, nothing is left over. */
export class OutboundCall<Leg extends ConnectedLeg> {
  readonly result: Promise<OutboundAnswer<Leg> | DialFailure>
  readonly #parts: OutboundCallParts
  readonly #plan: CallPlan<Leg>
  #stopReason: StopReason | null = null
  #invitation: Invitation | null = null
  #endpoint: MediaEndpoint | null = null
  #ringTimer: Timer | undefined
  #rang = false

  constructor(parts: OutboundCallParts, plan: CallPlan<Leg>) {
    this.#parts = { ...parts, log: parts.log.child({ ...plan.owner }) }
    this.#plan = plan
    this.result = this.#run().catch((error: unknown) => {
      logError(this.#parts.log, error, 'a dial broke off')
      this.#invitation?.cancel()
      return this.#failure({ cause: 'lost' })
    })
  }

  cancel(): void {
    this.#stop('cancelled')
  }

  async #run(): Promise<OutboundAnswer<Leg> | DialFailure> {
    const { callee } = this.#plan
    if (callee === null) {
      return this.#failure({ cause: 'refused', sipStatus: 484, sipReason: 'Address Incomplete' })
    }
    if (!this.#parts.sip.up) return this.#failure({ cause: 'lost' })
    const endpoint = await this.#makeEndpoint()
    if (endpoint === null) return this.#failure({ cause: this.#stopReason ?? this.#withoutMedia() })
    this.#endpoint = endpoint
    let answer: OutboundAnswer<Leg> | null = null
    try {
      const outcome = this.#stopReason === null ? await this.#invite(callee, endpoint) : ({ kind: 'silent' } as const)
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
        const endpoint = await server.createEndpoint(this.#plan.owner, log)
        try {
          await endpoint.setVariables({
            ...ownerVariables(this.#plan.owner),
            ...this.#plan.variables,
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

  #invite(callee: Callee, endpoint: MediaEndpoint): Promise<InvitationOutcome> {
    const { sip, clock, log } = this.#parts
    const { hooks, ringTimeoutMs } = this.#plan
    const invitation = new Invitation({
      callee,
      offer: endpoint.localSdp,
      hooks: {
        onInviteSent: (ref) => {
          this.#ringTimer = clock.setTimeout(() => this.#stop('ring_timeout'), ringTimeoutMs)
          hooks.onInviteSent(ref)
        },
        onRinging: (progress) => {
          this.#rang ||= progress.sipStatus === 180
          hooks.onRinging(progress)
        },
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

  /** Somebody has answered: from here to the first word every millisecond is heard. */
  async #connect(
    endpoint: MediaEndpoint,
    { dialog, sipStatus }: Extract<InvitationOutcome, { kind: 'answered' }>,
  ): Promise<OutboundAnswer<Leg> | null> {
    const { sip, clock, log } = this.#parts
    this.#rang = true
    const leg = this.#plan.answered({ ref: this.#ref, dialog, endpoint, sip, clock, log })
    try {
      await endpoint.connect(dialog.remote.sdp)
    } catch (error) {
      // Whoever hung up meanwhile has answered all the same.
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
    const heard = { sipStatus, sipReason, q850, earlyMedia: this.#earlyMedia, rang: this.#rang }
    return { answered: false, cause, ...heard, ref: this.#ref }
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
