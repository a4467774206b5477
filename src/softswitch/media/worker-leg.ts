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
import { FarEnd } from './far-end.ts'
import { IncomingStream } from './incoming-stream.ts'
import type { LegFigures, LegStream, PlayEnd, RtcpNews, StreamFigures } from './leg-messages.ts'
import { LegPlays, type PlayStart } from './leg-plays.ts'
import { LegRtcp } from './leg-rtcp.ts'
import { TICK_SAMPLES } from './media-ticker.ts'
import { OutgoingStream } from './outgoing-stream.ts'
import { PeakMeter } from './peak-meter.ts'
import { isRtcp } from './rtcp-packet.ts'
import { RtcpReporter } from './rtcp-reporter.ts'
import type { RtpSocket } from './rtp-socket.ts'
import type { PlaySteer } from './steered-source.ts'
import { StreamCrypto } from './stream-crypto.ts'
import type { HeldDigit } from './telephone-event.ts'
import { ToneKeys } from './tone-keys.ts'
import type { WorkerRecording } from './worker-recording.ts'
import type { WorkerSpy } from './worker-spy.ts'

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
  readonly #farEnd = new FarEnd()
  readonly #crypto = new StreamCrypto()
  readonly #incoming: IncomingStream
  readonly #outgoing: OutgoingStream
  readonly #rtcp: LegRtcp
  readonly #plays: LegPlays
  readonly #peaks = new PeakMeter()
  /** Keys are looked for in the voice. */
  #toneKeys: ToneKeys | null = null
  #tonesWanted = false
  #stream: LegStream | null = null
  #muteHeard = false
  #muteSpoken = false
  #heardLevel = 1
  #spokenLevel = 1
  #ignored = 0
  #idleSilence = false

  constructor(socket: RtpSocket, jitterMs: number, reports: LegReports) {
    this.socket = socket
    this.#reports = reports
    this.#plays = new LegPlays((play, end, samples, file) => reports.playEnded(play, end, samples, file))
    const way = { farEnd: this.#farEnd, crypto: this.#crypto }
    this.#incoming = new IncomingStream({
      ...way,
      jitterMs,
      reports: {
        digit: (digit) => reports.digit(digit, { inBand: false }),
        silent: () => reports.silent(),
        stranger: (address) => reports.stranger(address),
      },
    })
    this.heard = this.#incoming.voice.heard
    this.#outgoing = new OutgoingStream({ ...way, socket: socket.socket })
    this.#rtcp = new LegRtcp({
      rtp: socket,
      reception: this.#incoming.reception,
      reporter: new RtcpReporter(this.#outgoing.ssrc, randomBytes(12).toString('base64url')),
      crypto: this.#crypto,
      tell: (news) => reports.rtcp(news),
    })
    socket.socket.on('message', (datagram, from) => this.#receive(datagram, from.address, from.port))
  }

  /** Sets or changes the far end. Null: nothing is sent or taken. */
  negotiate(stream: LegStream | null): void {
    this.#stream = stream
    this.#farEnd.negotiate(stream)
    this.#incoming.begin()
    this.#rtcp.negotiate(stream)
    if (stream === null) return
    this.#crypto.negotiate(stream.srtp)
    this.#lookForTones()
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
    this.#outgoing.press(digits)
  }

  flushPresses(): void {
    this.#outgoing.flushPresses()
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
    this.#incoming.voice.hear()
    const tone = this.#toneKeys?.take(this.heard) ?? null
    if (tone !== null) this.#reports.digit(tone, { inBand: true })
    if (this.#heardLevel !== 1) amplify(this.heard, this.#heardLevel)
    if (this.displacements.size > 0) this.#displace('heard')
    if (this.#muteHeard) this.#incoming.voice.silence()
    for (const spy of this.spies) spy.pass('heard', this.heard)
    this.#incoming.elapse(this.#stream)
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
    this.#outgoing.tick(this.#stream, this.#passSpoken() || speaking ? this.spoken : null)
    if (this.recordings.size > 0) {
      const { recorded } = this.#incoming.voice
      for (const recording of this.recordings.values()) recording.append(recorded, this.spoken)
    }
    this.#rtcp.tick(this.#outgoing.sent, unixMs)
    this.#peaks.tick(this.heard, this.spoken)
  }

  figures(): LegFigures {
    const { counts } = this.#incoming.voice
    return {
      packetsIn: this.#incoming.packets,
      bytesIn: this.#incoming.bytes,
      packetsOut: this.#outgoing.packets,
      bytesOut: this.#outgoing.bytes,
      ignored: this.#ignored,
      latePackets: counts.late,
      restarts: counts.restarts,
      silentForMs: this.#incoming.silentForMs,
      heardPeak: this.#peaks.heard,
      spokenPeak: this.#peaks.spoken,
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
    const { voice, quality, reception } = this.#incoming
    return {
      ...quality.figures(),
      speechPacketsIn: this.#incoming.speechPackets,
      keyPacketsIn: this.#incoming.keyPackets,
      noisePacketsIn: this.#incoming.noisePackets,
      keyPacketsOut: this.#outgoing.keyPackets,
      missingTicks: voice.missingTicks,
      longestDelayMs: this.#incoming.longestDelayMs,
      expected: reception.expected,
      lost: reception.lost,
      jitterMs: this.#incoming.jitterMs,
      roundTripMs: this.#rtcp.roundTripMs,
      sender: this.#rtcp.sender,
    }
  }

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
      if (side === 'spoken' && !displacement.order.mixed) this.#incoming.voice.silence()
      if (goesOn) continue
      displacement.close()
      this.displacements.delete(id)
      this.#reports.displaced(id)
    }
  }

  #receive(datagram: Buffer, address: string, port: number): void {
    const isTaken = isRtcp(datagram)
      ? this.#rtcp.receive(datagram, address, unixMs())
      : this.#incoming.take(this.#stream, datagram, address, port)
    if (!isTaken) this.#ignored += 1
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
