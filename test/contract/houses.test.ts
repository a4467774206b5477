/** Hospitals that share a media server: each finds its own channels there, and ends no other's. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Telephony } from '#telephony/telephony.ts'
import { waitFor } from '../harness/wait-for.ts'
import { converse, expectNoChannel } from './conversation.ts'
import { openPair, type Pair } from './pair.ts'
import { TestTrunk } from './test-trunk.ts'

let pair: Pair
/** Of no house: its channels have no mark, as those of a release that gave none. */
let unmarked: Telephony
let east: Telephony
let west: Telephony
let trunk: TestTrunk

beforeAll(async () => {
  pair = await openPair()
  unmarked = await pair.telephony()
  east = await pair.telephony({ house: 'east1' })
  west = await pair.telephony({ house: 'west2' })
})
beforeEach(async () => {
  trunk = await TestTrunk.open()
})
afterEach(async () => {
  await trunk.close()
  await expectNoChannel(unmarked)
})
afterAll(async () => {
  await Promise.all([east?.close(), west?.close(), unmarked?.close()])
  await pair?.close()
})

/** The channels that a telephony is told of, when they are those: the real server lists new ones after a moment. */
async function told(telephony: Telephony, wanted: readonly (string | null)[]): Promise<void> {
  const uuids = async () => (await telephony.liveLegs()).map(({ channelUuid }) => channelUuid)
  await waitFor(async () => (await uuids()).length === wanted.length, { what: 'the channels to be listed' })
  expect((await uuids()).toSorted()).toEqual([...wanted].toSorted())
}

test('a house is told of its own channels, and not of another house’s', async () => {
  const { leg } = await converse(east, trunk)
  await told(unmarked, [leg.ref.channelUuid])
  await told(east, [leg.ref.channelUuid])
  expect(await west.liveLegs()).toEqual([])
  await leg.hangUp()
})

test('a channel without a mark may be anybody’s: every house is told of it', async () => {
  const { leg } = await converse(unmarked, trunk)
  for (const house of [east, west]) await told(house, [leg.ref.channelUuid])
  await leg.hangUp()
})

test('the carrier is told nothing of the house', async () => {
  const { leg, call } = await converse(east, trunk)
  const names = [...call.invite.headers.keys()].filter((name) => name.startsWith('x-suifang-'))
  expect(names.toSorted()).toEqual(['x-suifang-attempt', 'x-suifang-call'])
  await leg.hangUp()
})
