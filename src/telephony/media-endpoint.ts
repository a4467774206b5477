import type Mrf from 'drachtio-fsmrf'
import type { Clock } from '#platform/clock.ts'
import { OperationalError, UnexpectedError } from '#platform/errors/errors.ts'
import { type Log, logError } from '#platform/log.ts'
import type { LegQuality } from './leg-quality.ts'
import type { LinePeriodQuality } from './line-period.ts'
import type { SipLink } from './sip-link.ts'
import type { Digit, MachineCue } from './telephony.ts'
import { type Settling, settling, within } from './within.ts'

export interface MediaEndpointParts {
  readonly endpoint: Mrf.Endpoint
  readonly mediaHost: string
  readonly sip: SipLink
  readonly clock: Clock
  readonly log: Log
  /** `uuid_kill` over the control connection, for when the channel's own ways are gone. */
  readonly kill: (channelUuid: string) => Promise<void>
  /** Settles when the media server has told of the channel's end. */
  readonly quality: Promise<LegQuality | null>
  /** @see SeatLeg.measureLine */
  readonly measureLine: () => () => LinePeriodQuality | null
  /** Resolves when the media server has closed the file at `path`. */
  readonly recordingClosed: (path: string) => Promise<void>
}

/** Why a channel is gone: hung up (with FreeSWITCH's name for the cause), or only its connection ended. */
export interface EndpointEnd {
  readonly hangupCause: string | null
}

const commandLimitMs = 3_000
/** How long the patient may wait for the media path after the answer, before the call is given up. */
const connectLimitMs = 4_000
const releaseStepLimitMs = 1_500
const recordingLimitMs = 5_000
/** FreeSWITCH forgets a break that arrives before the application has begun, so it is said again. */
const breakAgainMs = 150
const breakLimitMs = 2_000
const startLimitMs = 1_000
/** The channel's figures come with its last event, right behind its end. */
const qualityLimitMs = 1_000

/**
 * One channel on a media server, alone with its caller: plays one file at a time, hears keys, records.
 *
 * drachtio-fsmrf's endpoint underneath, with what it lacks: every promise is raced with a limit and with the channel's
 * end; only one application executes at a time (two nest, and a killed channel can then spin for ever); commands that
 * must not wait for a running play (break, record) go as API calls. Its own `set`, `modify` and `destroy` are not
 * used: `set` rejects where nobody can catch, `modify` dumps every channel variable after each re-INVITE, and
 * `destroy` queues behind a running play and may never settle.
 * Source: telephony-protocols §2.3, §9.5, §10.
 */
export class MediaEndpoint {
  readonly uuid: string
  readonly mediaHost: string
  /** Resolves once, when the channel is gone, whoever ended it. */
  readonly ended: Promise<EndpointEnd>
  readonly #parts: MediaEndpointParts
  readonly #ended: Settling<EndpointEnd>
  readonly #digitListeners: ((digit: Digit) => void)[] = []
  #end: EndpointEnd | null = null
  #hearsTones = false
  /** The tail of the queue of executes. */
  #executes: Promise<unknown> = Promise.resolve()
  /** The one that executes, and those that wait for their turn. */
  readonly #plays: Play[] = []
  /** Stays in rooms that are under way or queued. */
  #inRoom = 0
  #recording: { readonly path: string; readonly closed: Promise<void> } | null = null
  #released: Promise<void> | null = null

  constructor(parts: MediaEndpointParts) {
    const { endpoint } = parts
    this.#parts = parts
    this.uuid = endpoint.uuid
    this.mediaHost = parts.mediaHost
    this.#ended = settling()
    this.ended = this.#ended.promise
    endpoint.on('destroy', (why) => this.#over({ hangupCause: why?.reason ?? null }))
    endpoint.on('playback-start', () => this.#plays[0]?.started.resolve())
    endpoint.on('dtmf', (dtmf) => this.#heard(dtmf))
    endpoint.dialog.on('destroy', () => this.#over({ hangupCause: null }))
    // The connection may have closed before anybody listened; fsmrf then says nothing more.
    if (endpoint.conn === null) this.#over({ hangupCause: null })
  }

  get end(): EndpointEnd | null {
    return this.#end
  }

  /** What the media server offers: where it wants the caller's sound, and in which codecs. */
  get localSdp(): string {
    return this.#parts.endpoint.dialog.remote.sdp
  }

  onDigit(listener: (digit: Digit) => void): void {
    this.#digitListeners.push(listener)
  }

  /** @see PatientLeg.onMachineCue */
  onMachineCue(listener: (cue: MachineCue) => void): void {
    const { endpoint, log } = this.#parts
    if (this.#end !== null || endpoint.conn === null) return
    const tell = (cue: MachineCue | null) => {
      if (cue !== null) listener(cue)
    }
    endpoint.addCustomEventListener('avmd::beep', (_body, event) => tell(beepOf(event)))
    endpoint.addCustomEventListener('avmd::greeting', (_body, event) => tell(greetingOf(event)))
    // A media server without mod_avmd knows no such command: then nothing is heard.
    this.#api('avmd', `${this.uuid} start`).catch((error: unknown) => {
      log.debug({ err: error, channelUuid: this.uuid }, 'no cues of answering machines on this media server')
    })
  }

  /** Sets channel variables, one execute for all. Values hold neither `^` nor a line break. */
  async setVariables(variables: Readonly<Record<string, string>>): Promise<void> {
    const list = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
    await this.#execute('multiset', `^^^${list.join('^')}`, { limitMs: commandLimitMs })
  }

  /**
   * Sends and receives sound at the caller's address, in the caller's codec.
   * @param remoteSdp the caller's answer
   * @returns what the media server makes of it
   */
  async connect(remoteSdp: string): Promise<string> {
    const { endpoint, clock } = this.#parts
    const answer = await this.#whileAlive(
      within({ clock, limitMs: connectLimitMs, what: 're-INVITE' }, endpoint.dialog.modify(remoteSdp)),
    )
    this.#hearTones(remoteSdp)
    return answer
  }

  measureLine(): () => LinePeriodQuality | null {
    return this.#parts.measureLine()
  }

  /** How its sound was: settles within 1 s of the channel's end. Never rejects. @see PatientLeg.quality */
  async quality(): Promise<LegQuality | null> {
    const { quality, clock } = this.#parts
    await this.ended
    return await within({ clock, limitMs: qualityLimitMs, what: 'quality' }, quality).catch(() => null)
  }

  /** A caller whose telephone sends no telephone-events presses keys that are tones in the voice. */
  #hearTones(remoteSdp: string): void {
    if (this.#hearsTones || /^a=rtpmap:\d+ telephone-event\//im.test(remoteSdp)) return
    this.#hearsTones = true
    this.#execute('start_dtmf', '', { limitMs: commandLimitMs }).catch((error: unknown) => {
      if (this.#end === null) logError(this.#parts.log, error, 'keys as tones will not be heard')
    })
  }

  /** @see PatientLeg.play */
  async play(path: string): Promise<'completed' | 'stopped' | 'ended'> {
    assertMediaPath(path)
    const play: Play = { started: settling(), over: settling(), stopping: false }
    this.#plays.push(play)
    try {
      const answer = await this.#execute('playback', path, { wanted: () => !play.stopping })
      if (answer === null || play.stopping) return 'stopped'
      const response = answer.getHeader('Application-Response') ?? ''
      // A hung-up channel completes its play too; the hang-up's own event may come after.
      if (response === 'FILE PLAYED') return this.#hungUpMeanwhile(answer) ? 'ended' : 'completed'
      if (this.#hungUpMeanwhile(answer)) return 'ended'
      throw new OperationalError('MEDIA_PLAY_FAILED', { path, answer: response || 'no answer' })
    } catch (error) {
      if (this.#end !== null) return 'ended'
      throw error
    } finally {
      this.#plays.splice(this.#plays.indexOf(play), 1)
      play.over.resolve()
    }
  }

  /** @see PatientLeg.stopPlaying */
  async stopPlaying(): Promise<void> {
    const play = this.#plays[0]
    if (play === undefined || this.#end !== null) return
    const first = !play.stopping
    play.stopping = true
    // It has not begun, and a break would reach the room instead.
    if (this.#inRoom > 0) return
    const { clock } = this.#parts
    const over = Promise.race([play.over.promise, this.ended])
    if (first) {
      this.#breakUntil(over, play.started.promise).catch((error: unknown) =>
        logError(this.#parts.log, error, 'a play could not be stopped'),
      )
    }
    await within({ clock, limitMs: startLimitMs + breakLimitMs, what: 'uuid_break' }, over)
  }

  /**
   * Enters a conference, muted, and stays until it is sent away or hangs up. Its turn comes like every execute's: what is
   * asked to play meanwhile is heard after it has left.
   * @param stay.wanted asked when its turn has come
   * @param stay.deaf hears nothing at first
   * @returns when it has left; at once when it was no longer wanted. Never rejects
   */
  async stayInRoom(name: string, { wanted, deaf }: RoomStay): Promise<void> {
    this.#inRoom += 1
    try {
      await this.#execute('conference', `${name}@default+flags{${deaf ? 'mute|deaf' : 'mute'}}`, { wanted })
    } catch (error) {
      if (this.#end === null) logError(this.#parts.log, error, 'a channel could not stay in its room')
    } finally {
      this.#inRoom -= 1
    }
  }

  async flushDigits(): Promise<void> {
    await this.#api('uuid_flush_dtmf', this.uuid)
  }

  /** @see PatientLeg.sendDigits */
  async sendDigits(digits: string): Promise<void> {
    if (!/^[0-9*#]{1,32}$/.test(digits)) throw new UnexpectedError('DIGITS_INVALID')
    await this.#api('uuid_send_dtmf', `${this.uuid} ${digits}`)
  }

  /** @see PatientLeg.startRecording */
  async startRecording(path: string): Promise<void> {
    assertMediaPath(path)
    if (this.#end !== null) throw channelGone('uuid_record')
    const closed = this.#parts.recordingClosed(path)
    await this.#api('uuid_record', `${this.uuid} start ${quoted(path)}`)
    this.#recording = { path, closed }
  }

  /** @see PatientLeg.stopRecording */
  async stopRecording(): Promise<void> {
    const recording = this.#recording
    if (recording === null) return
    this.#recording = null
    if (this.#end === null) {
      await this.#api('uuid_record', `${this.uuid} stop ${quoted(recording.path)}`).catch((error: unknown) => {
        // The channel's end closes the file as well.
        if (this.#end === null) throw error
      })
    }
    await within(
      { clock: this.#parts.clock, limitMs: recordingLimitMs, what: 'uuid_record stop' },
      recording.closed,
    ).catch(() => {
      throw new OperationalError('RECORDING_UNCONFIRMED', { limitMs: recordingLimitMs })
    })
  }

  /**
   * Ends the channel: BYE first, `uuid_kill` when that does not do it, and the connection closed whatever happens.
   * Idempotent, never rejects, settles within three steps of 1.5 s.
   */
  release(): Promise<void> {
    this.#released ??= this.#release()
    return this.#released
  }

  async #release(): Promise<void> {
    const { endpoint, sip, clock, kill, log } = this.#parts
    const limit = { clock, limitMs: releaseStepLimitMs, what: 'hang up the channel' }
    const gone = () =>
      within(limit, this.ended).then(
        () => true,
        () => false,
      )
    if (this.#end === null && sip.up) {
      endpoint.dialog.destroy().catch(() => {})
      await gone()
    }
    if (this.#end === null) {
      await within(limit, kill(this.uuid)).catch(() => {})
      await gone()
    }
    if (this.#end === null) {
      log.warn({ channelUuid: this.uuid, mediaHost: this.mediaHost }, 'a channel did not confirm its end')
      this.#over({ hangupCause: null })
    }
    sip.forget(endpoint.dialog)
    // A channel without its connection hangs up by itself (its dialplan is done), so this is the last resort too.
    endpoint.conn?.socket?.destroy()
  }

  /** Says `uuid_break` until the play is over: once it has begun, and again while the server has not heeded it. */
  async #breakUntil(over: Promise<unknown>, started: Promise<void>): Promise<void> {
    const { clock } = this.#parts
    const either = (limitMs: number, ...promises: Promise<unknown>[]) =>
      within({ clock, limitMs, what: 'wait' }, Promise.race(promises)).catch(() => {})
    let ongoing = true
    void over.then(() => {
      ongoing = false
    })
    await either(startLimitMs, started, over)
    for (let waitedMs = 0; ongoing && waitedMs < breakLimitMs; waitedMs += breakAgainMs) {
      await this.#api('uuid_break', this.uuid)
      await either(breakAgainMs, over)
    }
  }

  /**
   * Queues an application and waits for its completion.
   * @param limitMs absent for one that may run for as long as the call
   * @param wanted asked when its turn has come
   * @returns null when it was no longer wanted
   */
  #execute(
    application: string,
    argument: string,
    { limitMs, wanted = () => true }: { readonly limitMs?: number; readonly wanted?: () => boolean },
  ): Promise<Mrf.Event | null> {
    const { endpoint, clock } = this.#parts
    const turn = this.#executes.then(async () => {
      if (this.#end !== null) throw channelGone(application)
      if (!wanted()) return null
      const done = endpoint.execute(application, argument)
      return await this.#whileAlive(limitMs === undefined ? done : within({ clock, limitMs, what: application }, done))
    })
    this.#executes = turn.catch(() => {})
    return turn
  }

  /** @throws OperationalError MEDIA_COMMAND_REFUSED when the answer says `-ERR` or `-USAGE` */
  async #api(command: string, argument: string): Promise<void> {
    const { endpoint, clock } = this.#parts
    if (this.#end !== null) return
    const reply = await this.#whileAlive(
      within({ clock, limitMs: commandLimitMs, what: command }, endpoint.api(command, argument)),
    )
    const answer = reply.getBody().trim()
    if (answer.startsWith('-')) throw new OperationalError('MEDIA_COMMAND_REFUSED', { command, answer })
  }

  async #whileAlive<T>(promise: Promise<T>): Promise<T> {
    const ended = this.ended.then(() => {
      throw channelGone('command')
    })
    return await Promise.race([promise, ended])
  }

  /** The completion of a play that the hang-up cut short precedes the news of the hang-up by a moment. */
  #hungUpMeanwhile(answer: Mrf.Event): boolean {
    if (this.#end !== null) return true
    // The channel's state and call state lag behind: they change only when what was running has ended.
    return answer.getHeader('Answer-State') === 'hangup'
  }

  #heard(dtmf: Mrf.Dtmf): void {
    const digit: Digit = {
      digit: dtmf.dtmf,
      durationMs: Math.round(Number(dtmf.duration) / 8),
      at: this.#parts.clock.now(),
    }
    for (const listener of this.#digitListeners) {
      try {
        listener(digit)
      } catch (error) {
        logError(this.#parts.log, error, 'a key could not be taken in')
      }
    }
  }

  #over(end: EndpointEnd): void {
    if (this.#end !== null) return
    this.#end = end
    this.#ended.resolve(end)
  }
}

export interface RoomStay {
  readonly wanted: () => boolean
  readonly deaf: boolean
}

interface Play {
  /** The media server has begun it. */
  readonly started: Settling<void>
  readonly over: Settling<void>
  stopping: boolean
}

function beepOf(event: Mrf.Event): MachineCue | null {
  const frequency = Number(event.getHeader('Frequency'))
  return frequency > 0 ? { cue: 'beep', frequency: Math.round(frequency) } : null
}

function greetingOf(event: Mrf.Event): MachineCue | null {
  const [speechMs, pauseMs] = ['Speech-Milliseconds', 'Pause-Milliseconds'].map((name) => Number(event.getHeader(name)))
  return speechMs !== undefined && pauseMs !== undefined && speechMs > 0 ? { cue: 'greeting', speechMs, pauseMs } : null
}

function channelGone(what: string): OperationalError {
  return new OperationalError('MEDIA_COMMAND_REFUSED', { command: what, answer: 'the channel is gone' })
}

/** Paths travel inside line-based commands: one that could end its line, or its quotes, must never leave. */
function assertMediaPath(path: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (!path.startsWith('/') || /[\u0000-\u001f'"\\]/.test(path)) throw new UnexpectedError('MEDIA_PATH_INVALID')
}

/** Arguments of API commands are split at spaces, unless quoted. */
function quoted(path: string): string {
  return path.includes(' ') ? `'${path}'` : path
}
