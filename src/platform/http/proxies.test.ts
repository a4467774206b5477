import type { IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { clientAddress, noProxies, readProxies } from './proxies.ts'

const asked = (remoteAddress: string | undefined, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage

const proxies = readProxies('127.0.0.1, 10.1.0.0/16,fd00::/8') ?? noProxies

it.each([
  ['nobody’s word but the proxy’s', asked('192.0.2.9', '203.0.113.1'), '192.0.2.9'],
  ['the proxy’s word', asked('127.0.0.1', '192.0.2.9'), '192.0.2.9'],
  ['a proxy’s word about a proxy', asked('127.0.0.1', '192.0.2.9, 10.1.2.3'), '192.0.2.9'],
  ['nothing that the client had put before it', asked('127.0.0.1', '203.0.113.1, 192.0.2.9'), '192.0.2.9'],
  ['no address that is none', asked('127.0.0.1', 'unknown'), '127.0.0.1'],
  ['the proxy itself, where it says nothing', asked('127.0.0.1'), '127.0.0.1'],
  ['IPv6', asked('fd00::1', '2001:db8::7'), '2001:db8::7'],
  ['a connection that is gone', asked(undefined, '192.0.2.9'), null],
] as const)('who asks is told by %s', (_what, request, address) => {
  expect(clientAddress(request, proxies)).toBe(address)
})

it('without proxies nobody’s word counts', () => {
  expect(clientAddress(asked('127.0.0.1', '192.0.2.9'), noProxies)).toBe('127.0.0.1')
})

it.each(['', 'all', '10.0.0.0/33', '10.0.0.0/0', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.1,', 'fd00::/129'])(
  'no list: "%s"',
  (list) => {
    expect(readProxies(list)).toBeNull()
  },
)
