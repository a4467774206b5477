/**
 * Preloaded into a server under test: names that only the suites' docker network knows have the addresses they stand
 * at here (PEERS_HOSTS, one JSON object), as if a name server had said so.
 */
import dns from 'node:dns/promises'
import { syncBuiltinESMExports } from 'node:module'

const hosts: Record<string, string> = JSON.parse(process.env.PEERS_HOSTS ?? '{}')
const { lookup } = dns
Object.assign(dns, {
  lookup: (name: string, options: object) => {
    const address = hosts[name]
    return address === undefined ? lookup(name, options) : Promise.resolve({ address, family: 4 })
  },
})
syncBuiltinESMExports()
