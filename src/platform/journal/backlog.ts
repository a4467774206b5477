import type { Position } from './cursor.ts'

/** Whose turn it is, where not everything is applied in one order. */
export interface Express<Entry> {
  /** Entries of one key are applied in their order, whichever way they take. */
  keyOf(entry: Entry): string
  /** This one, and those of its key that wait with it, need not wait for the entries of others. */
  isUrgent(entry: Entry): boolean
}

export interface Waiting<Entry> {
  readonly entry: Entry
  /** The place after it. */
  readonly next: Position
}

interface Kept<Entry> {
  /** Null: nobody can apply it. */
  readonly waiting: Waiting<Entry> | null
  readonly next: Position
  readonly key: string
  readonly urgent: boolean
  state: 'waiting' | 'taken' | 'done'
}

/**
 * What has been read of a journal and is not applied, in its order. Several may be taken at a time, never two of one key,
 * and they may be done in any order: what was done is behind us only when all before it is.
 */
export class Backlog<Entry> {
  readonly #express: Express<Entry> | undefined
  #kept: Kept<Entry>[] = []
  /** Keys of which entries are being applied. */
  readonly #taken = new Set<string>()

  constructor(express: Express<Entry> | undefined) {
    this.#express = express
  }

  get size(): number {
    return this.#kept.length
  }

  add(waiting: Waiting<Entry>): void {
    const { entry, next } = waiting
    const key = this.#express?.keyOf(entry) ?? ''
    this.#kept.push({ waiting, next, key, urgent: this.#express?.isUrgent(entry) ?? false, state: 'waiting' })
  }

  /** There is one before this place that nobody can apply. @returns as `done` */
  skip(next: Position): Position | null {
    this.#kept.push({ waiting: null, next, key: '', urgent: false, state: 'done' })
    return this.#leaveBehind()
  }

  /** The first entries whose key nobody has taken. */
  take(limit: number): readonly Waiting<Entry>[] {
    return this.#takeThose(this.#free(), limit)
  }

  /** Those of the first key that has an urgent one, if nobody has taken it. */
  takeUrgent(limit: number): readonly Waiting<Entry>[] {
    const free = this.#free()
    const urgent = free.find((one) => one.urgent)
    if (urgent === undefined) return []
    const those = free.filter(({ key }) => key === urgent.key)
    return this.#takeThose(those, limit)
  }

  /** @returns the place before which everything is done, if it has moved */
  done(applied: readonly Waiting<Entry>[]): Position | null {
    const those = new Set<Waiting<Entry> | null>(applied)
    for (const one of this.#kept) {
      if (!those.has(one.waiting)) continue
      one.state = 'done'
      this.#taken.delete(one.key)
    }
    return this.#leaveBehind()
  }

  /** Whether one of this key, from before the place, is not done. */
  awaits(key: string, before: Position): boolean {
    return this.#kept.some((one) => one.key === key && one.state !== 'done' && !isBefore(before, one.next))
  }

  #leaveBehind(): Position | null {
    const rest = this.#kept.findIndex(({ state }) => state !== 'done')
    const behind = this.#kept.splice(0, rest < 0 ? this.#kept.length : rest)
    return behind.at(-1)?.next ?? null
  }

  #free(): Kept<Entry>[] {
    return this.#kept.filter(({ state, key }) => state === 'waiting' && !this.#taken.has(key))
  }

  #takeThose(free: readonly Kept<Entry>[], limit: number): readonly Waiting<Entry>[] {
    const taken = free.slice(0, limit)
    for (const one of taken) {
      one.state = 'taken'
      this.#taken.add(one.key)
    }
    return taken.flatMap(({ waiting }) => waiting ?? [])
  }
}

/** @returns whether `place` comes before `other` */
function isBefore(place: Position, other: Position): boolean {
  return place.segment < other.segment || (place.segment === other.segment && place.offset < other.offset)
}
