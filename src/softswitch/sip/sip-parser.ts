/**
 * From a datagram to a message, strict where RFC 3261 is strict, since what passes here is handed on to programs
 * that are not. Nothing throws: what cannot be read is reported with the status a request of that kind deserves.
 * RFC 4475 is the examination paper.
 */
import { SipHeaders, splitList } from './sip-headers.ts'
import { knownMethods, parseCSeq, type SipMessage, SipRequest, SipResponse } from './sip-message.ts'
import { parseNameAddr, parseSipUri } from './sip-uri.ts'
import { formatVia, looseVia, parseVia } from './via.ts'

export type ParseResult =
  | { readonly ok: true; readonly message: SipMessage }
  | {
      readonly ok: false
      /** 400, 416, 501 or 505. */
      readonly status: number
      readonly problem: string
      /** What could be read, when it is enough to answer a request statelessly; undefined = drop. */
      readonly answerable: SipRequest | undefined
    }

/** Largest message taken, over streams as well; a UDP datagram can hold no more. */
export const maxMessageBytes = 65_535
const maxHeaderLines = 500
const token = /^[\w\-.!%*+`'~]+$/
/** What a Call-ID is made of, RFC 3261 §25.1. */
const word = /^[\w\-.!%*+`'~()<>:\\"/[\]?{}@]+$/
/** Headers that RFC 3261 allows once only and whose doubling changes what a message means. */
const single = ['from', 'to', 'call-id', 'cseq', 'max-forwards', 'content-length', 'content-type', 'expires']
/** Those that say where requests go. Others, such as Refer-To, are their reader's business. */
const nameAddrLists = ['Contact', 'Route', 'Record-Route']

export function parseSip(datagram: Buffer): ParseResult {
  if (datagram.length > maxMessageBytes) return refuse(undefined, 'message too large')
  const bytes = skipLeadingLines(datagram)
  const end = headerEnd(bytes)
  if (end === undefined) return refuse(undefined, 'no end of headers')
  const lines = unfold(bytes.subarray(0, end.at).toString('utf8'))
  const startLine = lines.shift() ?? ''
  if (lines.length > maxHeaderLines) return refuse(undefined, 'too many headers')

  const headers = new SipHeaders()
  let problem: string | undefined
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0)).trimEnd()
    if (!token.test(name)) problem ??= 'malformed header line'
    else headers.add(name, line.slice(colon + 1).trim())
  }

  const response = /^SIP\/2\.0 (\d{3}) (.*)$/i.exec(startLine)
  if (response !== null) {
    const status = Number(response[1])
    problem ??= status < 100 || status > 699 ? 'status code out of range' : checkCommon(headers)
    const body = bodyOf(bytes.subarray(end.after), headers)
    if (typeof body === 'string') problem ??= body
    if (problem !== undefined || typeof body === 'string') return refuse(undefined, problem ?? 'body')
    return { ok: true, message: new SipResponse(status, response[2] ?? '', headers, body) }
  }

  const request = requestLine(startLine)
  if (request === undefined) return refuse(readable(looseStart(startLine), headers), 'malformed start line')
  const { method, uri, version } = request
  if (!token.test(method)) return refuse(undefined, 'malformed method')
  const draft = new SipRequest(method, uri, headers)
  if (version !== '2.0') return refuse(readable(draft, headers), 'SIP version', 505)
  problem ??= checkCommon(headers)
  // A method of a later time may have rules of its own for CSeq: it is refused as what it is (RFC 4475 §3.1.2.18).
  if (problem === undefined && draft.cseq?.method !== method) {
    return refuse(readable(draft, headers), 'CSeq method does not match', knownMethods.has(method) ? 400 : 501)
  }
  problem ??= checkRequest(draft)
  const body = bodyOf(bytes.subarray(end.after), headers)
  if (typeof body === 'string') problem ??= body
  if (problem !== undefined || typeof body === 'string') return refuse(readable(draft, headers), problem ?? 'body')
  if (!/^(sips?|tel|urn):/i.test(uri)) return refuse(readable(draft, headers), 'URI scheme', 416)
  return { ok: true, message: new SipRequest(method, uri, headers, body) }
}

/** More spaces than one, and some behind, change nothing (RFC 4475 §3.1.2.9–10); what goes on has one. */
function requestLine(line: string): { method: string; uri: string; version: string } | undefined {
  const shown = line.trimEnd()
  const first = shown.indexOf(' ')
  const last = shown.lastIndexOf(' ')
  const version = /^SIP\/(\S+)$/i.exec(shown.slice(last + 1))?.[1]
  const uri = shown.slice(first, last).trim()
  return first < 1 || uri === '' || version === undefined ? undefined : { method: shown.slice(0, first), uri, version }
}

function refuse(answerable: SipRequest | undefined, problem: string, status = 400): ParseResult {
  return { ok: false, status, problem, answerable }
}

/** RFC 3261 §7.5: CRLF before the start line is ignored. */
function skipLeadingLines(datagram: Buffer): Buffer {
  let at = 0
  while (datagram[at] === 0x0d || datagram[at] === 0x0a) at++
  return at === 0 ? datagram : datagram.subarray(at)
}

/** End of the header section: CRLF CRLF, or a bare LF LF as careless senders write it. */
export function headerEnd(bytes: Buffer, from = 0): { at: number; after: number } | undefined {
  const crlf = bytes.indexOf('\r\n\r\n', from)
  const lf = bytes.indexOf('\n\n', from)
  if (crlf >= 0 && (lf < 0 || crlf < lf)) return { at: crlf, after: crlf + 4 }
  if (lf >= 0) return { at: lf, after: lf + 2 }
  return undefined
}

/** A line that begins with white space continues the one before it (RFC 3261 §7.3.1). */
function unfold(section: string): string[] {
  return section.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)
}

function checkCommon(headers: SipHeaders): string | undefined {
  for (const name of single) {
    if (headers.count(name) > 1) return `more than one ${name}`
  }
  for (const name of ['From', 'To']) {
    const value = headers.get(name)
    if (value === undefined) return `${name} missing`
    const address = parseNameAddr(value)
    if (address === undefined || splitList(value).length !== 1) return `malformed ${name}`
    if (!token.test(address.params.get('tag') ?? 'none')) return `malformed tag in ${name}`
  }
  const callId = headers.get('Call-ID') ?? ''
  if (!word.test(callId)) return 'Call-ID missing or malformed'
  if (parseCSeq(headers.get('CSeq') ?? '') === undefined) return 'CSeq missing or malformed'
  if (!headers.has('Via')) return 'Via missing'
  for (const line of headers.all('Via')) {
    if (emptyElement(line)) return 'malformed Via'
    for (const value of splitList(line)) if (parseVia(value) === undefined) return 'malformed Via'
  }
  for (const name of nameAddrLists) {
    for (const line of headers.all(name)) {
      if (line === '*' && name === 'Contact') continue
      if (emptyElement(line)) return `malformed ${name}`
      for (const value of splitList(line)) if (parseNameAddr(value) === undefined) return `malformed ${name}`
    }
  }
  return undefined
}

function checkRequest(request: SipRequest): string | undefined {
  if (/[\s<>"]/.test(request.uri)) return 'malformed Request-URI'
  if (/^sips?:/i.test(request.uri)) {
    const uri = parseSipUri(request.uri)
    if (uri === undefined || uri.headers !== undefined) return 'malformed Request-URI'
  } else if (!/^[a-z][a-z0-9+.-]*:\S+$/i.test(request.uri)) return 'malformed Request-URI'
  const maxForwards = request.headers.get('Max-Forwards')
  if (maxForwards !== undefined && !(/^\d{1,10}$/.test(maxForwards) && Number(maxForwards) <= 255)) {
    return 'malformed Max-Forwards'
  }
  const expires = request.headers.get('Expires')
  if (expires !== undefined && /^\d+$/.test(expires) && Number(expires) >= 2 ** 32) return 'malformed Expires'
  return undefined
}

/** A separator that another one or the end follows, or a comma that begins the line. */
const suspectElement = /^[ \t]*,|[,;][ \t]*(?:[,;]|$)/

/** True when a list has an element or parameter without content: `a,,b`, `a;;b`, `a;`. Quoted and bracketed text is passed over. */
function emptyElement(line: string): boolean {
  // Nearly every line has none, not even within quotes.
  if (!suspectElement.test(line)) return false
  let before = ','
  let end = ''
  for (let i = 0; i < line.length; i++) {
    const c = line[i] ?? ''
    if (c === '"' || c === '<') {
      i = closing(line, i)
      before = ''
      end = ''
    } else if (c === ',' || c === ';') {
      if (before !== '') return true
      before = c
      end = c
    } else if (c !== ' ' && c !== '\t') {
      before = ''
      end = ''
    }
  }
  return end !== ''
}

/** Index of the quote or bracket that closes the one at `open`; the last index when none does. */
function closing(line: string, open: number): number {
  const mate = line[open] === '"' ? '"' : '>'
  for (let i = open + 1; i < line.length; i++) {
    if (line[i] === '\\' && mate === '"') i++
    else if (line[i] === mate) return i
  }
  return line.length - 1
}

/** Body by Content-Length (octets behind it are not ours, RFC 3261 §18.3), or what is wrong with the length. */
function bodyOf(rest: Buffer, headers: SipHeaders): Buffer | string {
  const stated = headers.get('Content-Length')
  if (stated === undefined) return rest
  if (!/^\d{1,10}$/.test(stated)) return 'malformed Content-Length'
  const length = Number(stated)
  return length > rest.length ? 'Content-Length beyond the datagram' : rest.subarray(0, length)
}

/** A request whose start line is broken but has three parts can still be told so. */
function looseStart(line: string): SipRequest {
  const method = /^\s*([\w\-.!%*+`'~]+)\s/.exec(line)?.[1] ?? ''
  return new SipRequest(/SIP\/\d/i.test(line) && !/^SIP\//i.test(line) ? method : '', 'sip:invalid', new SipHeaders())
}

/**
 * The draft with those of the headers a stateless answer copies that are there: at least the Via, whatever is wrong
 * with it behind its host, and CSeq. An ACK or a nameless method gets no answer.
 */
function readable(draft: SipRequest, headers: SipHeaders): SipRequest | undefined {
  const [top, ...others] = headers.list('Via')
  if (!headers.has('CSeq') || draft.method === '' || draft.method === 'ACK' || top === undefined) return undefined
  if (parseVia(top) !== undefined) return new SipRequest(draft.method, draft.uri, headers)
  const mended = looseVia(top)
  if (mended === undefined) return undefined
  const vias = [formatVia(mended), ...others.filter((via) => parseVia(via) !== undefined)]
  return new SipRequest(draft.method, draft.uri, headers.clone().setAll('Via', vias))
}
