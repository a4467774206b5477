/** A patient whose telephone is sipp: it sends back every packet that it gets. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../harness/folder.ts'
import { openMediaPair } from '../harness/media-pair.ts'
import { hasProgram } from '../harness/programs.ts'
import { startSipp, uas } from '../harness/sipp.ts'
import { toneLevel } from '../harness/tones.ts'

describe.skipIf(!hasProgram('sipp'))('a call with sipp', () => {
  it('has the echo of what is played on the left of its recording', async () => {
    const pair = await openMediaPair()
    const folder = await testFolder()
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
    try {
      const endpoint = await pair.endpoint()
      const patient = await pair.srf.createUAC(`sip:1@${sipp.address}:${sipp.port}`, { localSdp: endpoint.local.sdp })
      await endpoint.modify(patient.remote.sdp)
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
      await sipp.done
      expect(pair.faults).toEqual([])
    } finally {
      await sipp.close()
      await pair.close()
      await folder.close()
    }
  })
})
