/**
 * One leg in the media worker: its socket, what it hears, what it is told, its recordings.
 *
 * A tick has two halves, `hear` of all legs and then `speak` of all legs, so that rooms can be mixed in between from
 * what everybody has said in the same 20 ms.
 */
import { randomBytes } from 'node:crypto'
import type { AudioSource, SoundFile } from './audio-source.ts'
import type { Displacement } from './displacement.ts'
import type { Ear, EarCue } from './ears.ts'
import { decodeG711, encodeG711 } from './g711.ts'
import type { LegFigures, LegStream, PlayEnd, RtcpNews, StreamFigures } from './leg-messages.ts'
import { LegPlays, type PlayStart } from './leg-plays.ts'
import { LegRtcp } from './leg-rtcp.ts'
import { TICK_MS, TICK_SAMPLES } from './media-ticker.ts'
import { Reception } from './reception.ts'
import { isRtcp } from './rtcp-packet.ts'
import { RtcpReporter, type Sent } from './rtcp-reporter.ts'
import { newRtpHeader, RTP_HEADER_BYTES, readRtp, writeRtp } from './rtp-packet.ts'
import type { RtpSocket } from './rtp-socket.ts'
import { SRTP_MOST_TAG_BYTES } from './srtp.ts'
import type { PlaySteer } from './steered-source.ts'
import { StreamCrypto } from './stream-crypto.ts'
import { StreamQuality } from './stream-quality.ts'
import {
  EVENT_BYTES,
  type HeldDigit,
  TelephoneEventReceiver,
  TelephoneEventSender,
  writeEvent,
} from './telephone-event.ts'
import { ToneKeys } from './tone-keys.ts'
import { VoiceReceiver } from './voice-receiver.ts'
import type { WorkerRecording } from './worker-recording.ts'
import type { WorkerSpy } from './worker-spy.ts'

/** Datagrams under way: the system may still read one while the next is written. */
const PACKET_BUFFERS = 8
/** Longest packet that is taken: 200 ms. */
const MOST_PACKET_SAMPLES = 1600
/** Comfort noise (RFC 3551). */
const COMFORT_NOISE_TYPE = 13
/** The most that is held back of a stream that comes unevenly: 200 ms. */
const MOST_DELAY_SAMPLES = 1600
const SAMPLES_PER_MS = 8
/** Ticks of one reading of the peak level (1 s). */
const PEAK_TICKS = 50

export interface LegReports {
  /** @param inBand it came as tones in the voice */
  digit(digit: HeldDigit, options: { readonly inBand: boolean }): void
  rtcp(news: RtcpNews): void
  /** No packet has come for as long as the stream allows. */
  silent(): void
  /** The file of a displacement has ended. */
  displaced(displacement: number): void
  /** A packet from elsewhere than the far end. */
  stranger(address: string): void
  cue(ear: number, cue: EarCue): void
  playEnded(play: number, end: PlayEnd, samples: number, file: SoundFile | null): void
}

export class WorkerLeg {
  /** What the far end said in this tick, with what was lost concealed. */
  readonly heard: Int16Array
  /** What the far end is told in this tick. */
  readonly spoken = new Int16Array(TICK_SAMPLES)
  readonly recordings = new Map<number, WorkerRecording>()
  /** Who listens in. */
  readonly spies = new Set<WorkerSpy>()
  readonly ears = new Map<number, Ear>()
  readonly displacements = new Map<number, Displacement>()
  readonly socket: RtpSocket
  readonly #reports: LegReports
  readonly #voice: VoiceReceiver
  readonly #reception = new Reception()
  readonly #quality = new StreamQuality()
  readonly #rtcp: LegRtcp
  /** Keys are looked for in the voice. */
  #toneKeys: ToneKeys | null = null
  #tonesWanted = false
  readonly #receiver = new TelephoneEventReceiver()
  readonly #sender = new TelephoneEventSender()
  readonly #plays: LegPlays
  readonly #header = newRtpHeader()
  readonly #decoded = new Int16Array(MOST_PACKET_SAMPLES)
  readonly #packets = Array.from({ length: PACKET_BUFFERS }, () =>
    Buffer.alloc(RTP_HEADER_BYTES + TICK_SAMPLES + SRTP_MOST_TAG_BYTES),
  )
  #packetIndex = 0
  readonly #out = { marker: false, payloadType: 0, sequence: 0, timestamp: 0, ssrc: 0 }
  #stream: LegStream | null = null
  readonly #crypto = new StreamCrypto()
  #remoteAddress = ''
  #remotePort = 0
  /** A packet from the negotiated address itself has come: its port is not learned any more. */
  #latched = false
  #remoteSsrc: number | null = null
  #talking = false
  #muteHeard = false
  #muteSpoken = false
  #heardLevel = 1
  #spokenLevel = 1
  #packetsIn = 0
  #bytesIn = 0
  #speechPacketsIn = 0
  #keyPacketsIn = 0
  #noisePacketsIn = 0
  #packetsOut = 0
  #keyPacketsOut = 0
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
    this.#plays = new LegPlays((play, end, samples, file) => reports.playEnded(play, end, samples, file))
    this.#voice = new VoiceReceiver({ floor: jitterMs * SAMPLES_PER_MS, ceiling: MOST_DELAY_SAMPLES })
    this.heard = this.#voice.heard
    const random = randomBytes(10)
    this.#out.ssrc = random.readUInt32BE(0)
    this.#out.timestamp = random.readUInt32BE(4)
    // In the lower half: a loss before the first roll-over of SRTP would leave the far end in doubt (RFC 3711 §3.3.1).
    this.#out.sequence = random.readUInt16BE(8) & 0x7fff
    this.#rtcp = new LegRtcp({
      rtp: socket,
      reception: this.#reception,
      reporter: new RtcpReporter(this.#out.ssrc, randomBytes(12).toString('base64url')),
      crypto: this.#crypto,
      tell: (news) => reports.rtcp(news),
    })
    socket.socket.on('message', (datagram, from) => this.#receive(datagram, from.address, from.port))
  }

  /** Sets or changes the far end. Null: nothing is sent or taken. */
  negotiate(stream: LegStream | null): void {
    const before = this.#stream
    this.#stream = stream
    this.#silentTicks = 0
    this.#rtcp.negotiate(stream)
    if (stream === null) return
    this.#crypto.negotiate(stream.srtp)
    this.#lookForTones()
    if (before?.remoteAddress === stream.remoteAddress && before.remotePort === stream.remotePort) return
    this.#remoteAddress = stream.remoteAddress
    this.#remotePort = stream.remotePort
    this.#latched = false
  }

  /** Plays above whatever plays now; that goes on afterwards. */
  play(play: number, source: AudioSource, start: PlayStart = {}): void {
    this.#plays.push(play, source, start)
  }

  steerPlay(play: number, steer: PlaySteer): void {
    this.#plays.steer(play, steer)
  }

  /** Whether this is what the far end is told now. */
  isPlaying(source: AudioSource): boolean {
    return this.#plays.isHeard(source)
  }

  /** Ends a play wherever it stands in the pile. */
  stopPlay(play: number, end: PlayEnd = 'stopped'): void {
    this.#plays.stop(play, end)
  }

  press(digits: readonly HeldDigit[]): void {
    for (const digit of digits) this.#sender.press(digit)
  }

  flushPresses(): void {
    this.#sender.flush()
  }

  /** Keys that come as tones in the voice are told, too; of a far end that has no other keys they always are. */
  hearTones(on: boolean): void {
    this.#tonesWanted = on
    this.#lookForTones()
  }

  /** `heard`: nobody hears the far end. `spoken`: the far end hears nobody. */
  mute({ heard, spoken }: { heard: boolean; spoken: boolean }): void {
    this.#muteHeard = heard
    this.#muteSpoken = spoken
  }

  /** Factors; 1 leaves the sound as it is. */
  level({ heard, spoken }: { heard: number; spoken: number }): void {
    this.#heardLevel = heard
    this.#spokenLevel = spoken
  }

  /** Sends silence while nothing is played; else it sends nothing then. */
  sendIdleSilence(on: boolean): void {
    this.#idleSilence = on
  }

  /** First half of a tick: takes what the far end said. */
  hear(): void {
    this.#voice.hear()
    const tone = this.#toneKeys?.take(this.heard) ?? null
    if (tone !== null) this.#reports.digit(tone, { inBand: true })
    if (this.#heardLevel !== 1) amplify(this.heard, this.#heardLevel)
    if (this.displacements.size > 0) this.#displace('heard')
    if (this.#muteHeard) this.#voice.silence()
    for (const spy of this.spies) spy.pass('heard', this.heard)
    if (this.#ticksSinceIn >= 0) this.#ticksSinceIn += 1
    const lost = this.#receiver.elapse()
    if (lost !== null) this.#reports.digit(lost, { inBand: false })
    this.#watchForSilence()
  }

  /** Second half: composes what the far end is told, sends and records it. */
  speak(): void {
    const speaking = this.#plays.read(this.spoken) || this.#idleSilence
    if (speaking && this.displacements.size > 0) this.#displace('spoken')
    if (this.#spokenLevel !== 1) amplify(this.spoken, this.#spokenLevel)
    if (this.#muteSpoken) this.spoken.fill(0)
    for (const [id, ear] of this.ears) {
      const cue = ear.hear(this.heard, this.spoken)
      if (cue !== null) this.#reports.cue(id, cue)
    }
    this.#send(this.#passSpoken() || speaking)
    this.#out.timestamp = (this.#out.timestamp + TICK_SAMPLES) >>> 0
    if (this.recordings.size > 0) {
      for (const recording of this.recordings.values()) recording.append(this.#voice.recorded, this.spoken)
    }
    this.#rtcp.tick(this.#sent, unixMs)
    this.#measure()
  }

  figures(): LegFigures {
    return {
      packetsIn: this.#packetsIn,
      bytesIn: this.#bytesIn,
      packetsOut: this.#packetsOut,
      bytesOut: this.#bytesOut,
      ignored: this.#ignored,
      latePackets: this.#voice.counts.late,
      restarts: this.#voice.counts.restarts,
      silentForMs: this.#ticksSinceIn < 0 ? -1 : this.#ticksSinceIn * TICK_MS,
      heardPeak: this.#lastHeardPeak,
      spokenPeak: this.#lastSpokenPeak,
      stream: this.#streamFigures(),
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

  #streamFigures(): StreamFigures {
    return {
      ...this.#quality.figures(),
      speechPacketsIn: this.#speechPacketsIn,
      keyPacketsIn: this.#keyPacketsIn,
      noisePacketsIn: this.#noisePacketsIn,
      keyPacketsOut: this.#keyPacketsOut,
      missingTicks: this.#voice.missingTicks,
      longestDelayMs: this.#voice.longestDelay / SAMPLES_PER_MS,
      expected: this.#reception.expected,
      lost: this.#reception.lost,
      jitterMs: this.#reception.jitter / SAMPLES_PER_MS,
      roundTripMs: this.#rtcp.roundTripMs,
      sender: this.#rtcp.sender,
    }
  }

  readonly #sent = (): Sent => ({
    packets: this.#packetsOut,
    octets: this.#bytesOut - this.#packetsOut * RTP_HEADER_BYTES,
    rtpTimestamp: this.#out.timestamp,
  })

  #lookForTones(): void {
    const wanted = this.#tonesWanted || this.#stream?.telephoneEventType === null
    if (wanted) this.#toneKeys ??= new ToneKeys()
    else this.#toneKeys = null
  }

  /** Ends all plays. Socket and recordings are closed by the worker. */
  close(): void {
    for (const spy of this.spies) spy.end()
    this.#plays.close()
    for (const displacement of this.displacements.values()) displacement.close()
    this.displacements.clear()
    this.#stream = null
    this.#rtcp.close()
  }

  /** A file in the place of what is spoken moves only while anything is, as on the real server. */
  #displace(side: 'heard' | 'spoken'): void {
    for (const [id, displacement] of this.displacements) {
      if (displacement.order.side !== side) continue
      const [own, other] = side === 'heard' ? [this.heard, this.spoken] : [this.spoken, this.heard]
      const goesOn = displacement.apply(own, other)
      if (side === 'spoken' && !displacement.order.mixed) this.#voice.silence()
      if (goesOn) continue
      displacement.close()
      this.displacements.delete(id)
      this.#reports.displaced(id)
    }
  }

  #watchForSilence(): void {
    const stream = this.#stream
    if (stream === null || !stream.receive || stream.timeoutMs === 0) return
    this.#silentTicks += 1
    if (this.#silentTicks === Math.ceil(stream.timeoutMs / TICK_MS)) this.#reports.silent()
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
      this.#keyPacketsOut += 1
      this.#talking = false
    } else {
      out.payloadType = stream.payloadType
      out.marker = !this.#talking
      writeRtp(packet, out)
      encodeG711(stream.law, this.spoken, TICK_SAMPLES, packet, RTP_HEADER_BYTES)
      bytes += TICK_SAMPLES
      this.#talking = true
    }
    bytes = this.#crypto.seal(packet, bytes)
    if (bytes < 0) return
    this.#packetsOut += 1
    this.#bytesOut += bytes
    this.socket.socket.send(packet, 0, bytes, this.#remotePort, this.#remoteAddress)
  }

  #receive(sent: Buffer, address: string, port: number): void {
    const stream = this.#stream
    const header = this.#header
    if (isRtcp(sent)) {
      if (!this.#rtcp.receive(sent, address, unixMs())) this.#ignored += 1
      return
    }
    const datagram = stream === null || address !== stream.remoteAddress ? null : this.#crypto.open(sent)
    if (stream === null || datagram === null || !this.#isFarEnd(stream, address, port) || !readRtp(datagram, header)) {
      this.#ignored += 1
      if (stream !== null && (address !== stream.remoteAddress || port !== this.#remotePort)) {
        this.#reports.stranger(address)
      }
      return
    }
    this.#packetsIn += 1
    this.#bytesIn += sent.length
    this.#ticksSinceIn = 0
    this.#silentTicks = 0
    if (header.ssrc !== this.#remoteSsrc) {
      if (this.#remoteSsrc !== null) {
        this.#voice.reset()
        this.#receiver.reset()
      }
      this.#remoteSsrc = header.ssrc
    }
    const nowMs = performance.now()
    const isSpeech = header.payloadType === stream.payloadType
    this.#reception.take(header.ssrc, header.sequence, header.timestamp, (nowMs * SAMPLES_PER_MS) | 0, isSpeech)
    if (isSpeech) {
      this.#speechPacketsIn += 1
      this.#quality.take(header.sequence, Math.trunc(nowMs))
      if (!stream.receive) return
      const count = decodeG711(stream.law, datagram, header.payloadStart, header.payloadEnd, this.#decoded)
      this.#voice.write(header.timestamp, this.#decoded, count, header.marker)
    } else if (header.payloadType === stream.telephoneEventType) {
      this.#keyPacketsIn += 1
      this.#quality.interrupt()
      const digit = stream.receive
        ? this.#receiver.receive(header, datagram, header.payloadStart, header.payloadEnd)
        : null
      if (digit !== null) this.#reports.digit(digit, { inBand: false })
    } else if (header.payloadType === COMFORT_NOISE_TYPE) {
      this.#noisePacketsIn += 1
      this.#voice.rest()
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

function amplify(samples: Int16Array, factor: number): void {
  for (let at = 0; at < samples.length; at++) {
    samples[at] = Math.max(-32_768, Math.min(32_767, (samples[at] ?? 0) * factor))
  }
}

/** Since 1970, with fractions: the clock of RTCP's reports. */
function unixMs(): number {
  return performance.timeOrigin + performance.now()
}
