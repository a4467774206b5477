/**
 * The media worker as the main thread sees it: legs to open, plays and recordings with their ends as promises.
 *
 *     const engine = await MediaEngine.start({ address: '127.0.0.1' })
 *     const leg = await engine.openLeg()
 *     leg.negotiate(audio)
 *     await leg.play('/prompts/hello.wav').ended
 *     await engine.close()
 *
 * Everything a leg was asked for ends when the leg closes or the worker dies: no promise here hangs.
 */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { BadNetwork } from '../chaos/impairment.ts'
import type { FromWorker, MediaFigures, MediaWorkerSettings, ToWorker } from './leg-messages.ts'
import { MediaLeg } from './media-leg.ts'
import { MediaRoom } from './media-room.ts'

export interface MediaEngineSettings {
  readonly address: string
  /** Ports for RTP, even ones; 0 and 0 (the default): any free port. */
  readonly portFrom?: number
  readonly portTo?: number
  /** Jitter buffer. Default 40 ms. */
  readonly jitterMs?: number
  /** For tests: whether `impair` does anything. */
  readonly mayBeImpaired?: boolean
  /** Where `local_stream://<name>` finds the folder `<name>` with its music. Default: the music that production has. */
  readonly musicFolder?: string
}

/** One folder for both servers: FreeSWITCH reads it by its own configuration. */
const MUSIC_FOLDER = fileURLToPath(new URL('../../../sip-config/freeswitch/music', import.meta.url))

/** The worker opens sockets and answers questions in far less; a worker that takes longer is as good as dead. */
const ANSWER_LIMIT_MS = 5_000

interface Asked {
  resolve(message: FromWorker): void
  reject(error: Error): void
}

export class MediaEngine {
  readonly address: string
  readonly #worker: Worker
  readonly #legs = new Map<number, MediaLeg>()
  readonly #rooms = new Map<number, MediaRoom>()
  /** Questions by their name (`opened 5`, `figures 7`). */
  readonly #asked = new Map<string, Asked>()
  #number = 0
  #dead: Error | null = null
  #closing: Promise<void> | null = null
  readonly #deathListeners: ((error: Error) => void)[] = []
  readonly #strangerListeners: ((address: string, packets: number) => void)[] = []

  /** @throws when the worker cannot start */
  static async start(settings: MediaEngineSettings): Promise<MediaEngine> {
    const workerData: MediaWorkerSettings = {
      ports: { address: settings.address, from: settings.portFrom ?? 0, to: settings.portTo ?? 0 },
      jitterMs: settings.jitterMs ?? 40,
      mayBeImpaired: settings.mayBeImpaired ?? false,
      musicFolder: settings.musicFolder ?? MUSIC_FOLDER,
    }
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData, name: 'media' })
    const engine = new MediaEngine(settings.address, worker)
    await engine.#ask('ready', ANSWER_LIMIT_MS * 2)
    return engine
  }

  private constructor(address: string, worker: Worker) {
    this.address = address
    this.#worker = worker
    worker.on('message', (message: FromWorker) => this.#receive(message))
    worker.on('error', (error) => this.#die(error instanceof Error ? error : new Error(String(error))))
    worker.on('exit', (code) => this.#die(new Error(`the media worker has ended with code ${code}`)))
  }

  /** Told once, when the worker dies by itself: no media is left. */
  onDeath(listener: (error: Error) => void): void {
    this.#deathListeners.push(listener)
  }

  /** Told once a second, while there are any, of packets that came from somebody else than the leg's far end. */
  onStrangers(listener: (address: string, packets: number) => void): void {
    this.#strangerListeners.push(listener)
  }

  /** @throws when there is no free port */
  async openLeg(): Promise<MediaLeg> {
    const id = this.#newNumber()
    this.#post({ type: 'open', leg: id })
    const answer = await this.#ask(`open ${id}`)
    if (answer.type !== 'opened') throw new Error(answer.type === 'openFailed' ? answer.message : 'no leg')
    const leg = new MediaLeg({
      id,
      address: this.address,
      port: answer.port,
      newNumber: () => this.#newNumber(),
      post: (message) => this.#post(message),
      ask: (question) => this.#ask(question),
      closed: () => this.#legs.delete(id),
    })
    this.#legs.set(id, leg)
    return leg
  }

  /** A room for legs of this engine: they all live on its one worker, so a tick mixes them without any waiting. */
  openRoom(): MediaRoom {
    const id = this.#newNumber()
    this.#post({ type: 'openRoom', room: id })
    const room = new MediaRoom({
      id,
      newNumber: () => this.#newNumber(),
      post: (message) => this.#post(message),
      closed: () => this.#rooms.delete(id),
    })
    this.#rooms.set(id, room)
    return room
  }

  /** @param options.restart begins the ticker's figures anew */
  async figures(options: { restart?: boolean } = {}): Promise<MediaFigures> {
    const ask = this.#newNumber()
    this.#post({ type: 'figures', ask, restart: options.restart ?? false })
    const answer = await this.#ask(`figures ${ask}`)
    if (answer.type !== 'figures') throw new Error('no figures')
    return answer.figures
  }

  /** A bad network for all legs, from now on. */
  impair(network: BadNetwork): void {
    this.#post({ type: 'impair', network })
  }

  /** Ends all legs, finishes all recordings and ends the worker. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown()
    return this.#closing
  }

  async #shutDown(): Promise<void> {
    if (this.#dead === null) {
      this.#post({ type: 'shutdown' })
      await this.#ask('shutDown').catch(() => {})
    }
    for (const room of [...this.#rooms.values()]) room.die()
    for (const leg of [...this.#legs.values()]) leg.die()
    await this.#worker.terminate()
  }

  #newNumber(): number {
    this.#number += 1
    return this.#number
  }

  #post(message: ToWorker): void {
    if (this.#dead === null) this.#worker.postMessage(message)
  }

  #ask(question: string, limitMs = ANSWER_LIMIT_MS): Promise<FromWorker> {
    if (this.#dead !== null) return Promise.reject(this.#dead)
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        this.#asked.delete(question)
        reject(new Error(`the media worker did not answer "${question}" in ${limitMs} ms`))
      }, limitMs)
      this.#asked.set(question, {
        resolve: (message) => {
          clearTimeout(limit)
          resolve(message)
        },
        reject: (error) => {
          clearTimeout(limit)
          reject(error)
        },
      })
    })
  }

  #answer(question: string, message: FromWorker): void {
    const asked = this.#asked.get(question)
    this.#asked.delete(question)
    asked?.resolve(message)
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'ready':
      case 'shutDown':
        this.#answer(message.type, message)
        return
      case 'opened':
      case 'openFailed':
        this.#answer(`open ${message.leg}`, message)
        return
      case 'legFigures':
      case 'figures':
        this.#answer(`figures ${message.ask}`, message)
        return
      case 'strangers':
        for (const listener of this.#strangerListeners) listener(message.address, message.packets)
        return
      case 'roomPlayStarted':
      case 'roomPlayEnded':
      case 'roomRecordStarted':
      case 'roomRecordEnded':
        this.#rooms.get(message.room)?.receive(message)
        return
      default:
        this.#legs.get(message.leg)?.receive(message)
    }
  }

  #die(error: Error): void {
    if (this.#dead !== null) return
    this.#dead = error
    for (const asked of this.#asked.values()) asked.reject(error)
    this.#asked.clear()
    for (const room of [...this.#rooms.values()]) room.die()
    for (const leg of [...this.#legs.values()]) leg.die()
    if (this.#closing === null) for (const listener of this.#deathListeners) listener(error)
  }
}
