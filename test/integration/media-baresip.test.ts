/** The media server against baresip: its codec, its RTP and its telephone-events are not ours. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Baresip, startBaresip } from '../harness/baresip.ts'
import { testFolder } from '../harness/folder.ts'
import { type MediaPair, type MrfEndpoint, openMediaPair } from '../harness/media-pair.ts'
import { hasProgram } from '../harness/programs.ts'
import type { SrfDialog } from '../harness/srf.ts'
import { readStereo } from '../harness/stereo.ts'
import { toneLevel } from '../harness/tones.ts'
import { waitFor } from '../harness/wait-for.ts'

/** Plays 900 Hz to a baresip that sends 600 Hz, and records both. */
async function expectTonesBothWays(call: { endpoint: MrfEndpoint; baresip: Baresip; path: string }): Promise<void> {
  const { endpoint, baresip, path } = call
  await endpoint.set('RECORD_STEREO', 'true')
  await endpoint.recordSession(path)
  await endpoint.play('tone_stream://v=-7;%(2000,0,900)')
  await endpoint.execute('stop_record_session', path)
  const { left, right } = await readStereo(path)
  // The first half second is left out: baresip begins to send when it likes.
  expect(toneLevel(left.subarray(4000), 600)).toBeGreaterThan(2000)
  expect(toneLevel(left.subarray(4000), 900)).toBeLessThan(100)
  expect(toneLevel(right.subarray(4000), 900)).toBeGreaterThan(4000)
  expect(toneLevel(right.subarray(4000), 600)).toBeLessThan(100)
  const heard = await waitFor(
    async () => {
      const samples = await baresip.heard()
      return samples.length >= 8000 && samples
    },
    { what: 'what baresip hears' },
  )
  expect(toneLevel(heard.subarray(2400, 7200), 900)).toBeGreaterThan(4000)
}

describe.skipIf(!hasProgram('baresip'))('a call with baresip', () => {
  let pair: MediaPair
  let baresip: Baresip
  let folder: Awaited<ReturnType<typeof testFolder>>
  let endpoint: MrfEndpoint
  let patient: SrfDialog

  beforeAll(async () => {
    pair = await openMediaPair()
    folder = await testFolder()
    baresip = await startBaresip({ frequency: 600 })
    endpoint = await pair.endpoint()
    patient = await pair.srf.createUAC(baresip.uri, { localSdp: endpoint.local.sdp })
    await endpoint.modify(patient.remote.sdp)
  })

  afterAll(async () => {
    await baresip?.close()
    await pair?.close()
    await folder?.close()
  })

  it('hears the tone that is played to it, and is recorded on the left', async () => {
    await expectTonesBothWays({ endpoint, baresip, path: join(folder.path, 'baresip.wav') })
  })

  it('presses keys, each of which is told once', async () => {
    const digits: string[] = []
    endpoint.on('dtmf', ({ dtmf }) => digits.push(dtmf))
    for (const key of '159#') {
      const before = digits.length
      baresip.press(key)
      // The key is released by the code 4.
      baresip.press('\u0004')
      await waitFor(() => digits.length > before, { what: `the key ${key}` })
    }
    expect(digits).toEqual(['1', '5', '9', '#'])
  })

  it('hangs up', async () => {
    const bye = new Promise((resolve) => patient.on('destroy', resolve))
    baresip.hangUp()
    await bye
    await endpoint.destroy()
    expect(pair.faults).toEqual([])
  })
})

describe.skipIf(!hasProgram('baresip'))('a call with a baresip that speaks nothing but SRTP', () => {
  let pair: MediaPair
  let folder: Awaited<ReturnType<typeof testFolder>>

  beforeAll(async () => {
    pair = await openMediaPair()
    folder = await testFolder()
  })

  afterAll(async () => {
    await pair?.close()
    await folder?.close()
  })

  it('is heard and recorded as a patient who is called', async () => {
    const baresip = await startBaresip({ frequency: 600, secure: true })
    try {
      const endpoint = await pair.endpoint({ srtp: true })
      expect(endpoint.local.sdp).toMatch(/^m=audio \d+ RTP\/SAVP /m)
      const patient = await pair.srf.createUAC(baresip.uri, { localSdp: endpoint.local.sdp })
      await endpoint.modify(patient.remote.sdp)
      await expectTonesBothWays({ endpoint, baresip, path: join(folder.path, 'patient.wav') })
      await patient.destroy()
      await endpoint.destroy()
    } finally {
      await baresip.close()
    }
  })

  it('is heard and recorded as a desk phone that calls in', async () => {
    const baresip = await startBaresip({ frequency: 600, secure: true })
    try {
      const called = new Promise<{ endpoint: MrfEndpoint; dialog: SrfDialog }>((resolve, reject) => {
        pair.srf.invite((request, response) => {
          pair.media.connectCaller(request, response).then(resolve, reject)
        })
      })
      baresip.call(`sip:seat@127.0.0.1:${pair.drachtio.endpoint.local.port}`)
      const { endpoint, dialog } = await called
      await expectTonesBothWays({ endpoint, baresip, path: join(folder.path, 'desk.wav') })
      const bye = new Promise((resolve) => dialog.on('destroy', resolve))
      baresip.hangUp()
      await bye
      await endpoint.destroy()
      expect(pair.faults).toEqual([])
    } finally {
      await baresip.close()
    }
  })
})
