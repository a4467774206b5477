import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

/** Reverse proxies of our own: what they say about who asks is believed, and nobody else's word. */
export interface Proxies {
  include(address: string): boolean
}

export const noProxies: Proxies = { include: () => false }

/**
 * @param list addresses and networks, such as `127.0.0.1, 10.0.0.0/8`
 * @returns null for what is no such list
 */
export function readProxies(list: string): Proxies | null {
  const trusted = new BlockList()
  for (const entry of list.split(',').map((one) => one.trim())) {
    const [address = '', bits, ...more] = entry.split('/')
    const family = familyOf(address)
    const longest = family === 'ipv6' ? 128 : 32
    const length = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
    if (family === null || more.length > 0 || !(length >= 1 && length <= longest)) return null
    trusted.addSubnet(address, length, family)
  }
  return {
    include: (address) => {
      const family = familyOf(address)
      return family !== null && trusted.check(address, family)
    },
  }
}

/** Who asks: the first on the way to us who is no proxy of ours (X-Forwarded-For, the nearest last). */
export function clientAddress(request: IncomingMessage, proxies: Proxies): string | null {
  let address = request.socket.remoteAddress ?? null
  const told = String(request.headers['x-forwarded-for'] ?? '').split(',')
  for (const next of told.map((one) => one.trim()).reverse()) {
    if (address === null || !proxies.include(address) || isIP(next) === 0) return address
    address = next
  }
  return address
}

function familyOf(address: string): 'ipv4' | 'ipv6' | null {
  const version = isIP(address)
  return version === 0 ? null : version === 4 ? 'ipv4' : 'ipv6'
}
