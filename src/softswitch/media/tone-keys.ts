/**
 * Keys that come as tones in the voice (DTMF, ITU-T Q.23), found by Goertzel's filters within the limits of Q.24.
 *
 * Blocks of 12.75 ms, in which each of the eight frequencies falls in the middle of a filter. A block is a key when one
 * tone of each group stands out of its group, their levels fit each other, and nearly all of the block's energy is in
 * the two: speech has it elsewhere. Two such blocks in a row are a key (so 40 ms always are), two without it are its end.
 */
import type { HeldDigit } from './telephone-event.ts'

const BLOCK = 102
const LOW = [697, 770, 852, 941] as const
const HIGH = [1209, 1336, 1477, 1633] as const
const KEYS = ['123A', '456B', '789C', '*0#D'] as const
/** The least of each tone: −32 dBm0, as a power of Goertzel's filter. */
const LEAST_POWER = ((560 * BLOCK) / 2) ** 2
/** The high tone may be 4 dB stronger than the low one, and 8 dB weaker (Q.24: normal and reverse twist, with margin). */
const MOST_HIGH_OVER_LOW = 2.82
const MOST_LOW_OVER_HIGH = 6.9
/** How far a tone must stand out of the others of its group: 8 dB. */
const OVER_GROUP = 6.3
/** Share of the block's energy in the two tones; 1 for tones without anything else, 0.75 for such that are 1.5 % off. */
const LEAST_SHARE = 0.72
const BLOCKS_TO_BEGIN = 2
const BLOCKS_TO_END = 3

const coefficients = Float64Array.from([...LOW, ...HIGH], (frequency) => 2 * Math.cos((2 * Math.PI * frequency) / 8000))

export class ToneKeys {
  readonly #block = new Float64Array(BLOCK)
  readonly #powers = new Float64Array(8)
  #filled = 0
  /** The key of the last blocks, how often it came, and how many went by since without it. */
  #candidate = ''
  #hits = 0
  #misses = 0

  /** @returns a key that has ended within these samples */
  take(samples: Int16Array): HeldDigit | null {
    let ended: HeldDigit | null = null
    for (const sample of samples) {
      this.#block[this.#filled] = sample
      this.#filled += 1
      if (this.#filled < BLOCK) continue
      this.#filled = 0
      ended = this.#judge(this.#key()) ?? ended
    }
    return ended
  }

  #judge(key: string): HeldDigit | null {
    if (key !== '' && key === this.#candidate) {
      this.#hits += 1
      this.#misses = 0
      return null
    }
    this.#misses += 1
    const known = this.#hits >= BLOCKS_TO_BEGIN
    // A key that is known goes on over bad blocks, unless one is another key.
    if (known && key === '' && this.#misses < BLOCKS_TO_END) return null
    const ended = known ? { digit: this.#candidate, durationSamples: this.#hits * BLOCK } : null
    this.#candidate = key
    this.#hits = key === '' ? 0 : 1
    this.#misses = 0
    return ended
  }

  /** The key of the block that is full; empty when there is none. */
  #key(): string {
    let energy = 0
    for (const sample of this.#block) energy += sample * sample
    // Quicker than eight filters, and the rule in a silent line.
    if ((energy * BLOCK) / 2 < LEAST_POWER * 2) return ''
    for (let tone = 0; tone < 8; tone++) this.#powers[tone] = this.#power(coefficients[tone] ?? 0)
    const low = this.#strongest(0)
    const high = this.#strongest(4)
    if (low === -1 || high === -1) return ''
    const lowPower = this.#powers[low] ?? 0
    const highPower = this.#powers[high] ?? 0
    if (lowPower < LEAST_POWER || highPower < LEAST_POWER) return ''
    if (highPower > lowPower * MOST_HIGH_OVER_LOW || lowPower > highPower * MOST_LOW_OVER_HIGH) return ''
    if (lowPower + highPower < LEAST_SHARE * energy * (BLOCK / 2)) return ''
    return KEYS[low]?.charAt(high - 4) ?? ''
  }

  #power(coefficient: number): number {
    let last = 0
    let before = 0
    for (const sample of this.#block) {
      const next = sample + coefficient * last - before
      before = last
      last = next
    }
    return last * last + before * before - coefficient * last * before
  }

  /** @returns the tone of the group beginning at `from` that stands out of it, or −1 */
  #strongest(from: number): number {
    let best = from
    for (let tone = from + 1; tone < from + 4; tone++) {
      if ((this.#powers[tone] ?? 0) > (this.#powers[best] ?? 0)) best = tone
    }
    const power = this.#powers[best] ?? 0
    for (let tone = from; tone < from + 4; tone++) {
      if (tone !== best && power < (this.#powers[tone] ?? 0) * OVER_GROUP) return -1
    }
    return best
  }
}
