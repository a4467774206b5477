/**
 * A SIP message in memory: start line, headers in order, body as bytes. Readers of the fields every message must
 * have answer undefined where the field is missing or broken; a message that came through the parser has them all.
 */
import { SipHeaders } from './sip-headers.ts'
import { type NameAddr, parseNameAddr } from './sip-uri.ts'
import { parseVia, type Via } from './via.ts'

export interface CSeq {
  /** 0 … 2³¹−1 */
  readonly number: number
  readonly method: string
}

abstract class MessageBase {
  readonly headers: SipHeaders
  body: Buffer

  constructor(headers: SipHeaders, body: Buffer | string | undefined) {
    this.headers = headers
    this.body = typeof body === 'string' ? Buffer.from(body) : (body ?? Buffer.alloc(0))
  }

  get callId(): string {
    return this.headers.get('Call-ID') ?? ''
  }

  get cseq(): CSeq | undefined {
    return parseCSeq(this.headers.get('CSeq') ?? '')
  }

  get from(): NameAddr | undefined {
    return parseNameAddr(this.headers.get('From') ?? '')
  }

  get to(): NameAddr | undefined {
    return parseNameAddr(this.headers.get('To') ?? '')
  }

  get fromTag(): string | undefined {
    return this.from?.params.get('tag')
  }

  get toTag(): string | undefined {
    return this.to?.params.get('tag')
  }

  get topVia(): Via | undefined {
    const first = this.headers.list('Via')[0]
    return first === undefined ? undefined : parseVia(first)
  }

  /** First Contact, or undefined. */
  get contact(): NameAddr | undefined {
    const first = this.headers.list('Contact')[0]
    return first === undefined ? undefined : parseNameAddr(first)
  }

  /** Body as text when its Content-Type is SDP, else undefined. */
  get sdp(): string | undefined {
    const type = this.headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase()
    return this.body.length > 0 && type === 'application/sdp' ? this.body.toString('utf8') : undefined
  }

  protected abstract startLine(): string

  /** Header section and body as text; Content-Length always says the bytes of the body. */
  toString(): string {
    return `${this.#head()}${this.body.toString('utf8')}`
  }

  toBuffer(): Buffer {
    return Buffer.concat([Buffer.from(this.#head()), this.body])
  }

  #head(): string {
    const lines = [this.startLine()]
    for (const [name, value] of this.headers) if (name !== 'Content-Length') lines.push(`${name}: ${value}`)
    lines.push(`Content-Length: ${this.body.length}`)
    return `${lines.join('\r\n')}\r\n\r\n`
  }
}

export class SipRequest extends MessageBase {
  readonly kind = 'request'
  readonly method: string
  uri: string

  constructor(method: string, uri: string, headers: SipHeaders, body?: Buffer | string) {
    super(headers, body)
    this.method = method
    this.uri = uri
  }

  protected override startLine(): string {
    return `${this.method} ${this.uri} SIP/2.0`
  }

  clone(): SipRequest {
    return new SipRequest(this.method, this.uri, this.headers.clone(), this.body)
  }
}

export class SipResponse extends MessageBase {
  readonly kind = 'response'
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, headers: SipHeaders, body?: Buffer | string) {
    super(headers, body)
    this.status = status
    this.reason = reason
  }

  protected override startLine(): string {
    return `SIP/2.0 ${this.status} ${this.reason}`
  }
}

export type SipMessage = SipRequest | SipResponse

/** The methods that an RFC defines. */
export const knownMethods: ReadonlySet<string> = new Set(
  'INVITE ACK BYE CANCEL OPTIONS REGISTER INFO PRACK UPDATE MESSAGE SUBSCRIBE NOTIFY REFER PUBLISH'.split(' '),
)

export function parseCSeq(value: string): CSeq | undefined {
  const match = /^(\d{1,10})\s+([\w\-.!%*+`'~]+)$/.exec(value.trim())
  if (match === null) return undefined
  const number = Number(match[1])
  return number < 2 ** 31 ? { number, method: match[2] ?? '' } : undefined
}

/** Extra headers an application hands in; a list becomes one line each. */
export type ExtraHeaders = Readonly<Record<string, string | readonly string[]>>

export function addExtraHeaders(headers: SipHeaders, extra: ExtraHeaders | undefined): void {
  for (const [name, value] of Object.entries(extra ?? {})) {
    headers.setAll(name, typeof value === 'string' ? [value] : value)
  }
}

/**
 * A response to `request` with what RFC 3261 §8.2.6 copies from it: Via, From, To, Call-ID, CSeq; `tag` is added to
 * a To that has none (never for 100). What a malformed request lacks its answer lacks too. Answers that make a dialog
 * also copy Record-Route (§12.1.1).
 */
export function responseTo(
  request: SipRequest,
  status: number,
  options: { reason?: string; tag?: string; headers?: ExtraHeaders; body?: Buffer | string } = {},
): SipResponse {
  const headers = new SipHeaders()
  for (const via of request.headers.all('Via')) headers.add('Via', via)
  for (const name of ['From', 'To', 'Call-ID', 'CSeq']) {
    const value = request.headers.get(name)
    if (value === undefined) continue
    const tagged = name !== 'To' || options.tag === undefined || status === 100 || request.toTag !== undefined
    headers.add(name, tagged ? value : `${value};tag=${options.tag}`)
  }
  if (status > 100 && status < 300 && request.method === 'INVITE') {
    for (const route of request.headers.all('Record-Route')) headers.add('Record-Route', route)
  }
  if (status === 100 && request.headers.has('Timestamp'))
    headers.add('Timestamp', request.headers.get('Timestamp') ?? '')
  addExtraHeaders(headers, options.headers)
  return new SipResponse(status, options.reason ?? reasonPhrase(status), headers, options.body)
}

const phrases: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  181: 'Call Is Being Forwarded',
  182: 'Queued',
  183: 'Session Progress',
  200: 'OK',
  202: 'Accepted',
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Moved Temporarily',
  305: 'Use Proxy',
  380: 'Alternative Service',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  410: 'Gone',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Unsupported URI Scheme',
  420: 'Bad Extension',
  421: 'Extension Required',
  422: 'Session Interval Too Small',
  423: 'Interval Too Brief',
  440: 'Max-Breadth Exceeded',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  483: 'Too Many Hops',
  484: 'Address Incomplete',
  485: 'Ambiguous',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  489: 'Bad Event',
  491: 'Request Pending',
  493: 'Undecipherable',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Server Time-out',
  505: 'Version Not Supported',
  513: 'Message Too Large',
  600: 'Busy Everywhere',
  603: 'Decline',
  604: 'Does Not Exist Anywhere',
  606: 'Not Acceptable',
}

export function reasonPhrase(status: number): string {
  return phrases[status] ?? phrases[Math.floor(status / 100) * 100] ?? ''
}
