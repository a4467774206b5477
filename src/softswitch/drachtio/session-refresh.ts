/** The re-INVITE of a session timer (RFC 4028 §7.4), which no application asked for and none is told of. */

import type { InviteClientTransaction } from '#softswitch/sip/client-transaction.ts'
import { noteRefreshAnswer, requestInside } from '#softswitch/sip/dialog.ts'
import type { RouteOptions } from '#softswitch/sip/endpoint-settings.ts'
import type { SipEndpoint } from '#softswitch/sip/sip-endpoint.ts'
import type { AppDialog } from './app-dialog.ts'
import type { Session, SessionTimers } from './session-timers.ts'

/**
 * Offers what was last agreed on our side. The timer begins anew with the 2xx, or when both sides refreshed at once
 * (491).
 * @param way how a request to this target goes
 * @param onLost any other answer, or none: the session is over
 */
export function refreshSession(
  endpoint: SipEndpoint,
  sessions: SessionTimers,
  dialog: AppDialog,
  session: Session,
  way: (target: string) => RouteOptions,
  onLost: () => void,
): void {
  const request = requestInside(dialog.state, 'INVITE', {
    headers: {
      'Session-Expires': `${session.seconds};refresher=uac`,
      'Min-SE': String(sessions.leastSeconds),
      Contact: dialog.contact,
      ...(dialog.localSdp === '' ? {} : { 'Content-Type': 'application/sdp' }),
    },
    body: dialog.localSdp,
  })
  const transaction: InviteClientTransaction = endpoint.invite(
    request,
    {
      onResponse: (response) => {
        const { status } = response
        if (status < 200) return
        if (dialog.reinvite === transaction) dialog.reinvite = undefined
        if (status >= 300) {
          if (status === 491) sessions.again(dialog, session.seconds)
          else onLost()
          return
        }
        noteRefreshAnswer(dialog.state, response)
        sessions.answered(dialog, response)
        const ack = requestInside(dialog.state, 'ACK', { ackSeq: request.cseq?.number ?? 0 })
        endpoint.acknowledge(transaction, ack, way(ack.uri))
      },
    },
    way(request.uri),
  )
  dialog.reinvite = transaction
}
