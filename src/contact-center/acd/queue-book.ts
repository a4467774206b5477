import type { Ground } from '#platform/database/database.ts'
import type { Queue } from './queue.ts'
import { type KnownQueue, queues } from './queue-store.ts'

/** The queues as they stand, in memory: a running call never reads the database. Loaded at start, and when told. */
export class QueueBook {
  readonly #db: Ground
  #queues: readonly KnownQueue[] = []

  constructor(db: Ground) {
    this.#db = db
  }

  async load(): Promise<void> {
    this.#queues = await queues(this.#db)
  }

  /**
   * Where a call's patient may wait: in the queue of that name at the campaign's site, or without a name in that of the
   * campaign's team.
   * @returns null when there is no such queue, so that nobody can be asked for
   */
  find(campaignId: string, name: string | null): Queue | null {
    const own = this.#queues.find(({ campaignIds }) => campaignIds.includes(campaignId))
    if (name === null) return own ?? null
    const named = this.#queues.filter((queue) => queue.name === name)
    return named.find(({ siteId }) => siteId === own?.siteId) ?? named[0] ?? null
  }
}
