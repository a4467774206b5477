import { expect, it } from 'vitest'
import { sipPeers, thisMachine } from './sip-peers.ts'

it('the machine itself may ask for media, and nobody else in its network', () => {
  const peers = thisMachine('192.0.2.7')
  expect(['192.0.2.7', '127.0.0.1', '127.0.1.9', '::1'].map((address) => peers.include(address))).toEqual([
    true,
    true,
    true,
    true,
  ])
  expect(['192.0.2.8', '10.0.0.1', '2001:db8::1', ''].map((address) => peers.include(address))).toEqual([
    false,
    false,
    false,
    false,
  ])
})

it('a network may', () => {
  expect(['10.1.2.3', '11.1.2.3'].map((address) => sipPeers('10.0.0.0/8').include(address))).toEqual([true, false])
})
