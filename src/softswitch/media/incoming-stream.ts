/** What the far end of a leg sends: its voice and keys, and how evenly they come. */
import type { FarEnd } from './far-end.ts'
import { decodeG711 } from './g711.ts'
import type { LegStream } from './leg-messages.ts'
import { TICK_MS } from './media-ticker.ts'
import { Reception } from './reception.ts'
import { newRtpHeader, type RtpHeader, readRtp } from './rtp-packet.ts'
import type { StreamCrypto } from './stream-crypto.ts'
import { StreamQuality } from './stream-quality.ts'
import { type HeldDigit, TelephoneEventReceiver } from './telephone-event.ts'
import { TickAllowance } from './tick-allowance.ts'
import { VoiceReceiver } from './voice-receiver.ts'

/** Longest packet that is taken: 200 ms. */
const MOST_PACKET_SAMPLES = 1600
/** Comfort noise (RFC 3551). */
const COMFORT_NOISE_TYPE = 13
/** The most that is held back of a stream that comes unevenly: 200 ms. */
const MOST_DELAY_SAMPLES = 1600
const SAMPLES_PER_MS = 8

export interface IncomingReports {
  digit(digit: HeldDigit): void
  /** No packet has come for as long as the stream allows. */
  silent(): void
  /** A packet from elsewhere than the far end. */
  stranger(address: string): void
}

export class IncomingStream {
  readonly voice: VoiceReceiver
  readonly reception = new Reception()
  readonly quality = new StreamQuality()
  /** Since the leg opened. */
  packets = 0
  bytes = 0
  speechPackets = 0
  keyPackets = 0
  noisePackets = 0
  readonly #farEnd: FarEnd
  readonly #crypto: StreamCrypto
  readonly #reports: IncomingReports
  readonly #keys = new TelephoneEventReceiver()
  readonly #header = newRtpHeader()
  readonly #decoded = new Int16Array(MOST_PACKET_SAMPLES)
  readonly #keysToTell = new TickAllowance()
  /** Of the voice, and of the keys: a gateway may send each as a source of its own, between each other's packets. */
  #voiceSsrc: number | null = null
  #keySsrc: number | null = null
  #ticksSincePacket = -1
  /** Ticks without a packet in the stream as it was negotiated. */
  #silentTicks = 0

  constructor(parts: {
    readonly jitterMs: number
    readonly farEnd: FarEnd
    readonly crypto: StreamCrypto
    readonly reports: IncomingReports
  }) {
    this.voice = new VoiceReceiver({ floor: parts.jitterMs * SAMPLES_PER_MS, ceiling: MOST_DELAY_SAMPLES })
    this.#farEnd = parts.farEnd
    this.#crypto = parts.crypto
    this.#reports = parts.reports
  }

  /** Since the last packet, −1 when there was none. */
  get silentForMs(): number {
    return this.#ticksSincePacket < 0 ? -1 : this.#ticksSincePacket * TICK_MS
  }

  get longestDelayMs(): number {
    return this.voice.longestDelay / SAMPLES_PER_MS
  }

  get jitterMs(): number {
    return this.reception.jitter / SAMPLES_PER_MS
  }

  /** Another stream has been negotiated. */
  begin(): void {
    this.#silentTicks = 0
  }

  /** Takes one datagram. @returns whether it was RTP of the far end */
  take(stream: LegStream | null, sent: Buffer, address: string, port: number): boolean {
    if (stream === null) return false
    const header = this.#header
    const datagram = address === stream.remoteAddress ? this.#crypto.open(sent) : null
    if (datagram === null || !readRtp(datagram, header) || !this.#farEnd.admit(address, port)) {
      if (!this.#farEnd.isAt(address, port)) this.#reports.stranger(address)
      return false
    }
    this.packets += 1
    this.bytes += sent.length
    this.#ticksSincePacket = 0
    this.#silentTicks = 0
    const nowMs = performance.now()
    const isSpeech = header.payloadType === stream.payloadType
    this.reception.take(header.ssrc, header.sequence, header.timestamp, (nowMs * SAMPLES_PER_MS) | 0, isSpeech)
    if (isSpeech) this.#takeSpeech(stream, datagram, header, nowMs)
    else if (header.payloadType === stream.telephoneEventType) this.#takeKey(stream, datagram, header)
    else if (header.payloadType === COMFORT_NOISE_TYPE) {
      this.noisePackets += 1
      this.voice.rest()
    }
    return true
  }

  /** Once a tick, behind what was heard in it. */
  elapse(stream: LegStream | null): void {
    if (this.#ticksSincePacket >= 0) this.#ticksSincePacket += 1
    this.#keysToTell.tick()
    this.#tellKey(this.#keys.elapse())
    if (stream === null || !stream.receive || stream.timeoutMs === 0) return
    this.#silentTicks += 1
    if (this.#silentTicks === Math.ceil(stream.timeoutMs / TICK_MS)) this.#reports.silent()
  }

  #takeSpeech(stream: LegStream, datagram: Buffer, header: RtpHeader, nowMs: number): void {
    this.speechPackets += 1
    this.quality.take(header.sequence, Math.trunc(nowMs))
    if (header.ssrc !== this.#voiceSsrc) {
      if (this.#voiceSsrc !== null) this.voice.reset()
      this.#voiceSsrc = header.ssrc
    }
    if (!stream.receive) return
    const count = decodeG711(stream.law, datagram, header.payloadStart, header.payloadEnd, this.#decoded)
    this.voice.write(header.timestamp, this.#decoded, count, header.marker)
  }

  #takeKey(stream: LegStream, datagram: Buffer, header: RtpHeader): void {
    this.keyPackets += 1
    this.quality.interrupt()
    if (header.ssrc !== this.#keySsrc) {
      if (this.#keySsrc !== null) this.#keys.reset()
      this.#keySsrc = header.ssrc
    }
    if (!stream.receive) return
    this.#tellKey(this.#keys.receive(header, datagram, header.payloadStart, header.payloadEnd))
  }

  #tellKey(digit: HeldDigit | null): void {
    if (digit !== null && this.#keysToTell.take()) this.#reports.digit(digit)
  }
}
