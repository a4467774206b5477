import type { Clock } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import { type Log, logError } from '#platform/log.ts'
import { Rounds } from '#platform/rounds.ts'
import { chainState } from './audit-chain.ts'
import { sealAudit } from './audit-store.ts'

export interface AuditSealerParts {
  readonly db: Ground
  readonly clock: Clock
  readonly log: Log
}

/** A row is marked by one look and sealed by the next: within five seconds (architecture §3, invariant 7). */
const everyMs = 2_000
/** The end of the chain goes to the log as often: who ships his logs has it where nobody with the database reaches it. */
const anchorEveryMs = 3_600_000

/**
 * Seals the audit trail as it grows. Every node may run one; the database lets one at a time write. A look with nothing
 * new reads one row.
 */
export class AuditSealer {
  readonly #parts: AuditSealerParts
  readonly #rounds: Rounds
  #anchoredAt = Number.NEGATIVE_INFINITY

  constructor(parts: AuditSealerParts) {
    this.#parts = parts
    this.#rounds = new Rounds({ clock: parts.clock, look: () => this.#seal().then(() => everyMs) })
  }

  start(): void {
    this.#rounds.wakeIn(everyMs)
  }

  close(): Promise<void> {
    return this.#rounds.close()
  }

  async #seal(): Promise<void> {
    try {
      if ((await sealAudit(this.#parts.db)) > 0) await this.#anchor()
    } catch (error) {
      logError(this.#parts.log, error, 'the audit trail could not be sealed')
    }
  }

  async #anchor(): Promise<void> {
    const now = this.#parts.clock.now().getTime()
    if (now - this.#anchoredAt < anchorEveryMs) return
    this.#anchoredAt = now
    const { anchor } = await chainState(this.#parts.db)
    if (anchor !== null)
      this.#parts.log.info({ anchor: `${anchor.id}:${anchor.hash}` }, 'the audit trail is sealed up to here')
  }
}
