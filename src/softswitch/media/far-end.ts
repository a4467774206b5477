/** Packets that settle a port that was not negotiated: FreeSWITCH's threshold for its own auto-adjust. */
const SETTLING_PACKETS = 10

/**
 * Whom a leg listens and sends to. Its host is the negotiated one; its port is learned from the first packet, as long as
 * none has come from the negotiated port (symmetric RTP, RFC 4961). A learned port is settled by ten packets; until then
 * another one that sends ten takes its place, so that one stray packet (of an earlier call on the same ports, or forged)
 * cannot keep the far end out.
 */
export class FarEnd {
  #address = ''
  #negotiatedPort = 0
  #port = 0
  /** The port was learned, or has proved to be the negotiated one. */
  #latched = false
  /** Of the learned port, up to what settles it. */
  #packets = 0
  /** Another port of the host, and its packets. */
  #rival = 0
  #rivalPackets = 0

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
    this.#settle(0)
  }

  isAt(address: string, port: number): boolean {
    return address === this.#address && port === this.#port
  }

  /** A packet has come from there. @returns whether it is the far end's */
  admit(address: string, port: number): boolean {
    if (address !== this.#address) return false
    if (port === this.#negotiatedPort) this.#settle(SETTLING_PACKETS)
    else if (!this.#latched) this.#settle(1)
    else if (port === this.#port) this.#packets += 1
    else if (!this.#wins(port)) return false
    else this.#settle(SETTLING_PACKETS)
    this.#port = port
    this.#latched = true
    return true
  }

  #wins(port: number): boolean {
    if (this.#packets >= SETTLING_PACKETS) return false
    this.#rivalPackets = port === this.#rival ? this.#rivalPackets + 1 : 1
    this.#rival = port
    return this.#rivalPackets >= SETTLING_PACKETS
  }

  #settle(packets: number): void {
    this.#packets = packets
    this.#rival = 0
    this.#rivalPackets = 0
  }
}
