import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '#platform/clock.ts'

/**
 * A nonce that we gave out. Nothing is kept of it: it carries its own time and our seal (RFC 7616 §5.4). Among nonces
 * there is an order, so that one line a phone says what has been used: the last nonce and its count.
 */
export interface Nonce {
  /** Sorts by the order in which nonces were made. */
  readonly order: string
  readonly ageMs: number
}

const timeDigits = 12
const sequenceDigits = 6
const randomDigits = 14
const orderDigits = timeDigits + sequenceDigits + randomDigits
const sealDigits = 32
const shape = new RegExp(`^[0-9a-f]{${orderDigits + sealDigits}}$`)

export class NonceMint {
  readonly #key: Buffer
  readonly #clock: Clock
  #lastMs = 0
  #sequence = 0

  /** @param key at least 16 bytes, the same on every node */
  constructor(key: Buffer, clock: Clock) {
    this.#key = key
    this.#clock = clock
  }

  /** @param after the order of a nonce that the new one must follow, also when the clock has been set back since */
  make(after: string | null = null): string {
    const afterMs = after === null ? 0 : Number.parseInt(after.slice(0, timeDigits), 16) + 1
    const nowMs = Math.max(this.#clock.now().getTime(), this.#lastMs, afterMs)
    this.#sequence = nowMs === this.#lastMs ? this.#sequence + 1 : 0
    this.#lastMs = nowMs
    const order = [
      nowMs.toString(16).padStart(timeDigits, '0'),
      this.#sequence.toString(16).padStart(sequenceDigits, '0'),
      randomBytes(randomDigits / 2).toString('hex'),
    ].join('')
    return order + this.#seal(order)
  }

  /** @returns null for what we never gave out */
  read(nonce: string): Nonce | null {
    if (!shape.test(nonce)) return null
    const order = nonce.slice(0, orderDigits)
    const seal = Buffer.from(nonce.slice(orderDigits))
    if (!timingSafeEqual(seal, Buffer.from(this.#seal(order)))) return null
    return { order, ageMs: this.#clock.now().getTime() - Number.parseInt(order.slice(0, timeDigits), 16) }
  }

  #seal(order: string): string {
    return createHmac('sha256', this.#key).update(order).digest('hex').slice(0, sealDigits)
  }
}
