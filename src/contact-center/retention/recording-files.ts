import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { markName } from './retention-guard.ts'

/** A file this young may be written to still, or have a row that is in the journal. */
export const settledAfterMs = 10 * 60_000
const pieceOf = 500

/**
 * The files in the folder of recordings and its folders of days, by name, in pieces. A folder that is not there has none.
 * @param options.from only what a day's folder of that name or a later one has
 */
export async function* recordingFiles(
  folder: string,
  { from = '' }: { readonly from?: string } = {},
): AsyncGenerator<readonly string[]> {
  for (const day of await entriesOf(folder)) {
    if (day.name < from) continue
    const inside = day.isDirectory() ? await entriesOf(join(folder, day.name)) : [day]
    const names = inside.flatMap((file) =>
      file.isFile() && file.name !== markName ? [day.isDirectory() ? `${day.name}/${file.name}` : file.name] : [],
    )
    for (let at = 0; at < names.length; at += pieceOf) yield names.slice(at, at + pieceOf)
  }
}

export interface SettledFile {
  readonly bytes: number
  readonly modifiedAt: Date
}

/** @returns null for a file that is gone, or too young to say anything of */
export async function settledFile(path: string, now: Date): Promise<SettledFile | null> {
  const found = await stat(path).catch(() => null)
  if (found === null || found.mtimeMs >= now.getTime() - settledAfterMs) return null
  return { bytes: found.size, modifiedAt: found.mtime }
}

async function entriesOf(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  return entries.toSorted((a, b) => a.name.localeCompare(b.name))
}
