import type { Place } from './cell.ts'
import type { ListEntry } from './discharge-list.ts'
import { type ExclusionReason, type RejectionCode, rejectionWords } from './row-codes.ts'

/** What an import did. `read` counts patient rows and is always the sum of all others. */
export interface ImportReport {
  readonly read: number
  readonly created: number
  readonly changed: number
  readonly unchanged: number
  readonly duplicate: number
  readonly excluded: readonly { readonly at: Place; readonly reason: ExclusionReason }[]
  readonly rejected: readonly {
    readonly at: Place
    /** Header of the column to look at; null when it is the row as a whole. */
    readonly column: string | null
    readonly code: RejectionCode
    readonly message: string
  }[]
}

/** What became of a row that was loaded: the database knows, not the list. */
export type LoadedAs = 'created' | 'changed' | 'unchanged' | { readonly excluded: ExclusionReason }

/**
 * @param loaded what became of the entry, for those that were good or excluded
 */
export function reportOf(
  entries: readonly ListEntry[],
  loaded: (entry: ListEntry) => LoadedAs,
  language: 'zh' | 'en',
): ImportReport {
  const counts = { created: 0, changed: 0, unchanged: 0, duplicate: 0 }
  const excluded: ImportReport['excluded'][number][] = []
  const rejected: ImportReport['rejected'][number][] = []
  for (const entry of entries) {
    const { at } = entry
    if (entry.verdict === 'ignored') continue
    if (entry.verdict === 'duplicate') counts.duplicate++
    else if (entry.verdict === 'rejected') {
      const { column, code } = entry
      rejected.push({ at, column, code, message: rejectionWords[code][language] })
    } else {
      const as = loaded(entry)
      if (typeof as === 'object') excluded.push({ at, reason: as.excluded })
      else counts[as]++
    }
  }
  const sum = counts.created + counts.changed + counts.unchanged + counts.duplicate
  return { read: sum + excluded.length + rejected.length, ...counts, excluded, rejected }
}
