/** What a node has last seen of its database: kept in its data folder, in the file `database-mark`. */
export interface SeenMark {
  /** Of the database. */
  readonly id: string
  readonly mark: number
}

/** The database's own word of itself. */
export interface DatabaseMark extends SeenMark {
  /** Some node that counts on is open over it now. */
  readonly moving: boolean
  /** When a house that counts was last open over it; null: none was. */
  readonly movedAt: Date | null
  /** Calls have been made by it. */
  readonly hasCalled: boolean
}

/**
 * Why nobody may be called by a database before a person has looked. `earlier`: it is behind what this node has seen of it.
 * `unknown`: it has been in use, this node has never seen it (a fresh data folder, another database), and no other is there
 * that has. `unreadable`: what this node had written down of it cannot be read.
 */
export type Doubt = 'earlier' | 'unknown' | 'unreadable'

/**
 * Whether this is the database that the house had, as far as one node can know. A crash loses nothing here: a node counts on
 * in the database first, and then remembers.
 * @param seen null: this data folder has seen none
 */
export function doubtOf(seen: SeenMark | 'unreadable' | null, database: DatabaseMark): Doubt | null {
  // Whatever other nodes say of themselves: this one has known something of it.
  if (seen === 'unreadable') return database.movedAt === null && !database.hasCalled ? null : 'unreadable'
  if (seen?.id === database.id) return seen.mark > database.mark ? 'earlier' : null
  if (database.moving) return null
  // Of a release that did not count yet, or new.
  if (database.movedAt === null && (seen === null || !database.hasCalled)) return null
  return 'unknown'
}
