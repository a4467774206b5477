/**
 * Browsers' legs, seen from the media server: a process that is started with the first of them and turns what a browser
 * sends into plain RTP for an ordinary leg, and back.
 *
 *     const gateway = new Gateway({ address: '127.0.0.1' })
 *     const browser = await gateway.connect(offer, leg.port)
 *     leg.negotiate({ …audio, remoteAddress: gateway.address, remotePort: browser.port })
 *     browser.close()
 *     await gateway.close()
 *
 * When the process dies, its browsers are silent from then on and end by their legs' time limit; the next one has a new
 * process.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type {
  FromGateway,
  GatewayFigures,
  GatewaySettings,
  PeerAnswer,
  PeerOffer,
  ToGateway,
} from './gateway-messages.ts'

/** The library is loaded and has its keys in far less; what takes longer is as good as dead. */
const START_LIMIT_MS = 10_000
const ANSWER_LIMIT_MS = 5_000
const CLOSE_LIMIT_MS = 2_000

export interface GatewayOptions {
  readonly address: string
  readonly portFrom?: number
  readonly portTo?: number
  readonly log?: (message: string, details: Readonly<Record<string, unknown>>) => void
}

/** A browser that has been answered. */
export interface BrowserLink {
  readonly answer: PeerAnswer
  /** Where its leg sends its plain RTP; the address is the gateway's. */
  readonly port: number
  /** Resolves when ICE and DTLS are done and sound flows; never when they fail. */
  readonly connected: Promise<void>
  /** Idempotent. */
  close(): void
}

interface Asked {
  resolve(message: FromGateway): void
  reject(error: Error): void
}

export class Gateway {
  readonly address: string
  readonly #settings: GatewaySettings
  readonly #log: NonNullable<GatewayOptions['log']>
  readonly #asked = new Map<string, Asked>()
  readonly #connecting = new Map<number, () => void>()
  #process: Promise<ChildProcess> | null = null
  #number = 0
  #closed = false

  constructor({ address, portFrom = 0, portTo = 0, log = () => {} }: GatewayOptions) {
    this.address = address
    this.#settings = { address, portFrom, portTo }
    this.#log = log
  }

  /**
   * Answers a browser.
   * @param mediaPort of the leg, at this gateway's address
   * @throws when the process does not start, or cannot take the offer
   */
  async connect(offer: PeerOffer, mediaPort: number): Promise<BrowserLink> {
    const child = await this.#started()
    const peer = this.#newNumber()
    const opened = this.#ask(`open ${peer}`)
    post(child, { type: 'open', peer, offer, mediaPort })
    const connected = new Promise<void>((resolve) => this.#connecting.set(peer, resolve))
    const close = (): void => {
      this.#connecting.delete(peer)
      post(child, { type: 'close', peer })
    }
    const message = await opened.catch((error: unknown) => {
      close()
      throw error
    })
    if (message.type !== 'opened') {
      this.#connecting.delete(peer)
      throw new Error(message.type === 'openFailed' ? message.message : 'the gateway did not answer')
    }
    return { answer: message.answer, port: message.port, connected, close }
  }

  /** Null while no browser has come yet. */
  async figures(): Promise<GatewayFigures | null> {
    if (this.#process === null) return null
    const child = await this.#process
    const ask = this.#newNumber()
    const answered = this.#ask(`figures ${ask}`)
    post(child, { type: 'figures', ask })
    const message = await answered
    return message.type === 'figures' ? message.figures : null
  }

  /** Ends all browsers' connections and the process. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    const child = await this.#process?.catch(() => null)
    if (child === null || child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.disconnect()
    const limit = setTimeout(() => child.kill('SIGKILL'), CLOSE_LIMIT_MS)
    await gone
    clearTimeout(limit)
  }

  #started(): Promise<ChildProcess> {
    if (this.#closed) return Promise.reject(new Error('the gateway is closed'))
    this.#process ??= this.#start().catch((error: unknown) => {
      this.#process = null
      throw error
    })
    return this.#process
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(fileURLToPath(new URL('./gateway-process.ts', import.meta.url)), [], {
      // Nothing else of the environment: there are secrets in it.
      env: { SUIFANG_GATEWAY: JSON.stringify(this.#settings) },
      execArgv: [],
      // What the library writes belongs to our log, and stdout to the softswitch's one line.
      stdio: ['ignore', 2, 2, 'ipc'],
    })
    child.on('message', (message: FromGateway) => this.#receive(message))
    child.on('error', () => {})
    child.on('exit', (code, signal) => this.#died(child, { code, signal }))
    try {
      await this.#ask('ready', START_LIMIT_MS)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
    return child
  }

  #died(child: ChildProcess, how: { code: number | null; signal: string | null }): void {
    child.removeAllListeners('message')
    this.#process = null
    const error = new Error(`the gateway for browsers has ended (${how.signal ?? how.code})`)
    for (const asked of [...this.#asked.values()]) asked.reject(error)
    this.#asked.clear()
    if (!this.#closed) this.#log('the gateway for browsers has ended', { ...how })
  }

  #newNumber(): number {
    this.#number += 1
    return this.#number
  }

  #ask(question: string, limitMs = ANSWER_LIMIT_MS): Promise<FromGateway> {
    return new Promise((resolve, reject) => {
      const settle = <T>(then: (value: T) => void) => {
        return (value: T): void => {
          clearTimeout(limit)
          this.#asked.delete(question)
          then(value)
        }
      }
      const asked = { resolve: settle(resolve), reject: settle(reject) }
      const limit = setTimeout(
        () => asked.reject(new Error(`the gateway did not answer "${question}" in ${limitMs} ms`)),
        limitMs,
      )
      this.#asked.set(question, asked)
    })
  }

  #receive(message: FromGateway): void {
    switch (message.type) {
      case 'ready':
        this.#asked.get('ready')?.resolve(message)
        return
      case 'opened':
      case 'openFailed':
        this.#asked.get(`open ${message.peer}`)?.resolve(message)
        return
      case 'figures':
        this.#asked.get(`figures ${message.ask}`)?.resolve(message)
        return
      case 'connected':
        this.#connecting.get(message.peer)?.()
        this.#connecting.delete(message.peer)
        return
      case 'lost':
        this.#log('a browser has closed its connection', { peer: message.peer, state: message.state })
    }
  }
}

function post(child: ChildProcess, message: ToGateway): void {
  if (child.connected) child.send(message, () => {})
}
