/** A play that is steered while it is heard: paused, sought, louder or quieter, faster or slower. */
import type { AudioSource, SoundFile } from './audio-source.ts'

/** Steps count from what is when `relative`. */
export type PlaySteer =
  /** Stops and goes on by turns. */
  | { readonly kind: 'pause' }
  /** As if the file ended here. */
  | { readonly kind: 'finish' }
  /** Samples at 8 kHz. */
  | { readonly kind: 'seek'; readonly samples: number; readonly relative: boolean }
  /** Decibels, −50 to 50. */
  | { readonly kind: 'volume'; readonly step: number; readonly relative: boolean }
  /** −2 to 2; a step is a quarter of the samples left out, or heard twice. */
  | { readonly kind: 'speed'; readonly step: number; readonly relative: boolean }

const MOST_DECIBELS = 50
const MOST_SPEED = 2
/** At the highest speed two samples are read for each that is heard. */
const MOST_READ = 2

export class SteeredSource implements AudioSource {
  readonly #reopen: (samples: number) => Promise<AudioSource | null>
  #inner: AudioSource
  /** Samples from the file's beginning. */
  #position: number
  #paused = false
  #decibels = 0
  #speed = 0
  #read = new Int16Array(0)
  #finished = false
  #closed = false

  /** @param reopen the same sound from a sample on; null when it cannot be had */
  constructor(inner: AudioSource, position: number, reopen: (samples: number) => Promise<AudioSource | null>) {
    this.#inner = inner
    this.#position = position
    this.#reopen = reopen
  }

  get file(): SoundFile | undefined {
    return this.#inner.file
  }

  steer(order: PlaySteer): void {
    switch (order.kind) {
      case 'pause':
        this.#paused = !this.#paused
        return
      case 'finish':
        this.#finished = true
        return
      case 'volume':
        this.#decibels = within(MOST_DECIBELS, order.step + (order.relative ? this.#decibels : 0))
        return
      case 'speed':
        this.#speed = within(MOST_SPEED, order.step + (order.relative ? this.#speed : 0))
        return
      case 'seek':
        void this.#seek(Math.max(0, order.samples + (order.relative ? this.#position : 0)))
    }
  }

  read(into: Int16Array, count: number): number {
    if (this.#finished) return 0
    if (this.#paused) {
      into.fill(0, 0, count)
      return count
    }
    const written = this.#speed === 0 ? this.#readPlain(into, count) : this.#readFast(into, count)
    if (this.#decibels !== 0) {
      // The lowest step is silence, as on the real server.
      const factor = this.#decibels === -MOST_DECIBELS ? 0 : 10 ** (this.#decibels / 20)
      for (let at = 0; at < written; at++) {
        into[at] = Math.max(-32_768, Math.min(32_767, (into[at] ?? 0) * factor))
      }
    }
    return written
  }

  close(): void {
    this.#closed = true
    this.#inner.close()
  }

  #readPlain(into: Int16Array, count: number): number {
    const written = this.#inner.read(into, count)
    this.#position += written
    return written
  }

  /** The nearest sample for each that is heard: the pitch moves, as it does there. */
  #readFast(into: Int16Array, count: number): number {
    const pace = 1 / (1 - 0.25 * this.#speed)
    if (this.#read.length < count * MOST_READ) this.#read = new Int16Array(count * MOST_READ)
    const got = this.#readPlain(this.#read, Math.round(count * pace))
    const written = Math.min(count, Math.floor(got / pace + 0.5))
    for (let at = 0; at < written; at++) into[at] = this.#read[Math.min(got - 1, Math.floor(at * pace))] ?? 0
    return written
  }

  async #seek(samples: number): Promise<void> {
    const source = await this.#reopen(samples)
    if (source === null) return
    if (this.#closed) {
      source.close()
      return
    }
    this.#inner.close()
    this.#inner = source
    this.#position = samples
  }
}

function within(most: number, value: number): number {
  return Math.max(-most, Math.min(most, value))
}
