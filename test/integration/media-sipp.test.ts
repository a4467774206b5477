/** A patient whose telephone is sipp: it sends back every packet that it gets. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../harness/folder.ts'
import { openMediaPair } from '../harness/media-pair.ts'
import { hasProgram } from '../harness/programs.ts'
import { startSipp, uas } from '../harness/sipp.ts'
import { toneLevel } from '../harness/tones.ts'

/** A call to a sipp that echoes, its sound with the media server. */
async function echoed() {
  const opened = new AsyncDisposableStack()
  const pair = await openMediaPair()
  opened.defer(() => pair.close())
  const sipp = await startSipp(
    [
      uas.expect('INVITE'),
      uas.answer(180),
      uas.answer(200, { sdp: true, retrans: true }),
      uas.expect('ACK'),
      uas.expect('BYE'),
      uas.answer(200, { tag: false }),
    ],
    { args: ['-rtp_echo'] },
  )
  opened.defer(() => sipp.close())
  const endpoint = await pair.endpoint()
  const connect = async () => {
    const patient = await pair.srf.createUAC(`sip:1@${sipp.address}:${sipp.port}`, { localSdp: endpoint.local.sdp })
    await endpoint.modify(patient.remote.sdp)
    return patient
  }
  const defer = (close: () => Promise<void>) => opened.defer(close)
  return { pair, sipp, endpoint, connect, defer, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

describe.skipIf(!hasProgram('sipp'))('a call with sipp', () => {
  it('has the echo of what is played on the left of its recording', async () => {
    await using call = await echoed()
    const folder = await testFolder()
    call.defer(() => folder.close())
    const { endpoint } = call
    const patient = await call.connect()
    const path = join(folder.path, 'echo.wav')
    await endpoint.set('RECORD_STEREO', 'true')
    await endpoint.recordSession(path)
    await endpoint.play('tone_stream://v=-7;%(1000,0,900)')
    await endpoint.execute('stop_record_session', path)
    const file = await readFile(path)
    // The echo comes a packet and a jitter buffer later: its middle is all tone.
    const left = Int16Array.from({ length: 4000 }, (_, i) => file.readInt16LE(44 + (i + 2400) * 4))
    expect(toneLevel(left, 900)).toBeGreaterThan(4000)
    await endpoint.destroy()
    await patient.destroy()
    await call.sipp.done
    expect(call.pair.faults).toEqual([])
  })

  it('is over when nothing is heard of sipp for `media_timeout_audio`: it is told by a BYE', async () => {
    await using call = await echoed()
    const { endpoint } = call
    await endpoint.set('media_timeout_audio', '400')
    const patient = await call.connect()
    const over = new Promise<string | undefined>((resolve) => {
      endpoint.on('destroy', (told) => {
        resolve(told?.reason)
        void patient.destroy()
      })
    })
    // While it plays there is an echo; behind it there is nothing to send back.
    await endpoint.play('tone_stream://v=-7;%(300,0,900)')
    expect(await over).toBe('MEDIA_TIMEOUT')
    await call.sipp.done
    expect(call.pair.faults).toEqual([])
  })
})
