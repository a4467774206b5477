/**
 * Browsers without a browser, in a process of their own that can be killed: the WebRTC half of one by a library, as
 * offerer, and a UDP socket at which an ordinary `RtpPhone` speaks and hears for it. Started by `BrowserPeers`.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { Audio, cleanup, PeerConnection, type Track } from 'node-datachannel'

export type ToPeers =
  | { readonly type: 'open'; readonly peer: number; readonly phonePort: number; readonly eventType: number }
  | { readonly type: 'answer'; readonly peer: number; readonly sdp: string }
  | { readonly type: 'close'; readonly peer: number }
  | { readonly type: 'end' }

export type FromPeers =
  | { readonly type: 'ready' }
  | { readonly type: 'opened'; readonly peer: number; readonly sdp: string; readonly port: number }
  | { readonly type: 'state'; readonly peer: number; readonly state: string }

const ssrcAt = 8

interface Peer {
  readonly connection: PeerConnection
  readonly track: Track
  readonly relay: Socket
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
  track.onMessage((packet) => {
    const type = packet[1] ?? 0
    if (type < 192 || type > 223) relay.send(packet, phonePort, '127.0.0.1')
  })
  relay.on('message', (packet) => {
    if (!isOpen) return
    packet.writeUInt32BE(ssrc, ssrcAt)
    try {
      track.sendMessageBinary(packet)
    } catch {
      isOpen = false
    }
  })
  peers.set(peer, { connection, track, relay })
  connection.onGatheringStateChange((state) => {
    if (state !== 'complete') return
    const sdp = connection.localDescription()?.sdp ?? ''
    say({ type: 'opened', peer, sdp, port: relay.address().port })
  })
  connection.setLocalDescription('offer')
}

function close(peer: number): void {
  const known = peers.get(peer)
  peers.delete(peer)
  known?.relay.close()
  known?.track.close()
  known?.connection.close()
}

function say(message: FromPeers): void {
  if (process.connected) process.send?.(message)
}
