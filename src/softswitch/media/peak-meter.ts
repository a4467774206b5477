import { TICK_SAMPLES } from './media-ticker.ts'

/** Ticks of one reading (1 s). */
const READING_TICKS = 50
/** Every fourth sample: speech is louder than what lies between. */
const STEP = 4

/** The loudest sample of the last full second on both sides of a leg, 0–32768. */
export class PeakMeter {
  heard = 0
  spoken = 0
  #ticks = 0
  #heardSoFar = 0
  #spokenSoFar = 0

  tick(heard: Int16Array, spoken: Int16Array): void {
    for (let i = 0; i < TICK_SAMPLES; i += STEP) {
      const one = Math.abs(heard[i] ?? 0)
      const other = Math.abs(spoken[i] ?? 0)
      if (one > this.#heardSoFar) this.#heardSoFar = one
      if (other > this.#spokenSoFar) this.#spokenSoFar = other
    }
    this.#ticks += 1
    if (this.#ticks < READING_TICKS) return
    this.#ticks = 0
    this.heard = this.#heardSoFar
    this.spoken = this.#spokenSoFar
    this.#heardSoFar = 0
    this.#spokenSoFar = 0
  }
}
