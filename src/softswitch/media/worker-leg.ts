/**
 * One leg in the media worker: its socket, what it hears, what it is told, its recordings.
 *
 * A tick has two halves, `hear` of all legs and then `speak` of all legs, so that rooms can be mixed in between from
 * what everybody has said in the same 20 ms.
 */
import { randomBytes } from 'node:crypto'
import type { AudioSource, SoundFile } from './audio-source.ts'
import { decodeG711, encodeG711 } from './g711.ts'
import { JitterBuffer } from './jitter-buffer.ts'
import type { LegFigures, LegStream, PlayEnd } from './leg-messages.ts'
import { TICK_MS, TICK_SAMPLES } from './media-ticker.ts'
import { newRtpHeader, RTP_HEADER_BYTES, readRtp, writeRtp } from './rtp-packet.ts'
import type { RtpSocket } from './rtp-socket.ts'
import {
  EVENT_BYTES,
  type HeldDigit,
  TelephoneEventReceiver,
  TelephoneEventSender,
  writeEvent,
} from './telephone-event.ts'
import type { WorkerRecording } from './worker-recording.ts'
import type { WorkerSpy } from './worker-spy.ts'

/** Datagrams under way: the system may still read one while the next is written. */
const PACKET_BUFFERS = 8
/** Longest packet that is taken: 200 ms. */
const MOST_PACKET_SAMPLES = 1600
/** Ticks of one reading of the peak level (1 s). */
const PEAK_TICKS = 50

interface Playing {
  readonly play: number
  readonly source: AudioSource
  /** Samples after which it stops by itself. */
  readonly limit: number
  samples: number
}

export interface LegReports {
  digit(digit: HeldDigit): void
  /** No packet has come for as long as the stream allows. */
  silent(): void
  playEnded(play: number, end: PlayEnd, samples: number, file: SoundFile | null): void
}

export class WorkerLeg {
  /** What the far end said in this tick. */
  readonly heard = new Int16Array(TICK_SAMPLES)
  /** What the far end is told in this tick. */
  readonly spoken = new Int16Array(TICK_SAMPLES)
  readonly recordings = new Map<number, WorkerRecording>()
  /** Who listens in. */
  readonly spies = new Set<WorkerSpy>()
  readonly socket: RtpSocket
  readonly #reports: LegReports
  readonly #jitter: JitterBuffer
  readonly #receiver = new TelephoneEventReceiver()
  readonly #sender = new TelephoneEventSender()
  /** The last one plays; those before it wait until it has ended. */
  readonly #plays: Playing[] = []
  readonly #header = newRtpHeader()
  readonly #decoded = new Int16Array(MOST_PACKET_SAMPLES)
  readonly #packets = Array.from({ length: PACKET_BUFFERS }, () => Buffer.alloc(RTP_HEADER_BYTES + TICK_SAMPLES))
  #packetIndex = 0
  readonly #out = { marker: false, payloadType: 0, sequence: 0, timestamp: 0, ssrc: 0 }
  #stream: LegStream | null = null
  #remoteAddress = ''
  #remotePort = 0
  /** A packet from the negotiated address itself has come: its port is not learned any more. */
  #latched = false
  #remoteSsrc: number | null = null
  #talking = false
  #muteHeard = false
  #muteSpoken = false
  #packetsIn = 0
  #bytesIn = 0
  #packetsOut = 0
  #bytesOut = 0
  #ignored = 0
  #ticksSinceIn = -1
  /** Ticks without a packet in this stream. */
  #silentTicks = 0
  #idleSilence = false
  #peakTicks = 0
  #heardPeak = 0
  #spokenPeak = 0
  #lastHeardPeak = 0
  #lastSpokenPeak = 0

  constructor(socket: RtpSocket, jitterMs: number, reports: LegReports) {
    this.socket = socket
    this.#reports = reports
    this.#jitter = new JitterBuffer((jitterMs / TICK_MS) * TICK_SAMPLES)
    const random = randomBytes(10)
    this.#out.ssrc = random.readUInt32BE(0)
    this.#out.timestamp = random.readUInt32BE(4)
    this.#out.sequence = random.readUInt16BE(8)
    socket.socket.on('message', (datagram, from) => this.#receive(datagram, from.address, from.port))
  }

  /** Sets or changes the far end. Null: nothing is sent or taken. */
  negotiate(stream: LegStream | null): void {
    const before = this.#stream
    this.#stream = stream
    this.#silentTicks = 0
    if (stream === null) return
    if (before?.remoteAddress === stream.remoteAddress && before.remotePort === stream.remotePort) return
    this.#remoteAddress = stream.remoteAddress
    this.#remotePort = stream.remotePort
    this.#latched = false
  }

  /** Plays above whatever plays now; that goes on afterwards. */
  play(play: number, source: AudioSource, { limit = 0 }: { readonly limit?: number } = {}): void {
    this.#plays.push({ play, source, limit: limit === 0 ? Number.POSITIVE_INFINITY : limit, samples: 0 })
  }

  /** Whether this is what the far end is told now. */
  isPlaying(source: AudioSource): boolean {
    return this.#plays.at(-1)?.source === source
  }

  /** Ends a play wherever it stands in the pile. */
  stopPlay(play: number, end: PlayEnd = 'stopped'): void {
    const at = this.#plays.findIndex((playing) => playing.play === play)
    const playing = this.#plays[at]
    if (playing === undefined) return
    this.#plays.splice(at, 1)
    this.#endPlay(playing, end)
  }

  press(digits: readonly HeldDigit[]): void {
    for (const digit of digits) this.#sender.press(digit)
  }

  flushPresses(): void {
    this.#sender.flush()
  }

  /** `heard`: nobody hears the far end. `spoken`: the far end hears nobody. */
  mute({ heard, spoken }: { heard: boolean; spoken: boolean }): void {
    this.#muteHeard = heard
    this.#muteSpoken = spoken
  }

  /** Sends silence while nothing is played; else it sends nothing then. */
  sendIdleSilence(on: boolean): void {
    this.#idleSilence = on
  }

  /** First half of a tick: takes what the far end said. */
  hear(): void {
    this.#jitter.read(this.heard, TICK_SAMPLES)
    if (this.#muteHeard) this.heard.fill(0)
    for (const spy of this.spies) spy.pass('heard', this.heard)
    if (this.#ticksSinceIn >= 0) this.#ticksSinceIn += 1
    const lost = this.#receiver.elapse()
    if (lost !== null) this.#reports.digit(lost)
    this.#watchForSilence()
  }

  /** Second half: composes what the far end is told, sends and records it. */
  speak(): void {
    const speaking = this.#compose()
    if (this.#muteSpoken) this.spoken.fill(0)
    this.#send(this.#passSpoken() || speaking)
    this.#out.timestamp = (this.#out.timestamp + TICK_SAMPLES) >>> 0
    if (this.recordings.size > 0) {
      for (const recording of this.recordings.values()) recording.append(this.heard, this.spoken)
    }
    this.#measure()
  }

  figures(): LegFigures {
    return {
      packetsIn: this.#packetsIn,
      bytesIn: this.#bytesIn,
      packetsOut: this.#packetsOut,
      bytesOut: this.#bytesOut,
      ignored: this.#ignored,
      latePackets: this.#jitter.counts.late,
      restarts: this.#jitter.counts.restarts,
      silentForMs: this.#ticksSinceIn < 0 ? -1 : this.#ticksSinceIn * TICK_MS,
      heardPeak: this.#lastHeardPeak,
      spokenPeak: this.#lastSpokenPeak,
    }
  }

  /** @returns whether somebody whispers to the far end */
  #passSpoken(): boolean {
    let whispered = false
    for (const spy of this.spies) {
      spy.pass('spoken', this.spoken)
      whispered ||= spy.whispers.spoken
    }
    return whispered
  }

  /** Ends all plays. Socket and recordings are closed by the worker. */
  close(): void {
    for (const spy of this.spies) spy.end()
    for (const playing of this.#plays.splice(0)) this.#endPlay(playing, 'closed')
    this.#stream = null
  }

  #endPlay(playing: Playing, end: PlayEnd): void {
    playing.source.close()
    this.#reports.playEnded(playing.play, end, playing.samples, playing.source.file ?? null)
  }

  #watchForSilence(): void {
    const stream = this.#stream
    if (stream === null || !stream.receive || stream.timeoutMs === 0) return
    this.#silentTicks += 1
    if (this.#silentTicks === Math.ceil(stream.timeoutMs / TICK_MS)) this.#reports.silent()
  }

  /** @returns whether anything is to be sent in this tick */
  #compose(): boolean {
    const playing = this.#plays.at(-1)
    if (playing === undefined) {
      this.spoken.fill(0)
      return this.#idleSilence
    }
    const count = playing.source.read(this.spoken, TICK_SAMPLES)
    playing.samples += count
    if (count < TICK_SAMPLES) {
      this.spoken.fill(0, count)
      this.#plays.pop()
      this.#endPlay(playing, 'completed')
    } else if (playing.samples >= playing.limit) this.stopPlay(playing.play)
    return count > 0 || this.#idleSilence
  }

  #send(speaking: boolean): void {
    const stream = this.#stream
    if (stream === null || !stream.send) {
      this.#talking = false
      return
    }
    const event =
      stream.telephoneEventType === null || this.#sender.idle
        ? null
        : this.#sender.next(this.#out.timestamp, TICK_SAMPLES)
    if (event === null && !speaking) {
      this.#talking = false
      return
    }
    const packet = this.#packets[this.#packetIndex]
    if (packet === undefined) return
    this.#packetIndex = (this.#packetIndex + 1) % PACKET_BUFFERS
    const out = this.#out
    out.sequence = (out.sequence + 1) & 0xffff
    let bytes = RTP_HEADER_BYTES
    if (event !== null && stream.telephoneEventType !== null) {
      const timestamp = out.timestamp
      out.payloadType = stream.telephoneEventType
      out.marker = event.first
      out.timestamp = event.timestamp
      writeRtp(packet, out)
      out.timestamp = timestamp
      writeEvent(event, packet, RTP_HEADER_BYTES)
      bytes += EVENT_BYTES
      this.#talking = false
    } else {
      out.payloadType = stream.payloadType
      out.marker = !this.#talking
      writeRtp(packet, out)
      encodeG711(stream.law, this.spoken, TICK_SAMPLES, packet, RTP_HEADER_BYTES)
      bytes += TICK_SAMPLES
      this.#talking = true
    }
    this.#packetsOut += 1
    this.#bytesOut += bytes
    this.socket.socket.send(packet, 0, bytes, this.#remotePort, this.#remoteAddress)
  }

  #receive(datagram: Buffer, address: string, port: number): void {
    const stream = this.#stream
    const header = this.#header
    if (stream === null || !this.#isFarEnd(stream, address, port) || !readRtp(datagram, header)) {
      this.#ignored += 1
      return
    }
    this.#packetsIn += 1
    this.#bytesIn += datagram.length
    this.#ticksSinceIn = 0
    this.#silentTicks = 0
    if (header.ssrc !== this.#remoteSsrc) {
      if (this.#remoteSsrc !== null) {
        this.#jitter.reset()
        this.#receiver.reset()
      }
      this.#remoteSsrc = header.ssrc
    }
    if (!stream.receive) return
    if (header.payloadType === stream.telephoneEventType) {
      const digit = this.#receiver.receive(header, datagram, header.payloadStart, header.payloadEnd)
      if (digit !== null) this.#reports.digit(digit)
    } else if (header.payloadType === stream.payloadType) {
      const count = decodeG711(stream.law, datagram, header.payloadStart, header.payloadEnd, this.#decoded)
      this.#jitter.write(header.timestamp, this.#decoded, count)
    }
  }

  /**
   * Only the far end is listened to. Its host is the negotiated one; its port is learned from the first packet, as
   * long as none has come from the negotiated port (symmetric RTP, RFC 4961).
   */
  #isFarEnd(stream: LegStream, address: string, port: number): boolean {
    if (address !== stream.remoteAddress) return false
    if (port === stream.remotePort) {
      this.#remotePort = port
      this.#latched = true
      return true
    }
    if (port === this.#remotePort) return true
    if (this.#latched) return false
    this.#remotePort = port
    this.#latched = true
    return true
  }

  #measure(): void {
    for (let i = 0; i < TICK_SAMPLES; i += 4) {
      const heard = Math.abs(this.heard[i] ?? 0)
      const spoken = Math.abs(this.spoken[i] ?? 0)
      if (heard > this.#heardPeak) this.#heardPeak = heard
      if (spoken > this.#spokenPeak) this.#spokenPeak = spoken
    }
    this.#peakTicks += 1
    if (this.#peakTicks < PEAK_TICKS) return
    this.#peakTicks = 0
    this.#lastHeardPeak = this.#heardPeak
    this.#lastSpokenPeak = this.#spokenPeak
    this.#heardPeak = 0
    this.#spokenPeak = 0
  }
}
