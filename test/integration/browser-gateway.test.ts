import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RtcpNews } from '#softswitch/media/leg-messages.ts'
import { MediaEngine } from '#softswitch/media/media-engine.ts'
import type { MediaLeg } from '#softswitch/media/media-leg.ts'
import { Reception } from '#softswitch/media/reception.ts'
import { isRtcp, readRtcp } from '#softswitch/media/rtcp-packet.ts'
import { RtcpReporter } from '#softswitch/media/rtcp-reporter.ts'
import { BrowserMedia } from '#softswitch/webrtc/browser-media.ts'
import { Gateway } from '#softswitch/webrtc/gateway.ts'
import { readBrowserOffer } from '#softswitch/webrtc/webrtc-sdp.ts'
import { type BrowserPeer, BrowserPeers } from '../harness/browser-peers.ts'
import { toneLevel } from '../harness/tones.ts'
import { waitFor, waitForEvent } from '../harness/wait-for.ts'

const now = () => performance.timeOrigin + performance.now()
const laws = ['PCMA', 'PCMU'] as const
const local = { laws, owner: 'test', sessionId: 1, version: 1 }

let engine: MediaEngine
let gateway: Gateway
let peers: BrowserPeers

beforeEach(async () => {
  engine = await MediaEngine.start({ address: '127.0.0.1' })
  gateway = new Gateway({ address: '127.0.0.1' })
  peers = await BrowserPeers.start()
})
afterEach(async () => {
  await peers.close()
  await gateway.close()
  await engine.close()
})

interface Connected {
  readonly peer: BrowserPeer
  readonly leg: MediaLeg
  readonly media: BrowserMedia
}

/** A library peer as offerer sometimes fails its own handshake: it is replaced, three times. */
async function connect(timeoutMs = 0): Promise<Connected> {
  for (let tried = 1; ; tried++) {
    const peer = await peers.open()
    const leg = await engine.openLeg()
    const media = await BrowserMedia.open(gateway, offerOf(peer), leg)
    leg.negotiate(media.audio, { timeoutMs })
    try {
      await peer.answer(media.answer(local))
      return { peer, leg, media }
    } catch (error) {
      media.close()
      if (tried === 3) throw error
    }
  }
}

function offerOf(peer: BrowserPeer) {
  const offer = readBrowserOffer(peer.offer, { laws })
  if (offer === null) throw new Error('the peer’s offer is not a browser’s')
  return offer
}

async function expectToHear({ peer, leg }: Connected, tone: number): Promise<void> {
  const play = leg.play(`tone_stream://%(1000,0,${tone})`)
  const mark = peer.phone.heard.length
  await peer.phone.until(() => peer.phone.samples(mark).length >= 4_000)
  expect(toneLevel(peer.phone.samples(mark).subarray(800, 4_000), tone)).toBeGreaterThan(500)
  play.stop()
}

test('no process is started before the first browser comes', async () => {
  expect(await gateway.figures()).toBeNull()
  await expectToHear(await connect(), 500)
  expect(await gateway.figures()).toMatchObject({ peers: 1 })
})

test('a gateway that dies silences its browsers, and the next one has a new gateway', async () => {
  const first = await connect(1_000)
  first.peer.phone.talk(first.peer.speakTo)
  await expectToHear(first, 500)
  const pid = (await gateway.figures())?.pid ?? 0
  const silent = waitForEvent(first.leg, 'silent')
  process.kill(pid, 'SIGKILL')
  await silent
  await expectToHear(await connect(), 700)
  expect((await gateway.figures())?.pid).not.toBe(pid)
})

test('a gateway that dies while a browser is being answered says so at once', async () => {
  await connect()
  const pid = (await gateway.figures())?.pid ?? 0
  process.kill(pid, 'SIGSTOP')
  const peer = await peers.open()
  const leg = await engine.openLeg()
  const answered = BrowserMedia.open(gateway, offerOf(peer), leg)
  answered.catch(() => {})
  process.kill(pid, 'SIGKILL')
  await expect(answered).rejects.toThrow(/has ended/)
})

test('closed, it takes nobody, and its process is gone', async () => {
  const { peer } = await connect()
  const pid = (await gateway.figures())?.pid ?? 0
  await gateway.close()
  await gateway.close()
  await waitFor(() => !lives(pid), { what: 'the gateway’s process to be gone' })
  const leg = await engine.openLeg()
  await expect(BrowserMedia.open(gateway, offerOf(peer), leg)).rejects.toThrow(/closed/)
})

test('forty browsers that come and go leave nothing behind', async () => {
  await connect()
  for (let round = 0; round < 10; round++) {
    const links = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const leg = await engine.openLeg()
        return { leg, media: await BrowserMedia.open(gateway, offerOf(await peers.open()), leg) }
      }),
    )
    for (const { leg, media } of links) {
      media.close()
      media.close()
      await leg.close()
    }
  }
  expect(await gateway.figures()).toMatchObject({ peers: 1 })
})

test('reports go both ways, ours under the number that the browser was told', async () => {
  const { peer, leg, media } = await connect()
  const { socket } = peer.phone
  const ours: Buffer[] = []
  const there = new RtcpReporter(77, 'browser')
  const heardThere = new Reception()
  // The browser answers each report with one of its own.
  socket.on('message', (datagram) => {
    const report = isRtcp(datagram) ? readRtcp(datagram) : null
    if (report === null) return
    ours.push(datagram)
    there.take(report, now())
    heardThere.take(report.ssrc, ours.length, 0, 0, true)
    const { packet } = there.write(heardThere, { packets: ours.length, octets: 0, rtpTimestamp: 0 }, now())
    socket.send(Buffer.from(packet), peer.speakTo.port, peer.speakTo.address)
  })
  peer.phone.talk(peer.speakTo)
  leg.play('tone_stream://%(10000,0,500)')
  const [{ report, roundTripMs }] = await waitForEvent<[RtcpNews]>(leg, 'rtcp', {
    accept: ({ direction }) => direction === 'received',
  })

  const told = Number(/^a=ssrc:(\d+) cname/m.exec(media.answer(local))?.[1])
  const [first] = ours
  if (first === undefined) throw new Error('no report has come')
  expect(readRtcp(first)).toMatchObject({ ssrc: told, sender: { packets: expect.any(Number) } })
  // The report with one block is 52 bytes; the name behind it is the same sender's.
  expect(first.readUInt32BE(52 + 4)).toBe(told)
  expect(report.blocks[0]).toMatchObject({ ssrc: told })
  expect(roundTripMs).toBeGreaterThanOrEqual(0)
})

test('sound arrives as it was sent, sample by sample', async () => {
  const sender = await connect()
  const hearer = await connect()
  const room = engine.openRoom()
  const [a, b] = [room.join(sender.leg), room.join(hearer.leg)]
  room.setHearing([
    { member: a, hears: [b], hearsPlays: true },
    { member: b, hears: [a], hearsPlays: true },
  ])
  sender.peer.phone.talk(sender.peer.speakTo, 400)
  hearer.peer.phone.talk(hearer.peer.speakTo)
  const { phone } = hearer.peer
  // 400 Hz has a period of 20 samples: half a second in which every sample is as the one a period before.
  const stretch = 4_000
  await phone.until(() => {
    const heard = phone.samples().subarray(-stretch)
    const same = heard.subarray(20).every((sample, i) => sample === heard[i])
    return heard.length === stretch && same && toneLevel(heard, 400) > 7_500
  })
})

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
