import { expect, test } from 'vitest'
import { mutant, seeded } from '../../../test/harness/mutation.ts'
import { HandNetwork } from '../../../test/harness/sip-network.ts'
import { tortureMessages } from '../../../test/torture/rfc4475.ts'
import { parseSip } from './sip-parser.ts'
import { UserAgent } from './user-agent.ts'

const samples = [...tortureMessages.values()]

test('no bytes make the parser throw, and what it takes it can serialise into what it takes', () => {
  const random = seeded(20_261)
  for (let nth = 0; nth < 4_000; nth++) {
    const parsed = parseSip(mutant(random, samples))
    if (parsed.ok) expect(parseSip(parsed.message.toBuffer()).ok).toBe(true)
  }
})

test('a telephone that has been fed rubbish still takes the next call', async () => {
  const network = new HandNetwork()
  const callee = new UserAgent(await network.endpoint(6000), { onInvite: (call) => void call.answer({ sdp: 'x' }) })
  const caller = new UserAgent(await network.endpoint(5000))
  const random = seeded(7)
  for (let nth = 0; nth < 500; nth++) {
    network.deliver(mutant(random, samples), 4000, { address: '10.0.0.1', port: 6000 })
  }
  await network.clock.advance(40_000)
  const call = caller.invite({ to: 'sip:1@10.0.0.1:6000', from: 'sip:a@10.0.0.1', sdp: 'x' })
  await network.clock.advance(20)
  expect(call.state).toBe('confirmed')
  expect(network.faults).toEqual([])
  await Promise.all([callee.endpoint.close(), caller.endpoint.close()])
})
