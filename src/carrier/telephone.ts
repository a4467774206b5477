/**
 * The audio half of a patient's telephone: one RTP socket that sends every 20 ms (silence, a tone, or a key as RFC
 * 4733 events) and tells how loud what it hears is.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { decodeG711, encodeG711, G711_SILENCE, type G711Law } from '#softswitch/media/g711.ts'
import { newRtpHeader, RTP_HEADER_BYTES, readRtp, writeRtp } from '#softswitch/media/rtp-packet.ts'
import type { NegotiatedAudio } from '#softswitch/media/sdp.ts'
import { EVENT_BYTES, TelephoneEventSender, writeEvent } from '#softswitch/media/telephone-event.ts'
import { voiceStepHz } from './voice.ts'

const frameSamples = 160
const keySamples = 800
const toneAmplitude = 6_000

/** A tone of a multiple of 5 Hz is whole in 200 ms: ten frames, which join without a click however often they repeat. */
const framesOfTone = 10
/** Encoded tones, ten frames each; silence has one. */
const tones = new Map<string, readonly Buffer[]>()

export class Telephone {
  /** Every audio packet: mean absolute sample, when it came (`performance.now`), and its samples, lent for the call. */
  onSound: (level: number, at: number, samples: Int16Array) => void = () => {}
  readonly #socket: Socket
  readonly #keys = new TelephoneEventSender()
  readonly #heardHeader = newRtpHeader()
  readonly #heardSamples = new Int16Array(2_000)
  #audio: NegotiatedAudio | undefined
  #toneHz = 0
  /** Counted while a key is held, too: the tone goes on where it would be. */
  #ticks = 0
  #sequence: number
  #timestamp: number
  readonly #ssrc: number
  #first = true
  #closed = false

  /** @param random 0–1, for the numbers RTP begins with */
  static async open(address: string, random: () => number): Promise<Telephone> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    socket.bind(0, address)
    await once(socket, 'listening')
    return new Telephone(socket, random)
  }

  private constructor(socket: Socket, random: () => number) {
    this.#socket = socket
    this.#sequence = Math.floor(random() * 0x8000)
    this.#timestamp = Math.floor(random() * 2 ** 32)
    this.#ssrc = Math.floor(random() * 2 ** 32)
    socket.on('message', (datagram) => this.#hear(datagram))
    socket.on('error', () => {})
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** Begins to send, or goes on to another address. */
  connect(audio: NegotiatedAudio): void {
    this.#audio = audio
  }

  /** 0 = silence. Rounded to 5 Hz. */
  sound(hz: number): void {
    this.#toneHz = Math.round(hz / voiceStepHz) * voiceStepHz
  }

  /** Holds a key for 100 ms. @returns false when the other side takes no telephone-events */
  press(key: string): boolean {
    if (this.#audio?.telephoneEventType == null) return false
    return this.#keys.press({ digit: key, durationSamples: keySamples })
  }

  /** One packet; called every 20 ms. */
  tick(): void {
    const audio = this.#audio
    if (audio === undefined || this.#closed) return
    const event = this.#keys.next(this.#timestamp, frameSamples)
    if (audio.maySend) {
      const sendsEvent = event !== null && audio.telephoneEventType !== null
      const packet = Buffer.alloc(RTP_HEADER_BYTES + (sendsEvent ? EVENT_BYTES : frameSamples))
      writeRtp(packet, {
        marker: sendsEvent ? event.first : this.#first,
        payloadType: sendsEvent ? (audio.telephoneEventType ?? 0) : audio.payloadType,
        sequence: this.#sequence,
        timestamp: sendsEvent ? event.timestamp : this.#timestamp,
        ssrc: this.#ssrc,
      })
      if (sendsEvent) writeEvent(event, packet, RTP_HEADER_BYTES)
      else this.#nextFrame(audio.law).copy(packet, RTP_HEADER_BYTES)
      this.#first = false
      this.#sequence = (this.#sequence + 1) & 0xffff
      this.#socket.send(packet, audio.remotePort, audio.remoteAddress, () => {})
    }
    this.#timestamp = (this.#timestamp + frameSamples) >>> 0
    this.#ticks++
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#socket.close()
  }

  #nextFrame(law: G711Law): Buffer {
    const frames = toneOf(law, this.#toneHz)
    return frames[this.#ticks % frames.length] ?? silence(law)
  }

  #hear(datagram: Buffer): void {
    const audio = this.#audio
    const header = this.#heardHeader
    if (audio === undefined || !readRtp(datagram, header) || header.payloadType !== audio.payloadType) return
    const samples = this.#heardSamples
    const count = decodeG711(audio.law, datagram, header.payloadStart, header.payloadEnd, samples, 0)
    let sum = 0
    for (let i = 0; i < count; i++) sum += Math.abs(samples[i] ?? 0)
    this.onSound(count === 0 ? 0 : sum / count, performance.now(), samples.subarray(0, count))
  }
}

function toneOf(law: G711Law, hz: number): readonly Buffer[] {
  const name = `${law}${hz}`
  const known = tones.get(name)
  if (known !== undefined) return known
  const made = hz === 0 ? [silence(law)] : Array.from({ length: framesOfTone }, (_, i) => toneFrame(law, hz, i))
  tones.set(name, made)
  return made
}

function toneFrame(law: G711Law, hz: number, index: number): Buffer {
  const samples = Int16Array.from({ length: frameSamples }, (_, i) =>
    Math.round(toneAmplitude * Math.sin((2 * Math.PI * hz * (index * frameSamples + i)) / 8_000)),
  )
  const frame = Buffer.alloc(frameSamples)
  encodeG711(law, samples, frameSamples, frame, 0)
  return frame
}

function silence(law: G711Law): Buffer {
  return Buffer.alloc(frameSamples, G711_SILENCE[law])
}
