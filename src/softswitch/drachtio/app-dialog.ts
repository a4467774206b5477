/** The dialogs the server holds for applications. They outlive the application's connection. */
import type { InviteClientTransaction } from '#softswitch/sip/client-transaction.ts'
import { type DialogState, dialogKey } from '#softswitch/sip/dialog.ts'
import type { ReliableAnswers } from '#softswitch/sip/reliable-answers.ts'
import type { ServerTransaction } from '#softswitch/sip/server-transaction.ts'
import type { SipRequest } from '#softswitch/sip/sip-message.ts'
import { parseSipUri } from '#softswitch/sip/sip-uri.ts'
import { type Hop, isReliable } from '#softswitch/sip/transport.ts'
import type { AppClient } from './app-client.ts'
import type { ClientRegistry } from './client-registry.ts'
import { type Session, stopSession } from './session-timers.ts'

export interface AppDialog {
  /** What the application calls it by: see `appDialogId`. */
  readonly id: string
  /** Of the request that made it. */
  readonly transactionId: string
  readonly method: 'INVITE' | 'SUBSCRIBE'
  readonly state: DialogState
  owner: AppClient
  /** Tags of its owner, kept for the time after the owner is gone. */
  readonly tags: readonly string[]
  /** Contact of our requests, in brackets. */
  readonly contact: string
  /** Where requests go instead of the remote target: the peer sits behind an address that is not its Contact. */
  hop: Hop | undefined
  /** A 200 has been sent or received. */
  answered: boolean
  /** The application cancelled, and the 200 crossed it: BYE follows the ACK. */
  byeAfterAck: boolean
  /** The last INVITE of ours whose 2xx waits for an ACK from the application. */
  awaitingAck: { readonly transaction: InviteClientTransaction; readonly seq: number } | undefined
  /** A re-INVITE of ours under way. */
  reinvite: InviteClientTransaction | undefined
  /** A re-INVITE of theirs that waits for the application's answer. */
  reinvited: ServerTransaction | undefined
  /** What our side has last offered or answered; '' when nothing. */
  localSdp: string
  /** Its session timer runs. */
  session: Session | undefined
  /** Our provisional answers that the caller acknowledges. */
  reliable: ReliableAnswers | undefined
}

export class DialogBook {
  readonly #byId = new Map<string, AppDialog>()
  readonly #byKey = new Map<string, AppDialog>()
  readonly #byCallId = new Map<string, Set<AppDialog>>()

  get size(): number {
    return this.#byId.size
  }

  values(): IterableIterator<AppDialog> {
    return this.#byId.values()
  }

  add(dialog: AppDialog): void {
    const { callId, localTag, remoteTag } = dialog.state
    this.#byId.set(dialog.id, dialog)
    this.#byKey.set(dialogKey(callId, localTag, remoteTag), dialog)
    const same = this.#byCallId.get(callId) ?? new Set()
    this.#byCallId.set(callId, same.add(dialog))
  }

  remove(dialog: AppDialog): void {
    const { callId, localTag, remoteTag } = dialog.state
    const key = dialogKey(callId, localTag, remoteTag)
    stopSession(dialog)
    if (this.#byId.get(dialog.id) === dialog) this.#byId.delete(dialog.id)
    if (this.#byKey.get(key) === dialog) this.#byKey.delete(key)
    const same = this.#byCallId.get(callId)
    same?.delete(dialog)
    if (same?.size === 0) this.#byCallId.delete(callId)
  }

  byId(id: string): AppDialog | undefined {
    return this.#byId.get(id)
  }

  /** The dialog a request from the network belongs to. */
  ofRequest(request: SipRequest): AppDialog | undefined {
    return this.#byKey.get(dialogKey(request.callId, request.toTag ?? '', request.fromTag ?? ''))
  }

  /** An answered dialog with this Call-ID. */
  byCallId(callId: string): AppDialog | undefined {
    for (const dialog of this.#byCallId.get(callId) ?? []) if (dialog.answered) return dialog
    return undefined
  }
}

/**
 * The real server's convention, which drachtio-srf relies on (findDialogByCallIDAndFromTag): Call-ID and the From tag
 * of the request that begins the dialog, whoever sent it.
 */
export function appDialogId(first: SipRequest): string {
  return `${first.callId};from-tag=${first.fromTag ?? ''}`
}

/** The dialog's owner while it is connected, else another client with one of its tags, which then owns it. */
export function ownerOf(dialog: AppDialog, registry: ClientRegistry): AppClient | undefined {
  if (dialog.owner.connected) return dialog.owner
  const heir = registry.withTag(dialog.tags)
  if (heir !== undefined) dialog.owner = heir
  return heir
}

/**
 * Where requests inside a dialog go instead of their target: over the stream that it was made on; else to the address
 * an answer came from, when there is no route and the Contact names another host, so that the peer is behind NAT.
 */
export function dialogHop(routeSet: readonly string[], target: string, source: Hop | undefined): Hop | undefined {
  if (isReliable(source)) return source
  if (routeSet.length > 0 || source === undefined) return undefined
  return parseSipUri(target)?.host === source.address ? undefined : source
}
