/** Counts sessions: in all, at once, and a second. */
export class RateMeter {
  /** What `status` calls "out of max": not enforced here. */
  readonly limitPerSecond = 1000
  total = 0
  peakConcurrent = 0
  peakPerSecond = 0
  #second = 0
  #inSecond = 0
  #lastSecond = 0

  /** A session has begun. @param concurrent how many there are with it */
  count(concurrent: number): void {
    this.#turn()
    this.total += 1
    this.#inSecond += 1
    this.peakConcurrent = Math.max(this.peakConcurrent, concurrent)
    this.peakPerSecond = Math.max(this.peakPerSecond, this.#inSecond)
  }

  /** Sessions that began in the second before this one. */
  get lastSecond(): number {
    this.#turn()
    return this.#lastSecond
  }

  #turn(): void {
    const second = Math.floor(Date.now() / 1000)
    if (second === this.#second) return
    this.#lastSecond = second === this.#second + 1 ? this.#inSecond : 0
    this.#second = second
    this.#inSecond = 0
  }
}
