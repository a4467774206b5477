/**
 * Library peers that stand for browsers: each has an offer to send, takes an answer, and lends its sound to an
 * `RtpPhone`. They live in one process of their own: `kill()` is a machine that lost its power, with no goodbye.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FromPeers, PeerHeard, ToPeers } from './browser-peer-process.ts'
import { RtpPhone } from './rtp-phone.ts'
import { waitForEvent } from './wait-for.ts'

/** A browser's own number for telephone-event/8000. */
export const browserEventType = 126

export class BrowserPeers {
  readonly #child: ChildProcess
  readonly #told = new EventEmitter()
  readonly #phones: RtpPhone[] = []
  #count = 0

  static async start(): Promise<BrowserPeers> {
    const child = fork(fileURLToPath(new URL('./browser-peer-process.ts', import.meta.url)), [], {
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    await waitForEvent(child, 'message', { what: 'the process of the peers' })
    return new BrowserPeers(child)
  }

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#told.setMaxListeners(0)
    child.on('message', (message: FromPeers) => {
      if ('peer' in message) this.#told.emit(`${message.type} ${message.peer}`, message)
    })
  }

  async open(): Promise<BrowserPeer> {
    this.#count += 1
    const peer = this.#count
    const phone = await RtpPhone.open('PCMU', browserEventType)
    this.#phones.push(phone)
    const opened = waitForEvent<[Extract<FromPeers, { type: 'opened' }>]>(this.#told, `opened ${peer}`)
    this.#post({ type: 'open', peer, phonePort: phone.port, eventType: browserEventType })
    const [{ sdp, port }] = await opened
    return {
      phone,
      offer: sdp,
      speakTo: { address: '127.0.0.1', port },
      answer: (text) => this.#answer(peer, text),
      state: async (...wanted) => await this.#state(peer, wanted),
      hum: (frequency) => this.#post({ type: 'hum', peer, frequency }),
      heard: async (frequency) => {
        const told = waitForEvent<[PeerHeard]>(this.#told, `heard ${peer}`)
        this.#post({ type: 'heard', peer, frequency })
        const [heard] = await told
        return heard
      },
      close: () => this.#post({ type: 'close', peer }),
    }
  }

  /** All of them vanish. */
  async kill(): Promise<void> {
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }

  async close(): Promise<void> {
    for (const phone of this.#phones.splice(0)) phone.close()
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#post({ type: 'end' })
    await gone
  }

  async #answer(peer: number, sdp: string): Promise<void> {
    const decided = this.#state(peer, ['connected', 'failed', 'closed'])
    this.#post({ type: 'answer', peer, sdp })
    const state = await decided
    if (state !== 'connected') throw new Error(`the peer is ${state}`)
  }

  async #state(peer: number, wanted: readonly string[]): Promise<string> {
    const [{ state }] = await waitForEvent<[Extract<FromPeers, { type: 'state' }>]>(this.#told, `state ${peer}`, {
      what: `a peer to be ${wanted.join(' or ')}`,
      accept: (told) => wanted.includes(told.state),
    })
    return state
  }

  #post(message: ToPeers): void {
    if (this.#child.connected) this.#child.send(message, () => {})
  }
}

export interface BrowserPeer {
  readonly phone: RtpPhone
  readonly offer: string
  /** Where the phone talks to. */
  readonly speakTo: { readonly address: string; readonly port: number }
  /** Resolves when its sound flows. */
  answer(sdp: string): Promise<void>
  /** The next of these states. */
  state(...wanted: readonly string[]): Promise<string>
  /** Sends this tone without its phone, from its own process. */
  hum(frequency: number): void
  /** Of one that hums: what came in since it was last asked, and how loud this frequency is. */
  heard(frequency: number): Promise<PeerHeard>
  /** Closes its connection in order: the far end is told by DTLS. */
  close(): void
}
