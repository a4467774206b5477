/**
 * Addresses: URIs, name-addrs (`"Ward 3" <sip:w3@h>;tag=1`) and the parameters that follow them.
 * The parsers answer undefined where the grammar of RFC 3261 §25 is broken; they never throw.
 */

import { remembering } from './remembering.ts'

/** Parameter names in lower case; a parameter without `=` has the value ''. */
export type SipParams = ReadonlyMap<string, string>

export interface SipUri {
  readonly scheme: 'sip' | 'sips'
  readonly user: string | undefined
  /** Without the brackets of an IPv6 literal. */
  readonly host: string
  readonly port: number | undefined
  readonly params: SipParams
  /** The text behind `?`, or undefined. */
  readonly headers: string | undefined
}

export interface NameAddr {
  readonly displayName: string | undefined
  /** As written between the brackets (or bare), of any scheme. */
  readonly uri: string
  readonly params: SipParams
}

const token = /^[\w\-.!%*+`'~]+$/
const hostName = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.?$/i

export const parseSipUri = remembering(readSipUri)

function readSipUri(text: string): SipUri | undefined {
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  const scheme = text.slice(0, colon).toLowerCase()
  if (scheme !== 'sip' && scheme !== 'sips') return undefined
  // The user part may hold `;` and `?`, so the host begins behind the last `@` that stands before any header part.
  const rest = text.slice(colon + 1)
  const at = rest.lastIndexOf('@')
  const user = at < 0 ? undefined : rest.slice(0, at)
  if (user !== undefined && !/^[^\s"<>@]+$/.test(user)) return undefined
  const behind = rest.slice(at + 1)
  const question = behind.indexOf('?')
  const main = question < 0 ? behind : behind.slice(0, question)
  const headers = question < 0 ? undefined : behind.slice(question + 1)
  const semicolon = main.indexOf(';')
  const hostPort = parseHostPort(semicolon < 0 ? main : main.slice(0, semicolon))
  if (hostPort === undefined) return undefined
  const params = parseParams(semicolon < 0 ? '' : main.slice(semicolon))
  if (params === undefined || /[\s<>"]/.test(headers ?? '')) return undefined
  return { scheme, user, host: hostPort.host, port: hostPort.port, params, headers }
}

/** `host`, `host:port` or `[v6]:port`. */
export const parseHostPort = remembering(readHostPort)

function readHostPort(text: string): { readonly host: string; readonly port: number | undefined } | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i.exec(text)
  if (match === null) return undefined
  const host = match[1] ?? match[2] ?? ''
  if (host.length > 255 || (match[1] === undefined && !hostName.test(host))) return undefined
  const port = match[3] === undefined ? undefined : Number(match[3])
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined
  return { host, port }
}

/** `;a=1;b;c="x"`, spaces around the separators allowed. Undefined when an element is empty or malformed. */
export function parseParams(text: string): SipParams | undefined {
  const params = new Map<string, string>()
  let rest = text.trim()
  while (rest !== '') {
    const match = /^;\s*([^\s;=,"<>]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|\[[0-9a-f:.]+\]|[^\s;=,"<>]+))?\s*/i.exec(rest)
    if (match === null) return undefined
    const value = match[2] ?? ''
    params.set((match[1] ?? '').toLowerCase(), value.startsWith('"') ? unquote(value) : value)
    rest = rest.slice(match[0].length)
  }
  return params
}

/**
 * One name-addr or addr-spec with header parameters. A bare URI may not hold `?`, `,` or `;` (RFC 3261 §20.10), so
 * what follows its first `;` are parameters of the header.
 */
export const parseNameAddr = remembering(readNameAddr)

function readNameAddr(text: string): NameAddr | undefined {
  const value = text.trim()
  const open = /^(?:("(?:[^"\\]|\\.)*")\s*|([^"<>]*))<([^<>]*)>(.*)$/s.exec(value)
  if (open !== null) {
    const quoted = open[1]
    const bare = open[2]?.trim() ?? ''
    if (quoted === undefined && bare !== '' && !bare.split(/\s+/).every((word) => token.test(word))) return undefined
    const uri = open[3] ?? ''
    const params = parseParams(open[4] ?? '')
    if (params === undefined || !isUri(uri)) return undefined
    return { displayName: quoted === undefined ? bare || undefined : unquote(quoted), uri, params }
  }
  if (/[<>"]/.test(value.split(';')[0] ?? '')) return undefined
  const semicolon = value.indexOf(';')
  const uri = (semicolon < 0 ? value : value.slice(0, semicolon)).trim()
  const params = parseParams(semicolon < 0 ? '' : value.slice(semicolon))
  if (params === undefined || !isUri(uri) || /[?,]/.test(uri)) return undefined
  return { displayName: undefined, uri, params }
}

/** True for a well-formed SIP URI, and for any other scheme with a sane name and no spaces. */
export function isUri(text: string): boolean {
  if (/^sips?:/i.test(text)) return parseSipUri(text) !== undefined
  return /^[a-z][a-z0-9+.-]*:[^\s<>"]+$/i.test(text)
}

export function formatNameAddr(address: {
  displayName?: string | undefined
  uri: string
  tag?: string | undefined
}): string {
  const name = address.displayName === undefined ? '' : `"${address.displayName.replace(/["\\]/g, '\\$&')}" `
  return `${name}<${address.uri}>${address.tag === undefined ? '' : `;tag=${address.tag}`}`
}

/** Host for a URI or Via: IPv6 literals in brackets. */
export function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/gs, '$1')
}
