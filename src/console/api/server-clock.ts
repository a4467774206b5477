/**
 * What the server's clock says, though the browser's may be wrong. Each answer's Date header (whole seconds, cut off)
 * bounds the difference: it was written between asking and being answered. The bounds of all answers together narrow it.
 */
export class ServerClock {
  #least = -Infinity
  #most = Infinity

  /** @param date the header; times in milliseconds of the browser's clock */
  note(date: string | null, askedAt: number, answeredAt: number): void {
    const second = Date.parse(date ?? '')
    if (!Number.isNaN(second)) this.#narrow(second - answeredAt, second + 1_000 - askedAt)
  }

  /** @param instant ISO 8601, to the millisecond, from within an answer */
  noteInstant(instant: string, askedAt: number, answeredAt: number): void {
    const at = Date.parse(instant)
    if (!Number.isNaN(at)) this.#narrow(at - answeredAt, at - askedAt)
  }

  #narrow(least: number, most: number): void {
    // Bounds that contradict the known ones: one of the clocks has been set meanwhile.
    if (least > this.#most || most < this.#least) {
      this.#least = least
      this.#most = most
      return
    }
    this.#least = Math.max(this.#least, least)
    this.#most = Math.min(this.#most, most)
  }

  /** Milliseconds since 1970 as the server counts them; before its first answer, the browser's. */
  at(browserNow: number): number {
    if (this.#least === -Infinity) return browserNow
    return browserNow + (this.#least + this.#most) / 2
  }
}

export const serverClock = new ServerClock()

export function serverNow(): number {
  return serverClock.at(Date.now())
}
