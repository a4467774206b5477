import { csvLine } from '../intake/csv-cell.ts'
import type { Sheet, SheetCell } from './sheet.ts'

/** UTF-8 with mark, as Excel wants it; several tables stand below one another, a blank line between. Nothing in it is a formula. */
export async function* csvFile(sheets: readonly Sheet[]): AsyncGenerator<Buffer> {
  for (const [index, { header, rows }] of sheets.entries()) {
    yield Buffer.from(`${index === 0 ? '\ufeff' : '\r\n'}${csvLine(header)}\r\n`)
    for await (const part of rows) yield Buffer.from(part.map((row) => `${csvLine(row.map(textOf))}\r\n`).join(''))
  }
}

function textOf(cell: SheetCell): string {
  return cell === null ? '' : String(cell)
}
