import type { Secrets } from '#platform/secrets.ts'
import { type Cell, cellText } from './cell.ts'
import { listTimeText, readDateCell } from './date-cell.ts'
import type { DischargeRow } from './discharge-row.ts'

/**
 * A rejected row as it came, sealed: what the error file gives back to be corrected, and what the department needs to
 * find the person.
 */
export interface ArchivedRow {
  readonly headers: readonly string[]
  readonly cells: readonly string[]
  readonly name: string | null
  readonly admissionNo: string | null
  /** 'YYYY-MM-DD' */
  readonly dischargedOn: string | null
}

export function sealRow(
  secrets: Pick<Secrets, 'encrypt'>,
  headers: readonly string[],
  cells: readonly Cell[],
  row: DischargeRow | null,
  admissionNo: string | null,
): Buffer {
  const archived: ArchivedRow = {
    headers,
    cells: cells.map(writtenCell),
    name: row?.name ?? null,
    admissionNo,
    dischargedOn: row?.dischargedAt.date ?? null,
  }
  return secrets.encrypt(JSON.stringify(archived))
}

/** @throws UnexpectedError SECRET_UNREADABLE */
export function openRow(secrets: Pick<Secrets, 'decrypt'>, sealed: Buffer): ArchivedRow {
  const opened: ArchivedRow = JSON.parse(secrets.decrypt(sealed))
  return opened
}

/** A worksheet's day number is written as the day that people see in the sheet; a formula as what it showed. */
function writtenCell(cell: Cell): string {
  if (typeof cell === 'string') return cell
  if (cell.kind === 'number' && cell.format !== 'general') {
    const read = readDateCell(cell)
    if (read.kind === 'time') return listTimeText(read.value).replace('T', ' ')
  }
  return cellText(cell)
}
