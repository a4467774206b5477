import { UserError } from '#platform/errors/errors.ts'
import { cutText, type Place, type RawRecord } from './cell.ts'
import type { ColumnWords } from './column-words.ts'
import { SEPARATORS, type Separator, splitRecords } from './delimited-text.ts'
import './intake-errors.ts'
import { type FoundHeader, findHeader } from './list-header.ts'
import { readSpreadsheet } from './spreadsheet.ts'
import { decodeText, type TextEncoding } from './text-encoding.ts'

export interface ReadLimits {
  /** Largest file, in bytes. */
  readonly fileBytes: number
  /** Most records below the header. */
  readonly rows: number
  /** Largest workbook when unpacked, in bytes. */
  readonly unpackedBytes: number
  /** How long reading and judging may take. */
  readonly readMs: number
}

/** A list of 10,000 rows has 2 MB; a year of a large hospital fits. */
export const READ_LIMITS: ReadLimits = {
  fileBytes: 50 * 1024 * 1024,
  rows: 200_000,
  unpackedBytes: 400 * 1024 * 1024,
  readMs: 60_000,
}

/** What the file is and where its header stands; the records below are still raw. */
export interface ListFile {
  readonly format: 'text' | 'workbook'
  readonly encoding: TextEncoding | null
  readonly separator: Separator | null
  readonly sheet: string | null
  /** Other sheets that have a header too and were not read; people must be told. */
  readonly otherSheets: readonly string[]
  readonly header: FoundHeader
  readonly records: readonly RawRecord[]
}

export interface ReadOptions {
  readonly words: ColumnWords
  /** Name of the sheet to read; absent, the first with a header, the fullest header winning. */
  readonly sheet?: string
  readonly limits?: ReadLimits
}

/**
 * Reads a discharge list as far as its header. What the file is decides its content, not its name: programs save text
 * and web pages under `.xls`.
 * @throws UserError IMPORT_FILE_EMPTY, IMPORT_FILE_TOO_LARGE, IMPORT_TOO_MANY_ROWS, IMPORT_TYPE_UNKNOWN, IMPORT_NOT_TEXT,
 *   IMPORT_ENCODING_UNKNOWN, IMPORT_ENCODING_MIXED, IMPORT_SHEET_*, IMPORT_HEADER_NOT_FOUND, IMPORT_HEADER_MISSING
 * Source: requirements G08, G09
 */
export async function readListFile(bytes: Uint8Array, options: ReadOptions): Promise<ListFile> {
  const limits = options.limits ?? READ_LIMITS
  if (bytes.length === 0) throw new UserError('IMPORT_FILE_EMPTY')
  refuseTooLarge(bytes.length, limits)
  const list = isWorkbook(bytes) ? await readWorkbook(bytes, options, limits) : readText(bytes, options.words, limits)
  if (list.records.length - list.header.next > limits.rows) {
    throw new UserError('IMPORT_TOO_MANY_ROWS', { limit: limits.rows })
  }
  refuseMissingColumns(list.header)
  return list
}

/** @throws UserError IMPORT_FILE_TOO_LARGE; asked of a file's size before it is read */
export function refuseTooLarge(bytes: number, limits: ReadLimits = READ_LIMITS): void {
  if (bytes <= limits.fileBytes) return
  const mb = (size: number) => Math.ceil(size / 1024 / 1024)
  throw new UserError('IMPORT_FILE_TOO_LARGE', { sizeMb: mb(bytes), limitMb: mb(limits.fileBytes) })
}

/** Zip (xlsx), OLE2 (xls, encrypted xlsx), or markup (web page or XML spreadsheet saved as .xls). */
function isWorkbook(bytes: Uint8Array): boolean {
  const starts = (...magic: number[]) => magic.every((byte, index) => bytes[index] === byte)
  if (starts(0x50, 0x4b) || starts(0xd0, 0xcf, 0x11, 0xe0)) return true
  refuseKnownForeigners(bytes)
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 2_000)).trimStart().toLowerCase()
  return /^(\u00ef\u00bb\u00bf)?\s*(<!doctype html|<html|<table|<head|<meta|<style|<\?xml|<workbook|<!--)/.test(head)
}

function refuseKnownForeigners(bytes: Uint8Array): void {
  const known: readonly (readonly [string, readonly number[]])[] = [
    ['PDF', [0x25, 0x50, 0x44, 0x46]],
    ['PNG', [0x89, 0x50, 0x4e, 0x47]],
    ['JPEG', [0xff, 0xd8, 0xff]],
    ['RAR', [0x52, 0x61, 0x72, 0x21]],
    ['7z', [0x37, 0x7a, 0xbc, 0xaf]],
    ['gzip', [0x1f, 0x8b]],
    ['RTF', [0x7b, 0x5c, 0x72, 0x74, 0x66]],
  ]
  for (const [found, magic] of known) {
    if (magic.every((byte, index) => bytes[index] === byte)) throw new UserError('IMPORT_TYPE_UNKNOWN', { found })
  }
}

/** The separator is the one with which the header names the most columns. */
function readText(bytes: Uint8Array, words: ColumnWords, limits: ReadLimits): ListFile {
  const { text, encoding } = decodeText(bytes)
  if (text.trim() === '') throw new UserError('IMPORT_FILE_EMPTY')
  let best: { readonly separator: Separator; readonly fields: number } | null = null
  for (const separator of SEPARATORS) {
    const found = findHeader(splitRecords(text, separator, 300), words)
    const fields = found?.columns.mapped.size ?? 0
    if (fields > (best?.fields ?? 0)) best = { separator, fields }
  }
  if (!best) throw headerNotFound()
  const records = splitRecords(text, best.separator, limits.rows + 1_000)
  const header = findHeader(records, words)
  if (!header) throw headerNotFound()
  return { format: 'text', encoding, separator: best.separator, sheet: null, otherSheets: [], header, records }
}

async function readWorkbook(bytes: Uint8Array, options: ReadOptions, limits: ReadLimits): Promise<ListFile> {
  const sheets = await readSpreadsheet(bytes, limits)
  const wanted = options.sheet === undefined ? sheets : sheets.filter(({ name }) => name === options.sheet)
  if (options.sheet !== undefined && wanted.length === 0) {
    throw new UserError('IMPORT_SHEET_UNKNOWN', { sheet: options.sheet, found: sheets.map(({ name }) => name) })
  }
  const withHeader = wanted.flatMap((sheet) => {
    const header = sheet.hidden && options.sheet === undefined ? null : findHeader(sheet.records, options.words)
    return header ? [{ ...sheet, header }] : []
  })
  const fields = ({ header }: (typeof withHeader)[number]) => header.columns.mapped.size
  const most = Math.max(0, ...withHeader.map(fields))
  const chosen = withHeader.find((sheet) => fields(sheet) === most)
  if (!chosen) throw headerNotFound()
  return {
    format: 'workbook',
    encoding: null,
    separator: null,
    sheet: chosen.name,
    otherSheets: withHeader.filter((sheet) => sheet !== chosen).map(({ name }) => name),
    header: chosen.header,
    records: chosen.records,
  }
}

function headerNotFound(): UserError {
  return new UserError('IMPORT_HEADER_NOT_FOUND', { expected: ['住院号', '姓名', '联系电话', '出院时间'] })
}

function refuseMissingColumns({ columns }: FoundHeader): void {
  const missing: string[] = []
  if (columns.single.admissionNo === undefined) missing.push('住院号')
  if (columns.single.name === undefined) missing.push('姓名')
  if (columns.several.dischargedAt.length === 0) missing.push('出院时间')
  if (columns.several.phones.length === 0 && !columns.contacts.some(({ phones }) => phones.length > 0)) {
    missing.push('联系电话')
  }
  if (missing.length === 0) return
  throw new UserError('IMPORT_HEADER_MISSING', {
    column: missing,
    found: columns.headers.filter((header) => header !== '').map((header) => cutText(header, 20)),
    at: placeText(columns.at),
  })
}

export function placeText(at: Place): string {
  return 'line' in at ? `line ${at.line}` : `row ${at.row}`
}
