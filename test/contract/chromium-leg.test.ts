/** Chromium and JsSIP as a seat's telephone: WebSocket to drachtio, ICE and DTLS-SRTP to the media server. */
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { ChromiumPhone } from '../harness/chromium-phone.ts'
import { waitFor } from '../harness/wait-for.ts'
import { type AnsweredLeg, BrowserApp } from './browser-app.ts'
import { expectToHear } from './desk-phone.ts'
import { openPair, type Pair } from './pair.ts'

const agentTone = 440
const patientTone = 700
const tones = [agentTone, patientTone]
const loud = 2_000
const quiet = 250
const latestMs = 6_000

let pair: Pair
let app: BrowserApp
let chromium: ChromiumPhone

beforeAll(async () => {
  pair = await openPair()
  app = await BrowserApp.open(pair)
})
beforeEach(async () => {
  chromium = await ChromiumPhone.open({ microphone: await pair.tone(agentTone, 1_000) })
})
afterEach(async () => {
  await chromium.close()
  await app.noChannel()
})
afterAll(async () => {
  await app?.close()
  await pair?.close()
})

/** A page that has called in, and a patient, in one room. */
async function talk(): Promise<{
  leg: AnsweredLeg
  answer: string
  patient: Awaited<ReturnType<BrowserApp['telephone']>>
}> {
  const incoming = app.incoming()
  const [answer, leg] = await Promise.all([
    chromium.call({ socket: pair.sipWs, target: 'sip:seat@127.0.0.1', uri: 'sip:90001@127.0.0.1' }),
    incoming,
  ])
  const patient = await app.telephone(patientTone)
  const room = `room-${randomUUID()}`
  for (const { endpoint } of [leg, patient]) void endpoint.execute('conference', `${room}@default`).catch(() => {})
  return { leg, answer, patient }
}

test('what the page says is heard by the patient, and the other way round', async () => {
  const { leg, answer, patient } = await talk()
  expect(answer).toMatch(/^m=audio \d+ UDP\/TLS\/RTP\/SAVPF 0 126\r$/m)
  await expectToHear(patient.phone, [agentTone], tones)
  await waitFor(async () => (await chromium.level(patientTone)) > loud, { what: 'the patient to be heard' })
  expect(await chromium.level(agentTone)).toBeLessThan(quiet)
  await Promise.all([leg.end(), patient.end()])
})

test('a key pressed on the page is told', async () => {
  const { leg, patient } = await talk()
  await chromium.press('5')
  await waitFor(() => leg.keys.length === 1, { what: 'the key' })
  expect(leg.keys[0]?.digit).toBe('5')
  await Promise.all([leg.end(), patient.end()])
})

test('a page that mutes itself is heard by nobody, and its leg stays', async () => {
  const { leg, patient } = await talk()
  await expectToHear(patient.phone, [agentTone], tones)
  await chromium.mute()
  await expectToHear(patient.phone, [], tones)
  // Longer than a browser may be gone.
  const mark = patient.phone.heard.length
  await patient.phone.until(() => patient.phone.samples(mark).length >= 7 * 8_000)
  await chromium.unmute()
  await expectToHear(patient.phone, [agentTone], tones)
  await Promise.all([leg.end(), patient.end()])
})

test('a page that is loaded again leaves the patient in the room, and its leg ends within six seconds', async () => {
  const { leg, patient } = await talk()
  await expectToHear(patient.phone, [agentTone], tones)
  const gone = performance.now()
  await chromium.reload()
  const { cause, at } = await leg.ended
  expect(cause).toBe('MEDIA_TIMEOUT')
  expect(at - gone).toBeLessThan(latestMs)
  await expectToHear(patient.phone, [], tones)
  await leg.dialog.destroy()
  await patient.end()
})
