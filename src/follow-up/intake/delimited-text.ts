import type { RawRecord } from './cell.ts'

/** Separators that lists come with; the header row decides which one it is. */
export const SEPARATORS = [',', '\t', '|', ';', '，'] as const
export type Separator = (typeof SEPARATORS)[number]

/** A quoted cell with more line breaks than this, or with whole records in it, began with a stray quote. */
const MAX_LINES_IN_A_CELL = 20
const MOST_SEPARATORS_IN_A_LINE_OF_A_CELL = 8

/**
 * Splits delimited text into records. Quotes as in RFC 4180, and forgiving where people's files are not: a quote inside
 * an unquoted cell is a character, text after a closing quote belongs to the cell, and a quote that is never closed
 * costs its own row only, not the rest of the file. Rows end at LF, CRLF or a lone CR; blank lines are records with one
 * empty cell, because the caller counts what it ignores.
 * @param limit stop after this many records
 * @returns records in order; `at.line` is the physical line on which a record starts, first line 1, counted at every LF
 *   (at a lone CR too in a file that has no LF at all, the old Macintosh way)
 */
export function splitRecords(text: string, separator: Separator, limit = Number.POSITIVE_INFINITY): RawRecord[] {
  const records: RawRecord[] = []
  const crEndsLine = !text.includes('\n')
  let position = 0
  let line = 1
  while (position < text.length && records.length < limit) {
    const cells: string[] = []
    const startLine = line
    let ended = false
    while (!ended) {
      const cell = readCell(text, position, separator)
      cells.push(cell.value)
      line += cell.lineBreaks
      position = cell.end
      const stop = text[position]
      if (stop === separator) {
        position++
        continue
      }
      ended = true
      if (stop === '\r') {
        position++
        if (crEndsLine) line++
      }
      if (text[position] === '\n' && (stop === '\r' || stop === '\n')) {
        position++
        line++
      }
    }
    records.push({ at: { line: startLine }, cells })
  }
  return records
}

interface ReadCell {
  readonly value: string
  /** Index of the separator or line end behind the cell, or the text's length. */
  readonly end: number
  readonly lineBreaks: number
}

function readCell(text: string, start: number, separator: Separator): ReadCell {
  let first = start
  while (text[first] === ' ') first++
  if (text[first] === '"') {
    const quoted = readQuoted(text, first, separator)
    if (quoted) return quoted
  }
  const end = endOfPlainCell(text, start, separator)
  return { value: text.slice(start, end), end, lineBreaks: 0 }
}

function endOfPlainCell(text: string, start: number, separator: Separator): number {
  let end = start
  while (end < text.length) {
    const character = text[end]
    if (character === separator || character === '\n' || character === '\r') break
    end++
  }
  return end
}

/** Returns null for a stray quote: never closed, or closed by the quote of another row. */
function readQuoted(text: string, open: number, separator: Separator): ReadCell | null {
  let value = ''
  let lineBreaks = 0
  let position = open + 1
  for (;;) {
    const close = text.indexOf('"', position)
    const part = text.slice(position, close === -1 ? text.length : close)
    lineBreaks += countLineFeeds(part)
    if (close === -1 || lineBreaks > MAX_LINES_IN_A_CELL) return null
    value += part
    if (text[close + 1] === '"') {
      value += '"'
      position = close + 2
      continue
    }
    const end = endOfPlainCell(text, close + 1, separator)
    const tail = text.slice(close + 1, end)
    const clean = tail.trim() === ''
    if (lineBreaks > 0 && (!clean || holdsRecords(value, separator))) return null
    return { value: clean ? value : value + tail, end, lineBreaks }
  }
}

function holdsRecords(value: string, separator: Separator): boolean {
  return value.split('\n').some((line) => line.split(separator).length > MOST_SEPARATORS_IN_A_LINE_OF_A_CELL)
}

function countLineFeeds(part: string): number {
  let count = 0
  for (let at = part.indexOf('\n'); at !== -1; at = part.indexOf('\n', at + 1)) count++
  return count
}
