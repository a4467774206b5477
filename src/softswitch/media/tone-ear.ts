import type { Ear, EarCue, EarOrder } from './ears.ts'
import { sinePower } from './sine-power.ts'

/** How much of the sound the tones must be together. */
const LEAST_SHARE = 0.7
/** How much of their sum each must be, in parts of an equal share. */
const LEAST_OF_EQUAL = 0.2
/** Mean square of a sample below which nothing is a tone: −43 dBm0. */
const LEAST_POWER = 25_000
/** 40 ms: a click is none. */
const TICKS = 2

/** Tones that sound together, as `tone_detect` takes them. */
export class ToneEar implements Ear {
  readonly #order: Extract<EarOrder, { kind: 'tone' }>
  #ticks = 0
  #hits = 0
  #sleep = 0
  #expires = 0

  constructor(order: Extract<EarOrder, { kind: 'tone' }>) {
    this.#order = order
  }

  hear(heard: Int16Array, spoken: Int16Array): EarCue | null {
    const { side, hits, sleepTicks, expiresTicks } = this.#order
    if (this.#expires > 0) {
      this.#expires -= 1
      if (this.#expires === 0) this.#hits = 0
    }
    if (this.#sleep > 0) {
      this.#sleep -= 1
      return null
    }
    this.#ticks = this.#sounds(side === 'heard' ? heard : spoken) ? this.#ticks + 1 : 0
    if (this.#ticks < TICKS) return null
    this.#ticks = 0
    this.#hits += 1
    this.#sleep = sleepTicks
    this.#expires = expiresTicks
    if (this.#hits < hits) return null
    this.#hits = 0
    return { kind: 'tone' }
  }

  #sounds(samples: Int16Array): boolean {
    let all = 0
    for (const sample of samples) all += sample * sample
    all /= samples.length
    if (all < LEAST_POWER) return false
    const powers = this.#order.frequencies.map((frequency) => sinePower(samples, frequency))
    const sum = powers.reduce((one, other) => one + other, 0)
    return sum >= LEAST_SHARE * all && powers.every((power) => power * powers.length >= LEAST_OF_EQUAL * sum)
  }
}
