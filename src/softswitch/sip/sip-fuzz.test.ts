import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HandNetwork } from '../../../test/harness/sip-network.ts'
import { tortureMessages } from '../../../test/torture/rfc4475.ts'
import { parseSip } from './sip-parser.ts'
import { UserAgent } from './user-agent.ts'

const samples = [...tortureMessages.values()]

const seeded = { seed: 20_261, numRuns: 2_000 }

/** A torture message with some bytes changed, cut out or put in. */
const damaged = fc
  .tuple(
    fc.constantFrom(...samples),
    fc.array(
      fc.tuple(fc.nat(5_000), fc.constantFrom('set', 'cut', 'insert'), fc.uint8Array({ minLength: 1, maxLength: 8 })),
      {
        minLength: 1,
        maxLength: 6,
      },
    ),
  )
  .map(([sample, edits]) => {
    let bytes = Buffer.from(sample)
    for (const [where, how, what] of edits) {
      const at = where % (bytes.length + 1)
      const behind = bytes.subarray(how === 'insert' ? at : at + what.length)
      bytes = Buffer.concat([bytes.subarray(0, at), ...(how === 'cut' ? [] : [what]), behind])
    }
    return bytes
  })

test('no bytes make the parser throw, and what it takes it can serialise into what it takes', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        damaged,
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      ),
      (bytes) => {
        const parsed = parseSip(bytes)
        if (parsed.ok) expect(parseSip(parsed.message.toBuffer()).ok).toBe(true)
      },
    ),
    seeded,
  )
})

test('a telephone that has been fed rubbish still takes the next call', async () => {
  const network = new HandNetwork()
  const callee = new UserAgent(await network.endpoint(6000), { onInvite: (call) => void call.answer({ sdp: 'x' }) })
  const caller = new UserAgent(await network.endpoint(5000))
  for (const bytes of fc.sample(damaged, { seed: 7, numRuns: 500 })) {
    network.deliver(bytes, 4000, { address: '10.0.0.1', port: 6000 })
  }
  await network.clock.advance(40_000)
  const call = caller.invite({ to: 'sip:1@10.0.0.1:6000', from: 'sip:a@10.0.0.1', sdp: 'x' })
  await network.clock.advance(20)
  expect(call.state).toBe('confirmed')
  expect(network.faults).toEqual([])
  await Promise.all([callee.endpoint.close(), caller.endpoint.close()])
})
