/** Where a request goes, and where its answer goes back to. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { SipRequest } from './sip-message.ts'
import { parseNameAddr, parseSipUri } from './sip-uri.ts'
import type { Hop } from './transport.ts'
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
  const wantsPort = symmetric || params.has('rport')
  if (wantsPort || via.host.toLowerCase() !== from.address.toLowerCase()) params.set('received', from.address)
  if (wantsPort) params.set('rport', String(from.port))
  request.headers.setAll('Via', [formatVia({ ...via, params }), ...others])
  return { address: from.address, port: wantsPort ? from.port : (via.port ?? 5060) }
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
  if (host.toLowerCase() === 'localhost') return { address: '127.0.0.1', port: parsed.port ?? 5060 }
  return isIP(host) === 0 ? undefined : { address: host, port: parsed.port ?? 5060 }
}

const lookupLimitMs = 5_000

/** Address of a SIP URI's host: itself when numeric, else by name, within 5 s. Undefined when there is none. */
export async function resolveHop(uri: string, family: 4 | 6): Promise<Hop | undefined> {
  const numeric = numericHop(uri)
  const parsed = parseSipUri(uri)
  if (numeric !== undefined || parsed === undefined) return numeric
  const limit = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => limit.resolve(undefined), lookupLimitMs)
  const found = lookup(parsed.host, { family }).then(
    ({ address }) => ({ address, port: parsed.port ?? 5060 }),
    () => undefined,
  )
  const hop = await Promise.race([found, limit.promise])
  clearTimeout(timer)
  return hop
}
