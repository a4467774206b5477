/**
 * One leg that listens in on another (`eavesdrop`), in the media worker: it is what the listening leg plays. It may
 * whisper into either side: to the far end of the other, or to whom that one talks to.
 */
import type { AudioSource } from './audio-source.ts'
import type { SpySides } from './leg-messages.ts'
import { TICK_SAMPLES } from './media-ticker.ts'

export class WorkerSpy implements AudioSource {
  /** `spoken`: whispers to the far end; `heard`: to whom that talks to. */
  whispers: SpySides = { heard: false, spoken: false }
  readonly #hears: SpySides
  /** What the listener says. */
  readonly #voice: Int16Array
  readonly #heard = new Int16Array(TICK_SAMPLES)
  readonly #spoken = new Int16Array(TICK_SAMPLES)
  readonly #leave: (spy: WorkerSpy) => void
  #over = false

  constructor(voice: Int16Array, hears: SpySides, leave: (spy: WorkerSpy) => void) {
    this.#voice = voice
    this.#hears = hears
    this.#leave = leave
  }

  /** Listens to one side of this tick, then whispers into it: the listener does not hear itself. */
  pass(side: keyof SpySides, samples: Int16Array): void {
    const kept = side === 'heard' ? this.#heard : this.#spoken
    kept.set(samples)
    // Into a side that it does not listen to it cannot whisper: so it is on the real server.
    if (!this.whispers[side] || !this.#hears[side]) return
    for (let i = 0; i < TICK_SAMPLES; i++) samples[i] = clip((samples[i] ?? 0) + (this.#voice[i] ?? 0))
  }

  read(into: Int16Array, count: number): number {
    if (this.#over) return 0
    const { heard, spoken } = this.#hears
    for (let i = 0; i < count; i++) {
      into[i] = clip((heard ? (this.#heard[i] ?? 0) : 0) + (spoken ? (this.#spoken[i] ?? 0) : 0))
    }
    return count
  }

  /** The other leg is gone. */
  end(): void {
    this.#over = true
  }

  close(): void {
    this.#over = true
    this.#leave(this)
  }
}

function clip(sample: number): number {
  return Math.max(-32_768, Math.min(32_767, sample))
}
