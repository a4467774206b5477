/**
 * One call of the media server: its state, its variables, what it plays and records, and how it ends.
 *
 * The SIP side (`SipProfile`) makes it, tells it of answers and ends, and is told when it hangs up. Clients reach it
 * through the event socket: executes, digits, variables.
 */
import { randomUUID } from 'node:crypto'
import { isAbsolute, join } from 'node:path'
import type { MediaLeg } from '../media/media-leg.ts'
import type { NegotiatedAudio } from '../media/sdp.ts'
import type { HeldDigit } from '../media/telephone-event.ts'
import { applicationNamed } from './applications.ts'
import type { Bridge } from './bridge.ts'
import { addChannelHeaders, type ChannelState, stateNumber } from './channel-event.ts'
import { ChannelVariables } from './channel-variables.ts'
import { type ExecuteFrame, type ExecuteOrder, ExecuteStack } from './execute-stack.ts'
import { causeQ850, type HangupCause } from './hangup-cause.ts'
import { timeOf } from './schedule.ts'
import { SessionRecordings } from './session-recording.ts'
import type { OutboundControl, SwitchCore } from './switch-core.ts'
import type { SwitchEvent } from './switch-event.ts'

export type CallState = 'DOWN' | 'RINGING' | 'EARLY' | 'ACTIVE' | 'HELD' | 'UNHELD' | 'HANGUP'

const CALL_STATE_NUMBERS: Readonly<Record<CallState, number>> = {
  DOWN: 0,
  RINGING: 2,
  EARLY: 3,
  ACTIVE: 4,
  HELD: 5,
  HANGUP: 7,
  UNHELD: 8,
}

/** Shorter and longer keys are told with these lengths, in samples at 8 kHz, as the real server does. */
const SHORTEST_DIGIT = 400
const LONGEST_DIGIT = 192_000
const MOST_DIGITS_QUEUED = 100
/** A play that does not end or a disk that hangs must not keep a telephone from hearing our BYE. */
const END_LIMIT_MS = 3_000

export interface Caller {
  readonly name: string
  readonly number: string
  readonly destination: string
  readonly networkAddress: string
}

/** What a channel asks of the SIP dialog under it. */
export interface Signalling {
  /** Sends 200 with our answer, once. @returns false when it is too late */
  answer(): boolean
  /** Refuses or ends the dialog, unless the far end has. */
  end(cause: HangupCause): void
}

interface QueuedDigit extends HeldDigit {
  readonly source: 'RTP' | 'APP'
}

export class Channel {
  readonly uuid = randomUUID()
  readonly core: SwitchCore
  readonly leg: MediaLeg
  readonly caller: Caller
  readonly name: string
  readonly variables: ChannelVariables
  readonly recordings: SessionRecordings
  readonly createdAt = new Date()
  answeredAt: Date | null = null
  hungUpAt: Date | null = null
  hangupCause: HangupCause | null = null
  /** Who hung up. */
  endedBy: 'us' | 'peer' | null = null
  /** The negotiated stream; null before. */
  audio: NegotiatedAudio | null = null
  /** Of a stream that needs more than addresses: settles when sound can flow. */
  connected: Promise<void> | null = null
  /** The client that the application `socket` has connected. */
  control: OutboundControl | null = null
  /** The other channel it talks to. */
  bridge: Bridge | null = null
  readonly #signalling: Signalling
  readonly #stack: ExecuteStack
  readonly #digits: QueuedDigit[] = []
  /** Of running applications, as they were expanded when they began. */
  readonly #arguments = new Map<ExecuteFrame, string>()
  readonly #ended = Promise.withResolvers<void>()
  #muted = { heard: false, spoken: false }
  #idleSilence = false
  /** By what it is parked. */
  #parked: object | null = null
  #heartbeat: NodeJS.Timeout | undefined
  /** How often it was sent elsewhere: what was to follow before follows no more. */
  #transfers = 0
  #state: ChannelState = 'CS_NEW'
  #callState: CallState = 'DOWN'

  constructor(core: SwitchCore, of: { leg: MediaLeg; caller: Caller; name: string; signalling: Signalling }) {
    this.core = core
    this.leg = of.leg
    this.caller = of.caller
    this.name = of.name
    this.#signalling = of.signalling
    this.variables = new ChannelVariables(core.globals)
    this.recordings = new SessionRecordings(this)
    this.#stack = new ExecuteStack({
      begin: (frame) => this.#begin(frame),
      completed: (frame) => this.#completed(frame),
      topChanged: () => this.offerDigits(),
    })
    this.leg.on('digit', (digit) => this.receiveDigit({ ...digit, source: 'RTP' }))
    this.leg.on('silent', () => void this.hangUp('MEDIA_TIMEOUT'))
  }

  /**
   * What its state machine does. Between the hang-up and the end of what was running this is still the state before,
   * as on the real server; `up` and `Answer-State` say at once that it is over.
   */
  get state(): ChannelState {
    return this.#state
  }

  get callState(): CallState {
    return this.#callState
  }

  /** False once it has been hung up. */
  get up(): boolean {
    return this.hangupCause === null
  }

  get mediaReady(): boolean {
    return this.up && this.audio !== null
  }

  /** The application that runs, innermost first. */
  get running(): ExecuteFrame | undefined {
    return this.#stack.top
  }

  /** Resolves when everything of the channel has ended. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Enters the core: from now on clients can find it. */
  create(): void {
    this.core.channels.set(this.uuid, this)
    this.core.sessions.count(this.core.channels.size)
    this.fire('CHANNEL_CREATE')
  }

  /** @param subclass of a CUSTOM event */
  fire(name: string, fill?: (event: SwitchEvent) => void, subclass: string | null = null): void {
    this.core.bus.fire(
      name,
      (event) => {
        addChannelHeaders(event, this)
        fill?.(event)
      },
      subclass,
    )
  }

  setState(state: ChannelState): void {
    this.#state = state
    if (state === 'CS_ROUTING' && this.answeredAt === null) this.#setCallState('RINGING')
    this.fire('CHANNEL_STATE')
  }

  /** Sets the stream that was negotiated, and the variables that tell of it. */
  setAudio(audio: NegotiatedAudio, descriptions: { local: string; remote: string }): void {
    const { variables } = this
    this.audio = audio
    const timeout = variables.get('media_timeout_audio') ?? variables.get('media_timeout')
    this.leg.negotiate(audio, { timeoutMs: Math.max(0, Number.parseInt(timeout ?? '', 10) || 0) })
    variables.set('switch_r_sdp', descriptions.remote)
    variables.set('rtp_local_sdp_str', descriptions.local)
    variables.set('local_media_ip', this.leg.address)
    variables.set('local_media_port', this.leg.port)
    variables.set('advertised_media_ip', this.leg.address)
    variables.set('remote_media_ip', audio.remoteAddress)
    variables.set('remote_media_port', audio.remotePort)
    variables.set('rtp_use_codec_name', audio.law)
    variables.set('rtp_use_codec_rate', 8000)
    variables.set('rtp_use_codec_ptime', 20)
    variables.set('rtp_use_pt', audio.payloadType)
    variables.set('read_codec', audio.law)
    variables.set('write_codec', audio.law)
    variables.set('read_rate', 8000)
    variables.set('write_rate', 8000)
    variables.set('dtmf_type', audio.telephoneEventType === null ? 'none' : 'rfc2833')
    variables.set('rtp_2833_send_payload', audio.telephoneEventType)
    variables.set('rtp_2833_recv_payload', audio.telephoneEventType)
  }

  /** Answers the caller when that has not been done. */
  answer(): void {
    if (this.answeredAt === null && this.up && this.#signalling.answer()) this.markAnswered()
  }

  markAnswered(): void {
    if (this.answeredAt !== null) return
    this.answeredAt = new Date()
    this.variables.set('endpoint_disposition', 'ANSWER')
    this.fire('CHANNEL_ANSWER')
    this.#setCallState('ACTIVE')
  }

  /** The far end has put us on hold, or taken us back. */
  setHeld(held: boolean): void {
    if (held === (this.#callState === 'HELD')) return
    this.fire(held ? 'CHANNEL_HOLD' : 'CHANNEL_UNHOLD')
    this.#setCallState(held ? 'HELD' : 'UNHELD')
    if (!held) this.#setCallState('ACTIVE')
  }

  /** A client's execute. @returns false when the queue is full or the channel is down */
  execute(order: ExecuteOrder): boolean {
    return this.up && this.#stack.queue(order)
  }

  /** Runs the dialplan: one application after the other; behind the last one the channel is hung up. */
  async runDialplan(steps: readonly (readonly [application: string, argument: string])[]): Promise<void> {
    this.setState('CS_INIT')
    this.setState('CS_ROUTING')
    this.setState('CS_EXECUTE')
    for (const [application, argument] of steps) {
      if (!this.up) return
      await this.#stack.run({ application, argument, uuid: randomUUID(), lock: false, loops: 1 })
    }
    await this.hangUp('NORMAL_CLEARING')
  }

  /** Waits under somebody's control. @returns what ends it, or null when it waits already */
  park(): (() => void) | null {
    if (this.#parked !== null) return null
    const parked = {}
    this.#parked = parked
    this.fire('CHANNEL_PARK')
    return () => {
      // A transfer has led it away from here, of which nobody was told.
      if (this.#parked !== parked) return
      this.#parked = null
      this.fire('CHANNEL_UNPARK')
    }
  }

  /**
   * Sends the channel elsewhere: what runs ends, then one application after the other runs; behind the last one the
   * channel is hung up. The client's connection stays.
   * @returns false when the channel is down
   */
  transfer(steps: readonly (readonly [application: string, argument: string])[]): boolean {
    if (!this.up) return false
    this.bridge?.part(this)
    const transfer = ++this.#transfers
    void this.free().then(() => this.#follow(steps, transfer))
    return true
  }

  /** Ends what runs, and the waiting for its client, whose connection stays. @returns when nothing runs */
  free(): Promise<void> {
    this.#parked = null
    return this.#stack.leave(({ application }) => application === 'socket')
  }

  async #follow(steps: readonly (readonly [application: string, argument: string])[], transfer: number): Promise<void> {
    const isMeant = () => this.up && this.#transfers === transfer
    if (!isMeant()) return
    this.setState('CS_ROUTING')
    this.setState('CS_EXECUTE')
    for (const [application, argument] of steps) {
      await this.#stack.run({ application, argument, uuid: randomUUID(), lock: false, loops: 1 })
      if (!isMeant()) return
    }
    await this.hangUp('NORMAL_CLEARING')
  }

  /** Ends what runs now, and what runs around it; a park and the client's connection go on (`uuid_break`). */
  break(options: { all: boolean }): void {
    if (options.all) this.#stack.flush()
    this.#stack.break(({ application }) => application === 'socket' || application === 'park')
  }

  /** Ends what runs inside the innermost `application`; that itself and what is around it go on. */
  breakAbove(application: string): void {
    this.#stack.breakAbove((frame) => frame.application.toLowerCase() === application)
  }

  /** A key, from the far end or (`uuid_recv_dtmf`) from a client. */
  receiveDigit(digit: QueuedDigit): void {
    const durationSamples = Math.min(Math.max(digit.durationSamples, SHORTEST_DIGIT), LONGEST_DIGIT)
    this.#digits.push({ ...digit, durationSamples })
    if (this.#digits.length > MOST_DIGITS_QUEUED) this.#digits.shift()
    this.offerDigits()
  }

  flushDigits(): void {
    this.#digits.length = 0
  }

  /** `read`: what the far end says is not heard; `write`: the far end hears nothing. */
  mute(side: 'read' | 'write', muted: boolean): void {
    this.#muted = side === 'read' ? { ...this.#muted, heard: muted } : { ...this.#muted, spoken: muted }
    this.leg.mute(this.#muted)
  }

  /** SESSION_HEARTBEAT every so many seconds; 0 ends it. */
  beat(seconds: number, options: { atOnce: boolean }): void {
    clearInterval(this.#heartbeat)
    if (seconds <= 0 || !this.up) return
    if (options.atOnce) this.fire('SESSION_HEARTBEAT')
    this.#heartbeat = setInterval(() => this.fire('SESSION_HEARTBEAT'), Math.min(seconds, 86_400) * 1000)
  }

  /** @param time `+<seconds>` or seconds since 1970; none is at once */
  hangUpAt(time: string, cause: HangupCause): void {
    if ((Number.parseInt(time.slice(1), 10) || 0) === 0) {
      void this.hangUp(cause)
      return
    }
    this.core.schedule.add({
      at: timeOf(time),
      group: this.uuid,
      description: 'switch_ivr_schedule_hangup',
      run: () => void this.hangUp(cause),
    })
  }

  /** Where a relative path of a prompt or recording is. */
  resolvePath(path: string): string {
    if (isAbsolute(path) || path.includes('://')) return path
    return join(this.variables.get('sound_prefix') ?? this.core.settings.baseFolder, path)
  }

  /** Writes the counters of the stream into `rtp_audio_*` variables. */
  async noteMediaStats(): Promise<void> {
    const figures = await this.leg.figures().catch(() => null)
    if (figures === null) return
    const { variables } = this
    variables.set('rtp_audio_in_raw_bytes', figures.bytesIn)
    variables.set('rtp_audio_in_media_bytes', figures.bytesIn)
    variables.set('rtp_audio_in_packet_count', figures.packetsIn)
    variables.set('rtp_audio_in_media_packet_count', figures.packetsIn)
    variables.set('rtp_audio_in_skip_packet_count', figures.latePackets)
    variables.set('rtp_audio_in_flush_packet_count', figures.restarts)
    variables.set('rtp_audio_out_raw_bytes', figures.bytesOut)
    variables.set('rtp_audio_out_media_bytes', figures.bytesOut)
    variables.set('rtp_audio_out_packet_count', figures.packetsOut)
    variables.set('rtp_audio_out_media_packet_count', figures.packetsOut)
  }

  /**
   * Ends the channel: whatever runs is interrupted and completes, recordings are closed, then the far end is told,
   * then the clients. Idempotent.
   */
  hangUp(cause: HangupCause, by: 'us' | 'peer' = 'us'): Promise<void> {
    if (this.hangupCause === null) {
      this.hangupCause = cause
      this.endedBy = by
      void this.#end(cause).then(this.#ended.resolve, (error: unknown) => {
        this.core.settings.log('ending a channel failed', { uuid: this.uuid, error: String(error) })
        this.#ended.resolve()
      })
    }
    return this.#ended.promise
  }

  async #end(cause: HangupCause): Promise<void> {
    this.hungUpAt = new Date()
    clearInterval(this.#heartbeat)
    this.fire('CHANNEL_HANGUP')
    this.bridge?.part(this)
    this.#digits.length = 0
    await within(END_LIMIT_MS, this.#stack.hangUp())
    this.setState('CS_HANGUP')
    await within(END_LIMIT_MS, this.recordings.stop('all'))
    await within(END_LIMIT_MS, this.noteMediaStats())
    const { variables } = this
    variables.set('hangup_cause', cause)
    variables.set('hangup_cause_q850', causeQ850(cause))
    const answered = this.answeredAt?.getTime() ?? this.hungUpAt.getTime()
    variables.set('billsec', Math.floor((this.hungUpAt.getTime() - answered) / 1000))
    variables.set('billmsec', this.hungUpAt.getTime() - answered)
    variables.set('duration', Math.floor((this.hungUpAt.getTime() - this.createdAt.getTime()) / 1000))
    this.#setCallState('HANGUP')
    this.#signalling.end(cause)
    this.setState('CS_REPORTING')
    this.fire('CHANNEL_HANGUP_COMPLETE')
    this.control?.channelEnded()
    await within(END_LIMIT_MS, this.leg.close())
    // On its way to the last state, and not yet there.
    this.fire('CHANNEL_DESTROY', (event) => event.add('Channel-State-Number', stateNumber('CS_DESTROY')))
    this.setState('CS_DESTROY')
    this.core.channels.delete(this.uuid)
  }

  #setCallState(state: CallState): void {
    const before = this.#callState
    if (before === state || before === 'HANGUP') return
    this.#callState = state
    this.fire('CHANNEL_CALLSTATE', (event) => {
      event.add('Original-Channel-Call-State', before)
      event.add('Channel-Call-State-Number', CALL_STATE_NUMBERS[state])
    })
  }

  /** `send_silence_when_idle`: a line that is up and unused sounds silent, not dead. */
  #applyIdleSilence(): void {
    const wanted = (Number.parseInt(this.variables.get('send_silence_when_idle') ?? '', 10) || 0) !== 0
    if (wanted === this.#idleSilence) return
    this.#idleSilence = wanted
    this.leg.sendIdleSilence(wanted)
  }

  #begin(frame: ExecuteFrame): Promise<void> | void {
    const application = applicationNamed(frame.application)
    if (application === undefined) {
      this.core.settings.log('unknown application', { application: frame.application, uuid: this.uuid })
      void this.hangUp('DESTINATION_OUT_OF_ORDER')
      return
    }
    const argument = this.variables.expand(frame.argument)
    this.#arguments.set(frame, argument)
    this.variables.set('current_application', frame.application)
    this.variables.set('current_application_data', argument)
    this.variables.set('current_application_response', null)
    this.fire('CHANNEL_EXECUTE', (event) => addApplication(event, frame, argument))
    return application(this, argument, frame)
  }

  #completed(frame: ExecuteFrame): void {
    const argument = this.#arguments.get(frame)
    this.#arguments.delete(frame)
    this.#applyIdleSilence()
    if (argument === undefined) return
    this.fire('CHANNEL_EXECUTE_COMPLETE', (event) => {
      addApplication(event, frame, argument)
      event.add('Application-Response', this.variables.get('current_application_response') ?? '_none_')
    })
  }

  /** Hands queued digits to the innermost application; without one that wants them they are taken and dropped. */
  offerDigits(): void {
    const top = this.#stack.top
    while (top !== undefined && top === this.#stack.top) {
      const digit = this.#digits[0]
      if (digit === undefined || top.interruption !== null || top.opening) return
      if (top.onDigit !== null && !top.onDigit(digit.digit)) return
      this.#digits.shift()
      if (top.onDigit === null) this.bridge?.passDigit(this, digit)
      this.fire('DTMF', (event) => {
        event.add('DTMF-Digit', digit.digit)
        event.add('DTMF-Duration', digit.durationSamples)
        event.add('DTMF-Source', digit.source)
      })
    }
  }
}

function addApplication(event: SwitchEvent, frame: ExecuteFrame, argument: string): void {
  event.add('Application', frame.application)
  event.add('Application-Data', argument === '' ? null : argument)
  event.add('Application-UUID', frame.uuid)
}

/** Waits for `work`, but not longer than the limit. */
async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  const limit = Promise.withResolvers<void>()
  const timer = setTimeout(limit.resolve, limitMs)
  await Promise.race([work, limit.promise])
  clearTimeout(timer)
}
