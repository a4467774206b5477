import type { Clock } from '#platform/clock.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { Listener, Subscription } from '#platform/database/listen.ts'
import type { Log } from '#platform/log.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import { Rounds } from '#platform/rounds.ts'
import type { Telephony } from '#telephony/telephony.ts'
import { wakeDiallers } from './diallers.ts'
import { trunkAnswered, trunkFellSilent, type WatchedTrunk, watchedTrunks } from './trunk-store.ts'

export interface TrunkWatchParts {
  readonly db: Ground
  readonly listener: Listener
  readonly telephony: Pick<Telephony, 'askTrunk'>
  readonly clock: Clock
  readonly log: Log
}

const trunkChannel = 'suifang_trunk'
const everyMs = 30_000
/** While one is silent. */
const soonMs = 5_000
/** One lost request is no alarm, nor is one node that cannot reach what another can. */
const silentSeconds = 40

/**
 * Asks every trunk whether it is there, and tells when one falls silent or answers again: live pages and diallers at once,
 * the log with an error. A trunk that has never answered is left alone: many carriers answer no OPTIONS.
 * Source: requirements B17.
 */
export class TrunkWatch {
  readonly #parts: TrunkWatchParts
  readonly #rounds: Rounds
  #subscription: Subscription | undefined

  constructor(parts: TrunkWatchParts) {
    this.#parts = parts
    this.#rounds = new Rounds({ clock: parts.clock, look: () => this.round() })
  }

  async start(): Promise<void> {
    this.#subscription = await this.#parts.listener.listen(trunkChannel, {
      onPayload: () => this.#rounds.wake(),
      onResync: () => this.#rounds.wake(),
    })
    this.#rounds.wake()
  }

  async close(): Promise<void> {
    await this.#subscription?.close()
    await this.#rounds.close()
  }

  /** Asks all of them once. @returns milliseconds until the next time */
  async round(): Promise<number> {
    try {
      const trunks = await watchedTrunks(this.#parts.db)
      const answered = await Promise.all(trunks.map((trunk) => this.#ask(trunk)))
      return answered.every(Boolean) ? everyMs : soonMs
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'the trunks could not be asked')
      return soonMs
    }
  }

  /** @returns false: ask again soon */
  async #ask(trunk: WatchedTrunk): Promise<boolean> {
    const { log, telephony } = this.#parts
    const { reply, sipStatus } = await telephony.askTrunk(trunk)
    if (reply === 'unasked') return false
    const { id: trunkId, name, answers } = trunk
    const isNew = await this.#tell(trunkId, (tx) =>
      reply === 'answered' ? trunkAnswered(tx, trunk) : trunkFellSilent(tx, trunk, silentSeconds),
    )
    if (isNew && reply === 'answered') log.info({ trunkId, name, sipStatus }, 'the trunk answers')
    if (isNew && reply === 'silent') {
      log.error({ trunkId, name, sipStatus }, 'the trunk does not answer: nothing is dialled over it until it does')
    }
    return reply === 'answered' || answers === null
  }

  /** @returns whether it has changed */
  async #tell(trunkId: string, change: (tx: GroundTransaction) => Promise<boolean>): Promise<boolean> {
    let isNew = false
    await tellOfTrunks(this.#parts.db, async (tx) => {
      isNew = await change(tx)
      return isNew ? [trunkId] : []
    })
    return isNew
  }
}

/** Diallers and live pages hear of the trunks that `change` has changed, in its transaction. */
export function tellOfTrunks(db: Ground, change: (tx: GroundTransaction) => Promise<readonly string[]>): Promise<void> {
  return db.transaction().execute(async (tx) => {
    const changed = await change(tx)
    if (changed.length === 0) return
    await wakeDiallers(tx)
    await appendToStream(
      tx,
      'live',
      changed.map((trunkId) => ({ type: 'trunk.changed', payload: { trunkId } })),
    )
  })
}
