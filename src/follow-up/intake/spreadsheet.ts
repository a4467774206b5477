import type { CellObject, ParsingOptions, WorkBook, WorkSheet } from '@e965/xlsx'
import { AppError, UserError } from '#platform/errors/errors.ts'
import type { Cell, RawRecord } from './cell.ts'
import './intake-errors.ts'
import { decodeText } from './text-encoding.ts'
import { judgeZip } from './zip-guard.ts'

/** A worksheet's filled rows; `at.row` is the sheet's row number, first row 1. */
export interface Sheet {
  readonly name: string
  readonly hidden: boolean
  readonly records: readonly RawRecord[]
}

export interface SpreadsheetLimits {
  readonly rows: number
  readonly unpackedBytes: number
}

/** 1 MB of library, loaded for the first workbook only. */
type Library = typeof import('@e965/xlsx')

const OLE2 = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]

/**
 * Reads a workbook (.xlsx, .xls, a web page or XML saved as .xls). Made for a thread of its own (list-thread.ts): a
 * stranger's file may take long.
 * @throws UserError IMPORT_SHEET_BROKEN, IMPORT_SHEET_ENCRYPTED, IMPORT_SHEET_TOO_BIG, IMPORT_TYPE_UNKNOWN
 */
export async function readSpreadsheet(bytes: Uint8Array, limits: SpreadsheetLimits): Promise<readonly Sheet[]> {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) refuseZip(bytes, limits)
  if (bytes[0] === 0xd0 && !OLE2.every((byte, index) => bytes[index] === byte)) {
    throw new UserError('IMPORT_SHEET_BROKEN')
  }
  const library = await import('@e965/xlsx')
  // .xls before Excel 97 writes GBK; the library needs its tables for that.
  if (bytes[0] === 0xd0) library.set_cptable(await import('@e965/xlsx/dist/cpexcel.full.mjs'))
  try {
    return sheetsOf(library, open(library, bytes, limits))
  } catch (error) {
    if (error instanceof AppError) throw error
    const encrypted = /password|encrypt/i.test(error instanceof Error ? error.message : '')
    throw new UserError(encrypted ? 'IMPORT_SHEET_ENCRYPTED' : 'IMPORT_SHEET_BROKEN', {}, { cause: error })
  }
}

function refuseZip(bytes: Uint8Array, { unpackedBytes }: SpreadsheetLimits): void {
  const verdict = judgeZip(bytes, unpackedBytes)
  if (typeof verdict === 'object') throw new UserError('IMPORT_TYPE_UNKNOWN', { found: verdict.other })
  if (verdict === 'too_big') {
    throw new UserError('IMPORT_SHEET_TOO_BIG', { limitMb: Math.ceil(unpackedBytes / 1024 / 1024) })
  }
  if (verdict === 'encrypted') throw new UserError('IMPORT_SHEET_ENCRYPTED')
  if (verdict === 'broken') throw new UserError('IMPORT_SHEET_BROKEN')
}

function open(library: Library, bytes: Uint8Array, limits: SpreadsheetLimits): WorkBook {
  const options: ParsingOptions = {
    dense: true,
    cellFormula: true,
    cellNF: true,
    cellHTML: false,
    cellDates: false,
    raw: true,
    nodim: true,
    sheetRows: limits.rows + 1_000,
  }
  const isMarkup = bytes[0] !== 0x50 && bytes[0] !== 0xd0
  // Markup is decoded here: the library would guess, and would read an ID card as a number.
  if (isMarkup) return library.read(decodeText(bytes).text, { ...options, type: 'string' })
  return library.read(bytes, { ...options, type: 'array' })
}

function sheetsOf(library: Library, book: WorkBook): Sheet[] {
  const date1904 = book.Workbook?.WBProps?.date1904 === true
  const sheets: Sheet[] = []
  for (const [index, name] of book.SheetNames.entries()) {
    const sheet = book.Sheets[name]
    if (!sheet) continue
    const hidden = (book.Workbook?.Sheets?.[index]?.Hidden ?? 0) !== 0
    sheets.push({ name: name.toWellFormed(), hidden, records: recordsOf(library, sheet, date1904) })
  }
  return sheets
}

/** Rows that hold something; blank ones between are counted by their row numbers. */
function recordsOf(library: Library, sheet: WorkSheet, date1904: boolean): RawRecord[] {
  const rows: readonly (readonly (CellObject | undefined)[] | undefined)[] = sheet['!data'] ?? []
  const records: RawRecord[] = []
  for (const [index, row] of rows.entries()) {
    const cells: Cell[] = []
    for (const [column, object] of (row ?? []).entries()) {
      const cell = object ? cellOf(library, object, date1904) : ''
      if (cell === '') continue
      while (cells.length < column) cells.push('')
      cells.push(cell)
    }
    if (cells.length > 0) records.push({ at: { row: index + 1 }, cells })
  }
  return records
}

/**
 * A workbook can hold half a character (`_xD842_`, or a field that was cut in the middle of a rare name), and no database
 * takes one: it is lost as broken bytes of a text are, for its own row alone.
 */
function cellOf(library: Library, object: CellObject, date1904: boolean): Cell {
  if (object.f !== undefined || object.F !== undefined) return { kind: 'formula', shown: shownText(object) }
  const { v: value } = object
  if (typeof value === 'number' && object.t !== 'e') return numberCell(library, value, object, date1904)
  if (object.t === 'e') return '#N/A'
  if (value instanceof Date) return value.toISOString().slice(0, 16).replace('T', ' ')
  return typeof value === 'string' ? value.toWellFormed() : typeof value === 'boolean' ? String(value) : ''
}

function numberCell(library: Library, value: number, object: CellObject, date1904: boolean): Cell {
  const format = typeof object.z === 'string' ? object.z : ''
  // 00012345 is often a number with a format of zeros.
  if (/^0{2,}$/.test(format) && Number.isSafeInteger(value) && value >= 0) {
    return String(value).padStart(format.length, '0')
  }
  if (!library.SSF.is_date(format)) return { kind: 'number', value, format: 'general' }
  const hasHour = /h|AM\/PM|上午/i.test(format.replace(/"[^"]*"|\[[^\]]*\]|\\./g, ''))
  return { kind: 'number', value, format: hasHour ? 'datetime' : 'date', ...(date1904 ? { date1904 } : {}) }
}

function shownText(object: CellObject): string {
  if (object.t === 'z' || object.v === undefined || object.v === null) return ''
  return (object.w ?? String(object.v)).toWellFormed()
}
