/**
 * One browser in the gateway's process: its peer connection on one side, a UDP socket that speaks plain RTP with the
 * leg's on the other. Packets are passed on as they come; nothing is kept, ordered or decoded here.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { PeerConnection, Track } from 'node-datachannel'
import { isRtcp, renameRtcpSender } from '../media/rtcp-packet.ts'
import type { GatewaySettings, PeerAnswer, PeerOffer } from './gateway-messages.ts'

/** The library needs some 5 ms to find its one address. */
const GATHER_LIMIT_MS = 3_000
/** Of who sends it. */
const SSRC_AT = 8

type WebRtcLibrary = Pick<typeof import('node-datachannel'), 'PeerConnection' | 'Audio'>

export interface PeerLinkSettings {
  readonly library: WebRtcLibrary
  readonly gateway: GatewaySettings
  readonly name: string
  readonly offer: PeerOffer
  readonly mediaPort: number
  /** Sound flows. */
  connected(): void
  /** The connection is over, and was not closed by us. */
  lost(state: string): void
}

export class PeerLink {
  readonly answer: PeerAnswer
  readonly port: number
  readonly #connection: PeerConnection
  readonly #track: Track
  readonly #relay: Socket
  readonly #ssrc: number
  #open = false
  #closed = false

  /** @throws when no port is free or the library does not take the offer; nothing is left open then */
  static async open(settings: PeerLinkSettings): Promise<PeerLink> {
    const { library, gateway, name, offer, mediaPort } = settings
    const relay = await openRelay(gateway.address, mediaPort)
    let connection: PeerConnection | null = null
    try {
      connection = new library.PeerConnection(name, {
        iceServers: [],
        bindAddress: gateway.address,
        disableAutoNegotiation: true,
        forceMediaTransport: true,
        ...(gateway.portFrom === 0 ? {} : { portRangeBegin: gateway.portFrom, portRangeEnd: gateway.portTo }),
      })
      connection.setRemoteDescription(offerText(offer), 'offer')
      const audio = new library.Audio(offer.mid, 'SendRecv')
      audio.addAudioCodec(offer.payloadType, `${offer.law}/8000`)
      if (offer.telephoneEventType !== null) {
        audio.addAudioCodec(offer.telephoneEventType, 'telephone-event/8000', '0-15')
      }
      audio.addSSRC(offer.ssrc, 'suifang')
      const track = connection.addTrack(audio)
      const answer = await localAnswer(connection)
      return new PeerLink(settings, { connection, track, relay, answer })
    } catch (error) {
      relay.close()
      connection?.close()
      throw error
    }
  }

  private constructor(
    { offer, connected, lost }: PeerLinkSettings,
    parts: { connection: PeerConnection; track: Track; relay: Socket; answer: PeerAnswer },
  ) {
    const { connection, track, relay } = parts
    this.answer = parts.answer
    this.port = relay.address().port
    this.#connection = connection
    this.#track = track
    this.#relay = relay
    this.#ssrc = offer.ssrc
    track.onOpen(() => {
      this.#open = !this.#closed
      connected()
    })
    track.onClosed(() => {
      this.#open = false
    })
    track.onMessage((packet) => this.#toLeg(packet))
    relay.on('message', (packet) => this.#toBrowser(packet))
    connection.onStateChange((state) => {
      if (!this.#closed && (state === 'closed' || state === 'failed')) lost(state)
    })
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#open = false
    this.#relay.close()
    try {
      this.#track.close()
      this.#connection.close()
    } catch {
      // It had closed by itself.
    }
  }

  #toLeg(packet: Buffer): void {
    if (!this.#closed) this.#relay.send(packet)
  }

  #toBrowser(packet: Buffer): void {
    if (!this.#open || packet.length < SSRC_AT + 4) return
    // RTCP goes on the same port (RFC 5761).
    if (isRtcp(packet)) renameRtcpSender(packet, this.#ssrc)
    else packet.writeUInt32BE(this.#ssrc, SSRC_AT)
    try {
      this.#track.sendMessageBinary(packet)
    } catch {
      // It throws from the moment of its closing on, which may come before `onClosed`.
      this.#open = false
    }
  }
}

/** Connected: only the leg's own packets are taken. */
async function openRelay(address: string, mediaPort: number): Promise<Socket> {
  const relay = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  relay.on('error', () => {})
  try {
    relay.bind(0, address)
    await once(relay, 'listening')
    relay.connect(mediaPort, address)
    await once(relay, 'connect')
    return relay
  } catch (error) {
    relay.close()
    throw error
  }
}

/** The offer as the library sees it: written from what was checked. The browser's own checks bring its address. */
function offerText(offer: PeerOffer): string {
  const types = [offer.payloadType, ...(offer.telephoneEventType === null ? [] : [offer.telephoneEventType])]
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${offer.mid}`,
    `m=audio 9 UDP/TLS/RTP/SAVPF ${types.join(' ')}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${offer.mid}`,
    'a=sendrecv',
    'a=rtcp-mux',
    `a=ice-ufrag:${offer.iceUfrag}`,
    `a=ice-pwd:${offer.icePwd}`,
    `a=fingerprint:${offer.fingerprint}`,
    `a=setup:${offer.setup}`,
    `a=rtpmap:${offer.payloadType} ${offer.law}/8000`,
    ...(offer.telephoneEventType === null
      ? []
      : [`a=rtpmap:${offer.telephoneEventType} telephone-event/8000`, `a=fmtp:${offer.telephoneEventType} 0-15`]),
    '',
  ].join('\r\n')
}

async function localAnswer(connection: PeerConnection): Promise<PeerAnswer> {
  const gathered = Promise.withResolvers<void>()
  connection.onGatheringStateChange((state) => state === 'complete' && gathered.resolve())
  connection.setLocalDescription('answer')
  const limit = setTimeout(() => gathered.reject(new Error('no address for a browser was found')), GATHER_LIMIT_MS)
  try {
    await gathered.promise
  } finally {
    clearTimeout(limit)
  }
  const sdp = connection.localDescription()?.sdp ?? ''
  const value = (name: string): string => new RegExp(`^a=${name}:(.*?)\\s*$`, 'm').exec(sdp)?.[1] ?? ''
  const candidates = [...sdp.matchAll(/^a=candidate:(.*?)\s*$/gm)].map(([, text = '']) => text)
  const [, address = '', port = ''] = /^\S+ 1 UDP \d+ (\S+) (\d+) /i.exec(candidates[0] ?? '') ?? []
  if (address === '') throw new Error('no address for a browser was found')
  return {
    address,
    port: Number(port),
    iceUfrag: value('ice-ufrag'),
    icePwd: value('ice-pwd'),
    fingerprint: value('fingerprint'),
    setup: value('setup') === 'passive' ? 'passive' : 'active',
    candidates,
  }
}
