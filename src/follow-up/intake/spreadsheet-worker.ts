/**
 * The thread that opens a stranger's workbook. It gets the bytes and limits, answers once with a SheetAnswer, and may be
 * ended at any moment.
 */
import { parentPort, workerData } from 'node:worker_threads'
import * as XLSX from '@e965/xlsx'
import type { Cell, RawRecord } from './cell.ts'
import type { Sheet, SheetAnswer, SpreadsheetLimits } from './spreadsheet.ts'
import { decodeText } from './text-encoding.ts'
import { judgeZip } from './zip-guard.ts'

interface Task {
  readonly bytes: Uint8Array
  readonly limits: SpreadsheetLimits
}

const OLE2 = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]
const task: Task = workerData
// .xls before Excel 97 writes GBK; the library needs its tables for that.
if (task.bytes[0] === 0xd0) XLSX.set_cptable(await import('@e965/xlsx/dist/cpexcel.full.mjs'))
parentPort?.postMessage(answer(task))

function answer({ bytes, limits }: Task): SheetAnswer {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    const verdict = judgeZip(bytes, limits.unpackedBytes)
    if (verdict === 'too_big') return { ok: false, code: 'IMPORT_SHEET_TOO_BIG' }
    if (verdict === 'encrypted') return { ok: false, code: 'IMPORT_SHEET_ENCRYPTED' }
    if (verdict === 'broken') return { ok: false, code: 'IMPORT_SHEET_BROKEN' }
    if (typeof verdict === 'object') return { ok: false, code: 'IMPORT_TYPE_UNKNOWN', found: verdict.other }
  }
  if (bytes[0] === 0xd0 && !OLE2.every((byte, index) => bytes[index] === byte)) {
    return { ok: false, code: 'IMPORT_SHEET_BROKEN' }
  }
  try {
    return { ok: true, sheets: sheetsOf(open(bytes, limits)) }
  } catch (error) {
    const text = error instanceof Error ? error.message : ''
    const encrypted = /password|encrypt/i.test(text)
    return { ok: false, code: encrypted ? 'IMPORT_SHEET_ENCRYPTED' : 'IMPORT_SHEET_BROKEN' }
  }
}

function open(bytes: Uint8Array, limits: SpreadsheetLimits): XLSX.WorkBook {
  const options: XLSX.ParsingOptions = {
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
  if (isMarkup) return XLSX.read(decodeText(bytes).text, { ...options, type: 'string' })
  return XLSX.read(bytes, { ...options, type: 'array' })
}

function sheetsOf(book: XLSX.WorkBook): Sheet[] {
  const date1904 = book.Workbook?.WBProps?.date1904 === true
  const sheets: Sheet[] = []
  for (const [index, name] of book.SheetNames.entries()) {
    const sheet = book.Sheets[name]
    if (!sheet) continue
    const hidden = (book.Workbook?.Sheets?.[index]?.Hidden ?? 0) !== 0
    sheets.push({ name, hidden, records: recordsOf(sheet, date1904) })
  }
  return sheets
}

/** Rows that hold something; blank ones between are counted by their row numbers. */
function recordsOf(sheet: XLSX.WorkSheet, date1904: boolean): RawRecord[] {
  const rows: readonly (readonly (XLSX.CellObject | undefined)[] | undefined)[] = sheet['!data'] ?? []
  const records: RawRecord[] = []
  for (const [index, row] of rows.entries()) {
    const cells: Cell[] = []
    for (const [column, object] of (row ?? []).entries()) {
      const cell = object ? cellOf(object, date1904) : ''
      if (cell === '') continue
      while (cells.length < column) cells.push('')
      cells.push(cell)
    }
    if (cells.length > 0) records.push({ at: { row: index + 1 }, cells })
  }
  return records
}

function cellOf(object: XLSX.CellObject, date1904: boolean): Cell {
  if (object.f !== undefined || object.F !== undefined) return { kind: 'formula', shown: shownText(object) }
  const { v: value } = object
  if (typeof value === 'number' && object.t !== 'e') return numberCell(value, object, date1904)
  if (object.t === 'e') return '#N/A'
  if (value instanceof Date) return value.toISOString().slice(0, 16).replace('T', ' ')
  return typeof value === 'string' ? value : typeof value === 'boolean' ? String(value) : ''
}

function numberCell(value: number, object: XLSX.CellObject, date1904: boolean): Cell {
  const format = typeof object.z === 'string' ? object.z : ''
  // 00012345 is often a number with a format of zeros.
  if (/^0{2,}$/.test(format) && Number.isSafeInteger(value) && value >= 0)
    return String(value).padStart(format.length, '0')
  if (!XLSX.SSF.is_date(format)) return { kind: 'number', value, format: 'general' }
  const hasHour = /h|AM\/PM|上午/i.test(format.replace(/"[^"]*"|\[[^\]]*\]|\\./g, ''))
  return { kind: 'number', value, format: hasHour ? 'datetime' : 'date', ...(date1904 ? { date1904 } : {}) }
}

function shownText(object: XLSX.CellObject): string {
  if (object.t === 'z' || object.v === undefined || object.v === null) return ''
  return object.w ?? String(object.v)
}
