/** An uneven line: 5 % lost, others late by 50 ms, so that they come behind later ones. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RtcpNews } from '#softswitch/media/leg-messages.ts'
import { MediaEngine } from '#softswitch/media/media-engine.ts'
import { Reception } from '#softswitch/media/reception.ts'
import { isRtcp, readRtcp } from '#softswitch/media/rtcp-packet.ts'
import { RtcpReporter } from '#softswitch/media/rtcp-reporter.ts'
import { RtpPhone } from '../harness/rtp-phone.ts'
import { toneLevel } from '../harness/tones.ts'
import { UnevenWire } from '../harness/uneven-wire.ts'
import { waitFor, waitForEvent } from '../harness/wait-for.ts'

let engine: MediaEngine
let folder: string

beforeAll(async () => {
  engine = await MediaEngine.start({ address: '127.0.0.1' })
  folder = await mkdtemp(join(tmpdir(), 'quality-'))
})

afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true })
})

const now = () => performance.timeOrigin + performance.now()

it('of a call over an uneven line the tone is heard, each key counts once, the recording is true, and the figures are', async () => {
  const wire = await UnevenWire.open((packet) => (packet % 20 === 10 ? 'lost' : packet % 7 === 3 ? 50 : 0))
  const leg = await engine.openLeg()
  const other = await engine.openLeg()
  const phone = await RtpPhone.open()
  const listener = await RtpPhone.open()
  const keys: string[] = []
  const reports: RtcpNews[] = []
  leg.on('digit', ({ digit }) => keys.push(digit))
  leg.on('rtcp', (news) => reports.push(news))
  wire.leadTo({ address: leg.address, port: leg.port })
  const route = { port: wire.farPort, mux: true }
  leg.negotiate({ ...phone.audio, remotePort: wire.farPort, rtcp: route })
  other.negotiate(listener.audio)
  const room = engine.openRoom()
  const [from, to] = [room.join(leg), room.join(other)]
  room.setHearing([
    { member: from, hears: [to], hearsPlays: true },
    { member: to, hears: [from], hearsPlays: true },
  ])
  try {
    // The telephone answers each report of ours with one of its own, straight.
    const there = new RtcpReporter(77, 'telephone')
    const heardThere = new Reception()
    let answers = 0
    phone.socket.on('message', (datagram) => {
      const report = isRtcp(datagram) ? readRtcp(datagram) : null
      if (report === null) return
      heardThere.take(report.ssrc, 1, 0, 0, true)
      there.take(report, now())
      answers += 1
      const answer = there.write(heardThere, { packets: answers, octets: 0, rtpTimestamp: 0 }, now())
      phone.socket.send(Buffer.from(answer.packet), leg.port, leg.address)
    })
    phone.talk({ address: '127.0.0.1', port: wire.port }, 500)
    await listener.until(() => listener.samples().some((sample) => sample > 7000))
    const recording = leg.record({
      path: join(folder, 'uneven.wav'),
      sides: 'stereo',
      limitSamples: 0,
      silence: { threshold: 0, hits: 0 },
    })
    await recording.started
    phone.press('159')
    const packetsBefore = listener.heard.length
    await waitForEvent(leg, 'rtcp', { accept: (news: RtcpNews) => news.direction === 'received' })
    await listener.until(() => listener.heard.length >= packetsBefore + 150)
    recording.stop()
    const { samples } = await recording.ended
    phone.stopTalking()
    // Through both sockets: one that the wire has not seen yet would pass it behind the figures.
    const arrived = async () => wire.taken === phone.sent && (await leg.figures()).packetsIn === wire.passed
    await waitFor(arrived, { what: 'the last packet' })
    const { stream } = await leg.figures()

    expect(keys).toEqual(['1', '5', '9'])
    // A second without keys: who listens hears the tone nearly as loud as it was sent, though every twentieth was lost.
    expect(toneLevel(listener.samples(packetsBefore + 60).subarray(0, 8000), 500)).toBeGreaterThan(7400)

    const file = await readFile(join(folder, 'uneven.wav'))
    const left = Int16Array.from({ length: samples }, (_, i) => file.readInt16LE(44 + i * 4))
    expect(file.length).toBe(44 + samples * 4)
    // As long as what the other ear heard in the same time, give or take what was under way at both ends.
    expect(Math.abs(samples - (listener.heard.length - packetsBefore) * 160)).toBeLessThan(8000)
    // Silence in place of what was lost, in pieces of a packet; nothing else is.
    const gaps = quietStretches(left.subarray(8000))
    expect(gaps.length).toBeGreaterThan(2)
    expect(gaps.every((length) => length % 160 <= 2 || length % 160 >= 158)).toBe(true)

    expect(stream.lost).toBe(wire.lostForSure)
    expect(stream.expected).toBe(wire.passed + wire.lostForSure)
    expect(stream.jitterMs).toBeGreaterThan(3)
    expect(stream.mos).toBeLessThan(4.5)
    expect(stream.roundTripMs).not.toBeNull()
    expect(stream.longestDelayMs).toBeGreaterThanOrEqual(60)
    const [first] = reports
    expect(first?.direction).toBe('sent')
    expect(first?.report.blocks[0]?.lost).toBeGreaterThan(0)
  } finally {
    await leg.close()
    await other.close()
    room.close()
    phone.close()
    listener.close()
    wire.close()
  }
})

/** Lengths of stretches of nothing but silence, of 5 ms and more, with sound on both sides. */
function quietStretches(samples: Int16Array): number[] {
  const lengths: number[] = []
  let since = -1
  for (const [at, sample] of samples.entries()) {
    // A-law has no zero: its least is 8.
    if (Math.abs(sample) <= 8) continue
    if (since >= 0 && at - since - 1 >= 40) lengths.push(at - since - 1)
    since = at
  }
  return lengths
}
