import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { BrowserPeers, browserEventType } from '../harness/browser-peers.ts'
import type { RtpPhone } from '../harness/rtp-phone.ts'
import { readStereo } from '../harness/stereo.ts'
import { toneLevel } from '../harness/tones.ts'
import { waitFor } from '../harness/wait-for.ts'
import { BrowserApp } from './browser-app.ts'
import { expectToHear } from './desk-phone.ts'
import { openPair, type Pair } from './pair.ts'

const agentTone = 400
const patientTone = 700
const prompt = 1_000
const tones = [agentTone, patientTone, prompt]
/** Seconds of silence after which a browser is gone, and how much later it may be noticed. */
const vanishedMs = 5_000
const latestMs = 6_000

let pair: Pair
let app: BrowserApp
let peers: BrowserPeers

beforeAll(async () => {
  pair = await openPair()
  app = await BrowserApp.open(pair)
})
beforeEach(async () => {
  peers = await BrowserPeers.start()
})
afterEach(async () => {
  await peers.close()
  await app.noChannel()
})
afterAll(async () => {
  await app?.close()
  await pair?.close()
})

test('a browser is answered with one law, its own number for keys, one encrypted port, and no BUNDLE', async () => {
  const peer = await peers.open()
  const leg = await app.call(peer.offer, (answer) => peer.answer(answer))
  const lines = leg.answer.split('\r\n')
  const media = lines.filter((line) => line.startsWith('m='))
  expect(media).toEqual([expect.stringMatching(new RegExp(`^m=audio \\d+ UDP/TLS/RTP/SAVPF 0 ${browserEventType}$`))])
  expect(lines).toContain(`a=rtpmap:${browserEventType} telephone-event/8000`)
  expect(lines).toContain('a=setup:active')
  expect(lines).toContain('a=rtcp-mux')
  expect(leg.answer).toMatch(/^a=fingerprint:sha-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}\r$/m)
  expect(leg.answer).toMatch(/^a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 \d+ typ host/im)
  expect(leg.answer).not.toMatch(/^a=(mid|group)/m)
  await leg.end()
})

test('a browser and a telephone hear each other in a room as they spoke', async () => {
  const browser = await app.browser(peers, agentTone)
  const phone = await app.telephone(patientTone)
  const room = `room-${randomUUID()}`
  for (const leg of [browser, phone]) void leg.endpoint.execute('conference', `${room}@default`)
  await Promise.all([
    expectToHear(browser.peer.phone, [patientTone], tones),
    expectToHear(phone.phone, [agentTone], tones),
  ])
  await Promise.all([untilPure(browser.peer.phone, patientTone), untilPure(phone.phone, agentTone)])
  await Promise.all([browser.end(), phone.end()])
})

test('a prompt is heard by a browser, and a recording has it right and the browser left', async () => {
  const browser = await app.browser(peers, agentTone)
  const path = join(pair.folder, 'browser.wav')
  await browser.endpoint.execute('set', 'RECORD_STEREO=true')
  await browser.endpoint.execute('record_session', path)
  const played = browser.endpoint.execute('playback', await pair.tone(prompt, 2_000))
  await expectToHear(browser.peer.phone, [prompt], tones)
  await played
  await browser.endpoint.execute('stop_record_session', path)
  await browser.end()
  const { left, right } = await readStereo(path)
  const middle = (samples: Int16Array) => samples.subarray(4_000, 12_000)
  expect(toneLevel(middle(left), agentTone)).toBeGreaterThan(2_000)
  expect(toneLevel(middle(left), prompt)).toBeLessThan(250)
  expect(toneLevel(middle(right), prompt)).toBeGreaterThan(2_000)
  expect(toneLevel(middle(right), agentTone)).toBeLessThan(250)
})

test('keys go both ways as events, with their length', async () => {
  const browser = await app.browser(peers)
  const { phone } = browser.peer
  phone.press('5#', 1_600)
  await waitFor(() => browser.keys.length === 2, { what: 'both keys' })
  expect(browser.keys.map(({ digit }) => digit)).toEqual(['5', '#'])
  for (const { samples } of browser.keys) expect(Math.abs(samples - 1_600)).toBeLessThanOrEqual(320)

  expect(await app.api(`uuid_send_dtmf ${browser.endpoint.uuid} 42*@100`)).toMatch(/^\+OK/)
  await phone.until(() => phone.digits.length === 3)
  await browser.endpoint.execute('send_dtmf', '7@100')
  await phone.until(() => phone.digits.length === 4)
  expect(phone.digits.map(({ digit }) => digit).join('')).toBe('42*7')
  expect(phone.heard.filter(({ payloadType }) => payloadType === browserEventType).length).toBeGreaterThanOrEqual(4)
  await browser.end()
})

test('keys reach a browser in a room, too', async () => {
  const browser = await app.browser(peers)
  void browser.endpoint.execute('conference', `room-${randomUUID()}@default`)
  const { phone } = browser.peer
  await waitFor(async () => (await app.api('conference list')).includes(browser.endpoint.uuid), { what: 'the room' })
  await app.api(`uuid_send_dtmf ${browser.endpoint.uuid} 8`)
  await phone.until(() => phone.digits.length === 1)
  phone.press('9')
  await waitFor(() => browser.keys.length === 1, { what: 'the key' })
  expect([phone.digits[0]?.digit, browser.keys[0]?.digit]).toEqual(['8', '9'])
  await browser.end()
})

test('what a muted browser says is heard by nobody', async () => {
  const browser = await app.browser(peers, agentTone)
  const phone = await app.telephone(patientTone)
  const room = `room-${randomUUID()}`
  void phone.endpoint.execute('conference', `${room}@default`)
  void browser.endpoint.execute('conference', `${room}@default+flags{mute}`)
  await Promise.all([expectToHear(browser.peer.phone, [patientTone], tones), expectToHear(phone.phone, [], tones)])
  await Promise.all([browser.end(), phone.end()])
})

test('a browser that vanishes without a word ends within six seconds, in a room as well', async () => {
  const [idle, talking] = [await app.browser(peers), await app.browser(peers)]
  void talking.endpoint.execute('conference', `room-${randomUUID()}@default`)
  await expectToHear(talking.peer.phone, [], tones)
  await peers.kill()
  const gone = performance.now()
  for (const leg of [idle, talking]) {
    const { cause, at } = await leg.ended
    expect(cause).toBe('MEDIA_TIMEOUT')
    expect(at - gone).toBeGreaterThan(vanishedMs - 1_000)
    expect(at - gone).toBeLessThan(latestMs)
    await leg.dialog.destroy()
  }
})

test('a browser that closes its connection in order ends likewise', async () => {
  const browser = await app.browser(peers)
  const gone = performance.now()
  browser.peer.close()
  const { cause, at } = await browser.ended
  expect(cause).toBe('MEDIA_TIMEOUT')
  expect(at - gone).toBeLessThan(latestMs)
  await browser.dialog.destroy()
})

test('of a browser that never makes its connection the application hears nothing, and nothing is left', async () => {
  const { offer } = await peers.open()
  await expect(app.call(offer)).rejects.toThrow('Connection timeout')
})

test('a BYE ends a browser’s leg at once', async () => {
  const browser = await app.browser(peers)
  browser.dialog.on('destroy', () => void app.api(`uuid_kill ${browser.endpoint.uuid}`))
  await browser.call.hangUp({})
  expect(await browser.ended).toMatchObject({ cause: 'NORMAL_CLEARING' })
})

test('an offer with no law of ours is refused', async () => {
  const { offer } = await peers.open()
  const change = offer.replace(/^a=rtpmap:[08] .*\r\n/gm, '').replace('SAVPF 111 0 8 ', 'SAVPF 111 ')
  await expect(app.call(change)).rejects.toMatchObject({ status: 488 })
})

/**
 * Waits for half a second of this tone and next to nothing else: no packet missing, doubled or out of place. A machine
 * that is busy with other things may need a few tries.
 */
async function untilPure(phone: RtpPhone, tone: number): Promise<void> {
  const stretch = 4_000
  await phone.until(() => {
    const samples = phone.samples().subarray(-stretch)
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
    return samples.length === stretch && power > 1_000 && toneLevel(samples, tone) ** 2 / 2 > power * 0.995
  })
}
