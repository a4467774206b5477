import { expect, it } from 'vitest'
import { hostFault } from './trunk-host.ts'

const abroad = { onLoopback: false, sip: [{ host: '10.0.0.5', port: 5060 }] }
const trial = { onLoopback: true, sip: [{ host: '127.0.0.1', port: 5060 }] }

it.each([
  '-',
  '-carrier.example',
  'carrier-.example',
  'carrier..example',
  '127.1',
  '2130706433',
  '0x7f000001',
  '10.0.0.256',
  'sip:10.0.0.9',
  '10.0.0.9:5060',
  '[::1]',
  'fe80::1%eth0',
  '',
  'a'.repeat(64),
])('%s is no host', (host) => {
  expect(hostFault({ host, port: 5060 }, abroad)).toBe('not_a_host')
})

it.each([
  '0.0.0.0',
  '0.1.2.3',
  '224.0.0.1',
  '239.255.255.250',
  '255.255.255.255',
  '::',
  'ff02::1',
  '::ffff:0.0.0.0',
  '::ffff:224.0.0.1',
])('%s is nobody’s address, wherever the house is', (host) => {
  expect([abroad, trial].map((house) => hostFault({ host, port: 5060 }, house))).toEqual(['nowhere', 'nowhere'])
})

it.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1', 'localhost', 'LOCALHOST', 'carrier.localhost'])(
  '%s is a carrier’s only where the house is on loopback itself',
  (host) => {
    expect([abroad, trial].map((house) => hostFault({ host, port: 5080 }, house))).toEqual(['loopback', null])
  },
)

it('the house’s own SIP is no carrier, another port of that machine may be one', () => {
  expect(hostFault({ host: '10.0.0.5', port: 5060 }, abroad)).toBe('ourselves')
  expect(hostFault({ host: '127.0.0.1', port: 5060 }, trial)).toBe('ourselves')
  expect(hostFault({ host: '10.0.0.5', port: 5080 }, abroad)).toBeNull()
})

it.each(['10.0.0.9', '192.168.1.1', '2001:db8::7', 'fd00::1', 'sip.carrier.cn', 'ims-gw01', '3gw.example'])(
  '%s may be a carrier',
  (host) => {
    expect(hostFault({ host, port: 5060 }, abroad)).toBeNull()
  },
)
