import type Srf from 'drachtio-srf'
import type { Clock } from '#platform/clock.ts'
import { type Log, logError } from '#platform/log.ts'
import { readQ850 } from './q850.ts'
import type { SipLink } from './sip-link.ts'
import { type DialHooks, type LegRef, unknownLeg } from './telephony.ts'
import { type Settling, settling } from './within.ts'

/** Who is called, and how we show up there. */
export interface Callee {
  readonly uri: string
  /** User part of our From. */
  readonly callingNumber: string
  /** Free of quotes, backslashes and control characters. */
  readonly callingName?: string
  readonly headers: Readonly<Record<string, string>>
  readonly auth?: { readonly username: string; readonly password: string }
}

export interface InvitationParts {
  readonly callee: Callee
  readonly offer: string
  readonly hooks: DialHooks
  readonly sip: SipLink
  readonly clock: Clock
  readonly log: Log
  /** What is known of the leg beside this INVITE. */
  readonly media: Pick<LegRef, 'channelUuid' | 'mediaHost'>
}

export type InvitationOutcome =
  | { readonly kind: 'answered'; readonly dialog: Srf.Dialog; readonly sipStatus: number }
  | { readonly kind: 'refused'; readonly sipStatus: number; readonly sipReason: string; readonly q850: number | null }
  /** Answered when nobody waited any more; a BYE has followed. */
  | { readonly kind: 'crossed'; readonly sipStatus: number }
  /** Nothing more will come: unsendable, or cancelled and never confirmed. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'lost' }

/** After our CANCEL: the carrier's 487 comes at once, or not at all. */
const cancelLimitMs = 5_000

/**
 * One INVITE, from its sending to its one outcome. CANCEL may be asked for at any moment; an answer that crosses it,
 * or comes after nobody waits any more, is ended with a BYE.
 * Source: RFC 3261 §9.1, §13; telephony-protocols §1.5.
 */
export class Invitation {
  readonly outcome: Promise<InvitationOutcome>
  readonly #parts: InvitationParts
  readonly #settling: Settling<InvitationOutcome>
  #settled = false
  #cancelled = false
  #invite: Srf.SrfRequest | null = null
  #ref: LegRef
  #earlyMedia = false
  #replied = false
  /** Kinds of provisional answers that have been told: some carriers repeat one for as long as it rings. */
  readonly #progressTold = new Set<string>()

  constructor(parts: InvitationParts) {
    this.#parts = parts
    this.#settling = settling()
    this.outcome = this.#settling.promise
    this.#ref = { ...unknownLeg, ...parts.media }
    parts.sip.whileUp(this.outcome).catch(() => this.#lost())
    try {
      this.#send()
    } catch (error) {
      logError(parts.log, error, 'the INVITE could not be sent')
      this.#settle({ kind: 'silent' })
    }
  }

  get ref(): LegRef {
    return this.#ref
  }

  get earlyMedia(): boolean {
    return this.#earlyMedia
  }

  /** True once the far end has said anything at all. */
  get replied(): boolean {
    return this.#replied
  }

  cancel(): void {
    if (this.#cancelled || this.#settled) return
    this.#cancelled = true
    this.#parts.clock.setTimeout(() => this.#settle({ kind: 'silent' }), cancelLimitMs).unref()
    // Before the server has named the transaction there is nothing to cancel; #sent does it then.
    if (this.#invite !== null) this.#cancelNow(this.#invite)
  }

  #send(): void {
    const { callee, offer, sip } = this.#parts
    const { uri, headers, ...who } = callee
    sip.srf.createUAC(
      uri,
      { ...who, localSdp: offer, headers: { ...headers, 'User-Agent': 'suifang' } },
      {
        cbRequest: (error, invite) => {
          if (error === null && invite !== undefined) this.#sent(invite)
        },
        cbProvisional: (response) => this.#progress(response),
      },
      (error, dialog) => (dialog === undefined ? this.#failed(error) : this.#answered(dialog)),
    )
  }

  /** Called again for the INVITE that answers a challenge: only the first is the one that has left. */
  #sent(invite: Srf.SrfRequest): void {
    const first = this.#invite === null
    this.#invite = invite
    const sipCallId = invite.get('Call-ID') ?? null
    const localTag = invite.getParsedHeader('from').params.tag ?? null
    this.#ref = {
      ...this.#ref,
      sipCallId,
      localTag,
      inviteTransaction: invite.stackTxnId ?? null,
      // drachtio's own naming; so a dialogue that is answered after we died can be ended all the same.
      dialogId: sipCallId === null || localTag === null ? null : `${sipCallId};from-tag=${localTag}`,
    }
    if (this.#cancelled) this.#cancelNow(invite)
    if (first && !this.#settled) this.#tell(() => this.#parts.hooks.onInviteSent(this.#ref))
  }

  #progress(response: Srf.SrfResponse): void {
    this.#replied = true
    if (response.status <= 100) return
    const earlyMedia = (response.body ?? '').includes('m=audio')
    this.#earlyMedia ||= earlyMedia
    if (response.stackDialogId) this.#ref = { ...this.#ref, dialogId: response.stackDialogId }
    const kind = `${response.status} ${earlyMedia}`
    if (this.#settled || this.#progressTold.has(kind)) return
    this.#progressTold.add(kind)
    this.#tell(() => this.#parts.hooks.onRinging({ sipStatus: response.status, earlyMedia }))
  }

  #answered(dialog: Srf.Dialog): void {
    this.#replied = true
    const { callId, localTag, remoteTag } = dialog.sip
    this.#ref = { ...this.#ref, sipCallId: callId, localTag, remoteTag, dialogId: dialog.id }
    if (this.#cancelled || this.#settled) {
      dialog.destroy().catch(() => {})
      this.#parts.sip.forget(dialog)
      this.#settle({ kind: 'crossed', sipStatus: 200 })
    } else {
      this.#settle({ kind: 'answered', dialog, sipStatus: 200 })
    }
  }

  #failed(error: Error | null): void {
    if (!isSipError(error)) {
      if (!this.#settled) logError(this.#parts.log, error, 'the INVITE failed')
      this.#settle({ kind: 'silent' })
      return
    }
    const { status, reason, res } = error
    // 408 with nothing before it is drachtio's own word for silence.
    if (status === 408 && !this.#replied) {
      this.#settle({ kind: 'silent' })
      return
    }
    this.#replied = true
    this.#settle({ kind: 'refused', sipStatus: status, sipReason: reason ?? '', q850: readQ850(res?.get('Reason')) })
  }

  /** It may ring on: CANCEL and BYE are owed, and said when drachtio is back. */
  #lost(): void {
    if (this.#settled) return
    const { inviteTransaction, dialogId } = this.#ref
    this.#settle({ kind: 'lost' })
    if (inviteTransaction !== null) void this.#parts.sip.endCall({ inviteTransaction, dialogId })
  }

  #cancelNow(invite: Srf.SrfRequest): void {
    try {
      // Refused when the final answer has crossed it; that answer then says the rest.
      invite.cancel(() => {})
    } catch (error) {
      logError(this.#parts.log, error, 'the CANCEL could not be sent')
    }
  }

  #settle(outcome: InvitationOutcome): void {
    if (this.#settled) return
    this.#settled = true
    this.#settling.resolve(outcome)
  }

  #tell(hook: () => void): void {
    try {
      hook()
    } catch (error) {
      logError(this.#parts.log, error, 'the progress of a dial could not be taken in')
    }
  }
}

function isSipError(error: Error | null): error is Srf.SipError {
  return error !== null && 'status' in error && typeof error.status === 'number'
}
