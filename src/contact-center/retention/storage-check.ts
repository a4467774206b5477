import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Ground } from '#platform/database/database.ts'
import { pathWithin } from '../recording/recording-place.ts'

/** At most so many names are told of each kind. */
const namesAtMost = 20
/** A file this young may have a row that is still in the journal. */
const settledAfterMs = 10 * 60_000
const pieceOf = 500

export interface Found {
  readonly count: number
  readonly first: readonly string[]
}

/** What rows and files say of each other. Nothing is changed. */
export interface StorageCheck {
  readonly files: number
  readonly rows: number
  /** Files that no row names: by name. */
  readonly filesWithoutRow: Found
  /** Recordings that should be there and are not: by id. */
  readonly rowsWithoutFile: Found
  /** Expired recordings whose file has not been removed yet: by id. */
  readonly expiredWithFile: Found
}

export async function checkStorage(
  { db, folder }: { readonly db: Ground; readonly folder: string },
  now: Date,
): Promise<StorageCheck> {
  const without = new Names()
  let files = 0
  for (const day of await entriesOf(folder)) {
    const names: string[] = []
    for (const file of day.isDirectory() ? await entriesOf(join(folder, day.name)) : [day]) {
      if (file.isFile()) names.push(day.isDirectory() ? `${day.name}/${file.name}` : file.name)
    }
    files += names.length
    for (let at = 0; at < names.length; at += pieceOf) {
      for (const name of await unknownNames(db, names.slice(at, at + pieceOf))) {
        if (await isSettled(join(folder, name), now)) without.add(name)
      }
    }
  }
  return { files, filesWithoutRow: without.found, ...(await checkRows(db, folder)) }
}

async function checkRows(db: Ground, folder: string): Promise<Omit<StorageCheck, 'files' | 'filesWithoutRow'>> {
  const missing = new Names()
  const expired = new Names()
  let rows = 0
  for (let after: string | null = null; ; ) {
    const piece: readonly { id: string; path: string; expired: boolean }[] = await namedRows(db, after)
    for (const { id, path, expired: isExpired } of piece) {
      const whole = pathWithin(folder, path)
      const isThere = whole !== null && (await stat(whole).catch(() => null))?.isFile() === true
      if (isExpired && isThere) expired.add(id)
      if (!isExpired && !isThere) missing.add(id)
    }
    rows += piece.length
    after = piece.at(-1)?.id ?? null
    if (piece.length < pieceOf) break
  }
  return { rows, rowsWithoutFile: missing.found, expiredWithFile: expired.found }
}

async function namedRows(db: Ground, after: string | null) {
  const { rows } = await sql<{ id: string; path: string; expired: boolean }>`
    select id, path, state = 'expired' as expired from recording
    where path is not null and state in ('closed', 'verified', 'stored', 'held', 'damaged', 'expired')
      and (${after}::uuid is null or id > ${after}::uuid)
    order by id limit ${pieceOf}
  `.execute(db)
  return rows
}

async function unknownNames(db: Ground, names: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from unnest(${[...names]}::text[]) as name
    except select path from recording where path = any(${[...names]}) order by name
  `.execute(db)
  return rows.map(({ name }) => name)
}

async function entriesOf(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  return entries.toSorted((a, b) => a.name.localeCompare(b.name))
}

async function isSettled(path: string, now: Date): Promise<boolean> {
  const found = await stat(path).catch(() => null)
  return found !== null && found.mtimeMs < now.getTime() - settledAfterMs
}

class Names {
  #count = 0
  readonly #first: string[] = []

  add(name: string): void {
    this.#count += 1
    if (this.#first.length < namesAtMost) this.#first.push(name)
  }

  get found(): Found {
    return { count: this.#count, first: this.#first }
  }
}
