import { expect, test } from 'vitest'
import { parseJoin } from './join-argument.ts'

const order = { name: 'call-1', profile: 'default', pin: '', flags: new Set() }

test.each([
  ['call-1', order],
  ['  call-1', order],
  ['call-1@quiet', { ...order, profile: 'quiet' }],
  ['a@b@quiet', { ...order, name: 'a@b', profile: 'quiet' }],
  ['call-1+1234', { ...order, pin: '1234' }],
  ['call-1++flags{mute}', { ...order, flags: new Set(['mute']) }],
  ['call-1@quiet++flags{mute|Deaf}', { ...order, profile: 'quiet', flags: new Set(['mute', 'deaf']) }],
  ['call-1+12+flags{mute,endconf', { ...order, pin: '12', flags: new Set(['mute', 'endconf']) }],
])('%s', (argument, expected) => {
  expect(parseJoin(argument)).toEqual(expected)
})

test.each(['', ' ', '@default', '+flags{mute}', '+1234'])('%j names no room', (argument) => {
  expect(parseJoin(argument)).toBeNull()
})

test('flags of the channel’s variable count too', () => {
  expect(parseJoin('call-1+flags{mute}', 'deaf|nomoh')?.flags).toEqual(new Set(['mute', 'deaf', 'nomoh']))
})
