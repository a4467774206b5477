/** A file that is heard in the place of one side of a leg, or mixed with it (`displace_session`). */
import type { AudioSource } from './audio-source.ts'

export interface DisplaceOrder {
  readonly uri: string
  /** Whose sound gives way: what the far end is told, or what it says. */
  readonly side: 'spoken' | 'heard'
  /** Mixed with that side; else in its place, and the other side is silent. */
  readonly mixed: boolean
  /** Again and again. */
  readonly looped: boolean
}

export class Displacement {
  readonly order: DisplaceOrder
  readonly #source: AudioSource
  readonly #samples: Int16Array

  constructor(order: DisplaceOrder, source: AudioSource, tickSamples: number) {
    this.order = order
    this.#source = source
    this.#samples = new Int16Array(tickSamples)
  }

  /** One tick. @returns false when the file has ended */
  apply(side: Int16Array, other: Int16Array): boolean {
    const read = this.#source.read(this.#samples, this.#samples.length)
    this.#samples.fill(0, read)
    for (let at = 0; at < side.length; at++) {
      const sum = (this.order.mixed ? (side[at] ?? 0) : 0) + (this.#samples[at] ?? 0)
      side[at] = Math.max(-32_768, Math.min(32_767, sum))
    }
    if (!this.order.mixed) other.fill(0)
    return read === this.#samples.length
  }

  close(): void {
    this.#source.close()
  }
}
