/**
 * Bench `browser-legs`: what a browser's leg costs the softswitch's media.
 *
 * Legs of library peers (a process of their own, one tone each) talk in rooms of two, 50 packets a second each way. The
 * media worker and the gateway are the softswitch's own; what is above them (SIP, event socket) is left out. Each step
 * is held for twenty seconds after all are connected, and every peer must hear its partner's tone all the time.
 *
 * `--json` ends stdout with {legs, cpuMsPerLegSecond, tickLateP99Ms} of the last step.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { MediaEngine } from '#softswitch/media/media-engine.ts'
import type { MediaLeg } from '#softswitch/media/media-leg.ts'
import type { TickerFigures } from '#softswitch/media/media-ticker.ts'
import { BrowserMedia } from '#softswitch/webrtc/browser-media.ts'
import { Gateway } from '#softswitch/webrtc/gateway.ts'
import { readBrowserOffer } from '#softswitch/webrtc/webrtc-sdp.ts'
import { type BrowserPeer, BrowserPeers } from '../harness/browser-peers.ts'
import { faults, interruption } from './house.ts'
import { processTree } from './process-tree.ts'
import { finish, machine, say, table } from './report.ts'

const steps = [8, 16, 30]
const heldSeconds = 20
const loud = 2_000
/** Multiples of 50 Hz, far enough apart to be told from each other. */
const tones = [400, 700]

const interrupted = interruption()
try {
  await run()
} catch (error) {
  for (const fault of faults(error)) process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}

interface Step {
  readonly legs: number
  readonly workerMs: number
  readonly gatewayMs: number
  readonly late: TickerFigures
  readonly packetsMissing: number
  readonly unheard: number
  readonly gatewayPssMb: number
}

async function run(): Promise<void> {
  say(`Bench browser-legs on ${machine()}`)
  say(`Method: library peers in a process of their own, rooms of two, ${heldSeconds} s a step; all on this machine`)
  await using opened = new AsyncDisposableStack()
  const engine = await MediaEngine.start({ address: '127.0.0.1' })
  opened.defer(() => engine.close())
  const gateway = new Gateway({
    address: '127.0.0.1',
    log: (message, details) => say(`${message} ${JSON.stringify(details)}`),
  })
  opened.defer(() => gateway.close())
  const done: Step[] = []
  for (const legs of steps) done.push(await step(engine, gateway, legs))
  report(done)
}

async function step(engine: MediaEngine, gateway: Gateway, legs: number): Promise<Step> {
  await using opened = new AsyncDisposableStack()
  const peers = await BrowserPeers.start()
  opened.defer(() => peers.close())
  const talking: BrowserPeer[] = []
  for (let pair = 0; pair < legs / 2; pair++) {
    const room = engine.openRoom()
    opened.defer(() => room.close())
    const members: number[] = []
    for (const tone of tones) {
      const { peer, leg, media } = await connect(engine, gateway, peers)
      opened.defer(async () => {
        media.close()
        await leg.close()
      })
      peer.hum(tone)
      talking.push(peer)
      members.push(room.join(leg))
    }
    room.setHearing(
      members.map((member) => ({ member, hears: members.filter((other) => other !== member), hearsPlays: true })),
    )
  }
  await sleep(3_000, undefined, { signal: interrupted })
  const partnerTone = (index: number) => tones[(index + 1) % 2] ?? 0
  await Promise.all(talking.map((peer, index) => peer.heard(partnerTone(index))))
  await engine.figures({ restart: true })
  const first = await use(gateway)
  await sleep(heldSeconds * 1_000, undefined, { signal: interrupted })
  const last = await use(gateway)
  const { ticker } = await engine.figures()
  const heard = await Promise.all(talking.map((peer, index) => peer.heard(partnerTone(index))))
  const seconds = (last.at - first.at) / 1_000
  const perLegSecond = (ms: number) => ms / legs / seconds
  const expected = Math.floor(seconds * 50)
  return {
    legs,
    workerMs: perLegSecond(last.workerMs - first.workerMs),
    gatewayMs: perLegSecond(last.gatewayMs - first.gatewayMs),
    late: ticker,
    packetsMissing: heard.reduce((sum, { packets }) => sum + Math.max(0, expected - packets), 0),
    unheard: heard.filter(({ level }) => level < loud).length,
    gatewayPssMb: gatewayPss(),
  }
}

/** The media worker is nearly all that this process does. */
async function use(gateway: Gateway): Promise<{ workerMs: number; gatewayMs: number; at: number }> {
  const { user, system } = process.cpuUsage()
  const figures = await gateway.figures()
  return { workerMs: (user + system) / 1_000, gatewayMs: figures?.cpuMs ?? 0, at: performance.now() }
}

/** A library peer as offerer sometimes fails its own handshake: it is replaced, and said. */
async function connect(
  engine: MediaEngine,
  gateway: Gateway,
  peers: BrowserPeers,
): Promise<{ peer: BrowserPeer; leg: MediaLeg; media: BrowserMedia }> {
  for (let tried = 1; ; tried++) {
    const peer = await peers.open()
    const offer = readBrowserOffer(peer.offer, { laws: ['PCMA', 'PCMU'] })
    if (offer === null) throw new Error('the peer’s offer is not a browser’s')
    const leg = await engine.openLeg()
    const media = await BrowserMedia.open(gateway, offer, leg)
    leg.negotiate(media.audio)
    try {
      await peer.answer(media.answer({ laws: ['PCMA', 'PCMU'], owner: 'bench', sessionId: 1, version: 1 }))
      return { peer, leg, media }
    } catch (error) {
      media.close()
      await leg.close()
      if (tried === 5) throw error
      say(`  a peer did not connect: ${String(error)}`)
    }
  }
}

function gatewayPss(): number {
  return (processTree(process.pid).find(({ name }) => name === 'gateway for browsers')?.pssKb ?? 0) / 1024
}

function report(done: readonly Step[]): void {
  const rows = done.map(({ legs, workerMs, gatewayMs, late, packetsMissing, gatewayPssMb }) => [
    `${legs}`,
    (workerMs + gatewayMs).toFixed(2),
    workerMs.toFixed(2),
    gatewayMs.toFixed(2),
    late.lateP50Ms.toFixed(1),
    late.lateP99Ms.toFixed(1),
    late.lateMaxMs.toFixed(1),
    `${packetsMissing}`,
    `${gatewayPssMb.toFixed(0)} MB`,
  ])
  const headings = [
    'legs',
    'CPU ms a leg-second',
    'worker',
    'gateway',
    'tick late p50',
    'p99',
    'most',
    'missing',
    'gateway PSS',
  ]
  say(table(headings, rows))
  const last = done.at(-1)
  if (last === undefined) throw new Error('nothing was measured')
  const unheard = done.reduce((sum, step) => sum + step.unheard, 0)
  finish({ legs: last.legs, cpuMsPerLegSecond: last.workerMs + last.gatewayMs, tickLateP99Ms: last.late.lateP99Ms }, [
    { must: 'every peer hears its partner', found: unheard, holds: unheard === 0 },
  ])
}
