/** What a client asks for: one payload, `<msgId>|<type>|<fields…>`, with a SIP message behind CRLF where it needs one. */
import { type AppMessage, parseAppMessage } from './app-message.ts'

export type ClientCommand =
  | { readonly kind: 'authenticate'; readonly msgId: string; readonly secret: string; readonly tags: readonly string[] }
  | { readonly kind: 'ping'; readonly msgId: string }
  | { readonly kind: 'route' | 'remove_route'; readonly msgId: string; readonly verb: string }
  | {
      readonly kind: 'sip'
      readonly msgId: string
      readonly transactionId: string
      readonly dialogId: string
      /** SIP URI (or address) of an outbound proxy; '' for none. */
      readonly routeUrl: string
      readonly message: AppMessage
    }
  | {
      readonly kind: 'proxy'
      readonly msgId: string
      /** Of the request to be sent on. */
      readonly transactionId: string
      /** Later requests of its dialog come by the server too. */
      readonly remainInDialog: boolean
      /** The application is told of every final answer. */
      readonly fullResponse: boolean
      readonly followRedirects: boolean
      readonly simultaneous: boolean
      /** 0: none. The limit on final answers that stands behind it is read by nobody (sip-proxy-controller, addProxy). */
      readonly provisionalTimeoutMs: number
      readonly destinations: readonly string[]
      /** Its headers are put on the request. */
      readonly message: AppMessage
    }
  /** `reason` is what the real server answers; it then drops the connection. */
  | { readonly kind: 'invalid'; readonly msgId: string; readonly reason: string }

export function parseClientCommand(payload: string): ClientCommand {
  const end = payload.indexOf('\r\n')
  const [msgId = '', type = '', ...fields] = (end < 0 ? payload : payload.slice(0, end)).split('|')
  const invalid = (reason: string): ClientCommand => ({ kind: 'invalid', msgId, reason })
  const [first = '', second = '', third = ''] = fields
  switch (type) {
    case '':
      return invalid('Invalid message format')
    case 'ping':
      return { kind: 'ping', msgId }
    case 'route':
    case 'remove_route':
      return first === '' ? invalid('Invalid message format') : { kind: type, msgId, verb: first.toLowerCase() }
    case 'authenticate':
      return { kind: 'authenticate', msgId, secret: first, tags: second.split(',').filter((tag) => tag !== '') }
    case 'sip': {
      if (fields.length < 2 || end < 0) return invalid('Invalid message format')
      const message = parseAppMessage(payload.slice(end + 2))
      return { kind: 'sip', msgId, transactionId: first, dialogId: second, routeUrl: third, message }
    }
    case 'proxy':
      if (fields.length < 8) return invalid('Invalid proxy request: not enough information provided')
      return {
        kind: 'proxy',
        msgId,
        transactionId: first,
        remainInDialog: second === 'remainInDialog',
        fullResponse: third === 'fullResponse',
        followRedirects: fields[3] === 'followRedirects',
        simultaneous: fields[4] === 'simultaneous',
        provisionalTimeoutMs: milliseconds(fields[5] ?? ''),
        destinations: fields.slice(7),
        message: parseAppMessage(end < 0 ? '' : payload.slice(end + 2)),
      }
    default:
      return invalid('Unknown message type')
  }
}

/** `1500ms` or `2s`; anything else is no limit (sip-proxy-controller, setProvisionalTimeout). */
function milliseconds(text: string): number {
  const [, count, unit] = /^(\d{1,9})(ms|s)$/.exec(text) ?? []
  return Number(count ?? 0) * (unit === 's' ? 1_000 : 1)
}
