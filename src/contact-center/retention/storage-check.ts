import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Ground } from '#platform/database/database.ts'
import { pathWithin } from '../recording/recording-place.ts'
import { recordingFiles, settledFile } from './recording-files.ts'
import { unknownNames } from './stray-store.ts'

/** At most so many names are told of each kind. */
const namesAtMost = 20
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
  for await (const names of recordingFiles(folder)) {
    files += names.length
    for (const name of await unknownNames(db, names)) {
      if ((await settledFile(join(folder, name), now)) !== null) without.add(name)
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
