/** One leg of the media engine, seen from the main thread. Made by `MediaEngine.openLeg`. */
import { EventEmitter } from 'node:events'
import type { SoundFile } from './audio-source.ts'
import type { DisplaceOrder } from './displacement.ts'
import type { EarCue, EarOrder } from './ears.ts'
import type {
  FromWorker,
  LegFigures,
  LegStream,
  PlayEnd,
  RecordEnd,
  RecordOrder,
  RtcpNews,
  SpySides,
  ToWorker,
} from './leg-messages.ts'
import type { NegotiatedAudio } from './sdp.ts'
import type { PlaySteer } from './steered-source.ts'
import type { HeldDigit } from './telephone-event.ts'

export interface PlayOptions {
  readonly skipSamples?: number
  /** Stops by itself after so many samples; default: never. */
  readonly limitSamples?: number
}

export interface PlayedEnd {
  readonly end: PlayEnd | 'failed'
  /** At 8 kHz. */
  readonly samples: number
  /** Null: no file, or one that was never opened. */
  readonly file: SoundFile | null
}

/** A play under way. */
export interface Play {
  /** True when it has begun, false when there is no such file or it cannot be played. */
  readonly started: Promise<boolean>
  /** How it ended; `failed` when it never began. Settles also when the leg closes. */
  readonly ended: Promise<PlayedEnd>
  /** Changes how the file is heard; a stream is not steered. */
  steer(order: PlaySteer): void
  /** Idempotent. */
  stop(): void
}

/** A leg that listens in on another. */
export interface Spying {
  /** `spoken`: speaks to the other's far end; `heard`: to whom that one talks to. */
  whisper(into: SpySides): void
  /** Idempotent. */
  stop(): void
}

/** A recording under way. */
export interface Recording {
  readonly path: string
  /** True when the file is there, false when it cannot be created. */
  readonly started: Promise<boolean>
  /** When the file is whole and closed. */
  readonly ended: Promise<{ readonly end: RecordEnd; readonly samples: number; readonly error: string | null }>
  /** Writes silence instead of sound, or sound again. */
  mask(masked: boolean): void
  /** Idempotent. */
  stop(): void
}

export interface MediaLegEvents {
  /** A key of the far end, at its end; `inBand`: as tones in the voice. */
  digit: [digit: HeldDigit, options: { readonly inBand: boolean }]
  /** A report of ours that has left, or one of the far end's. */
  rtcp: [news: RtcpNews]
  /** No packet has come for as long as `negotiate` allowed. Once for each negotiation. */
  silent: []
}

interface LegHost {
  readonly id: number
  readonly address: string
  readonly port: number
  newNumber(): number
  post(message: ToWorker): void
  ask(question: string): Promise<FromWorker>
  closed(): void
}

interface Starting<End> {
  started(done: boolean): void
  ended(end: End): void
}

export class MediaLeg extends EventEmitter<MediaLegEvents> {
  /** Where the far end sends to. */
  readonly address: string
  readonly port: number
  readonly #host: LegHost
  readonly #plays = new Map<number, Starting<PlayedEnd>>()
  readonly #recordings = new Map<number, Starting<{ end: RecordEnd; samples: number; error: string | null }>>()
  readonly #displacements = new Map<number, Starting<void>>()
  readonly #ears = new Map<number, (cue: EarCue) => void>()
  readonly #done: Promise<void>
  #finished: () => void = () => {}
  #closed = false

  /** @internal MediaEngine makes legs. */
  constructor(host: LegHost) {
    super()
    this.#host = host
    this.address = host.address
    this.port = host.port
    this.#done = new Promise((finished) => {
      this.#finished = finished
    })
  }

  get closed(): boolean {
    return this.#closed
  }

  /**
   * Sets or changes the far end; null stops the stream. A far end with our own address and port (a client that
   * acknowledges a late offer with our own description) is sent nothing: the leg would hear itself.
   * @param options.timeoutMs without a packet for so long `silent` is emitted; default 0: never
   */
  negotiate(audio: NegotiatedAudio | null, { timeoutMs = 0 }: { readonly timeoutMs?: number } = {}): void {
    const stream = audio === null ? null : this.#streamOf(audio, timeoutMs)
    this.#post({ type: 'negotiate', leg: this.#host.id, stream })
  }

  /** While nothing is played silence is sent, as a line that is up sounds; or (the default) nothing. */
  sendIdleSilence(on: boolean): void {
    this.#post({ type: 'idleSilence', leg: this.#host.id, on })
  }

  /**
   * Plays above whatever plays now; that waits and goes on afterwards.
   * @param uri an absolute path, `tone_stream://…` or `silence_stream://…`
   */
  play(uri: string, { skipSamples: skip = 0, limitSamples: limit = 0 }: PlayOptions = {}): Play {
    const play = this.#host.newNumber()
    const { promises, starting } = begin<PlayedEnd>()
    if (this.#closed) {
      starting.started(false)
      starting.ended({ end: 'closed', samples: 0, file: null })
    } else {
      this.#plays.set(play, starting)
      this.#post({ type: 'play', leg: this.#host.id, play, uri, skip, limit })
    }
    return {
      ...promises,
      steer: (steer) => this.#post({ type: 'steerPlay', leg: this.#host.id, play, steer }),
      stop: () => this.#post({ type: 'stopPlay', leg: this.#host.id, play }),
    }
  }

  /** Listens in on another leg, above whatever plays now, until it is stopped or the other is gone. */
  spy(target: MediaLeg, hears: SpySides): Spying {
    const play = this.#host.newNumber()
    const leg = this.#host.id
    this.#post({ type: 'spy', leg, play, target: target.#host.id, hears })
    return {
      whisper: (into) => this.#post({ type: 'whisper', leg, play, into }),
      stop: () => this.#post({ type: 'stopPlay', leg, play }),
    }
  }

  /** Begins to record. A file that is there is replaced. */
  record(order: RecordOrder): Recording {
    const record = this.#host.newNumber()
    const { promises, starting } = begin<{ end: RecordEnd; samples: number; error: string | null }>()
    if (this.#closed) {
      starting.started(false)
      starting.ended({ end: 'failed', samples: 0, error: 'the leg is closed' })
    } else {
      this.#recordings.set(record, starting)
      this.#post({ type: 'record', leg: this.#host.id, record, order })
    }
    return {
      ...promises,
      path: order.path,
      mask: (masked) => this.#post({ type: 'maskRecord', leg: this.#host.id, record, masked }),
      stop: () => this.#post({ type: 'stopRecord', leg: this.#host.id, record }),
    }
  }

  /** Sends keys to the far end, one after the other. Nothing goes out when it does not take telephone-events. */
  press(digits: readonly HeldDigit[]): void {
    this.#post({ type: 'press', leg: this.#host.id, digits })
  }

  flushPresses(): void {
    this.#post({ type: 'flushPresses', leg: this.#host.id })
  }

  /** Keys that come as tones in the voice are told, too; of a far end that has no other keys they always are. */
  hearTones(on: boolean): void {
    this.#post({ type: 'hearTones', leg: this.#host.id, on })
  }

  /** `heard`: nobody hears the far end. `spoken`: the far end hears nobody. */
  mute(muted: { readonly heard: boolean; readonly spoken: boolean }): void {
    this.#post({ type: 'mute', leg: this.#host.id, ...muted })
  }

  /** Factors of the samples of each side, as they are heard, recorded and mixed; 1 leaves them as they are. */
  level(factors: { readonly heard: number; readonly spoken: number }): void {
    this.#post({ type: 'level', leg: this.#host.id, ...factors })
  }

  /** Has a file heard in the place of one side, or mixed with it. Both promises settle also when the leg closes. */
  displace(order: DisplaceOrder): { started: Promise<boolean>; ended: Promise<void>; stop: () => void } {
    const displacement = this.#host.newNumber()
    const { promises, starting } = begin<void>()
    if (this.#closed) {
      starting.started(false)
      starting.ended()
    } else {
      this.#displacements.set(displacement, starting)
      this.#post({ type: 'displace', leg: this.#host.id, displacement, order })
    }
    return {
      ...promises,
      stop: () => {
        this.#post({ type: 'stopDisplacing', leg: this.#host.id, displacement })
        this.#endDisplacement(displacement)
      },
    }
  }

  /** Listens for a sound that means something. @returns what ends it */
  listen(order: EarOrder, told: (cue: EarCue) => void): () => void {
    const ear = this.#host.newNumber()
    this.#ears.set(ear, told)
    this.#post({ type: 'listen', leg: this.#host.id, ear, order })
    return () => {
      if (this.#ears.delete(ear)) this.#post({ type: 'stopListening', leg: this.#host.id, ear })
    }
  }

  /** @internal MediaRoom joins legs. The room is what the leg plays until it leaves, and whatever is played above it. */
  joinRoom(room: number, member: number): void {
    this.#post({ type: 'joinRoom', leg: this.#host.id, room, member })
  }

  /** @internal */
  leaveRoom(member: number): void {
    this.#post({ type: 'leaveRoom', leg: this.#host.id, member })
  }

  /** @throws when the leg is closed or the worker is dead */
  async figures(): Promise<LegFigures> {
    if (this.#closed) throw new Error('the leg is closed')
    const ask = this.#host.newNumber()
    this.#post({ type: 'legFigures', leg: this.#host.id, ask })
    const answer = await this.#host.ask(`figures ${ask}`)
    if (answer.type !== 'legFigures') throw new Error('no figures')
    return answer.figures
  }

  /** Ends plays and recordings and frees the port. Resolves when every recording is on the disk. Idempotent. */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#post({ type: 'close', leg: this.#host.id })
      this.#closed = true
      this.#settle()
    }
    return this.#done
  }

  /** @internal */
  receive(message: FromWorker): void {
    switch (message.type) {
      case 'digit':
        this.emit('digit', message.digit, { inBand: message.inBand })
        return
      case 'rtcp':
        this.emit('rtcp', message.news)
        return
      case 'silent':
        this.emit('silent')
        return
      case 'displaced':
        if (message.state === 'started') this.#displacements.get(message.displacement)?.started(true)
        else this.#endDisplacement(message.displacement)
        return
      case 'cue':
        this.#ears.get(message.ear)?.(message.cue)
        return
      case 'playStarted':
        this.#plays.get(message.play)?.started(true)
        return
      case 'playFailed':
        this.#endPlay(message.play, { end: 'failed', samples: 0, file: null })
        return
      case 'playEnded':
        this.#endPlay(message.play, { end: message.end, samples: message.samples, file: message.file })
        return
      case 'recordStarted':
        this.#recordings.get(message.record)?.started(true)
        return
      case 'recordEnded':
        this.#endRecording(message.record, message)
    }
  }

  /** @internal The worker is gone. */
  die(): void {
    this.#closed = true
    for (const play of [...this.#plays.keys()]) this.#endPlay(play, { end: 'closed', samples: 0, file: null })
    for (const record of [...this.#recordings.keys()]) {
      this.#endRecording(record, { end: 'failed', samples: 0, error: 'the media worker has ended' })
    }
    this.#settle()
  }

  #streamOf(audio: NegotiatedAudio, timeoutMs: number): LegStream {
    const self = audio.remotePort === this.port && audio.remoteAddress === this.address
    return {
      law: audio.law,
      payloadType: audio.payloadType,
      telephoneEventType: audio.telephoneEventType,
      remoteAddress: audio.remoteAddress,
      remotePort: audio.remotePort,
      send: audio.maySend && !self,
      receive: audio.mayReceive && !self,
      rtcp: self ? null : audio.rtcp,
      timeoutMs,
      srtp: audio.srtp,
    }
  }

  #post(message: ToWorker): void {
    if (!this.#closed) this.#host.post(message)
  }

  #endPlay(play: number, end: PlayedEnd): void {
    const starting = this.#plays.get(play)
    this.#plays.delete(play)
    starting?.started(false)
    starting?.ended(end)
    this.#settle()
  }

  #endRecording(record: number, end: { end: RecordEnd; samples: number; error: string | null }): void {
    const starting = this.#recordings.get(record)
    this.#recordings.delete(record)
    starting?.started(false)
    starting?.ended({ end: end.end, samples: end.samples, error: end.error })
    this.#settle()
  }

  #endDisplacement(displacement: number): void {
    const starting = this.#displacements.get(displacement)
    this.#displacements.delete(displacement)
    starting?.started(false)
    starting?.ended()
  }

  #settle(): void {
    if (this.#closed) for (const displacement of [...this.#displacements.keys()]) this.#endDisplacement(displacement)
    if (!this.#closed || this.#plays.size > 0 || this.#recordings.size > 0) return
    this.#host.closed()
    this.#finished()
  }
}

function begin<End>(): {
  promises: { started: Promise<boolean>; ended: Promise<End> }
  starting: Starting<End>
} {
  const started = Promise.withResolvers<boolean>()
  const ended = Promise.withResolvers<End>()
  return {
    promises: { started: started.promise, ended: ended.promise },
    starting: { started: started.resolve, ended: ended.resolve },
  }
}
