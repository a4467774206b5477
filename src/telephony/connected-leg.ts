import type Srf from 'drachtio-srf'
import type { Clock } from '#platform/clock.ts'
import { type Log, logError } from '#platform/log.ts'
import type { MediaEndpoint } from './media-endpoint.ts'
import { readQ850 } from './q850.ts'
import type { SipLink } from './sip-link.ts'
import type { LegEnd, LegRef } from './telephony.ts'
import { type Settling, settling, within } from './within.ts'

export interface ConnectedLegParts {
  readonly ref: LegRef
  readonly dialog: Srf.Dialog
  readonly endpoint: MediaEndpoint
  readonly sip: SipLink
  readonly clock: Clock
  readonly log: Log
}

const byeLimitMs = 3_000
const reconnectLimitMs = 3_000

/**
 * The SIP dialogue with whoever answered and the channel that speaks to it, tied together: whichever half ends first
 * ends the other, and what is left of either is cleared away.
 */
export class ConnectedLeg {
  readonly ref: LegRef
  readonly ended: Promise<LegEnd>
  /** For this storey only: rooms move it. */
  readonly endpoint: MediaEndpoint
  readonly #parts: ConnectedLegParts
  readonly #ended: Settling<LegEnd>
  #end: LegEnd | null = null
  #cleared: Promise<void> = Promise.resolve()

  constructor(parts: ConnectedLegParts) {
    const { dialog, endpoint, sip } = parts
    this.#parts = parts
    this.endpoint = endpoint
    this.ref = parts.ref
    this.#ended = settling()
    this.ended = this.#ended.promise
    dialog.on('destroy', (bye) => {
      // A BYE that the server made up itself (no ACK ever came, a session timer ran out) is not the far end's.
      const by = bye.source === 'application' ? 'lost' : 'patient'
      this.#over(by, readQ850(bye.get('Reason')), { bye: false })
    })
    // A call in may be over before anybody could listen.
    if (!dialog.connected) this.#over('patient', null, { bye: false })
    this.#answerReinvites(dialog)
    void endpoint.ended.then(() => this.#over('lost', null, { bye: true }))
    sip.whileUp(this.ended).catch(() => this.#over('lost', null, { bye: true }))
  }

  get end(): LegEnd | null {
    return this.#end
  }

  async hangUp(): Promise<void> {
    this.#over('hospital', null, { bye: true })
    await this.#cleared
  }

  #over(by: LegEnd['by'], q850: number | null, { bye }: { readonly bye: boolean }): void {
    if (this.#end !== null) return
    this.#end = { by, q850, at: this.#parts.clock.now() }
    this.#cleared = this.#clear(bye)
    this.#ended.resolve(this.#end)
  }

  /** Never rejects. */
  async #clear(bye: boolean): Promise<void> {
    const { sip, dialog, endpoint, clock } = this.#parts
    const call = { inviteTransaction: null, dialogId: dialog.id }
    const said = bye ? within({ clock, limitMs: byeLimitMs, what: 'BYE' }, sip.endCall(call)) : Promise.resolve()
    sip.forget(dialog)
    await Promise.all([said.catch(() => {}), endpoint.release()])
  }

  /**
   * Answers the far end's re-INVITEs. A refresh gets what was agreed; a change (hold, another address) is asked of the
   * media server first. One without SDP asks for our offer; srf throws on those, so they never reach it.
   */
  #answerReinvites(dialog: Srf.Dialog): void {
    const handle = dialog.handle.bind(dialog)
    dialog.handle = (request, response) => {
      if (request.method === 'INVITE') void this.#answerReinvite(request, response)
      else handle(request, response)
    }
  }

  async #answerReinvite(request: Srf.SrfRequest, response: Srf.SrfResponse): Promise<void> {
    const { dialog, endpoint, clock, log } = this.#parts
    const headers = { Contact: dialog.local.contact, 'Content-Type': 'application/sdp' }
    try {
      const offer = request.body ?? ''
      const changed = offer !== '' && sessionOf(offer) !== sessionOf(dialog.remote.sdp)
      const limit = { clock, limitMs: reconnectLimitMs, what: 're-INVITE' }
      if (changed) {
        dialog.local.sdp = await within(limit, endpoint.connect(offer))
        dialog.remote.sdp = offer
      }
      response.send(200, { headers, body: dialog.local.sdp })
    } catch (error) {
      logError(log, error, 'a re-INVITE of the far end could not be followed')
      response.send(488)
    }
  }
}

/** The o= line names a session description and its version: the same line, the same description. */
function sessionOf(sdp: string): string {
  return /^o=.*$/m.exec(sdp)?.[0] ?? sdp
}
