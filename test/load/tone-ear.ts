import { toneLevel } from '../harness/tones.ts'

/** A quarter of a voice (peak 6,000): the tone fills a quarter of the packet in which it begins. */
const faint = 1_500
const loud = 3_000
/** A tone is over after a fifth of a second without it. */
const quietPackets = 10

/**
 * Tells when one of several tones begins in what a receiver hears, packet by packet (20 ms, Goertzel over the 160
 * samples). Tones are multiples of 50 Hz, whole in a packet, and at least 100 Hz apart. The first packet that has any of
 * them is the beginning, nothing subtracted; which of them it is, the next one says, which is full of it.
 */
export class ToneEar {
  readonly #tones: readonly number[]
  #beganAt: number | null = null
  #hearing = false
  #quiet = 0

  constructor(tones: readonly number[]) {
    this.#tones = tones
  }

  /** @returns the tone that has begun, and with which packet */
  hear(samples: Int16Array, at: number): { readonly hz: number; readonly at: number } | null {
    const { hz, level } = this.#loudest(samples)
    if (this.#hearing) {
      this.#quiet = level < faint ? this.#quiet + 1 : 0
      this.#hearing = this.#quiet < quietPackets
      return null
    }
    if (this.#beganAt === null) {
      if (level >= faint) this.#beganAt = at
      return null
    }
    const beganAt = this.#beganAt
    this.#beganAt = null
    if (level < loud) return null
    this.#hearing = true
    this.#quiet = 0
    return { hz, at: beganAt }
  }

  #loudest(samples: Int16Array): { hz: number; level: number } {
    let loudest = { hz: 0, level: 0 }
    for (const hz of this.#tones) {
      const level = toneLevel(samples, hz)
      if (level > loudest.level) loudest = { hz, level }
    }
    return loudest
  }
}
