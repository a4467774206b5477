import { expect, test } from 'vitest'
import { virtualClock } from '#platform/clock.ts'
import { NonceMint } from './nonce.ts'

const key = Buffer.alloc(32, 1)

test('a nonce is known by every node that has the key, with its age', async () => {
  const clock = virtualClock()
  const nonce = new NonceMint(key, clock).make()
  await clock.advance(1_500)
  expect(new NonceMint(key, clock).read(nonce)).toMatchObject({ ageMs: 1_500 })
  expect(new NonceMint(Buffer.alloc(32, 2), clock).read(nonce)).toBeNull()
})

test('a nonce that was touched anywhere is not ours', () => {
  const mint = new NonceMint(key, virtualClock())
  const nonce = mint.make()
  for (let at = 0; at < nonce.length; at += 1) {
    const other = nonce[at] === '0' ? '1' : '0'
    expect(mint.read(nonce.slice(0, at) + other + nonce.slice(at + 1))).toBeNull()
  }
  expect(mint.read('')).toBeNull()
  expect(mint.read(nonce.toUpperCase())).toBeNull()
})

test('nonces follow each other in order, within a millisecond and over a clock that is set back', async () => {
  const clock = virtualClock()
  const mint = new NonceMint(key, clock)
  const orders = [mint.make(), mint.make(), mint.make()].map((nonce) => mint.read(nonce)?.order ?? '')
  expect(orders.toSorted()).toEqual(orders)
  const earlier = new NonceMint(key, virtualClock('2025-12-31T00:00:00Z'))
  const last = orders.at(-1) ?? ''
  const next = earlier.read(earlier.make(last))?.order ?? ''
  expect(next > last).toBe(true)
})
