import { csvLine } from './csv-cell.ts'
import type { ArchivedRow } from './row-archive.ts'
import { type RejectionCode, rejectionWords } from './row-codes.ts'

export interface RejectedForFile {
  readonly at: string
  readonly code: RejectionCode
  readonly column: string | null
  readonly row: ArchivedRow
}

/** Headers of the first columns; the importer does not know them and passes them over. */
const REASON_COLUMNS = ['错误原因', '错误列', '错误代码', '原位置'] as const

/**
 * The rejected rows as a CSV to be corrected and imported as it is: what is wrong in front, the row as it came behind,
 * so that a cell too many stays at the end where it was. UTF-8 with mark, as Excel wants it. Nothing in it is a formula
 * (requirements G12), and long digits stay text when Excel saves the file.
 */
export function errorFile(rejected: readonly RejectedForFile[]): string {
  const lines: string[] = []
  let headers: readonly string[] | null = null
  for (const { at, code, column, row } of rejected) {
    // Lists with blocks of their own columns are given back in blocks.
    if (headers === null || headers.join('\t') !== row.headers.join('\t')) {
      headers = row.headers
      lines.push(csvLine([...REASON_COLUMNS, ...headers]))
    }
    lines.push(csvLine([rejectionWords[code].zh, column ?? '', code, at, ...row.cells]))
  }
  if (headers === null) lines.push(REASON_COLUMNS.join(','))
  return `\ufeff${lines.join('\r\n')}\r\n`
}
