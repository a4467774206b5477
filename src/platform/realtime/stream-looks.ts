import type { Ground } from '#platform/database/database.ts'
import { readStreams, type StreamPage, type StreamPlace } from './stream-store.ts'

interface Asked extends StreamPlace {
  readonly found: PromiseWithResolvers<StreamPage>
}

/** More would make one look long, and a page that waits for little would wait for all. */
const atOnce = 50

/**
 * Looks into the logs of streams for all readers of a node. Readers at the same place share a look; places that are asked
 * for in one breath, as after one transaction's news, are one statement.
 */
export class StreamLooks {
  readonly #db: Ground
  readonly #limit: number
  readonly #shared = new Map<string, Promise<StreamPage>>()
  #asked: Asked[] = []

  /** @param limit of events a look */
  constructor(db: Ground, limit: number) {
    this.#db = db
    this.#limit = limit
  }

  read(stream: string, after: number): Promise<StreamPage> {
    const key = `${stream}\n${after}`
    const shared = this.#shared.get(key)
    if (shared !== undefined) return shared
    const page = this.#ask({ stream, after }).finally(() => {
      if (this.#shared.get(key) === page) this.#shared.delete(key)
    })
    this.#shared.set(key, page)
    return page
  }

  /** There is news: a look that began before may have missed what it is about, and is shared no longer. */
  renew(): void {
    this.#shared.clear()
  }

  #ask(place: StreamPlace): Promise<StreamPage> {
    const found = Promise.withResolvers<StreamPage>()
    if (this.#asked.length === 0) queueMicrotask(() => this.#look())
    this.#asked.push({ ...place, found })
    return found.promise
  }

  #look(): void {
    const asked = this.#asked
    this.#asked = []
    for (let from = 0; from < asked.length; from += atOnce) {
      const some = asked.slice(from, from + atOnce)
      readStreams(this.#db, some, this.#limit).then(
        (pages) => {
          for (const [index, { found }] of some.entries()) {
            found.resolve(pages[index] ?? { events: [], gap: true, more: false })
          }
        },
        (error) => {
          for (const { found } of some) found.reject(error)
        },
      )
    }
  }
}
