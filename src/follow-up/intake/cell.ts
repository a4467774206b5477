/**
 * One cell of a list as the file holds it. A delimited text has only strings; a worksheet also has numbers (dates are
 * numbers with a date format), formulas and errors. An empty cell is the empty string.
 */
export type Cell = string | NumberCell | FormulaCell

export interface NumberCell {
  readonly kind: 'number'
  readonly value: number
  /** From the cell's number format: `date` has no hour in it, `datetime` has. */
  readonly format: 'general' | 'date' | 'datetime'
  /** The workbook counts days from 1904 instead of 1900. */
  readonly date1904?: boolean
}

export interface FormulaCell {
  readonly kind: 'formula'
  /** What the program that saved the file had computed, as shown; empty when it saved nothing. */
  readonly shown: string
}

/** Where a record stands in its file: the physical line on which it starts (counted at every LF), or the sheet's row. */
export type Place = { readonly line: number } | { readonly row: number }

export interface RawRecord {
  readonly at: Place
  readonly cells: readonly Cell[]
}

/** Control and format characters (zero-width spaces, byte order marks), but not tab and line breaks. */
const INVISIBLE = /(?![\t\n\r])[\p{Cc}\p{Cf}]/gu

/** No space, apostrophe, equals sign or anything outside ASCII but common Han. */
const PLAIN = /^[!-&(-<>-_a-~\u4e00-\u9fff]*$/

/** The text of a cell without invisible characters, outer spaces of any kind and the apostrophes that force "text" in Excel. */
export function cellText(cell: Cell | undefined): string {
  if (cell === undefined) return ''
  if (typeof cell === 'string') return trimCell(cell)
  if (cell.kind === 'formula') return trimCell(cell.shown)
  // Below 1e21 a JavaScript number prints every digit that is left.
  return String(cell.value)
}

/** True when nothing but spaces, invisible characters or a lone apostrophe is in the cell. */
export function isBlank(cell: Cell | undefined): boolean {
  if (cell === undefined || cell === '') return true
  if (typeof cell !== 'string') return cell.kind === 'formula' && cellText(cell) === ''
  return trimCell(cell) === ''
}

/** `="0123"` is how a CSV tells Excel to keep text; a leading apostrophe is the same thing typed by hand. */
function trimCell(text: string): string {
  // Most cells have nothing to trim: Han, digits, letters, marks.
  if (PLAIN.test(text)) return text
  let trimmed = text.replace(INVISIBLE, '').trim()
  const kept = /^="(.*)"$/s.exec(trimmed)
  if (kept) trimmed = (kept[1] ?? '').replaceAll('""', '"').trim()
  return trimmed.replace(/^['‘’`´＇]+/, '').trim()
}

/** True when the cell was text forced by a leading apostrophe. */
export function hasLeadingApostrophe(cell: Cell | undefined): boolean {
  return typeof cell === 'string' && /^\s*['‘’`´＇]/.test(cell)
}

/** Full-width ASCII (`１`, `Ａ`, `（`) and the ideographic space as plain ASCII. */
export function halfWidth(text: string): string {
  if (!/[\u3000\uff01-\uff5e]/.test(text)) return text
  return text
    .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replaceAll('\u3000', ' ')
}

export function hasFullWidthDigits(text: string): boolean {
  return /[\uff10-\uff19]/.test(text)
}

const NOTHING = new Set(
  '无,没有,不详,未知,不明,未提供,未填,未留,未登记,拒留,拒绝,拒绝提供,拒填,暂无,空,略,null,nil,none,n/a,na,#n/a,#ref!,#value!,#name?,#null!,#div/0!,#num!,undefined'.split(
    ',',
  ),
)

/** Words and strokes by which a clerk says that there is nothing: 无, 不详, 拒留, -, /, N/A, 0, … */
export function saysNothing(text: string): boolean {
  const bare = halfWidth(text).trim().toLowerCase()
  return bare === '' || NOTHING.has(bare) || /^[-—–_/\\.*?~·、,0]+$/.test(bare)
}

/** The first `length` code units of a text that is whole, and no half of a character at its end: no database takes one. */
export function cutText(text: string, length: number): string {
  const cut = text.slice(0, length)
  return cut.isWellFormed() ? cut : cut.slice(0, -1)
}

/** The text of a cell, or the empty string where it {@link saysNothing}. */
export function meaningOf(cell: Cell | undefined): string {
  const text = cellText(cell)
  return saysNothing(text) ? '' : text
}
