import type { SipClock } from './sip-clock.ts'

export interface RequestGateSettings {
  /** Messages a second that an address may send which belong to no transaction yet; twice as many at once. */
  readonly perAddress: number
  /** Of this machine: never counted. A kernel takes no datagram from outside that claims to come from it. */
  readonly ownAddresses: readonly string[]
}

/** All addresses together may send so many times what one may: who makes up addresses has no more of them. */
const ALL_TOGETHER = 6
const MOST_ADDRESSES = 10_000

interface Allowance {
  left: number
  at: number
}

/**
 * How many new requests, and messages that cannot be read, are looked at: a token bucket an address, and one for all. A
 * scan or a flood costs its own address the answers and nobody the processor.
 */
export class RequestGate {
  readonly #perAddress: number
  readonly #own: ReadonlySet<string>
  readonly #clock: Pick<SipClock, 'now'>
  readonly #addresses = new Map<string, Allowance>()
  readonly #all: Allowance

  constructor({ perAddress, ownAddresses }: RequestGateSettings, clock: Pick<SipClock, 'now'>) {
    this.#perAddress = perAddress
    this.#own = new Set(ownAddresses)
    this.#clock = clock
    this.#all = { left: 2 * ALL_TOGETHER * perAddress, at: clock.now() }
  }

  /** Whether one more message of this address is to be looked at. */
  admits(address: string): boolean {
    if (this.#own.has(address)) return true
    const now = this.#clock.now()
    const own = this.#addresses.get(address) ?? { left: 2 * this.#perAddress, at: now }
    // The one that was quiet longest stands first, and is forgotten first.
    this.#addresses.delete(address)
    this.#addresses.set(address, own)
    const [oldest] = this.#addresses.keys()
    if (this.#addresses.size > MOST_ADDRESSES && oldest !== undefined) this.#addresses.delete(oldest)
    if (!take(own, this.#perAddress, now)) return false
    return take(this.#all, ALL_TOGETHER * this.#perAddress, now)
  }
}

function take(allowance: Allowance, perSecond: number, now: number): boolean {
  allowance.left = Math.min(2 * perSecond, allowance.left + ((now - allowance.at) / 1_000) * perSecond)
  allowance.at = now
  if (allowance.left < 1) return false
  allowance.left -= 1
  return true
}
