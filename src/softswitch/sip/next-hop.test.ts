import { expect, test } from 'vitest'
import { nextHopUri, numericHop, protocolOf, resolveHop } from './next-hop.ts'
import { SipHeaders } from './sip-headers.ts'
import { SipRequest } from './sip-message.ts'

/** RFC 3263 §4 without a name server: what a numeric address, its port and its transport say by themselves. */
test.each([
  ['sip:192.0.2.1', { address: '192.0.2.1', port: 5060 }],
  ['sip:a@192.0.2.1:5080', { address: '192.0.2.1', port: 5080 }],
  ['sip:192.0.2.1;transport=tcp', { address: '192.0.2.1', port: 5060, protocol: 'tcp' }],
  ['sips:192.0.2.1', { address: '192.0.2.1', port: 5061, protocol: 'tls' }],
  ['sip:192.0.2.1;transport=tls', { address: '192.0.2.1', port: 5061, protocol: 'tls' }],
  ['sip:a@far.example;maddr=192.0.2.9', { address: '192.0.2.9', port: 5060 }],
  ['sip:localhost:5070', { address: '127.0.0.1', port: 5070 }],
])('%s is reached without a name server', (uri, hop) => {
  expect(numericHop(uri)).toEqual(hop)
})

test('a name is not numeric, and nobody looks one up that a browser has made up', async () => {
  expect(numericHop('sip:far.example')).toBeUndefined()
  expect(await resolveHop('sip:df7jal23ls0d.invalid;transport=ws', 4)).toBeUndefined()
})

test('a transport that nobody knows is none', () => {
  expect(protocolOf('sip:192.0.2.1;transport=sctp')).toBeUndefined()
})

test('the first route decides, else the Request-URI (RFC 3261 §8.1.2)', () => {
  const request = (routes: readonly string[]) =>
    new SipRequest('OPTIONS', 'sip:far@192.0.2.1', new SipHeaders(routes.map((route) => ['Route', route])))
  expect(nextHopUri(request([]))).toBe('sip:far@192.0.2.1')
  expect(nextHopUri(request(['<sip:192.0.2.7;lr>, <sip:192.0.2.8;lr>']))).toBe('sip:192.0.2.7;lr')
})
