/** What a leg sends, packet by packet: speech, or a key in its place. */
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:dgram'
import type { FarEnd } from './far-end.ts'
import { encodeG711 } from './g711.ts'
import type { LegStream } from './leg-messages.ts'
import { TICK_SAMPLES } from './media-ticker.ts'
import type { Sent } from './rtcp-reporter.ts'
import { RTP_HEADER_BYTES, writeRtp } from './rtp-packet.ts'
import { SRTP_MOST_TAG_BYTES } from './srtp.ts'
import type { StreamCrypto } from './stream-crypto.ts'
import { EVENT_BYTES, type HeldDigit, type OutgoingEvent, TelephoneEventSender, writeEvent } from './telephone-event.ts'

/** Datagrams under way: the system may still read one while the next is written. */
const PACKET_BUFFERS = 8

export class OutgoingStream {
  readonly #socket: Socket
  readonly #farEnd: FarEnd
  readonly #crypto: StreamCrypto
  /** Since the leg opened. */
  packets = 0
  keyPackets = 0
  bytes = 0
  readonly #keys = new TelephoneEventSender()
  readonly #packets = Array.from({ length: PACKET_BUFFERS }, () =>
    Buffer.alloc(RTP_HEADER_BYTES + TICK_SAMPLES + SRTP_MOST_TAG_BYTES),
  )
  #packetIndex = 0
  readonly #header = { marker: false, payloadType: 0, sequence: 0, timestamp: 0, ssrc: 0 }
  #talking = false

  constructor(parts: { readonly socket: Socket; readonly farEnd: FarEnd; readonly crypto: StreamCrypto }) {
    this.#socket = parts.socket
    this.#farEnd = parts.farEnd
    this.#crypto = parts.crypto
    const random = randomBytes(10)
    this.#header.ssrc = random.readUInt32BE(0)
    this.#header.timestamp = random.readUInt32BE(4)
    // In the lower half: a loss before the first roll-over of SRTP would leave the far end in doubt (RFC 3711 §3.3.1).
    this.#header.sequence = random.readUInt16BE(8) & 0x7fff
  }

  get ssrc(): number {
    return this.#header.ssrc
  }

  /** For reports. */
  readonly sent = (): Sent => ({
    packets: this.packets,
    octets: this.bytes - this.packets * RTP_HEADER_BYTES,
    rtpTimestamp: this.#header.timestamp,
  })

  press(digits: readonly HeldDigit[]): void {
    for (const digit of digits) this.#keys.press(digit)
  }

  /** Keys that have not begun yet are dropped. */
  flushPresses(): void {
    this.#keys.flush()
  }

  /** Once a tick. @param speech null: nothing is said. @param stream null: nothing is sent */
  tick(stream: LegStream | null, speech: Int16Array | null): void {
    if (stream?.send === true) this.#send(stream, speech)
    else this.#talking = false
    this.#header.timestamp = (this.#header.timestamp + TICK_SAMPLES) >>> 0
  }

  #send(stream: LegStream, speech: Int16Array | null): void {
    const { telephoneEventType } = stream
    const key = telephoneEventType === null || this.#keys.idle ? null : this.#nextKey()
    const packet = this.#packets[this.#packetIndex]
    if (packet === undefined || (key === null && speech === null)) {
      this.#talking = false
      return
    }
    this.#packetIndex = (this.#packetIndex + 1) % PACKET_BUFFERS
    this.#header.sequence = (this.#header.sequence + 1) & 0xffff
    const length =
      key !== null && telephoneEventType !== null
        ? this.#writeKey(packet, telephoneEventType, key)
        : this.#writeSpeech(packet, stream, speech)
    const bytes = this.#crypto.seal(packet, length)
    if (bytes < 0) return
    this.packets += 1
    this.bytes += bytes
    this.#socket.send(packet, 0, bytes, this.#farEnd.port, this.#farEnd.address)
  }

  #nextKey(): OutgoingEvent | null {
    return this.#keys.next(this.#header.timestamp, TICK_SAMPLES)
  }

  #writeKey(packet: Buffer, payloadType: number, key: OutgoingEvent): number {
    const header = this.#header
    const { timestamp } = header
    header.payloadType = payloadType
    header.marker = key.first
    header.timestamp = key.timestamp
    writeRtp(packet, header)
    header.timestamp = timestamp
    writeEvent(key, packet, RTP_HEADER_BYTES)
    this.keyPackets += 1
    this.#talking = false
    return RTP_HEADER_BYTES + EVENT_BYTES
  }

  #writeSpeech(packet: Buffer, { law, payloadType }: LegStream, speech: Int16Array | null): number {
    this.#header.payloadType = payloadType
    this.#header.marker = !this.#talking
    writeRtp(packet, this.#header)
    if (speech !== null) encodeG711(law, speech, TICK_SAMPLES, packet, RTP_HEADER_BYTES)
    this.#talking = true
    return RTP_HEADER_BYTES + TICK_SAMPLES
  }
}
