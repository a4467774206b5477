import type { Clock } from '#platform/clock.ts'
import type { Log } from '#platform/log.ts'

/** Why a REGISTER was not obeyed, or an INVITE not let in: what proves a phone is the same for both. */
export type RefusalCode =
  | 'REGISTER_MALFORMED'
  | 'REGISTER_DIGEST_MALFORMED'
  | 'REGISTER_URI_MISMATCH'
  | 'REGISTER_NAME_MISMATCH'
  | 'REGISTER_NONCE_FOREIGN'
  | 'REGISTER_NONCE_STALE'
  | 'REGISTER_NONCE_REPLAYED'
  | 'REGISTER_UNKNOWN_EXTENSION'
  | 'REGISTER_WRONG_PASSWORD'
  | 'REGISTER_CONTACT_REFUSED'
  | 'REGISTER_TOO_BRIEF'
  | 'REGISTER_ADDRESS_THROTTLED'
  | 'REGISTER_EXTENSION_LOCKED'
  | 'CALL_TARGET_UNKNOWN'
  | 'CALL_PHONE_NOT_REGISTERED'
  | 'CALL_FLOW_REFUSED'

export type PhoneRequest = 'REGISTER' | 'INVITE'

export interface Refusal {
  readonly code: RefusalCode
  readonly method: PhoneRequest
  readonly address: string
  /** As claimed; null when it could not be read. */
  readonly extension: string | null
}

/** A refusal of the same kind within this time is the same burst: one line says it. */
const burstMs = 60_000
const burstsAtMost = 1_000
/** What a scan goes on with for as long as it likes, under another name each time: told by its address alone. */
const ofScans: ReadonlySet<RefusalCode> = new Set(['REGISTER_ADDRESS_THROTTLED', 'CALL_TARGET_UNKNOWN'])

/** Counts refusals by code and writes one log line a burst. */
export class Refusals {
  readonly #log: Log
  readonly #clock: Clock
  readonly #counts = new Map<RefusalCode, number>()
  readonly #bursts = new Map<string, { saidAt: number; unsaid: number }>()

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  /** How many of each since the start. */
  get counts(): ReadonlyMap<RefusalCode, number> {
    return this.#counts
  }

  note({ code, method, address, extension }: Refusal): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1)
    const key = `${code} ${method} ${address} ${ofScans.has(code) ? '' : extension}`
    const now = this.#clock.now().getTime()
    const burst = this.#bursts.get(key)
    if (burst !== undefined && now - burst.saidAt < burstMs) {
      burst.unsaid += 1
      return
    }
    this.#bursts.delete(key)
    this.#bursts.set(key, { saidAt: now, unsaid: 0 })
    const [oldest] = this.#bursts.keys()
    if (this.#bursts.size > burstsAtMost && oldest !== undefined) this.#bursts.delete(oldest)
    // A nonce that has grown old is how digest works, not how it fails.
    const level = code === 'REGISTER_NONCE_STALE' ? 'debug' : 'warn'
    this.#log[level]({ code, method, address, extension, before: burst?.unsaid ?? 0 }, 'a phone was refused')
  }
}
