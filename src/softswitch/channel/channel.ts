/**
 * One call of the media server, and how it ends. Its parts: state, stream, keys, variables, recordings, route.
 *
 * The SIP side (`SipProfile`) makes it, tells it of answers and ends, and is told when it hangs up. Clients reach it
 * through the event socket: executes, digits, variables.
 */
import { randomUUID } from 'node:crypto'
import { isAbsolute, join } from 'node:path'
import type { MediaLeg } from '../media/media-leg.ts'
import { applicationNamed } from './applications.ts'
import type { Bridge } from './bridge.ts'
import { addChannelHeaders } from './channel-event.ts'
import { ChannelKeys } from './channel-keys.ts'
import { ChannelRoute } from './channel-route.ts'
import { ChannelState, stateNumber } from './channel-state.ts'
import { ChannelStream } from './channel-stream.ts'
import { ChannelVariables } from './channel-variables.ts'
import { type ExecuteFrame, type ExecuteOrder, ExecuteStack } from './execute-stack.ts'
import { causeQ850, type HangupCause } from './hangup-cause.ts'
import { addRtcpHeaders, rtcpEventName } from './rtcp-events.ts'
import { timeOf } from './schedule.ts'
import { SessionRecordings } from './session-recording.ts'
import type { OutboundControl, SwitchCore } from './switch-core.ts'
import type { SwitchEvent } from './switch-event.ts'
import { ToneWatch } from './tone-watch.ts'

/** A play that does not end or a disk that hangs must not keep a telephone from hearing our BYE. */
const END_LIMIT_MS = 3_000
/** Applications that a break does not end. */
const UNBROKEN: ReadonlySet<string> = new Set(['socket', 'park', 'eavesdrop'])

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
  /** Tells the far end that it waits, or no longer does. @returns false when its stream cannot be held */
  hold(held: boolean): boolean
}

export class Channel {
  readonly uuid = randomUUID()
  readonly core: SwitchCore
  readonly leg: MediaLeg
  readonly caller: Caller
  readonly name: string
  readonly variables: ChannelVariables
  readonly recordings: SessionRecordings
  readonly tones: ToneWatch
  readonly state = new ChannelState(this)
  readonly stream: ChannelStream
  readonly keys = new ChannelKeys(this)
  readonly route: ChannelRoute
  readonly createdAt = new Date()
  answeredAt: Date | null = null
  hungUpAt: Date | null = null
  hangupCause: HangupCause | null = null
  /** Who hung up. */
  endedBy: 'us' | 'peer' | null = null
  /** Of its bridges: whom its telephone was last told it talks to, and whether it was the other leg. */
  readonly peers = { shown: '', isOther: false }
  /** The clients that the application `socket` has connected: each transfer to the dialplan makes another. */
  readonly controls = new Set<OutboundControl>()
  /** The other channel it talks to. */
  bridge: Bridge | null = null
  /** Whom it talks to, or has talked to last, as events tell it. */
  otherLeg: { readonly type: 'originator' | 'originatee'; readonly channel: Channel } | null = null
  readonly #signalling: Signalling
  readonly #stack: ExecuteStack
  /** Of running applications, as they were expanded when they began. */
  readonly #arguments = new Map<ExecuteFrame, string>()
  readonly #ended = Promise.withResolvers<void>()
  #heartbeat: NodeJS.Timeout | undefined
  #holding = false
  #endHoldMusic: (() => void) | null = null

  constructor(core: SwitchCore, of: { leg: MediaLeg; caller: Caller; name: string; signalling: Signalling }) {
    this.core = core
    this.leg = of.leg
    this.caller = of.caller
    this.name = of.name
    this.#signalling = of.signalling
    this.variables = new ChannelVariables(core.globals)
    this.stream = new ChannelStream(this.leg, this.variables)
    this.recordings = new SessionRecordings(this)
    this.tones = new ToneWatch(this)
    this.#stack = new ExecuteStack({
      begin: (frame) => this.#begin(frame),
      completed: (frame) => this.#completed(frame),
      topChanged: () => this.keys.offer(),
    })
    this.route = new ChannelRoute(this, this.#stack)
    this.leg.on('digit', (digit, { inBand }) =>
      this.keys.receive({ ...digit, source: inBand ? 'INBAND_AUDIO' : 'RTP' }),
    )
    this.leg.on('rtcp', (news) => {
      const name = rtcpEventName(news)
      if (name !== null) core.bus.fire(name, (event) => addRtcpHeaders(event, this.uuid, news), { channel: this.uuid })
    })
    this.leg.on('silent', () => void this.hangUp('MEDIA_TIMEOUT'))
  }

  /** False once it has been hung up. */
  get up(): boolean {
    return this.hangupCause === null
  }

  get mediaReady(): boolean {
    return this.up && this.stream.audio !== null
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
      { subclass, channel: this.uuid },
    )
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
    this.state.setCall('ACTIVE')
  }

  /**
   * Puts the far end on hold, or takes it back. Whom it talks to hears its `hold_music` meanwhile.
   * @returns false when it is so already, or cannot be
   */
  hold(held: boolean): boolean {
    if (!this.mediaReady || held === this.#holding || !this.#signalling.hold(held)) return false
    this.#holding = held
    this.state.setHolding(held)
    this.#endHoldMusic?.()
    this.#endHoldMusic = null
    const peer = this.bridge?.peerOf(this)
    const music = this.variables.get('hold_music') ?? ''
    if (!held || music === '' || peer === undefined) return true
    const order: ExecuteOrder = { application: 'playback', argument: music, uuid: randomUUID(), lock: true, loops: -1 }
    peer.execute(order)
    this.#endHoldMusic = () => {
      order.loops = 0
      peer.break({ all: false })
    }
    return true
  }

  get holding(): boolean {
    return this.#holding
  }

  /** A client's execute. @returns false when the queue is full or the channel is down */
  execute(order: ExecuteOrder): boolean {
    return this.up && this.#stack.queue(order)
  }

  /** Ends what runs now, and what runs around it; a park and the client's connection go on (`uuid_break`). */
  break(options: { all: boolean }): void {
    if (options.all) this.#stack.flush()
    this.#stack.break(({ application }) => UNBROKEN.has(application.toLowerCase()))
  }

  /** Ends what runs inside the innermost `application`; that itself and what is around it go on. */
  breakAbove(application: string): void {
    this.#stack.breakAbove((frame) => frame.application.toLowerCase() === application)
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
    this.tones.stop()
    this.fire('CHANNEL_HANGUP')
    this.bridge?.hungUp(this, cause)
    this.keys.flush()
    await within(END_LIMIT_MS, this.#stack.hangUp())
    this.route.unpark()
    this.state.enter('CS_HANGUP')
    await within(END_LIMIT_MS, this.recordings.stop('all'))
    await within(END_LIMIT_MS, this.stream.noteStats())
    const { variables } = this
    variables.set('hangup_cause', cause)
    variables.set('hangup_cause_q850', causeQ850(cause))
    const answered = this.answeredAt?.getTime() ?? this.hungUpAt.getTime()
    variables.set('billsec', Math.floor((this.hungUpAt.getTime() - answered) / 1000))
    variables.set('billmsec', this.hungUpAt.getTime() - answered)
    variables.set('duration', Math.floor((this.hungUpAt.getTime() - this.createdAt.getTime()) / 1000))
    this.state.setCall('HANGUP')
    this.#signalling.end(cause)
    this.state.enter('CS_REPORTING')
    this.fire('CHANNEL_HANGUP_COMPLETE')
    for (const control of this.controls) control.channelEnded()
    await within(END_LIMIT_MS, this.leg.close())
    // On its way to the last state, and not yet there.
    this.fire('CHANNEL_DESTROY', (event) => event.add('Channel-State-Number', stateNumber('CS_DESTROY')))
    this.state.enter('CS_DESTROY')
    this.core.channels.delete(this.uuid)
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
    this.stream.applyIdleSilence()
    if (argument === undefined) return
    this.fire('CHANNEL_EXECUTE_COMPLETE', (event) => {
      addApplication(event, frame, argument)
      event.add('Application-Response', this.variables.get('current_application_response') ?? '_none_')
    })
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
