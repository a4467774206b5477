import { expect, it } from 'vitest'
import { trunkFault } from './trunk-fault.ts'

it.each([
  ['the carrier refuses the shown number', { sipStatus: 403, q850: 21 }, 'caller_refused'],
  ['the credentials are wrong', { sipStatus: 401, q850: null }, 'credentials'],
  ['there is no such number', { sipStatus: 404, q850: 1 }, 'number_unknown'],
  ['the number was given up or changed', { sipStatus: 410, q850: null }, 'number_changed'],
  ['the network says changed by its cause', { sipStatus: 480, q850: 22 }, 'number_changed'],
  ['the gateway says busy by its cause', { sipStatus: 480, q850: 17 }, 'busy'],
  ['the lines of the carrier are full', { sipStatus: 503, q850: 34 }, 'full'],
  ['no codec in common', { sipStatus: 488, q850: null }, 'codec'],
  ['something that nobody has words for', { sipStatus: 420, q850: null }, 'other'],
] as const)('%s', (_what, answer, fault) => {
  expect(trunkFault({ cause: 'refused', ...answer })).toBe(fault)
})

it('tells our own side from the carrier’s, and a line that rings from one that is dead', () => {
  const nothing = { sipStatus: null, q850: null }
  expect(trunkFault({ cause: 'lost', ...nothing })).toBe('own_server')
  expect(trunkFault({ cause: 'no_media', ...nothing })).toBe('own_media')
  expect(trunkFault({ cause: 'no_reply', ...nothing })).toBe('no_reply')
  expect(trunkFault({ cause: 'ring_timeout', ...nothing })).toBe('no_reply')
  expect(trunkFault({ cause: 'ring_timeout', sipStatus: 487, q850: null })).toBe('no_answer')
})
