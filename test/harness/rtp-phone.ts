/**
 * The media half of a telephone for tests: one UDP socket that sends tones and keys every 20 ms and keeps what it
 * hears. G.711 A-law and telephone-event 101, unless told otherwise.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { decodeG711, encodeG711, G711_PAYLOAD_TYPE, type G711Law } from '#softswitch/media/g711.ts'
import { newRtpHeader, RTP_HEADER_BYTES, readRtp, writeRtp } from '#softswitch/media/rtp-packet.ts'
import { newSdesKeys, takenCrypto, writeCrypto } from '#softswitch/media/sdes.ts'
import { type NegotiatedAudio, parseSdp } from '#softswitch/media/sdp.ts'
import { SRTP_MOST_TAG_BYTES, type SrtpKeys, type SrtpSuite } from '#softswitch/media/srtp.ts'
import { StreamCrypto } from '#softswitch/media/stream-crypto.ts'
import {
  EVENT_BYTES,
  type HeldDigit,
  TelephoneEventReceiver,
  TelephoneEventSender,
  writeEvent,
} from '#softswitch/media/telephone-event.ts'
import { sine } from './tones.ts'

export interface HeardPacket {
  readonly sequence: number
  readonly timestamp: number
  readonly marker: boolean
  readonly payloadType: number
  readonly samples: Int16Array
  /** `performance.now()` when it came. */
  readonly at: number
}

export class RtpPhone {
  readonly law: G711Law
  readonly eventType: number
  readonly socket: Socket
  readonly heard: HeardPacket[] = []
  readonly digits: HeldDigit[] = []
  /** Packets so far. */
  sent = 0
  /** What its description says besides, such as `a=rtcp-mux`. */
  sdpLines: readonly string[] = []
  /** False: it says nothing of telephone-events, as one whose keys are tones. */
  hasKeys = true
  readonly #crypto = new StreamCrypto()
  #keys: SrtpKeys | undefined
  #peer: { address: string; port: number } | null = null
  #frequency = 0
  #timer: NodeJS.Timeout | null = null
  #ticks = 0
  #startedAt = 0
  /** Tones still to be sent, each with its ticks. */
  readonly #tones: { readonly frequencies: readonly number[]; ticks: number }[] = []
  readonly #sender = new TelephoneEventSender()
  readonly #receiver = new TelephoneEventReceiver()
  readonly #out = { marker: false, payloadType: 0, sequence: 1, timestamp: 1000, ssrc: 77 }
  readonly #waiting = new Set<() => void>()

  static async open(law: G711Law = 'PCMA', eventType = 101): Promise<RtpPhone> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new RtpPhone(socket, law, eventType)
  }

  private constructor(socket: Socket, law: G711Law, eventType: number) {
    this.socket = socket
    this.law = law
    this.eventType = eventType
    socket.on('message', (datagram) => this.#receive(datagram))
    socket.on('error', () => {})
  }

  get port(): number {
    return this.socket.address().port
  }

  /** How a leg of the media engine is told about this telephone. */
  get audio(): NegotiatedAudio {
    return {
      law: this.law,
      payloadType: G711_PAYLOAD_TYPE[this.law],
      telephoneEventType: this.eventType,
      remoteAddress: '127.0.0.1',
      remotePort: this.port,
      maySend: true,
      mayReceive: true,
      rtcp: null,
    }
  }

  /** A session description with this telephone's address. */
  get sdp(): string {
    const type = G711_PAYLOAD_TYPE[this.law]
    return [
      'v=0',
      'o=phone 1 1 IN IP4 127.0.0.1',
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${this.port} ${this.#keys === undefined ? 'RTP/AVP' : 'RTP/SAVP'} ${type}${this.hasKeys ? ` ${this.eventType}` : ''}`,
      `a=rtpmap:${type} ${this.law}/8000`,
      ...(this.hasKeys ? [`a=rtpmap:${this.eventType} telephone-event/8000`, `a=fmtp:${this.eventType} 0-15`] : []),
      'a=ptime:20',
      ...this.sdpLines,
      ...(this.#keys === undefined ? [] : [`a=${writeCrypto({ tag: '1', ...this.#keys })}`]),
      '',
    ].join('\r\n')
  }

  /** From now on its description offers SRTP, and nothing else. */
  secure(suite: SrtpSuite): void {
    this.#keys = newSdesKeys().find((keys) => keys.suite === suite)
  }

  /** Takes the keys of the answer to that offer. */
  trust(answer: string): void {
    const theirs = takenCrypto(parseSdp(answer)?.media[0]?.attributes ?? [])
    if (this.#keys === undefined || theirs === null) throw new Error('no keys in the answer')
    this.#crypto.negotiate({ ours: this.#keys, theirs })
  }

  /** Sends these tones (silence at 0 Hz) one after the other, whole packets each, and then what it sent before. */
  say(...sounds: readonly { readonly hz: number; readonly ms: number }[]): void {
    for (const { hz, ms } of sounds) this.#tones.push({ frequencies: [hz], ticks: Math.ceil(ms / 20) })
  }

  /** Begins to send every 20 ms: a tone, or silence at 0 Hz. */
  talk(to: { address: string; port: number }, frequency = 0): void {
    this.#peer = to
    this.#frequency = frequency
    if (this.#timer !== null) return
    this.#startedAt = performance.now() - this.#ticks * 20
    this.#timer = setInterval(() => this.#catchUp(), 5)
  }

  stopTalking(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  press(digits: string, durationSamples = 800): void {
    for (const digit of digits) this.#sender.press({ digit, durationSamples })
  }

  /** Keys as tones in the voice: 100 ms each, with pauses of 100 ms. */
  pressTones(digits: string): void {
    for (const digit of digits) {
      const at = '123A456B789C*0#D'.indexOf(digit)
      const low = [697, 770, 852, 941][Math.floor(at / 4)] ?? 0
      const high = [1209, 1336, 1477, 1633][at % 4] ?? 0
      this.#tones.push({ frequencies: [low, high], ticks: 5 }, { frequencies: [], ticks: 5 })
    }
  }

  /** What was heard from packet `from` on, end to end. */
  samples(from = 0): Int16Array {
    const packets = this.heard.slice(from).filter(({ payloadType }) => payloadType !== this.eventType)
    const all = new Int16Array(packets.reduce((sum, { samples }) => sum + samples.length, 0))
    let at = 0
    for (const { samples } of packets) {
      all.set(samples, at)
      at += samples.length
    }
    return all
  }

  /** Resolves when `condition` holds; it is asked again with each packet. */
  async until(condition: () => boolean, limitMs = 20_000): Promise<void> {
    if (condition()) return
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => {
        this.#waiting.delete(check)
        reject(new Error('the telephone waited in vain'))
      }, limitMs)
      const check = (): void => {
        if (!condition()) return
        clearTimeout(limit)
        this.#waiting.delete(check)
        resolve()
      }
      this.#waiting.add(check)
    })
  }

  close(): void {
    this.stopTalking()
    this.socket.close()
  }

  #catchUp(): void {
    while (performance.now() - this.#startedAt >= this.#ticks * 20) {
      this.#sendTick()
      this.#ticks += 1
    }
  }

  #sendTick(): void {
    const peer = this.#peer
    if (peer === null) return
    const out = this.#out
    const event = this.#sender.idle ? null : this.#sender.next(out.timestamp, 160)
    const bytes = RTP_HEADER_BYTES + (event === null ? 160 : EVENT_BYTES)
    const packet = Buffer.alloc(bytes + SRTP_MOST_TAG_BYTES)
    const timestamp = out.timestamp
    out.sequence = (out.sequence + 1) & 0xffff
    out.marker = event?.first ?? false
    out.payloadType = event === null ? G711_PAYLOAD_TYPE[this.law] : this.eventType
    if (event !== null) out.timestamp = event.timestamp
    writeRtp(packet, out)
    out.timestamp = timestamp
    if (event !== null) writeEvent(event, packet, RTP_HEADER_BYTES)
    else encodeG711(this.law, this.#sound(), 160, packet, RTP_HEADER_BYTES)
    out.timestamp = (out.timestamp + 160) >>> 0
    this.sent += 1
    this.socket.send(packet, 0, this.#crypto.seal(packet, bytes), peer.port, peer.address)
  }

  #sound(): Int16Array {
    const from = this.#ticks * 160
    const tone = this.#tones[0]
    if (tone === undefined) return sine(this.#frequency, 160, 8000, from)
    tone.ticks -= 1
    if (tone.ticks === 0) this.#tones.shift()
    const sum = new Int16Array(160)
    for (const frequency of tone.frequencies) {
      const part = sine(frequency, 160, 6000, from)
      for (let i = 0; i < 160; i++) sum[i] = (sum[i] ?? 0) + (part[i] ?? 0)
    }
    return sum
  }

  #receive(sent: Buffer): void {
    const header = newRtpHeader()
    const datagram = this.#crypto.open(sent)
    if (datagram === null || !readRtp(datagram, header)) return
    const samples = new Int16Array(header.payloadEnd - header.payloadStart)
    if (header.payloadType === this.eventType) {
      const digit = this.#receiver.receive(header, datagram, header.payloadStart, header.payloadEnd)
      if (digit !== null) this.digits.push(digit)
    } else decodeG711(this.law, datagram, header.payloadStart, header.payloadEnd, samples)
    const { sequence, timestamp, marker, payloadType } = header
    this.heard.push({ sequence, timestamp, marker, payloadType, samples, at: performance.now() })
    for (const check of [...this.#waiting]) check()
  }
}
