import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { silentLog } from '#platform/log.ts'
import { mediaServerName } from '#telephony/media-server-address.ts'
import { openTelephony } from '#telephony/open-telephony.ts'
import type { LegRef, Telephony } from '#telephony/telephony.ts'
import { startProcess } from '../harness/process.ts'
import { waitFor } from '../harness/wait-for.ts'
import { converse, expectNoChannel, orderTo, quiet } from './conversation.ts'
import { openPair, type Pair } from './pair.ts'
import { Relay } from './relay.ts'
import { TestTrunk } from './test-trunk.ts'

let pair: Pair
/** Beside the one under test: sees what is left, and ends it. */
let witness: Telephony
let trunk: TestTrunk
let sipRelay: Relay
let mediaRelay: Relay
let telephony: Telephony

beforeAll(async () => {
  pair = await openPair()
  witness = await pair.telephony()
})
beforeEach(async () => {
  trunk = await TestTrunk.open()
  sipRelay = await Relay.to(pair.drachtio.host, pair.drachtio.port)
  mediaRelay = await Relay.to(pair.freeswitch.host, pair.freeswitch.port)
  telephony = await openTelephony({
    drachtio: { ...pair.drachtio, host: '127.0.0.1', port: sipRelay.port },
    freeswitches: [{ ...pair.freeswitch, host: '127.0.0.1', port: mediaRelay.port }],
    log: silentLog,
  })
})
afterEach(async () => {
  await telephony.close()
  sipRelay.close()
  mediaRelay.close()
  await trunk.close()
  await expectNoChannel(witness)
})
afterAll(async () => {
  await witness?.close()
  await pair?.close()
})

test('when drachtio is lost in a call, the leg ends as lost, its channel is gone, and the patient is hung up on its return', async () => {
  const changes: boolean[] = []
  telephony.onUpChange((up) => changes.push(up))
  const { leg, call } = await converse(telephony, trunk)
  const play = leg.play(await pair.tone(500, 20_000))
  sipRelay.open = false
  sipRelay.cut()
  expect(await leg.ended).toMatchObject({ by: 'lost' })
  expect(await play).toBe('ended')
  expect(telephony.up).toBe(false)
  await expectNoChannel(witness)
  expect(call.over).toBeNull()
  expect(await telephony.dial(orderTo(trunk), quiet).result).toMatchObject({ answered: false, cause: 'lost' })
  sipRelay.open = true
  expect(await call.ended()).toBe('bye')
  await waitFor(() => telephony.up, { what: 'telephony to be up again' })
  expect(changes).toEqual([false, true])
  const next = await converse(telephony, trunk)
  await next.leg.hangUp()
})

test('when drachtio is lost while it rings, the dial is lost, and the ringing stops on its return', async () => {
  const { dial, call } = await ringing()
  sipRelay.cut()
  expect(await dial.result).toMatchObject({ answered: false, cause: 'lost' })
  expect(await call.ended()).toBe('cancel')
})

test('when the media server’s connection is lost, nothing is dialled over it until it is back', async () => {
  mediaRelay.open = false
  mediaRelay.cut()
  await waitFor(() => !telephony.up, { what: 'telephony to be down' })
  expect(await telephony.dial(orderTo(trunk), quiet).result).toMatchObject({ answered: false, cause: 'no_media' })
  expect(trunk.invites).toBe(0)
  mediaRelay.open = true
  await waitFor(() => telephony.up, { what: 'telephony to be up again' })
  const { leg } = await converse(telephony, trunk)
  expect(await leg.play(await pair.tone(500, 200))).toBe('completed')
  await leg.hangUp()
})

test('when its channel is killed, the leg ends as lost and the patient is hung up', async () => {
  const { leg, call } = await converse(telephony, trunk)
  const play = leg.play(await pair.tone(500, 20_000))
  await witness.endLeg({ ...noRef, channelUuid: leg.ref.channelUuid, mediaHost: mediaServerName(pair.freeswitch) })
  expect(await leg.ended).toMatchObject({ by: 'lost' })
  expect(await play).toBe('ended')
  expect(await call.ended()).toBe('bye')
})

test('when its channel is killed while it rings, the dial has no media and the ringing stops', async () => {
  const { dial, ref, call } = await ringing()
  await witness.endLeg({ ...noRef, channelUuid: ref.channelUuid, mediaHost: mediaServerName(pair.freeswitch) })
  expect(await dial.result).toMatchObject({ answered: false, cause: 'no_media' })
  expect(await call.ended()).toBe('cancel')
})

test('a call whose node was killed is ended by another node, on both its sides', async () => {
  const node = await doomedNode()
  const call = await trunk.nextCall()
  const phone = await call.answer()
  phone.talk(call.mediaAddress)
  const ref = await node.ref('answered')
  await node.kill()
  await witness.endLeg(ref)
  expect(await call.ended()).toBe('bye')
  await witness.endLeg(ref)
})

test('a ringing call whose node was killed is cancelled by another node', async () => {
  const node = await doomedNode()
  const call = await trunk.nextCall()
  call.ring()
  const ref = await node.ref('invited')
  await node.kill()
  await witness.endLeg(ref)
  expect(await call.ended()).toBe('cancel')
})

test('a patient who hangs up after the node was killed gets an answer', async () => {
  const node = await doomedNode()
  const call = await trunk.nextCall()
  await call.answer()
  const ref = await node.ref('answered')
  await node.kill()
  // 200 from another node, or 481 from a drachtio that asks nobody: both end the call (docs/softswitch.md).
  expect([200, 481]).toContain(await call.hangUp())
  await witness.endLeg(ref)
})

test('the channel of a killed node ends by itself', async () => {
  const node = await doomedNode()
  const call = await trunk.nextCall()
  await call.answer()
  await node.ref('answered')
  await node.kill()
  await expectNoChannel(witness)
})

const noRef: LegRef = {
  sipCallId: null,
  inviteTransaction: null,
  dialogId: null,
  localTag: null,
  remoteTag: null,
  channelUuid: null,
  mediaHost: null,
}

async function ringing() {
  const sent = Promise.withResolvers<LegRef>()
  const dial = telephony.dial(orderTo(trunk), { ...quiet, onInviteSent: sent.resolve })
  const call = await trunk.nextCall()
  call.ring()
  return { dial, call, ref: await sent.promise }
}

async function doomedNode() {
  const orders = { drachtio: pair.drachtio, freeswitch: pair.freeswitch, order: orderTo(trunk) }
  const script = fileURLToPath(new URL('./doomed-node.ts', import.meta.url))
  const node = await startProcess([process.execPath, script, JSON.stringify(orders)])
  return {
    ref: async (when: string): Promise<LegRef> => {
      const [, json = ''] = await node.line(new RegExp(`^${when} (.*)$`))
      return JSON.parse(json)
    },
    kill: () => node.kill('SIGKILL'),
  }
}
