/** A beat of 20 ms for every telephone of the process: late beats are made up, so that time does not drift. */
const beatMs = 20
/** A process that was stopped for longer than this does not make up for all of it. */
const mostBeatsAtOnce = 10

export class Ticker {
  readonly #phaseMs: number | null
  readonly #listeners = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  #next = 0

  /** @param phaseMs beats so long behind each full 20 ms of the process's clock; null: as it comes */
  constructor(phaseMs: number | null = null) {
    this.#phaseMs = phaseMs
  }

  add(listener: () => void): void {
    this.#listeners.add(listener)
    if (this.#timer !== undefined) return
    const now = performance.now()
    this.#next = now + beatMs - (this.#phaseMs === null ? 0 : (now - this.#phaseMs) % beatMs)
    this.#timer = setTimeout(() => this.#beat(), this.#next - now)
  }

  remove(listener: () => void): void {
    this.#listeners.delete(listener)
    if (this.#listeners.size > 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #beat(): void {
    const now = performance.now()
    if (now - this.#next > beatMs * mostBeatsAtOnce) this.#next = now
    while (this.#next <= now) {
      for (const listener of this.#listeners) listener()
      this.#next += beatMs
    }
    if (this.#listeners.size === 0) return
    this.#timer = setTimeout(() => this.#beat(), Math.max(1, this.#next - performance.now()))
  }
}
