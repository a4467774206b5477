import type { Ground } from '#platform/database/database.ts'
import { ownDigests } from './own-prompt-store.ts'

export interface OwnDigestsParts {
  readonly db: Ground
  readonly language: string
}

/**
 * What the files of prompts made in the house must be, as their rows have it: in memory, since a call never waits for the
 * database. One that was made a moment ago, and is not known here yet, is whatever lies under its name.
 */
export class OwnDigests {
  readonly #parts: OwnDigestsParts
  #digests: ReadonlyMap<string, string> = new Map()

  constructor(parts: OwnDigestsParts) {
    this.#parts = parts
  }

  /** SHA-256 in hexadecimal digits; undefined for what was not made here. */
  of(id: string): string | undefined {
    return this.#digests.get(id)
  }

  /** Reads the rows. What is known already stays: a name never becomes another sound's. */
  async load(): Promise<void> {
    const { db, language } = this.#parts
    const read = await ownDigests(db, language)
    this.#digests = new Map([...this.#digests, ...read])
  }
}
