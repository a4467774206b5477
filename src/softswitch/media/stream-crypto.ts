/** What is done to the packets of one stream on their way: nothing, or SRTP. */
import type { NegotiatedKeys } from './sdp.ts'
import { type SrtpKeys, SrtpReceiver, SrtpSender } from './srtp.ts'

export class StreamCrypto {
  #keys: NegotiatedKeys | undefined
  #sender: SrtpSender | null = null
  #receiver: SrtpReceiver | null = null

  /** Keys that stay keep their counters: a packet number is never used twice with one key. */
  negotiate(keys: NegotiatedKeys | undefined): void {
    const before = this.#keys
    this.#keys = keys
    if (keys === undefined) {
      this.#sender = null
      this.#receiver = null
      return
    }
    if (!same(before?.ours, keys.ours)) this.#sender = new SrtpSender(keys.ours)
    if (!same(before?.theirs, keys.theirs)) this.#receiver = new SrtpReceiver(keys.theirs)
  }

  /** In place. @returns the length to send, −1 when it cannot be sent */
  seal(packet: Buffer, length: number): number {
    return this.#sender === null ? length : this.#sender.protect(packet, length)
  }

  /** In place. @returns what was sent, null when that is not to be had */
  open(datagram: Buffer): Buffer | null {
    if (this.#receiver === null) return datagram
    const length = this.#receiver.unprotect(datagram)
    return length < 0 ? null : datagram.subarray(0, length)
  }

  /** The same for reports. The buffer has room for SRTCP_MOST_BYTES more. */
  sealRtcp(packet: Buffer, length: number): number {
    return this.#sender === null ? length : this.#sender.protectRtcp(packet, length)
  }

  openRtcp(datagram: Buffer): Buffer | null {
    if (this.#receiver === null) return datagram
    const length = this.#receiver.unprotectRtcp(datagram)
    return length < 0 ? null : datagram.subarray(0, length)
  }
}

function same(one: SrtpKeys | undefined, other: SrtpKeys): boolean {
  return one?.suite === other.suite && one.key === other.key
}
