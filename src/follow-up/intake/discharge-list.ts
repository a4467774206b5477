import { type Cell, cellText, halfWidth, isBlank, meaningOf, type Place, type RawRecord } from './cell.ts'
import type { ColumnWords } from './column-words.ts'
import { listTimeText, readDateCell } from './date-cell.ts'
import { type DischargeRow, type JudgedRow, type JudgeOptions, judgeRow } from './discharge-row.ts'
import type { ListFile } from './list-file.ts'
import { findHeader, type ListColumns, looksLikeHeader, repeatsHeader } from './list-header.ts'
import { type PhoneRules, readPhoneCell } from './phone-cell.ts'
import type { RejectionCode, RowWarning } from './row-codes.ts'
import { readSex } from './sex.ts'

export type IgnoredKind = 'title' | 'blank' | 'repeated_header' | 'total' | 'footer'

interface At {
  readonly at: Place
}

/** One record below or above the header with its verdict. All but `ignored` count as read. */
export type ListEntry = At &
  (
    | { readonly verdict: 'ignored'; readonly kind: IgnoredKind }
    | { readonly verdict: 'good'; readonly row: DischargeRow; readonly warnings: readonly RowWarning[] }
    | {
        readonly verdict: 'excluded'
        readonly reason: 'deceased'
        readonly row: DischargeRow
        readonly warnings: readonly RowWarning[]
      }
    | {
        readonly verdict: 'duplicate'
        readonly of: Place
        readonly admissionNo: string
        readonly warnings: readonly RowWarning[]
      }
    | {
        readonly verdict: 'rejected'
        readonly code: RejectionCode
        readonly column: string | null
        readonly admissionNo: string | null
        /** Said to be dead: a known stay of this number must not be dialled. */
        readonly dead: boolean
        /** The row as far as it could be read, for the department's list of patients without a number. */
        readonly row: DischargeRow | null
        /** As the file has it, for the error file. */
        readonly headers: readonly string[]
        readonly cells: readonly Cell[]
      }
  )

export interface JudgedList {
  readonly entries: readonly ListEntry[]
  readonly columns: ListColumns
}

export interface ListOptions extends PhoneRules {
  readonly words: ColumnWords
  /** 'YYYY-MM-DD', today in hospital time. */
  readonly today: string
}

/**
 * Gives every record of a list its verdict. Titles, blank rows, repeated headers, subtotals and page footers are
 * ignored; what might be a patient never is: a row that cannot be loaded is rejected, where people see it.
 * A header with other columns further down (blocks of several departments) counts from there on.
 */
export function judgeList(file: Pick<ListFile, 'format' | 'header' | 'records'>, options: ListOptions): JudgedList {
  const judge = new ListJudge(file, options)
  return { entries: judge.entries(), columns: file.header.columns }
}

class ListJudge {
  readonly #file: Pick<ListFile, 'format' | 'header' | 'records'>
  readonly #options: ListOptions
  readonly #stays = new Stays()
  #columns: ListColumns

  constructor(file: Pick<ListFile, 'format' | 'header' | 'records'>, options: ListOptions) {
    this.#file = file
    this.#options = options
    this.#columns = file.header.columns
  }

  entries(): ListEntry[] {
    const { records, header } = this.#file
    const entries: ListEntry[] = []
    for (const [index, record] of records.entries()) {
      if (index >= header.next) entries.push(...this.#entry(record, index))
      else if (!isHeaderRow(record, header.columns)) {
        const kind = record.cells.every((cell) => isBlank(cell)) ? 'blank' : 'title'
        entries.push({ at: record.at, verdict: 'ignored', kind })
      }
    }
    return entries
  }

  #entry(record: RawRecord, index: number): ListEntry[] {
    const ignored = this.#ignoredKind(record, index)
    if (ignored) return [{ at: record.at, verdict: 'ignored', kind: ignored }]
    const judged = judgeRow(record, this.#columns, this.#judgeOptions())
    return [{ at: record.at, ...this.#verdict(record, judged) }]
  }

  #verdict(record: RawRecord, judged: JudgedRow) {
    if (judged.verdict === 'rejected') {
      const { code, column, admissionNo, dead } = judged
      return { verdict: 'rejected', code, column, admissionNo, dead, row: null, ...this.#written(record) } as const
    }
    const { row, warnings } = judged
    const earlier = this.#stays.find(row)
    if (earlier && !(judged.verdict === 'deceased' && !earlier.dead)) {
      const about = differences(record, row, earlier)
      return { verdict: 'duplicate', of: earlier.at, admissionNo: row.admissionNo, warnings: about } as const
    }
    if (judged.verdict === 'no_callable_phone') {
      const column = this.#columns.several.phones[0] ?? this.#columns.contacts.flatMap(({ phones }) => phones)[0]
      return {
        verdict: 'rejected',
        code: 'no_callable_phone',
        column: this.#columns.headers[column ?? -1] ?? null,
        admissionNo: row.admissionNo,
        dead: false,
        row,
        ...this.#written(record),
      } as const
    }
    this.#stays.add({ at: record.at, row, dead: judged.verdict === 'deceased', cells: record.cells })
    if (judged.verdict === 'deceased') return { verdict: 'excluded', reason: 'deceased', row, warnings } as const
    return { verdict: 'good', row, warnings } as const
  }

  #written({ cells }: RawRecord) {
    return { headers: this.#columns.headers, cells }
  }

  #judgeOptions(): JudgeOptions {
    const { today, areaCode } = this.#options
    return {
      today,
      ...(areaCode === undefined ? {} : { areaCode }),
      notesBeyondTable: this.#file.format === 'workbook',
      midnightIsNoTime: this.#midnightIsNoTime(),
    }
  }

  #midnights: boolean | null = null

  /** A database exports a day as 2026-10-22 00:00:00: where every row says midnight, nobody was discharged at midnight. */
  #midnightIsNoTime(): boolean {
    if (this.#midnights !== null) return this.#midnights
    const [column] = this.#file.header.columns.several.dischargedAt
    let seen = 0
    this.#midnights = true
    for (const record of this.#file.records.slice(this.#file.header.next)) {
      const read = readDateCell(record.cells[column ?? -1])
      if (read.kind !== 'time' || read.value.time === null) continue
      seen++
      if (read.value.time === '00:00') continue
      this.#midnights = false
      break
    }
    if (seen < 2) this.#midnights = false
    return this.#midnights
  }

  #ignoredKind(record: RawRecord, index: number): IgnoredKind | null {
    const filled = record.cells.filter((cell) => !isBlank(cell))
    if (filled.length === 0) return 'blank'
    if (repeatsHeader(record.cells, this.#columns)) return 'repeated_header'
    if (this.#beginsAnotherHeader(record, index)) return 'repeated_header'
    const total = isTotal(filled)
    if ((!total && filled.length > 3) || evidenceOfPatient(record, this.#columns, this.#options) >= 2) return null
    if (total) return 'total'
    if (!this.#hasKeyAndName(record)) return 'footer'
    return null
  }

  #hasKeyAndName(record: RawRecord): boolean {
    const { admissionNo, name } = this.#columns.single
    return isAdmissionNo(meaningOf(record.cells[admissionNo ?? -1])) && meaningOf(record.cells[name ?? -1]) !== ''
  }

  /** A header further down that names the needed columns in another order takes over. */
  #beginsAnotherHeader(record: RawRecord, index: number): boolean {
    if (!looksLikeHeader(record.cells, this.#options.words)) return false
    if (evidenceOfPatient(record, this.#columns, this.#options) > 0) return false
    const found = findHeader(this.#file.records.slice(index, index + 1), this.#options.words)
    if (!found || found.columns.single.name === undefined || found.columns.several.dischargedAt.length === 0)
      return true
    this.#columns = found.columns
    return true
  }
}

function isHeaderRow(record: RawRecord, columns: ListColumns): boolean {
  const row = (at: Place) => ('line' in at ? at.line : at.row)
  // The upper of two header rows stands right above the one that `at` names.
  return (
    row(record.at) === row(columns.at) ||
    (row(record.at) === row(columns.at) - 1 && repeatsHeader(record.cells, columns))
  )
}

const TOTAL_WORD =
  /^(合计|总计|小计|共计|累计|总共|汇总|本页合计|本页小计|页小计|科室小计|科室合计|病区小计|总人数|总数|人数合计|subtotal|total|grand ?total)/i

function isTotal(filled: readonly Cell[]): boolean {
  return filled.slice(0, 3).some((cell) => TOTAL_WORD.test(halfWidth(cellText(cell)).replace(/\s/g, '')))
}

/** How many cells are what their column says they are: a title or a footer has none. */
function evidenceOfPatient(record: RawRecord, columns: ListColumns, rules: PhoneRules): number {
  const text = (column: number | undefined) => meaningOf(record.cells[column ?? -1])
  const { single, several, contacts } = columns
  let evidence = 0
  if (isAdmissionNo(text(single.admissionNo))) evidence++
  if (readSex(text(single.sex)) !== null) evidence++
  if (/^\d{15}$|^\d{17}[\dXx]$/.test(halfWidth(text(single.idNumber)).replace(/\s/g, ''))) evidence++
  if (
    [single.birthDate, ...several.admittedAt, ...several.dischargedAt].some((column) =>
      isDate(record.cells[column ?? -1]),
    )
  ) {
    evidence++
  }
  const phoneColumns = [...several.phones, ...contacts.flatMap(({ phones }) => phones)]
  if (phoneColumns.some((column) => readPhoneCell(text(column), rules).phones.length > 0)) evidence++
  return evidence
}

function isAdmissionNo(text: string): boolean {
  return /^[\p{L}\d#_./-]{3,}$/u.test(halfWidth(text)) && /\d{2,}/.test(halfWidth(text)) && !TOTAL_WORD.test(text)
}

function isDate(cell: Cell | undefined): boolean {
  return readDateCell(cell).kind === 'time'
}

interface KnownStay {
  readonly at: Place
  readonly row: DischargeRow
  readonly dead: boolean
  readonly cells: readonly Cell[]
}

/** The stays of this list so far, by admission number and discharge. */
class Stays {
  readonly #byAdmissionNo = new Map<string, KnownStay[]>()

  find(row: DischargeRow): KnownStay | null {
    return this.#byAdmissionNo.get(row.admissionNo)?.findLast((stay) => isSameStay(stay.row, row)) ?? null
  }

  add(stay: KnownStay): void {
    const stays = this.#byAdmissionNo.get(stay.row.admissionNo)
    if (stays) stays.push(stay)
    else this.#byAdmissionNo.set(stay.row.admissionNo, [stay])
  }
}

/**
 * Some hospitals give a person one admission number for life, so the discharge tells stays apart; nobody is discharged
 * twice on a day, and nobody begins two stays at the same minute.
 */
export function isSameStay(
  a: Pick<DischargeRow, 'admittedAt' | 'dischargedAt'>,
  b: Pick<DischargeRow, 'admittedAt' | 'dischargedAt'>,
): boolean {
  if (a.dischargedAt.date === b.dischargedAt.date) return true
  return a.admittedAt?.time != null && listTimeText(a.admittedAt) === (b.admittedAt ? listTimeText(b.admittedAt) : '')
}

function numbersOf(row: DischargeRow): string {
  return [...row.phones, ...row.contacts.flatMap(({ phones }) => phones)].map(({ e164 }) => e164).join(' ')
}

/** What a person would ask about the second row of one stay. */
function differences(record: RawRecord, row: DischargeRow, earlier: KnownStay): RowWarning[] {
  if (row.dischargedAt.date !== earlier.row.dischargedAt.date) return ['same_stay_other_discharge_ask_no_second_call']
  if (numbersOf(row) !== numbersOf(earlier.row)) return ['same_stay_other_phone_ask_or_update_no_second_call']
  if (JSON.stringify(row) !== JSON.stringify(earlier.row)) return []
  const bySpaces = record.cells.some((cell, index) => {
    const other = earlier.cells[index]
    if (typeof cell !== 'string' || typeof other !== 'string' || cell === other) return false
    return cell.replace(/\s/g, '') === other.replace(/\s/g, '')
  })
  return bySpaces ? ['differs_only_by_spaces'] : []
}
