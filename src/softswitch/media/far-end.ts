/**
 * Whom a leg listens and sends to. Its host is the negotiated one; its port is learned from the first packet, as long as
 * none has come from the negotiated port (symmetric RTP, RFC 4961).
 */
export class FarEnd {
  #address = ''
  #negotiatedPort = 0
  #port = 0
  /** The port is settled; only the negotiated one can still take its place. */
  #latched = false

  get address(): string {
    return this.#address
  }

  get port(): number {
    return this.#port
  }

  /** What was learned is kept as long as the same is negotiated again. */
  negotiate(to: { readonly remoteAddress: string; readonly remotePort: number } | null): void {
    if (to?.remoteAddress === this.#address && to.remotePort === this.#negotiatedPort) return
    this.#address = to?.remoteAddress ?? ''
    this.#negotiatedPort = to?.remotePort ?? 0
    this.#port = this.#negotiatedPort
    this.#latched = false
  }

  isAt(address: string, port: number): boolean {
    return address === this.#address && port === this.#port
  }

  /** A packet has come from there. @returns whether it is the far end's */
  admit(address: string, port: number): boolean {
    if (address !== this.#address) return false
    if (port !== this.#negotiatedPort) {
      if (port === this.#port) return true
      if (this.#latched) return false
    }
    this.#port = port
    this.#latched = true
    return true
  }
}
