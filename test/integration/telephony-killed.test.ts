import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLog } from '#platform/log.ts'
import { openSoftswitch, type SoftswitchProcess } from '#softswitch/softswitch-process.ts'
import { openEmbeddedSwitch } from '#telephony/embedded-switch.ts'
import { openTelephony } from '#telephony/open-telephony.ts'
import type { Telephony } from '#telephony/telephony.ts'
import { converse, expectNoChannel, orderTo, quiet } from '../contract/conversation.ts'
import { TestTrunk } from '../contract/test-trunk.ts'
import { waitFor } from '../harness/wait-for.ts'

/** Two processes, of which one lends its drachtio and the other its FreeSWITCH: each can be killed alone. */
let signalling: SoftswitchProcess
let media: SoftswitchProcess
let telephony: Telephony
let trunk: TestTrunk

beforeEach(async () => {
  ;[signalling, media] = await Promise.all([openSoftswitch(), openSoftswitch()])
  telephony = await openTelephony({
    drachtio: signalling.state.drachtio,
    freeswitches: [media.state.freeswitch],
    log: silentLog,
  })
  trunk = await TestTrunk.open()
})
afterEach(async () => {
  await telephony?.close()
  await trunk?.close()
  await Promise.all([signalling?.close(), media?.close()])
})

test('drachtio killed in a call: the leg is lost, its channel is gone, and closing does not hang', async () => {
  const { leg } = await converse(telephony, trunk)
  const ringing = telephony.dial(orderTo(trunk), quiet)
  const call = await trunk.nextCall()
  call.ring()
  process.kill(signalling.state.pid, 'SIGKILL')
  expect(await leg.ended).toMatchObject({ by: 'lost' })
  expect(await ringing.result).toMatchObject({ answered: false, cause: 'lost' })
  expect(telephony.up).toBe(false)
  await leg.hangUp()
  await expectNoChannel(telephony)
})

test('the media server killed in a call: the leg is lost, the patient is hung up, a ringing dial stops', async () => {
  const { leg, call } = await converse(telephony, trunk)
  const play = leg.play('/a/file/that/does/not/matter.wav').catch(() => 'failed')
  const ringing = telephony.dial(orderTo(trunk), quiet)
  const second = await trunk.nextCall()
  second.ring()
  process.kill(media.state.pid, 'SIGKILL')
  expect(await leg.ended).toMatchObject({ by: 'lost' })
  expect(['ended', 'failed']).toContain(await play)
  expect(await call.ended()).toBe('bye')
  expect(await ringing.result).toMatchObject({ answered: false, cause: 'no_media' })
  expect(await second.ended()).toBe('cancel')
  await waitFor(() => !telephony.up, { what: 'the loss to be seen' })
})

test('the embedded softswitch is found again by its state file, and comes back on its ports when it dies', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'suifang-switch-'))
  const first = await openEmbeddedSwitch({ dataDir, log: silentLog })
  const again = await openEmbeddedSwitch({ dataDir, log: silentLog })
  try {
    expect(first.adopted).toBe(false)
    expect(again.adopted).toBe(true)
    expect(again.drachtio).toEqual(first.drachtio)

    const house = await openTelephony({ drachtio: first.drachtio, freeswitches: first.freeswitches, log: silentLog })
    const { leg } = await converse(house, trunk)
    const before = first.pid
    process.kill(before, 'SIGKILL')
    expect(await leg.ended).toMatchObject({ by: 'lost' })
    await waitFor(() => !house.up, { what: 'the loss to be seen' })
    await waitFor(() => house.up, { timeoutMs: 15_000, what: 'the telephony to be up again' })
    // Both holders start it again; whichever comes second finds the other's and may say so a moment later.
    await waitFor(() => first.pid !== before, { what: 'the new process to be known' })
    const next = await converse(house, trunk)
    await next.leg.hangUp()
    await house.close()
  } finally {
    await Promise.all([first.close(), again.close()])
    await rm(dataDir, { recursive: true, force: true })
  }
})
