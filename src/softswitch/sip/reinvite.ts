/** A change of the session that the other side asks for, waiting for its answer. */
import type { InviteServerTransaction } from './server-transaction.ts'
import type { ExtraHeaders, SipRequest } from './sip-message.ts'

export class Reinvite {
  readonly request: SipRequest
  /** First ACK of our 2xx; its SDP is the answer when ours was the offer. */
  onAck: (ack: SipRequest) => void = () => {}
  /** @internal */
  onAckTimeout: () => void = () => {}
  readonly #transaction: InviteServerTransaction
  readonly #identity: () => Record<string, string>

  constructor(transaction: InviteServerTransaction, identity: () => Record<string, string>) {
    this.request = transaction.request
    this.#transaction = transaction
    this.#identity = identity
    transaction.user = {
      onAck: (ack) => this.onAck(ack),
      onAckTimeout: () => this.onAckTimeout(),
    }
  }

  /** Their offer, or undefined when they ask for ours. */
  get offer(): string | undefined {
    return this.request.sdp
  }

  get pending(): boolean {
    return !this.#transaction.answered
  }

  /** @returns false when it is too late */
  answer(options: { sdp?: string; headers?: ExtraHeaders } = {}): boolean {
    const { sdp, headers } = options
    const type: Record<string, string> = sdp === undefined ? {} : { 'Content-Type': 'application/sdp' }
    const sent = this.#transaction.reply(200, {
      headers: { ...this.#identity(), ...type, ...headers },
      ...(sdp === undefined ? {} : { body: sdp }),
    })
    return sent !== undefined
  }

  /** @returns false when it is too late */
  refuse(options: { status: number; headers?: ExtraHeaders }): boolean {
    const { status, headers } = options
    return this.#transaction.reply(status, headers === undefined ? {} : { headers }) !== undefined
  }
}
