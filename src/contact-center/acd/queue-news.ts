import type { GroundTransaction } from '#platform/database/database.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import { queueStandings } from './queue-store.ts'

/** Queues in which somebody came or went in one transaction, for the floors of their teams. */
export class QueueNews {
  readonly #queueIds = new Set<string>()

  add(queueId: string): void {
    this.#queueIds.add(queueId)
  }

  /** Each queue as it stands at the end of the transaction; after the seats' news, the floors in one order everywhere. */
  async tell(tx: GroundTransaction): Promise<void> {
    if (this.#queueIds.size === 0) return
    for (const { teamId, queueId, waiting, longestSince } of await queueStandings(tx, {
      queueIds: [...this.#queueIds],
    })) {
      await appendToStream(tx, `floor:${teamId}`, [
        { type: 'queue.changed', payload: { queueId, waiting, longestSince } },
      ])
    }
    this.#queueIds.clear()
  }
}
