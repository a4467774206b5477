import { BlockList, isIP } from 'node:net'

/** Where SIP is spoken: an address or a name, and a port. */
export interface SipPlace {
  readonly host: string
  readonly port: number
}

/** Where the house itself is. */
export interface HousePlace {
  /** It is bound to loopback: its trunks may be on this machine, as they are while it is tried. */
  readonly onLoopback: boolean
  /** Where its own SIP is: a call that went there would come back. */
  readonly sip: readonly SipPlace[]
}

/** Why nobody can be called over a host; null: it may be one. */
export type HostFault = 'not_a_host' | 'nowhere' | 'loopback' | 'ourselves'

const nowhere = new BlockList()
nowhere.addSubnet('0.0.0.0', 8)
nowhere.addSubnet('224.0.0.0', 4)
nowhere.addAddress('255.255.255.255')
nowhere.addAddress('::', 'ipv6')
nowhere.addSubnet('ff00::', 8, 'ipv6')
const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** A label of a host name (RFC 1123 §2.1). The last one is no number: `127.1` is an address to some, and a name to others. */
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

/**
 * Judges the host of a carrier's trunk. Names are judged as they stand: what they will resolve to is the network's to say.
 * A simulated trunk's host is the house's own doing, and is not asked about.
 */
export function hostFault({ host, port }: SipPlace, house: HousePlace): HostFault | null {
  const family = familyOf(host)
  if (family === null && !isHostName(host)) return 'not_a_host'
  if (family !== null && nowhere.check(host, family)) return 'nowhere'
  const isSame = (other: SipPlace) => other.port === port && other.host.toLowerCase() === host.toLowerCase()
  if (house.sip.some(isSame)) return 'ourselves'
  const isLocal = family === null ? /^(?:.+\.)?localhost$/i.test(host) : loopback.check(host, family)
  return isLocal && !house.onLoopback ? 'loopback' : null
}

function familyOf(host: string): 'ipv4' | 'ipv6' | null {
  // A zone is of one machine's making.
  const version = host.includes('%') ? 0 : isIP(host)
  if (version === 0) return null
  return version === 4 ? 'ipv4' : 'ipv6'
}

function isHostName(host: string): boolean {
  const labels = host.split('.')
  return (
    host.length <= 253 && labels.every((one) => label.test(one)) && !/^(?:\d+|0x[0-9a-f]*)$/i.test(labels.at(-1) ?? '')
  )
}
