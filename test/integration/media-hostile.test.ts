import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MediaEngine } from '#softswitch/media/media-engine.ts'
import type { MediaLeg } from '#softswitch/media/media-leg.ts'
import { writeRtcp } from '#softswitch/media/rtcp-packet.ts'
import { RTP_HEADER_BYTES, writeRtp } from '#softswitch/media/rtp-packet.ts'
import { EVENT_BYTES, eventCodeOf, type HeldDigit, writeEvent } from '#softswitch/media/telephone-event.ts'
import { RtpPhone } from '../harness/rtp-phone.ts'
import { waitFor } from '../harness/wait-for.ts'

const voiceSource = 77
const keySource = 78
/** More than a minute of keys as fast as anybody presses them. */
const flood = 2_000

let engine: MediaEngine
let leg: MediaLeg
let phone: RtpPhone
let digits: HeldDigit[]

beforeAll(async () => {
  engine = await MediaEngine.start({ address: '127.0.0.1' })
})

afterAll(() => engine.close())

beforeEach(async () => {
  leg = await engine.openLeg()
  phone = await RtpPhone.open()
  leg.negotiate(phone.audio)
  digits = []
  leg.on('digit', (digit) => digits.push(digit))
})

afterEach(async () => {
  await leg.close()
  phone.close()
})

function send(packet: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    phone.socket.send(packet, leg.port, leg.address, (error) => (error === null ? resolve() : reject(error)))
  })
}

function voice(sequence: number): Buffer {
  const packet = Buffer.alloc(RTP_HEADER_BYTES + 160, 0xd5)
  writeRtp(packet, { marker: false, payloadType: 8, sequence, timestamp: sequence * 160, ssrc: voiceSource })
  return packet
}

/** The end of a key of 100 ms. */
function keyEnd(digit: string, sequence: number, timestamp: number, ssrc = voiceSource): Buffer {
  const packet = Buffer.alloc(RTP_HEADER_BYTES + EVENT_BYTES)
  writeRtp(packet, { marker: false, payloadType: phone.eventType, sequence, timestamp, ssrc })
  const eventCode = eventCodeOf(digit) ?? 0
  writeEvent({ eventCode, first: false, end: true, timestamp, durationSamples: 800 }, packet, RTP_HEADER_BYTES)
  return packet
}

/** Until everything that was sent has been taken. */
async function taken(packets: number): Promise<void> {
  await waitFor(async () => (await leg.figures()).packetsIn >= packets, { what: `${packets} packets at the leg` })
}

describe('a telephone that sends what nobody should', () => {
  it('has a key told once whose end packets come from a source of their own, between those of its voice', async () => {
    for (let copy = 0; copy < 3; copy++) {
      await send(voice(10 + copy))
      await send(keyEnd('5', 900 + copy, 4_000, keySource))
    }
    await taken(6)
    expect(digits).toEqual([{ digit: '5', durationSamples: 800 }])
  })

  it('has no more keys told than one a tick, and a key behind the flood is told', async () => {
    const begun = performance.now()
    let key = 0
    const press = (digit: string) => send(keyEnd(digit, ++key, key * 1_600))
    while (key < flood) await press('1')
    // As many of the flood as the line did not lose come before it. Pressed anew each time: a key that was not told is not
    // told by its copies either.
    await waitFor(
      async () => {
        await press('9')
        return digits.some(({ digit }) => digit === '9')
      },
      { what: 'the key behind the flood' },
    )
    const ticks = (performance.now() - begun) / 20
    expect(digits.length).toBeGreaterThan(1)
    expect(digits.length).toBeLessThan(ticks + 25)
  })

  it('has no more of its reports told than one a tick', async () => {
    const told: string[] = []
    leg.on('rtcp', ({ direction }) => told.push(direction))
    const report = Buffer.alloc(128)
    const length = writeRtcp(report, { ssrc: voiceSource, sender: null, blocks: [] }, 'phone')
    const begun = performance.now()
    for (let sent = 0; sent < flood; sent++) await send(report.subarray(0, length))
    await waitFor(
      async () => {
        await send(voice(1))
        return (await leg.figures()).packetsIn > 0
      },
      { what: 'the voice behind the flood' },
    )
    const ticks = (performance.now() - begun) / 20
    expect(told.length).toBeGreaterThan(0)
    expect(told.length).toBeLessThan(ticks + 25)
  })
})
