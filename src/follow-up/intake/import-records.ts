import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import type { Secrets } from '#platform/secrets.ts'
import { errorFile } from './error-file.ts'
import {
  type ImportReport,
  type ImportRun,
  type NumberlessPatient,
  reportRows as rowsOfAReport,
} from './import-schema.ts'
import './intake-errors.ts'
import { openRow } from './row-archive.ts'
import { exclusionWords, type RejectionCode, rejectionWords, warningWords } from './row-codes.ts'
import { failureWords } from './run-failure.ts'
import {
  loadedStays,
  numberlessRows,
  type RejectedRow,
  type RunRow,
  rejectedRows,
  reportRows,
  runRows,
} from './run-store.ts'

export interface ImportRecordsParts {
  readonly db: Ground
  readonly secrets: Pick<Secrets, 'decrypt'>
}

/** Which rows of the numberless list are looked through; older ones are long since somebody's work. */
const NUMBERLESS_WITHIN = 5_000

/** What imports have left behind: runs, their reports, files to correct, people without a number. */
export class ImportRecords {
  readonly #parts: ImportRecordsParts

  constructor(parts: ImportRecordsParts) {
    this.#parts = parts
  }

  /** Newest first. */
  async runs(limit: number): Promise<ImportRun[]> {
    return (await runRows(this.#parts.db, { limit })).map(runShown)
  }

  /** @throws UserError IMPORT_UNKNOWN */
  async report(importId: string): Promise<ImportReport> {
    const { db } = this.#parts
    const run = await this.#run(importId)
    const [rejected, excluded, takenBack] = await Promise.all([
      reportRows(db, importId, { verdict: 'rejected' }, rowsOfAReport),
      reportRows(db, importId, { verdict: 'excluded' }, rowsOfAReport),
      reportRows(db, importId, { warning: 'death_taken_back' }, rowsOfAReport),
    ])
    return {
      run,
      rejected: rejected.map(({ sheet, line, columnName, code }) => ({
        sheet,
        line,
        column: columnName,
        code: code ?? '',
        words: wordsOf(rejectionWords, code),
      })),
      excluded: excluded.map(({ sheet, line, reason, patientId }) => ({
        sheet,
        line,
        reason: reason ?? '',
        words: wordsOf(exclusionWords, reason),
        patientId,
      })),
      takenBack: takenBack.map(({ sheet, line, patientId }) => ({
        sheet,
        line,
        words: warningWords.death_taken_back,
        patientId,
      })),
    }
  }

  /**
   * The rejected rows as a CSV to correct and import again; text with its byte order mark. It holds patients' data: who
   * gets it is to be written down.
   * @throws UserError IMPORT_UNKNOWN
   */
  async errorFile(importId: string): Promise<string> {
    const { db, secrets } = this.#parts
    await this.#run(importId)
    const rows = await rejectedRows(db, importId)
    return errorFile(
      rows.flatMap(({ rawCiphertext, code, columnName, ...place }) =>
        rawCiphertext === null || !isRejectionCode(code)
          ? []
          : [{ at: placeOf(place), code, column: columnName, row: openRow(secrets, rawCiphertext) }],
      ),
    )
  }

  /**
   * People who were rejected for want of a callable number and are not in by now: the department's list, newest first,
   * each stay once (requirements §5.2 NONUM).
   * @param filter.departmentId absent: all departments
   */
  async numberless(filter: { readonly departmentId?: string; readonly limit: number }): Promise<NumberlessPatient[]> {
    const { db, secrets } = this.#parts
    const rows = await numberlessRows(db, filter.departmentId ?? null, NUMBERLESS_WITHIN)
    const opened = rows.flatMap((row) =>
      row.rawCiphertext === null ? [] : [{ ...row, ...openRow(secrets, row.rawCiphertext) }],
    )
    const seen = await loadedStays(
      db,
      opened.flatMap(({ admissionNo }) => admissionNo ?? []),
    )
    const patients = new Map<string, NumberlessPatient>()
    for (const { importRunId, sheet, line, department, name, admissionNo, dischargedOn } of opened) {
      const stay = `${admissionNo}|${dischargedOn}`
      if (patients.size >= filter.limit || seen.has(stay) || patients.has(stay)) continue
      patients.set(stay, {
        importId: importRunId,
        sheet,
        line,
        department,
        name,
        recordNumber: admissionNo,
        dischargedOn,
      })
    }
    return [...patients.values()]
  }

  async #run(importId: string): Promise<ImportRun> {
    const [row] = await runRows(this.#parts.db, { id: importId })
    if (!row) throw new UserError('IMPORT_UNKNOWN')
    return runShown(row)
  }
}

function runShown({ id, startedAt, fileName, by, state, errorCode, ...counts }: RunRow): ImportRun {
  const { created, changed, unchanged, duplicate, excluded, rejected } = counts
  const read = created + changed + unchanged + duplicate + excluded + rejected
  return {
    id,
    at: startedAt.toISOString(),
    fileName,
    by,
    state,
    failure: errorCode === null ? null : { code: errorCode, words: failureWords(errorCode) },
    counts: { read, created, changed, unchanged, duplicate, excluded, rejected },
  }
}

function wordsOf(words: Readonly<Record<string, { readonly zh: string; readonly en: string }>>, code: string | null) {
  return words[code ?? ''] ?? { zh: code ?? '', en: code ?? '' }
}

function isRejectionCode(code: string | null): code is RejectionCode {
  return code !== null && Object.hasOwn(rejectionWords, code)
}

function placeOf({ sheet, line }: Pick<RejectedRow, 'sheet' | 'line'>): string {
  return sheet === null ? `第 ${line} 行` : `${sheet} 第 ${line} 行`
}
