/**
 * The SIP text an application hands over: never trusted to be a whole message. The server keeps what only it may set
 * (Via, Route, Record-Route, RSeq, Content-Length) and takes the rest as wishes.
 */
import { SipHeaders } from '#softswitch/sip/sip-headers.ts'
import { parseNameAddr, parseSipUri } from '#softswitch/sip/sip-uri.ts'

export interface AppMessage {
  readonly startLine: string
  /** As the application wrote them, malformed lines left out. */
  readonly headers: SipHeaders
  readonly body: string
}

const headerToken = /^[\w\-.!%*+`'~]+$/
/** What the real server calls immutable. */
const serverOwned = new Set(['via', 'route', 'rseq', 'record-route', 'content-length'])
/** Headers in which `localhost` stands for the server's own address. */
const localhostHeaders = new Set(['from', 'contact', 'to', 'p-asserted-identity'])

export function parseAppMessage(text: string): AppMessage {
  const end = text.indexOf('\r\n\r\n')
  const [startLine = '', ...lines] = (end < 0 ? text : text.slice(0, end)).split(/[\r\n]+/)
  const headers = new SipHeaders()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).trim()
    if (headerToken.test(name)) headers.add(capitalised(name), line.slice(colon + 1).trim())
  }
  return { startLine: startLine.trim(), headers, body: end < 0 ? '' : text.slice(end + 4) }
}

/** Method and Request-URI of a request's start line; '' where it has none. */
export function requestLine(startLine: string): { method: string; uri: string } {
  const [method = '', uri = ''] = startLine.split(' ').filter((part) => part !== '')
  return { method, uri }
}

/** Something a request can be sent to. */
export function isTarget(uri: string): boolean {
  return parseSipUri(uri) !== undefined || /^(tel|urn):[^\s<>"]+$/i.test(uri)
}

/** Status and reason of a response's start line. */
export function statusLine(startLine: string): { status: number; reason: string } | undefined {
  const match = /^SIP\/2\.0 +(\d{3})(?: +(.*))?$/.exec(startLine)
  if (match === null) return undefined
  const status = Number(match[1])
  return status < 100 || status > 699 ? undefined : { status, reason: match[2] ?? '' }
}

/**
 * The application's headers as they may go out, except those named: server-owned ones dropped, `localhost` replaced.
 * @param hostPort the server's `host:port`
 */
export function outgoingHeaders(
  message: AppMessage,
  hostPort: string,
  except: readonly string[] = [],
): Record<string, string[]> {
  const left = new Set(except.map((name) => name.toLowerCase()))
  const out: Record<string, string[]> = {}
  for (const [name, value] of message.headers) {
    const key = name.toLowerCase()
    if (serverOwned.has(key) || left.has(key)) continue
    const named = localhostHeaders.has(key) ? withoutLocalhost(value, hostPort) : value
    // Bare, its parameters would be the header's (RFC 3261 §20.10).
    const shown = key === 'contact' && !value.includes(',') ? (addressHeader(named) ?? named) : named
    out[name] = [...(out[name] ?? []), shown]
  }
  return out
}

/**
 * Content-Type of the message: as given, or SDP when the body looks like it.
 * @returns undefined for a body that nobody can name (the real server refuses such requests), '' without a body
 */
export function contentType(message: AppMessage): string | undefined {
  if (message.body === '') return ''
  return message.headers.get('Content-Type') ?? (message.body.startsWith('v=0') ? 'application/sdp' : undefined)
}

/** `@localhost` (and `sip:localhost`) with any port, replaced by the server's own address. */
export function withoutLocalhost(value: string, hostPort: string): string {
  return value.replace(/(@|sips?:)localhost(?::\d+)?(?=[;>?,\s]|$)/g, (_, before: string) => `${before}${hostPort}`)
}

/** From or To as sofia writes it: the URI in brackets, the tag behind. Undefined when it is no address. */
export function addressHeader(value: string, tag?: string): string | undefined {
  const address = parseNameAddr(value)
  if (address === undefined || (/^sips?:/i.test(address.uri) && parseSipUri(address.uri) === undefined))
    return undefined
  const bracketed = value.includes('<') ? value : bracket(value)
  return tag === undefined || address.params.has('tag') ? bracketed : `${bracketed};tag=${tag}`
}

function bracket(value: string): string {
  const semicolon = value.indexOf(';')
  return semicolon < 0 ? `<${value}>` : `<${value.slice(0, semicolon).trim()}>${value.slice(semicolon)}`
}

/** First letters upper case, except in X- headers, which keep the spelling the application chose. */
function capitalised(name: string): string {
  if (/^x-/i.test(name)) return name
  return name.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase())
}
