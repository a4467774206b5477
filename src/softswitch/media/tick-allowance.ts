/** Of what may wait to be told at once: a line that stood still for a moment brings what it held back together. */
const MOST_AT_ONCE = 20

/**
 * How much a far end may have told of itself: one thing a tick of 20 ms, as FreeSWITCH takes one from the line with each
 * packet's turn. Each key and each report is a message to the main thread, an event for every client and, in the
 * application, a line of the journal; a telephone that sends ten thousand a second has the rest dropped here.
 */
export class TickAllowance {
  #left = MOST_AT_ONCE

  /** Once a tick. */
  tick(): void {
    if (this.#left < MOST_AT_ONCE) this.#left += 1
  }

  /** @returns whether one more may be told */
  take(): boolean {
    if (this.#left === 0) return false
    this.#left -= 1
    return true
  }
}
