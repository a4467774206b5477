/** What the media worker's thread does with each message, and its tick. */

import { Impairment } from '../chaos/impairment.ts'
import { Displacement } from './displacement.ts'
import type { FromWorker, MediaWorkerSettings, RecordEnd, RecordOrder, ToWorker } from './leg-messages.ts'
import { carryOut } from './leg-orders.ts'
import { MediaTicker, TICK_SAMPLES } from './media-ticker.ts'
import { warmUp } from './media-warm-up.ts'
import { Openings } from './openings.ts'
import { raisePriority, runInRealTime } from './raise-priority.ts'
import { RecordingFile } from './recording-file.ts'
import { type RtpSocket, RtpSocketPool } from './rtp-socket.ts'
import { SoundLibrary } from './sound-library.ts'
import { StrangerCount } from './stranger-count.ts'
import { WorkerLeg } from './worker-leg.ts'
import { WorkerRecording } from './worker-recording.ts'
import { WorkerRooms } from './worker-rooms.ts'
import { WorkerSpy } from './worker-spy.ts'

export class MediaWorker {
  readonly #settings: MediaWorkerSettings
  readonly #say: (message: FromWorker) => void
  readonly #impairment = new Impairment()
  readonly #sockets: RtpSocketPool
  readonly #sounds: SoundLibrary
  readonly #legs = new Map<number, WorkerLeg>()
  readonly #rooms: WorkerRooms
  /** By their number among plays. */
  readonly #spies = new Map<number, WorkerSpy>()
  readonly #openings = new Openings()
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
    this.#rooms = new WorkerRooms({
      sounds: this.#sounds,
      say,
      legOf: (id) => this.#legs.get(id),
      closing: (closed) => this.#awaitBeforeEnd(closed),
    })
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
    if ('room' in message) {
      this.#rooms.handle(message)
      return
    }
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
      case 'impair':
        this.#impairment.network = message.network
        return
      case 'shutdown':
        void this.#shutDown()
        return
      default: {
        const leg = this.#legs.get(message.leg)
        // A leg that has closed meanwhile is no error.
        if (leg === undefined) return
        if (message.type === 'close') this.#close(message.leg, leg)
        else if (message.type === 'legFigures') {
          this.#say({ type: 'legFigures', ask: message.ask, figures: leg.figures() })
        } else carryOut(message, leg)
      }
    }
  }

  #tick(): void {
    for (const leg of this.#legs.values()) leg.hear()
    this.#rooms.mix()
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
    const opening = this.#sounds.open(uri, { skipSamples: skip })
    const { opened: source, stopped } = await this.#openings.during(`play ${id} ${play}`, opening)
    if (source === null) {
      this.#say({ type: 'playFailed', leg: id, play })
      return
    }
    this.#say({ type: 'playStarted', leg: id, play })
    const leg = this.#legs.get(id)
    if (leg !== undefined && !stopped) {
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
    if (!this.#openings.stop(`play ${id} ${play}`)) this.#legs.get(id)?.stopPlay(play)
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

  async #record(id: number, record: number, order: RecordOrder): Promise<void> {
    const opening = RecordingFile.create(order.path, order.sides === 'stereo' ? 2 : 1).catch((error: unknown) =>
      error instanceof Error ? error.message : String(error),
    )
    const { opened, stopped } = await this.#openings.during(`record ${id} ${record}`, opening)
    if (typeof opened === 'string') {
      this.#say({ type: 'recordEnded', leg: id, record, end: 'failed', samples: 0, error: opened })
      return
    }
    this.#say({ type: 'recordStarted', leg: id, record })
    const recording = new WorkerRecording(opened, order)
    const leg = this.#legs.get(id)
    if (leg !== undefined && !stopped) leg.recordings.set(record, recording)
    else this.#finish(id, record, recording, leg === undefined ? 'closed' : 'stopped')
  }

  #stopRecord(id: number, record: number): void {
    if (this.#openings.stop(`record ${id} ${record}`)) return
    const leg = this.#legs.get(id)
    if (leg !== undefined) this.#endRecording(id, leg, record, 'stopped')
  }

  #endRecording(id: number, leg: WorkerLeg, record: number, end: RecordEnd): void {
    const recording = leg.recordings.get(record)
    if (recording === undefined) return
    leg.recordings.delete(record)
    this.#finish(id, record, recording, end)
  }

  #finish(id: number, record: number, recording: WorkerRecording, end: RecordEnd): void {
    this.#awaitBeforeEnd(
      recording.close().then(({ samples, error }) => {
        this.#say({ type: 'recordEnded', leg: id, record, end: error === null ? end : 'failed', samples, error })
      }),
    )
  }

  #awaitBeforeEnd(closing: Promise<void>): void {
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
    this.#rooms.close()
    this.#sockets.close()
    await Promise.all(this.#closings)
    this.#say({ type: 'shutDown' })
  }

  async #warmUp(): Promise<void> {
    const pair = await Promise.all([0, 1].map(async () => this.#newLeg(-1, await this.#sockets.take()))).catch(() => [])
    const [one, other] = pair
    if (one === undefined || other === undefined) return
    await warmUp(one, other, this.#settings.ports.address)
    for (const leg of pair) {
      leg.close()
      this.#sockets.release(leg.socket)
    }
  }
}
