const TELL_MS = 1_000
/** Of one second, told apart; the addresses of a datagram are as many as its sender likes. */
const MOST_ADDRESSES = 16

/** Packets from strangers, told once a second instead of one by one. */
export class StrangerCount {
  readonly #tell: (address: string, packets: number) => void
  readonly #packets = new Map<string, number>()

  constructor(tell: (address: string, packets: number) => void) {
    this.#tell = tell
  }

  note(address: string): void {
    if (this.#packets.size === 0) setTimeout(() => this.#flush(), TELL_MS).unref()
    const key = this.#packets.has(address) || this.#packets.size < MOST_ADDRESSES ? address : 'others'
    this.#packets.set(key, (this.#packets.get(key) ?? 0) + 1)
  }

  #flush(): void {
    const told = [...this.#packets]
    this.#packets.clear()
    for (const [address, packets] of told) this.#tell(address, packets)
  }
}
