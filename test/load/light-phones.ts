import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { FromLightPhones, ToLightPhones } from './light-phones-process.ts'

const limitMs = 10_000

/** A telephone that the bench calls out from: it hums when it has been told the answer to its offer. */
export interface Line {
  readonly offer: string
  answer(sdp: string): void
}

/** Telephones in a process of their own, as light as can be. */
export class LightPhones {
  /** Any number at this port of 127.0.0.1 answers. */
  readonly port: number
  readonly #child: ChildProcess

  static async open(): Promise<LightPhones> {
    const child = fork(new URL('./light-phones-process.ts', import.meta.url), { execArgv: [] })
    const [open]: FromLightPhones[] = await once(child, 'message', { signal: AbortSignal.timeout(limitMs) })
    if (open?.type !== 'open') throw new Error('the telephones did not start')
    return new LightPhones(child, open.port)
  }

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  /** Of those who answer, from now on: the first key so long after the answer, and one so often. */
  press(of: { readonly firstMs: number; readonly everyMs: number }): void {
    this.#send({ type: 'press', ...of })
  }

  /** @param hums a tone each, multiples of 5 Hz; after the last ones have hushed */
  async lines(hums: readonly number[]): Promise<readonly Line[]> {
    this.#send({ type: 'lines', hums })
    const told = await this.#told()
    if (told.type !== 'lines') throw new Error('no lines')
    return told.offers.map((offer, line) => ({ offer, answer: (sdp) => this.#send({ type: 'talk', line, sdp }) }))
  }

  /** All lines are closed. @returns how many packets each has heard */
  async hush(): Promise<readonly number[]> {
    this.#send({ type: 'hush' })
    const told = await this.#told()
    return told.type === 'hushed' ? told.packetsHeard : []
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }

  #send(message: ToLightPhones): void {
    this.#child.send(message)
  }

  async #told(): Promise<FromLightPhones> {
    const [told]: FromLightPhones[] = await once(this.#child, 'message', { signal: AbortSignal.timeout(limitMs) })
    if (told === undefined) throw new Error('the telephones said nothing')
    return told
  }
}
