/**
 * What RFC 3261 §12 calls the state of a dialog, and the requests made from it. Pure data: no sockets, no timers.
 */
import { SipHeaders } from './sip-headers.ts'
import { addExtraHeaders, type ExtraHeaders, SipRequest, type SipResponse } from './sip-message.ts'
import { parseNameAddr, parseSipUri } from './sip-uri.ts'

export interface DialogState {
  readonly role: 'uac' | 'uas'
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  /** From of our requests, with our tag. */
  readonly local: string
  /** To of our requests, with their tag. */
  readonly remote: string
  /** Request-URI of our requests: their last Contact. */
  remoteTarget: string
  /** Route lines of our requests, in order. */
  routeSet: readonly string[]
  /** CSeq number of our last request. */
  localSeq: number
  /** CSeq number of their last request, or undefined before the first. */
  remoteSeq: number | undefined
}

/** Dialog made (or made early) by this answer to our request (RFC 3261 §12.1.2). An RFC 2543 peer gives no tag: ''. */
export function dialogFromResponse(request: SipRequest, response: SipResponse): DialogState {
  return {
    role: 'uac',
    callId: request.callId,
    localTag: request.fromTag ?? '',
    remoteTag: response.toTag ?? '',
    local: request.headers.get('From') ?? '',
    remote: response.headers.get('To') ?? '',
    remoteTarget: response.contact?.uri ?? request.uri,
    routeSet: response.headers.list('Record-Route').reverse(),
    localSeq: request.cseq?.number ?? 0,
    remoteSeq: undefined,
  }
}

/** Dialog made by our answer, with `localTag`, to their request (RFC 3261 §12.1.1). */
export function dialogFromRequest(request: SipRequest, localTag: string): DialogState {
  return {
    role: 'uas',
    callId: request.callId,
    localTag,
    remoteTag: request.fromTag ?? '',
    local:
      request.toTag === undefined
        ? `${request.headers.get('To') ?? ''};tag=${localTag}`
        : (request.headers.get('To') ?? ''),
    remote: request.headers.get('From') ?? '',
    remoteTarget: request.contact?.uri ?? request.from?.uri ?? '',
    routeSet: request.headers.list('Record-Route'),
    localSeq: 0,
    remoteSeq: request.cseq?.number,
  }
}

/**
 * A request inside the dialog (RFC 3261 §12.2.1.1), without Via. Takes the next CSeq number, except ACK, which has
 * the one of its INVITE (`ackSeq`). A first route without `lr` is a strict router and gets the Request-URI.
 */
export function requestInside(
  dialog: DialogState,
  method: string,
  options: { headers?: ExtraHeaders; body?: Buffer | string; ackSeq?: number } = {},
): SipRequest {
  const seq = options.ackSeq ?? ++dialog.localSeq
  const headers = new SipHeaders()
  let uri = dialog.remoteTarget
  let routes = dialog.routeSet
  const first = routes[0] === undefined ? undefined : parseNameAddr(routes[0])?.uri
  if (first !== undefined && parseSipUri(first)?.params.has('lr') === false) {
    routes = [...routes.slice(1), `<${uri}>`]
    uri = first
  }
  for (const route of routes) headers.add('Route', route)
  headers.add('From', dialog.local)
  headers.add('To', dialog.remote)
  headers.add('Call-ID', dialog.callId)
  headers.add('CSeq', `${seq} ${method}`)
  addExtraHeaders(headers, options.headers)
  return new SipRequest(method, uri, headers, options.body)
}

/**
 * Notes a request of the other side in the dialog.
 * @returns false when its CSeq is older than one already seen (answer it with 500, RFC 3261 §12.2.2)
 */
export function noteRemoteRequest(dialog: DialogState, request: SipRequest): boolean {
  const number = request.cseq?.number ?? 0
  if (dialog.remoteSeq !== undefined && number < dialog.remoteSeq) return false
  dialog.remoteSeq = number
  if (isTargetRefresh(request.method)) dialog.remoteTarget = request.contact?.uri ?? dialog.remoteTarget
  return true
}

/** Notes a 2xx to our own re-INVITE or UPDATE: it may move the target. */
export function noteRefreshAnswer(dialog: DialogState, response: SipResponse): void {
  if (response.status < 300) dialog.remoteTarget = response.contact?.uri ?? dialog.remoteTarget
}

export function isTargetRefresh(method: string): boolean {
  return method === 'INVITE' || method === 'UPDATE'
}

/** Key under which both sides' in-dialog requests find it: Call-ID, our tag, their tag. */
export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId}|${localTag}|${remoteTag}`
}
