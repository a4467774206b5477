/**
 * What becomes of calls, told to clients that have a route for it: `cdr:attempt`, `cdr:start`, `cdr:stop`. Each record
 * goes to one client, round robin. When they are written, and with which words, is the real server's (cdr.hpp).
 */
import type { SipMessage, SipResponse } from '#softswitch/sip/sip-message.ts'
import type { ClientRegistry } from './client-registry.ts'
import { recordFrame } from './server-frame.ts'

/** Who sent the message that is the record's cause. */
type RecordSource = 'network' | 'application'
type RecordRole = 'uac' | 'uas' | 'proxy-uac' | 'proxy-uas'
/**
 * A BYE that the server makes because a CANCEL has crossed the 200 is said to be `system-initiated-termination`: the
 * real server's list of words lacks one, and so does ours.
 */
type StopReason =
  | 'call-rejected'
  | 'call-canceled'
  | 'normal-release'
  | 'session-expired'
  | 'system-initiated-termination'

export class CallRecords {
  readonly #registry: ClientRegistry
  readonly #on: boolean

  constructor(registry: ClientRegistry, { on }: { readonly on: boolean }) {
    this.#registry = registry
    this.#on = on
  }

  /** An INVITE has come, or leaves. */
  attempt(source: RecordSource, message: SipMessage): void {
    this.#tell('cdr:attempt', source, message)
  }

  /** A 200 to an INVITE. */
  start(source: RecordSource, role: RecordRole, message: SipMessage): void {
    this.#tell('cdr:start', source, message, role)
  }

  stop(source: RecordSource, reason: StopReason, message: SipMessage): void {
    this.#tell('cdr:stop', source, message, reason)
  }

  /** A final answer that ends a search: 487 is a call that was given up. */
  refused(source: RecordSource, answer: SipResponse): void {
    this.stop(source, answer.status === 487 ? 'call-canceled' : 'call-rejected', answer)
  }

  #tell(kind: string, source: RecordSource, message: SipMessage, last?: string): void {
    if (!this.#on) return
    this.#registry.pick(kind)?.send(recordFrame(kind, source, message.toBuffer(), last))
  }
}
