/**
 * What a person makes of the sound in the receiver: is somebody speaking, for how long, for how long not. It knows
 * loudness and time and nothing of what is said.
 */

/** Mean absolute sample (0–32767) from which a packet is speech and no noise of the line: about −40 dBm0. */
const loudFrom = 150

export class Ear {
  /** When the listening began that `listenedMs` counts from; undefined until something is heard. */
  #since: number | undefined
  #lastLoud: number | undefined
  #notBefore = 0

  /** One packet of 20 ms. @param level mean absolute sample. @returns whether it was speech */
  hear(level: number, at: number): boolean {
    if (level < loudFrom) return false
    this.#lastLoud = at
    if (at >= this.#notBefore) this.#since ??= at
    return true
  }

  /** Since the first speech after the last `listenAfresh`; 0 while there was none. */
  listenedMs(now: number): number {
    return this.#since === undefined ? 0 : now - this.#since
  }

  /** Since speech was heard last; 0 when never. */
  silentMs(now: number): number {
    return this.#lastLoud === undefined ? 0 : now - this.#lastLoud
  }

  get heardAnything(): boolean {
    return this.#lastLoud !== undefined
  }

  /** Counts anew from the first speech at or after `from`. */
  listenAfresh(from: number): void {
    this.#since = undefined
    this.#notBefore = from
  }
}
