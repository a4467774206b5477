import { BlockList, isIP } from 'node:net'

/** Who may ask the media server for a channel, as production's `apply-inbound-acl` has it. */
export interface SipPeers {
  include(address: string): boolean
}

/** @param networks CIDR, such as `10.0.0.0/8` */
export function sipPeers(...networks: readonly string[]): SipPeers {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/')
    list.addSubnet(address, Number(bits), family(address))
  }
  return { include: (address) => list.check(address, family(address)) }
}

/**
 * Loopback and the machine's own address: where the SIP server beside us sends from. A kernel takes no datagram from
 * outside that claims to come from one of these.
 */
export function thisMachine(address: string): SipPeers {
  return sipPeers('127.0.0.0/8', '::1/128', `${address}/${isIP(address) === 6 ? 128 : 32}`)
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
