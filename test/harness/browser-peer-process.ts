/**
 * Browsers without a browser, in a process of their own that can be killed: the WebRTC half of one by a library, as
 * offerer, and a UDP socket at which an ordinary `RtpPhone` speaks and hears for it; or it hums by itself, for benches.
 * Started by `BrowserPeers`.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { Audio, cleanup, PeerConnection, type Track } from 'node-datachannel'
import { decodeG711, encodeG711 } from '#softswitch/media/g711.ts'
import { isRtcp, renameRtcpSender } from '#softswitch/media/rtcp-packet.ts'
import { newRtpHeader, RTP_HEADER_BYTES, readRtp, writeRtp } from '#softswitch/media/rtp-packet.ts'
import { sine, toneLevel } from './tones.ts'

export type ToPeers =
  | { readonly type: 'open'; readonly peer: number; readonly phonePort: number; readonly eventType: number }
  | { readonly type: 'answer'; readonly peer: number; readonly sdp: string }
  /** Sends a tone from now on, with nobody at the socket. */
  | { readonly type: 'hum'; readonly peer: number; readonly frequency: number }
  /** What came in since it was last asked. */
  | { readonly type: 'heard'; readonly peer: number; readonly frequency: number }
  | { readonly type: 'close'; readonly peer: number }
  | { readonly type: 'end' }

export type FromPeers =
  | { readonly type: 'ready' }
  | { readonly type: 'opened'; readonly peer: number; readonly sdp: string; readonly port: number }
  | { readonly type: 'state'; readonly peer: number; readonly state: string }
  | ({ readonly type: 'heard'; readonly peer: number } & PeerHeard)

export interface PeerHeard {
  readonly packets: number
  /** Peak amplitude of the frequency that was asked for, over the last second. */
  readonly level: number
}

const ssrcAt = 8

const tickSamples = 160
const secondSamples = 8_000

interface Peer {
  readonly connection: PeerConnection
  readonly track: Track
  readonly relay: Socket
  readonly ssrc: number
  hum: NodeJS.Timeout | null
  packets: number
  /** The last second, as a ring. */
  readonly lastSecond: Int16Array
  heardSamples: number
}

const peers = new Map<number, Peer>()

process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToPeers) => {
  switch (message.type) {
    case 'open':
      void open(message)
      return
    case 'answer':
      peers.get(message.peer)?.connection.setRemoteDescription(message.sdp, 'answer')
      return
    case 'hum': {
      const peer = peers.get(message.peer)
      if (peer !== undefined) hum(peer, message.frequency)
      return
    }
    case 'heard':
      tellHeard(message.peer, message.frequency)
      return
    case 'close':
      close(message.peer)
      return
    case 'end':
      for (const peer of [...peers.keys()]) close(peer)
      cleanup()
      process.exit(0)
  }
})
say({ type: 'ready' })

async function open({ peer, phonePort, eventType }: Extract<ToPeers, { type: 'open' }>): Promise<void> {
  const relay = createSocket('udp4')
  relay.bind(0, '127.0.0.1')
  await once(relay, 'listening')
  relay.on('error', () => {})
  const connection = new PeerConnection(`peer-${peer}`, {
    iceServers: [],
    bindAddress: '127.0.0.1',
    disableAutoNegotiation: true,
    forceMediaTransport: true,
  })
  connection.onStateChange((state) => say({ type: 'state', peer, state }))
  // What Chromium offers, as far as it matters here, in its order.
  const audio = new Audio('0', 'SendRecv')
  audio.addAudioCodec(111, 'opus/48000/2', 'minptime=10;useinbandfec=1')
  audio.addAudioCodec(0, 'PCMU/8000')
  audio.addAudioCodec(8, 'PCMA/8000')
  audio.addAudioCodec(110, 'telephone-event/48000', '0-15')
  audio.addAudioCodec(eventType, 'telephone-event/8000', '0-15')
  const ssrc = 1_000_000 + peer
  audio.addSSRC(ssrc, 'browser')
  const track = connection.addTrack(audio)
  let isOpen = false
  track.onOpen(() => {
    isOpen = true
  })
  track.onClosed(() => {
    isOpen = false
  })
  const known: Peer = {
    connection,
    track,
    relay,
    ssrc,
    hum: null,
    packets: 0,
    lastSecond: new Int16Array(secondSamples),
    heardSamples: 0,
  }
  track.onMessage((packet) => {
    if (known.hum === null) relay.send(packet, phonePort, '127.0.0.1')
    else if (!isRtcp(packet)) hear(known, packet)
  })
  relay.on('message', (packet) => {
    if (!isOpen) return
    if (isRtcp(packet)) renameRtcpSender(packet, ssrc)
    else packet.writeUInt32BE(ssrc, ssrcAt)
    try {
      track.sendMessageBinary(packet)
    } catch {
      isOpen = false
    }
  })
  peers.set(peer, known)
  connection.onGatheringStateChange((state) => {
    if (state !== 'complete') return
    const sdp = connection.localDescription()?.sdp ?? ''
    say({ type: 'opened', peer, sdp, port: relay.address().port })
  })
  connection.setLocalDescription('offer')
}

function hum(peer: Peer, frequency: number): void {
  const packet = Buffer.alloc(RTP_HEADER_BYTES + tickSamples)
  const startedAt = performance.now()
  let ticks = 0
  peer.hum = setInterval(() => {
    for (; performance.now() - startedAt >= ticks * 20; ticks++) {
      const timestamp = ticks * tickSamples
      writeRtp(packet, { marker: ticks === 0, payloadType: 0, sequence: ticks & 0xffff, timestamp, ssrc: peer.ssrc })
      // Frequencies are multiples of 50 Hz: every tick has whole periods.
      encodeG711('PCMU', sine(frequency, tickSamples), tickSamples, packet, RTP_HEADER_BYTES)
      try {
        peer.track.sendMessageBinary(packet)
      } catch {
        // Not open yet, or closed.
      }
    }
  }, 10)
}

const header = newRtpHeader()
const decoded = new Int16Array(secondSamples)

function hear(peer: Peer, packet: Buffer): void {
  if (!readRtp(packet, header) || header.payloadType !== 0) return
  peer.packets += 1
  const count = decodeG711('PCMU', packet, header.payloadStart, header.payloadEnd, decoded)
  for (let i = 0; i < count; i++, peer.heardSamples++) {
    peer.lastSecond[peer.heardSamples % secondSamples] = decoded[i] ?? 0
  }
}

function tellHeard(peer: number, frequency: number): void {
  const known = peers.get(peer)
  if (known === undefined) return
  const { packets, lastSecond, heardSamples } = known
  const at = heardSamples % secondSamples
  const inOrder = Int16Array.from([...lastSecond.subarray(at), ...lastSecond.subarray(0, at)])
  say({ type: 'heard', peer, packets, level: toneLevel(inOrder, frequency) })
  known.packets = 0
}

function close(peer: number): void {
  const known = peers.get(peer)
  peers.delete(peer)
  if (known !== undefined && known.hum !== null) clearInterval(known.hum)
  known?.relay.close()
  known?.track.close()
  known?.connection.close()
}

function say(message: FromPeers): void {
  if (process.connected) process.send?.(message)
}
