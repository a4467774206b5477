/** Where a request goes, and where its answer goes back to. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { SipRequest } from './sip-message.ts'
import { parseNameAddr, parseSipUri } from './sip-uri.ts'
import { type Hop, isReliable, isSipProtocol, type SipProtocol } from './transport.ts'
import { formatVia } from './via.ts'

/**
 * Writes `received` and `rport` into the top Via (RFC 3261 §18.2.1, RFC 3581 §4).
 * @returns where the answer goes
 */
export function noteSource(request: SipRequest, from: Hop, symmetric: boolean): Hop | undefined {
  const [top, ...others] = request.headers.list('Via')
  const via = request.topVia
  if (top === undefined || via === undefined) return undefined
  const params = new Map(via.params)
  const wantsPort = symmetric || params.has('rport') || isReliable(from)
  if (wantsPort || via.host.toLowerCase() !== from.address.toLowerCase()) params.set('received', from.address)
  if (wantsPort) params.set('rport', String(from.port))
  request.headers.setAll('Via', [formatVia({ ...via, params }), ...others])
  // Over a stream the answer leaves on the connection; the port is for the case that it is gone (RFC 3261 §18.2.2).
  if (isReliable(from)) return { ...from, port: via.port ?? 5060 }
  return { address: from.address, port: wantsPort ? from.port : (via.port ?? 5060) }
}

/** What its `transport` parameter asks for; undefined for one that nobody knows. */
export function protocolOf(uri: string): SipProtocol | undefined {
  const parsed = parseSipUri(uri)
  const named = parsed?.params.get('transport')?.toLowerCase()
  if (named === undefined) return parsed?.scheme === 'sips' ? 'tls' : 'udp'
  return isSipProtocol(named) ? named : undefined
}

/** Top Route when there is one (loose routing), else the Request-URI. */
export function nextHopUri(request: SipRequest): string {
  const route = request.headers.list('Route')[0]
  return (route === undefined ? undefined : parseNameAddr(route)?.uri) ?? request.uri
}

export function numericHop(uri: string): Hop | undefined {
  const parsed = parseSipUri(uri)
  if (parsed === undefined) return undefined
  const host = parsed.params.get('maddr') ?? parsed.host
  const address = host.toLowerCase() === 'localhost' ? '127.0.0.1' : host
  return isIP(address) === 0 ? undefined : hopTo(address, uri)
}

function hopTo(address: string, uri: string): Hop {
  const protocol = protocolOf(uri) ?? 'udp'
  const port = parseSipUri(uri)?.port ?? (protocol === 'tls' || protocol === 'wss' ? 5061 : 5060)
  return protocol === 'udp' ? { address, port } : { address, port, protocol }
}

const lookupLimitMs = 5_000

/** Address of a SIP URI's host: itself when numeric, else by name, within 5 s. Undefined when there is none. */
export async function resolveHop(uri: string, family: 4 | 6): Promise<Hop | undefined> {
  const numeric = numericHop(uri)
  const parsed = parseSipUri(uri)
  if (numeric !== undefined || parsed === undefined) return numeric
  // Made up by a browser that cannot be reached (RFC 7118 §5); no name server knows it (RFC 2606).
  if (/\.invalid\.?$/i.test(parsed.host)) return undefined
  const limit = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => limit.resolve(undefined), lookupLimitMs)
  const found = lookup(parsed.host, { family }).then(
    ({ address }) => hopTo(address, uri),
    () => undefined,
  )
  const hop = await Promise.race([found, limit.promise])
  clearTimeout(timer)
  return hop
}
