/** What the media worker's thread does with each message, and its tick. */

import { Impairment } from '../chaos/impairment.ts'
import { Displacement } from './displacement.ts'
import { earFor } from './ears.ts'
import type { FromWorker, MediaWorkerSettings, RecordEnd, RecordOrder, ToWorker } from './leg-messages.ts'
import { MediaTicker, TICK_SAMPLES } from './media-ticker.ts'
import { raisePriority, runInRealTime } from './raise-priority.ts'
import { RecordingFile } from './recording-file.ts'
import { type RtpSocket, RtpSocketPool } from './rtp-socket.ts'
import { SoundLibrary } from './sound-library.ts'
import { StrangerCount } from './stranger-count.ts'
import { toneStream } from './tone-stream.ts'
import { WorkerLeg } from './worker-leg.ts'
import { WorkerRecording } from './worker-recording.ts'
import { WorkerRoom } from './worker-room.ts'
import { WorkerSpy } from './worker-spy.ts'

/** Ticks of two legs that talk to each other before the first call: the hot paths are compiled by then. */
const WARM_UP_TICKS = 200

export class MediaWorker {
  readonly #settings: MediaWorkerSettings
  readonly #say: (message: FromWorker) => void
  readonly #impairment = new Impairment()
  readonly #sockets: RtpSocketPool
  readonly #sounds: SoundLibrary
  readonly #legs = new Map<number, WorkerLeg>()
  readonly #rooms = new Map<number, WorkerRoom>()
  /** By their number among plays. */
  readonly #spies = new Map<number, WorkerSpy>()
  /** Plays and recordings whose file is being opened, by `play|record` id: a stop may come before they begin. */
  readonly #opening = new Map<string, { stopped: boolean }>()
  readonly #closings = new Set<Promise<void>>()
  readonly #strangers = new StrangerCount((address, packets) => this.#say({ type: 'strangers', address, packets }))
  readonly #ticker = new MediaTicker(() => this.#tick())
  #realTime = false

  constructor(settings: MediaWorkerSettings, say: (message: FromWorker) => void) {
    this.#settings = settings
    this.#say = say
    const impaired = settings.mayBeImpaired ? { impairment: this.#impairment } : {}
    this.#sockets = new RtpSocketPool({ ...settings.ports, ...impaired })
    this.#sounds = new SoundLibrary(settings.musicFolder)
  }

  /** Opens sockets in advance, warms up and begins to tick. Says `ready`. */
  async start(): Promise<void> {
    raisePriority()
    await this.#warmUp()
    const [realTime] = await Promise.all([runInRealTime(), this.#sockets.warmUp()])
    this.#realTime = realTime
    this.#ticker.start()
    this.#say({ type: 'ready' })
  }

  handle(message: ToWorker): void {
    switch (message.type) {
      case 'open':
        void this.#open(message.leg)
        return
      case 'play':
        void this.#play(message)
        return
      case 'spy':
        this.#spy(message)
        return
      case 'whisper': {
        const spy = this.#spies.get(message.play)
        if (spy !== undefined) spy.whispers = message.into
        return
      }
      case 'stopPlay':
        this.#stopPlay(message.leg, message.play)
        return
      case 'displace':
        void this.#displace(message)
        return
      case 'record':
        void this.#record(message.leg, message.record, message.order)
        return
      case 'stopRecord':
        this.#stopRecord(message.leg, message.record)
        return
      case 'figures':
        this.#sayFigures(message.ask, message.restart)
        return
      case 'openRoom':
        this.#openRoom(message.room)
        return
      case 'joinRoom':
        this.#joinRoom(message)
        return
      case 'hearing':
        this.#rooms.get(message.room)?.setHearing(message.rows)
        return
      case 'playRoom':
        void this.#playRoom(message)
        return
      case 'stopRoomPlay':
        this.#stopRoomPlay(message.room, message.play)
        return
      case 'recordRoom':
        void this.#recordRoom(message)
        return
      case 'pauseRoomRecord':
        this.#rooms.get(message.room)?.pauseRecord(message.record, message.paused)
        return
      case 'stopRoomRecord':
        this.#stopRoomRecord(message.room, message.record)
        return
      case 'closeRoom':
        this.#closeRoom(message.room)
        return
      case 'impair':
        this.#impairment.network = message.network
        return
      case 'shutdown':
        void this.#shutDown()
        return
      default: {
        const leg = this.#legs.get(message.leg)
        // A leg that has closed meanwhile is no error.
        if (leg !== undefined) this.#handleLeg(leg, message)
      }
    }
  }

  #handleLeg(
    leg: WorkerLeg,
    message: Extract<
      ToWorker,
      {
        type:
          | 'negotiate'
          | 'maskRecord'
          | 'press'
          | 'flushPresses'
          | 'hearTones'
          | 'mute'
          | 'idleSilence'
          | 'listen'
          | 'stopListening'
          | 'steerPlay'
          | 'stopDisplacing'
          | 'level'
          | 'legFigures'
          | 'leaveRoom'
          | 'close'
      }
    >,
  ): void {
    switch (message.type) {
      case 'negotiate':
        leg.negotiate(message.stream)
        return
      case 'maskRecord': {
        const recording = leg.recordings.get(message.record)
        if (recording !== undefined) recording.masked = message.masked
        return
      }
      case 'press':
        leg.press(message.digits)
        return
      case 'flushPresses':
        leg.flushPresses()
        return
      case 'hearTones':
        leg.hearTones(message.on)
        return
      case 'mute':
        leg.mute(message)
        return
      case 'idleSilence':
        leg.sendIdleSilence(message.on)
        return
      case 'listen':
        leg.ears.set(message.ear, earFor(message.order))
        return
      case 'stopListening':
        leg.ears.delete(message.ear)
        return
      case 'level':
        leg.level(message)
        return
      case 'steerPlay':
        leg.steerPlay(message.play, message.steer)
        return
      case 'stopDisplacing':
        leg.displacements.get(message.displacement)?.close()
        leg.displacements.delete(message.displacement)
        return
      case 'legFigures':
        this.#say({ type: 'legFigures', ask: message.ask, figures: leg.figures() })
        return
      case 'leaveRoom':
        leg.stopPlay(message.member)
        return
      case 'close':
        this.#close(message.leg, leg)
    }
  }

  #tick(): void {
    for (const leg of this.#legs.values()) leg.hear()
    for (const room of this.#rooms.values()) room.mix()
    for (const [id, leg] of this.#legs) {
      leg.speak()
      if (leg.recordings.size === 0) continue
      for (const [record, recording] of leg.recordings) {
        if (recording.ended !== null) this.#endRecording(id, leg, record, recording.ended)
      }
    }
  }

  async #open(id: number): Promise<void> {
    try {
      const socket = await this.#sockets.take()
      this.#legs.set(id, this.#newLeg(id, socket))
      this.#say({ type: 'opened', leg: id, port: socket.port })
    } catch (error) {
      this.#say({ type: 'openFailed', leg: id, message: error instanceof Error ? error.message : String(error) })
    }
  }

  #newLeg(id: number, socket: RtpSocket): WorkerLeg {
    return new WorkerLeg(socket, this.#settings.jitterMs, {
      digit: (digit, { inBand }) => this.#say({ type: 'digit', leg: id, digit, inBand }),
      rtcp: (news) => this.#say({ type: 'rtcp', leg: id, news }),
      silent: () => this.#say({ type: 'silent', leg: id }),
      displaced: (displacement) => this.#say({ type: 'displaced', leg: id, displacement, state: 'ended' }),
      stranger: (address) => this.#strangers.note(address),
      cue: (ear, cue) => this.#say({ type: 'cue', leg: id, ear, cue }),
      playEnded: (play, end, samples, file) => this.#say({ type: 'playEnded', leg: id, play, end, samples, file }),
    })
  }

  async #play({ leg: id, play, uri, skip, limit }: Extract<ToWorker, { type: 'play' }>): Promise<void> {
    const key = `play ${id} ${play}`
    const opening = { stopped: false }
    this.#opening.set(key, opening)
    const source = await this.#sounds.open(uri, { skipSamples: skip })
    this.#opening.delete(key)
    if (source === null) {
      this.#say({ type: 'playFailed', leg: id, play })
      return
    }
    this.#say({ type: 'playStarted', leg: id, play })
    const leg = this.#legs.get(id)
    if (leg !== undefined && !opening.stopped) {
      const reopen = (samples: number) => this.#sounds.open(uri, { skipSamples: samples })
      leg.play(play, source, { limit, file: { from: skip, reopen } })
      return
    }
    source.close()
    this.#say({
      type: 'playEnded',
      leg: id,
      play,
      end: leg === undefined ? 'closed' : 'stopped',
      samples: 0,
      file: null,
    })
  }

  #spy({ leg: id, play, target: targetId, hears }: Extract<ToWorker, { type: 'spy' }>): void {
    const leg = this.#legs.get(id)
    const target = this.#legs.get(targetId)
    if (leg === undefined || target === undefined) return
    const spy = new WorkerSpy(leg.heard, hears, (closed) => {
      target.spies.delete(closed)
      this.#spies.delete(play)
    })
    this.#spies.set(play, spy)
    target.spies.add(spy)
    leg.play(play, spy)
  }

  #stopPlay(id: number, play: number): void {
    const opening = this.#opening.get(`play ${id} ${play}`)
    if (opening === undefined) this.#legs.get(id)?.stopPlay(play)
    else opening.stopped = true
  }

  async #displace({ leg: id, displacement, order }: Extract<ToWorker, { type: 'displace' }>): Promise<void> {
    const source = await this.#sounds.open(order.uri, { times: order.looped ? Number.POSITIVE_INFINITY : 1 })
    const leg = this.#legs.get(id)
    if (source !== null && leg !== undefined) {
      leg.displacements.set(displacement, new Displacement(order, source, TICK_SAMPLES))
    } else source?.close()
    const state = source === null || leg === undefined ? 'failed' : 'started'
    this.#say({ type: 'displaced', leg: id, displacement, state })
  }

  #openRoom(id: number): void {
    this.#rooms.set(
      id,
      new WorkerRoom({
        playEnded: (play, samples) => this.#say({ type: 'roomPlayEnded', room: id, play, samples }),
      }),
    )
  }

  /** The room is what the leg plays from now on; a play above it takes the member out for its time. */
  #joinRoom({ leg: id, room: roomId, member }: Extract<ToWorker, { type: 'joinRoom' }>): void {
    const leg = this.#legs.get(id)
    const room = this.#rooms.get(roomId)
    if (leg !== undefined && room !== undefined) leg.play(member, room.join(member, leg))
  }

  async #playRoom({ room: id, play, uri, to }: Extract<ToWorker, { type: 'playRoom' }>): Promise<void> {
    const key = `room ${id} ${play}`
    const opening = { stopped: false }
    this.#opening.set(key, opening)
    const source = await this.#sounds.open(uri, { mayLoop: true })
    this.#opening.delete(key)
    const room = this.#rooms.get(id)
    if (source === null || room === undefined) {
      source?.close()
      this.#say({ type: 'roomPlayStarted', room: id, play, started: false })
      return
    }
    const started = room.play(play, source, to)
    this.#say({ type: 'roomPlayStarted', room: id, play, started })
    if (opening.stopped) room.stopPlay(play)
  }

  #stopRoomPlay(id: number, play: number): void {
    const opening = this.#opening.get(`room ${id} ${play}`)
    if (opening === undefined) this.#rooms.get(id)?.stopPlay(play)
    else opening.stopped = true
  }

  async #recordRoom({ room: id, record, path }: Extract<ToWorker, { type: 'recordRoom' }>): Promise<void> {
    const key = `room record ${id} ${record}`
    const opening = { stopped: false }
    this.#opening.set(key, opening)
    const opened = await RecordingFile.create(path, 1).catch((error: unknown) => String(error))
    this.#opening.delete(key)
    const room = this.#rooms.get(id)
    if (typeof opened === 'string') {
      this.#say({ type: 'roomRecordEnded', room: id, record, samples: 0, error: opened })
      return
    }
    this.#say({ type: 'roomRecordStarted', room: id, record })
    if (room === undefined || opening.stopped) this.#finishRoomRecord(id, record, opened)
    else room.record(record, opened)
  }

  #stopRoomRecord(id: number, record: number): void {
    const opening = this.#opening.get(`room record ${id} ${record}`)
    const file = this.#rooms.get(id)?.endRecord(record)
    if (opening !== undefined) opening.stopped = true
    else if (file !== undefined) this.#finishRoomRecord(id, record, file)
  }

  #finishRoomRecord(id: number, record: number, file: RecordingFile): void {
    const closing = file.close().then(({ samples, error }) => {
      this.#say({ type: 'roomRecordEnded', room: id, record, samples, error })
    })
    this.#closings.add(closing)
    void closing.finally(() => this.#closings.delete(closing))
  }

  #closeRoom(id: number): void {
    for (const record of this.#rooms.get(id)?.records ?? []) this.#stopRoomRecord(id, record)
    this.#rooms.get(id)?.close()
    this.#rooms.delete(id)
  }

  async #record(id: number, record: number, order: RecordOrder): Promise<void> {
    const key = `record ${id} ${record}`
    const opening = { stopped: false }
    this.#opening.set(key, opening)
    const opened = await RecordingFile.create(order.path, order.sides === 'stereo' ? 2 : 1).catch((error: unknown) =>
      error instanceof Error ? error.message : String(error),
    )
    this.#opening.delete(key)
    if (typeof opened === 'string') {
      this.#say({ type: 'recordEnded', leg: id, record, end: 'failed', samples: 0, error: opened })
      return
    }
    this.#say({ type: 'recordStarted', leg: id, record })
    const recording = new WorkerRecording(opened, order)
    const leg = this.#legs.get(id)
    if (leg !== undefined && !opening.stopped) leg.recordings.set(record, recording)
    else this.#finish(id, record, recording, leg === undefined ? 'closed' : 'stopped')
  }

  #stopRecord(id: number, record: number): void {
    const opening = this.#opening.get(`record ${id} ${record}`)
    const leg = this.#legs.get(id)
    if (opening !== undefined) opening.stopped = true
    else if (leg !== undefined) this.#endRecording(id, leg, record, 'stopped')
  }

  #endRecording(id: number, leg: WorkerLeg, record: number, end: RecordEnd): void {
    const recording = leg.recordings.get(record)
    if (recording === undefined) return
    leg.recordings.delete(record)
    this.#finish(id, record, recording, end)
  }

  #finish(id: number, record: number, recording: WorkerRecording, end: RecordEnd): void {
    const closing = recording.close().then(({ samples, error }) => {
      this.#say({ type: 'recordEnded', leg: id, record, end: error === null ? end : 'failed', samples, error })
    })
    this.#closings.add(closing)
    void closing.finally(() => this.#closings.delete(closing))
  }

  #close(id: number, leg: WorkerLeg): void {
    this.#legs.delete(id)
    leg.close()
    for (const [record, recording] of leg.recordings) this.#finish(id, record, recording, 'closed')
    this.#sockets.release(leg.socket)
  }

  #sayFigures(ask: number, restart: boolean): void {
    const { user, system } = process.threadCpuUsage()
    this.#say({
      type: 'figures',
      ask,
      figures: {
        legs: this.#legs.size,
        ticker: this.#ticker.figures({ restart }),
        cpuMs: (user + system) / 1000,
        realTime: this.#realTime,
      },
    })
  }

  async #shutDown(): Promise<void> {
    this.#ticker.stop()
    for (const [id, leg] of [...this.#legs]) this.#close(id, leg)
    for (const id of [...this.#rooms.keys()]) this.#closeRoom(id)
    this.#sockets.close()
    await Promise.all(this.#closings)
    this.#say({ type: 'shutDown' })
  }

  async #warmUp(): Promise<void> {
    const pair = await Promise.all([0, 1].map(async () => this.#newLeg(-1, await this.#sockets.take()))).catch(() => [])
    const [one, other] = pair
    if (one === undefined || other === undefined) return
    for (const [leg, peer] of [
      [one, other],
      [other, one],
    ] as const) {
      leg.negotiate({
        law: 'PCMA',
        payloadType: 8,
        telephoneEventType: 101,
        remoteAddress: this.#settings.ports.address,
        remotePort: peer.socket.port,
        rtcp: null,
        send: true,
        receive: true,
        timeoutMs: 0,
      })
      const tone = toneStream(`%(${WARM_UP_TICKS * 20},0,400)`)
      if (tone !== null) leg.play(0, tone)
    }
    for (let tick = 0; tick < WARM_UP_TICKS; tick++) {
      for (const leg of pair) leg.hear()
      for (const leg of pair) leg.speak()
      // Lets the datagrams in.
      if (tick % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    for (const leg of pair) {
      leg.close()
      this.#sockets.release(leg.socket)
    }
  }
}
