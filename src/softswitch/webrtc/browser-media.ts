/** A browser as the far end of one leg: how its call was answered, and what is agreed on now. */
import { randomInt } from 'node:crypto'
import type { LocalAudio, NegotiatedAudio } from '../media/sdp.ts'
import type { BrowserLink, Gateway } from './gateway.ts'
import { type BrowserOffer, writeBrowserAnswer } from './webrtc-sdp.ts'

export class BrowserMedia {
  readonly #link: BrowserLink
  readonly #ssrc: number
  readonly #legAddress: string
  #offer: BrowserOffer

  /** @throws when the gateway cannot take the offer */
  static async open(
    gateway: Gateway,
    offer: BrowserOffer,
    leg: { address: string; port: number },
  ): Promise<BrowserMedia> {
    const ssrc = randomInt(1, 0xffff_ffff)
    return new BrowserMedia(await gateway.connect({ ...offer.peer, ssrc }, leg.port), ssrc, leg.address, offer)
  }

  private constructor(link: BrowserLink, ssrc: number, legAddress: string, offer: BrowserOffer) {
    this.#link = link
    this.#ssrc = ssrc
    this.#legAddress = legAddress
    this.#offer = offer
  }

  /** What the leg is told: plain RTP with the gateway. */
  get audio(): NegotiatedAudio {
    const { port } = this.#link
    return { ...this.#offer.audio, remoteAddress: this.#legAddress, remotePort: port, rtcp: { port, mux: true } }
  }

  /** Resolves when sound flows; never when the connection fails. */
  get connected(): Promise<void> {
    return this.#link.connected
  }

  answer(local: Omit<LocalAudio, 'address' | 'port'>): string {
    return writeBrowserAnswer(this.#offer, local, { ...this.#link.answer, ssrc: this.#ssrc })
  }

  /**
   * Takes a later offer over the same connection: only directions change.
   * @returns false when it wants another connection (ICE restart, another certificate) or other payload types
   */
  renew(offer: BrowserOffer): boolean {
    const now = offer.peer
    const before = this.#offer.peer
    const same =
      now.iceUfrag === before.iceUfrag &&
      now.icePwd === before.icePwd &&
      now.fingerprint === before.fingerprint &&
      now.payloadType === before.payloadType &&
      now.telephoneEventType === before.telephoneEventType
    if (!same) return false
    this.#offer = offer
    return true
  }

  /** Idempotent. */
  close(): void {
    this.#link.close()
  }
}
