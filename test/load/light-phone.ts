/**
 * The audio of a telephone at as little cost as can be, so that hundreds fit beside the servers that are measured: a
 * tone, encoded once for all, a key now and then, and a count of what comes.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { encodeG711 } from '#softswitch/media/g711.ts'
import { RTP_HEADER_BYTES, writeRtp } from '#softswitch/media/rtp-packet.ts'
import { EVENT_BYTES, TelephoneEventSender, writeEvent } from '#softswitch/media/telephone-event.ts'
import { sine } from '../harness/tones.ts'

const frameSamples = 160
/** A multiple of 5 Hz is whole in ten frames. */
const framesOfTone = 10
const buffers = 4
const eventType = 101
const pcma = 8
const keySamples = 800

const tones = new Map<number, readonly Buffer[]>()

export class LightPhone {
  packetsHeard = 0
  readonly #socket: Socket
  readonly #hz: number
  readonly #keys = new TelephoneEventSender()
  readonly #packets = Array.from({ length: buffers }, () => Buffer.alloc(RTP_HEADER_BYTES + frameSamples))
  readonly #out = { marker: false, payloadType: pcma, sequence: 1, timestamp: 1_000, ssrc: 0 }
  #port = 0
  #ticks = 0

  /** @param hz a multiple of 5 */
  static async open(hz: number): Promise<LightPhone> {
    // Addresses are numbers: a lookup would only cost a turn of the loop for each packet.
    const socket = createSocket({ type: 'udp4', lookup: (address, _options, done) => done(null, address, 4) })
    // Bound at once, so that it would not be heard listening behind this line.
    const listening = once(socket, 'listening')
    socket.bind(0, '127.0.0.1')
    await listening
    return new LightPhone(socket, hz)
  }

  private constructor(socket: Socket, hz: number) {
    this.#socket = socket
    this.#hz = hz
    this.#out.ssrc = socket.address().port
    socket.on('message', () => {
      this.packetsHeard += 1
    })
    socket.on('error', () => {})
  }

  get port(): number {
    return this.#socket.address().port
  }

  get sdp(): string {
    return [
      'v=0',
      'o=phone 1 1 IN IP4 127.0.0.1',
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${this.port} RTP/AVP ${pcma} ${eventType}`,
      `a=rtpmap:${pcma} PCMA/8000`,
      `a=rtpmap:${eventType} telephone-event/8000`,
      `a=fmtp:${eventType} 0-15`,
      'a=ptime:20',
      '',
    ].join('\r\n')
  }

  /** From the next beat on. @param port of 127.0.0.1 */
  talkTo(port: number): void {
    this.#port = port
  }

  press(digit: string): void {
    this.#keys.press({ digit, durationSamples: keySamples })
  }

  /** One packet; called every 20 ms. */
  beat(): void {
    if (this.#port === 0) return
    const out = this.#out
    const packet = this.#packets[this.#ticks % buffers]
    const event = this.#keys.idle ? null : this.#keys.next(out.timestamp, frameSamples)
    if (packet === undefined) return
    const { timestamp } = out
    out.sequence = (out.sequence + 1) & 0xffff
    out.payloadType = event === null ? pcma : eventType
    out.marker = event?.first ?? this.#ticks === 0
    out.timestamp = event?.timestamp ?? timestamp
    writeRtp(packet, out)
    if (event === null) {
      const frames = toneOf(this.#hz)
      frames[this.#ticks % framesOfTone]?.copy(packet, RTP_HEADER_BYTES)
    } else writeEvent(event, packet, RTP_HEADER_BYTES)
    out.timestamp = (timestamp + frameSamples) >>> 0
    this.#ticks += 1
    this.#socket.send(
      packet,
      0,
      RTP_HEADER_BYTES + (event === null ? frameSamples : EVENT_BYTES),
      this.#port,
      '127.0.0.1',
    )
  }

  close(): void {
    this.#port = 0
    this.#socket.close()
  }
}

function toneOf(hz: number): readonly Buffer[] {
  const known = tones.get(hz)
  if (known !== undefined) return known
  const samples = sine(hz, frameSamples * framesOfTone, 6_000)
  const made = Array.from({ length: framesOfTone }, (_, i) => {
    const frame = Buffer.alloc(frameSamples)
    encodeG711('PCMA', samples.subarray(i * frameSamples, (i + 1) * frameSamples), frameSamples, frame, 0)
    return frame
  })
  tones.set(hz, made)
  return made
}
