/** Channels over SRTP with the keys of the description (RFC 4568): heard, recorded, keyed; or refused, never in the clear. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SrtpSuite } from '#softswitch/media/srtp.ts'
import { readStereo } from '../harness/stereo.ts'
import { toneLevel } from '../harness/tones.ts'
import { openDesk } from './wire/desk-tests.ts'

const desk = openDesk()

const suites: readonly SrtpSuite[] = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32']

for (const secure of suites) {
  desk.onCall(
    `a telephone that offers ${secure} hears, is heard and presses keys`,
    async (call) => {
      expect(call.answer.body.match(/^(?:m=audio \d+ (\S+)|a=crypto:1 (\S+)) /gm)).toEqual([
        expect.stringMatching(/ RTP\/SAVP $/),
        `a=crypto:1 ${secure} `,
      ])
      expect(await call.variable('rtp_has_crypto')).toBe(secure)
      const path = join(desk.pair.folder, `${secure}.wav`)
      await call.execute('set', 'RECORD_STEREO=true')
      await call.execute('set', 'RECORD_MIN_SEC=0')
      await call.execute('record_session', path)
      const mark = call.phone.rtp.heard.length
      await call.execute('playback', await desk.desk.tone(500, 1500))
      call.phone.rtp.press('5')
      await call.event('DTMF', { 'DTMF-Digit': '5' })
      await call.execute('stop_record_session', path)
      await call.event('RECORD_STOP')
      const heard = call.phone.rtp.samples(mark)
      expect(toneLevel(heard.subarray(2400, 8000), 500)).toBeGreaterThan(7_000)
      const { left, right } = await readStereo(path)
      expect(toneLevel(left.subarray(2400, 8000), 700)).toBeGreaterThan(7_000)
      expect(toneLevel(right.subarray(2400, 8000), 500)).toBeGreaterThan(7_000)
      expect(toneLevel(left.subarray(2400, 8000), 500)).toBeLessThan(200)
    },
    { hum: 700, secure },
  )
}

const key = randomBytes(30).toString('base64')
const refused: readonly (readonly [string, (sdp: string) => string])[] = [
  ['SRTP without keys', (sdp) => sdp.replace('RTP/AVP', 'RTP/SAVP')],
  [
    'keys of a suite that nobody knows',
    (sdp) => `${sdp.replace('RTP/AVP', 'RTP/SAVP')}a=crypto:1 F8_128_HMAC_SHA1_80 inline:${key}\r\n`,
  ],
  ['keys on a line of plain RTP', (sdp) => `${sdp}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}\r\n`],
]
for (const [what, change] of refused) {
  test.concurrent(`${what} is refused`, async () => {
    const phone = await desk.desk.phone()
    try {
      const answer = await phone.call({
        target: `sip:900@127.0.0.1:${desk.desk.sipPort}`,
        sdp: change(phone.rtp.sdp),
        authorize: null,
        headers: [`X-esl-outbound: ${desk.desk.outbound}`],
      })
      expect(answer.startLine).toBe('SIP/2.0 488 Not Acceptable Here')
    } finally {
      phone.close()
    }
  })
}
