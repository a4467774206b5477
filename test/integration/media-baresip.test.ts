/** The media server against baresip: its codec, its RTP and its telephone-events are not ours. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Baresip, startBaresip } from '../harness/baresip.ts'
import { testFolder } from '../harness/folder.ts'
import { type MediaPair, type MrfEndpoint, openMediaPair } from '../harness/media-pair.ts'
import { hasProgram } from '../harness/programs.ts'
import type { SrfDialog } from '../harness/srf.ts'
import { toneLevel } from '../harness/tones.ts'
import { waitFor } from '../harness/wait-for.ts'

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
    const path = join(folder.path, 'baresip.wav')
    await endpoint.set('RECORD_STEREO', 'true')
    await endpoint.recordSession(path)
    await endpoint.play('tone_stream://v=-7;%(2000,0,900)')
    await endpoint.execute('stop_record_session', path)
    const file = await readFile(path)
    const frames = (file.length - 44) / 4
    // The first half second is left out: baresip begins to send when it likes.
    const side = (at: number) =>
      Int16Array.from({ length: frames - 4000 }, (_, i) => file.readInt16LE(at + (i + 4000) * 4))
    expect(toneLevel(side(44), 600)).toBeGreaterThan(2000)
    expect(toneLevel(side(44), 900)).toBeLessThan(100)
    expect(toneLevel(side(46), 900)).toBeGreaterThan(4000)
    expect(toneLevel(side(46), 600)).toBeLessThan(100)
    const heard = await waitFor(
      async () => {
        const samples = await baresip.heard()
        return samples.length >= 8000 && samples
      },
      { what: 'what baresip hears' },
    )
    expect(toneLevel(heard.subarray(2400, 7200), 900)).toBeGreaterThan(4000)
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
