import { Readable } from 'node:stream'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { codeOf, UserError } from '#platform/errors/errors.ts'
import type { Language } from '#platform/http/language.ts'
import { type Log, logError } from '#platform/log.ts'
import type { Sight } from '../live/live-service.ts'
import { questionsOf } from './answers.ts'
import { answeredVersions } from './answers-store.ts'
import { csvFile } from './csv-file.ts'
import { answerSheet, callSheet, type ExportLook, reportSheets } from './export-columns.ts'
import {
  type CallRecord,
  callRecords,
  countTo,
  type FormRecord,
  formRecords,
  openSnapshot,
  partsOf,
} from './export-store.ts'
import type { ExportWish } from './report-schema.ts'
import { filterOf, type Reports } from './report-service.ts'
import type { Sheet } from './sheet.ts'
import { xlsxFile } from './xlsx-file.ts'

/** More rows than this nobody reads; Excel itself ends at 1,048,576. */
export const exportLimit = 500_000
/** Each holds one database connection for as long as its reader takes. */
const atOnce = 2
const partSize = 500

export interface ExportFile {
  readonly name: string
  readonly type: string
  /** Rows behind the header; of a report, its departments. */
  readonly rows: number
  readonly content: Readable
}

export interface ExportParts {
  readonly db: Ground
  readonly reports: Reports
  readonly log: Log
  /** Opens a sealed number (E.164). */
  readonly decrypt: (sealed: Buffer) => string
  readonly limit?: number
}

/** What is to be written, and how many rows there are of it. */
interface Planned {
  readonly sheets: readonly Sheet[]
  readonly rows: number
}

/**
 * Rows that leave the house (requirements G12, F08): masked unless somebody who may see more asks for more, with a reason,
 * written down before the first byte leaves and again when the last one has.
 */
export class ReportExports {
  readonly #parts: ExportParts
  #open = 0

  constructor(parts: ExportParts) {
    this.#parts = parts
  }

  /** @throws UserError REPORT_PERIOD_INVALID, REPORT_EXPORT_TOO_LARGE, REPORT_EXPORT_BUSY, REPORT_EXPORT_CLEAR */
  async open(wish: ExportWish, how: { actor: Actor; sight: Sight; language: Language }): Promise<ExportFile> {
    const { actor, sight, language } = how
    const { db, decrypt, limit = exportLimit } = this.#parts
    const { what, format, reason, clear = false, ...filter } = wish
    filterOf(wish)
    if (clear && !sight.clear) throw new UserError('REPORT_EXPORT_CLEAR')
    if (this.#open >= atOnce) throw new UserError('REPORT_EXPORT_BUSY')
    this.#open += 1
    const detail = { what, format, clear, ...filter }
    let tx: Awaited<ReturnType<typeof openSnapshot>> | null = null
    let taken = 0
    let over = false
    const end = async (outcome: 'ok' | 'failed', told: { readonly code?: string } = {}) => {
      if (over) return
      over = true
      this.#open -= 1
      await tx
        ?.rollback()
        .execute()
        .catch(() => undefined)
      await writeAudit(db, {
        actor,
        action: 'report.export_ended',
        outcome,
        detail: { ...detail, rows: taken, ...told },
      })
    }
    try {
      tx = await openSnapshot(db)
      const { sheets, rows } = await this.#plan(tx, wish, { clear, language, decrypt })
      if (rows > limit) throw new UserError('REPORT_EXPORT_TOO_LARGE', { limit })
      const audited = { ...detail, reason: reason.trim(), rows }
      await writeAudit(db, { actor, action: 'report.export_started', outcome: 'ok', detail: audited })
      const counted = sheets.map((sheet) => ({ ...sheet, rows: counting(sheet.rows, (size) => (taken += size)) }))
      const file = format === 'csv' ? csvFile(counted) : xlsxFile(counted)
      const content = Readable.from(
        finishing(file, () => end('ok')),
        { objectMode: false },
      )
      // Whoever stops reading, or a fault on the way, ends it here; after a whole file there is nothing left to end.
      content.on('error', (error) => logError(this.#parts.log, error, 'an export broke off'))
      content.on('close', () => {
        end('failed', { code: content.errored === null ? 'ABORTED' : codeOf(content.errored) }).catch(
          (error: unknown) => logError(this.#parts.log, error, 'the end of an export was not written down'),
        )
      })
      return { name: `${what}-${wish.from}-${wish.to}.${format}`, type: types[format], rows, content }
    } catch (error) {
      await end('failed', { code: codeOf(error) })
      throw error
    }
  }

  async #plan(tx: GroundTransaction, wish: ExportWish, look: ExportLook): Promise<Planned> {
    const { reports, limit = exportLimit } = this.#parts
    const { what, by = 'all', from, to, programmeId, departmentId } = wish
    const search = {
      from,
      to,
      ...(programmeId === undefined ? {} : { programmeId }),
      ...(departmentId === undefined ? {} : { departmentId }),
    }
    const filter = filterOf(wish)
    switch (what) {
      case 'report': {
        const [report, answers] = await Promise.all([reports.report(search), reports.answers({ ...search, by })])
        return { sheets: reportSheets(report, answers, look.language), rows: report.departments.length }
      }
      case 'calls': {
        const query = callRecords(filter)
        const rows = await countTo(tx, query, limit)
        return { sheets: [callSheet(partsOf<CallRecord>(tx, query, partSize), look)], rows }
      }
      case 'answers': {
        const forms = { ...filter, by }
        const versions = await answeredVersions(tx, forms)
        const query = formRecords(forms)
        const rows = await countTo(tx, query, limit)
        const parts = partsOf<FormRecord>(tx, query, partSize)
        return { sheets: [answerSheet(parts, versions, questionsOf(versions), look)], rows }
      }
    }
  }
}

const types = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const

async function* counting<Row>(
  parts: AsyncIterable<readonly Row[]>,
  count: (size: number) => void,
): AsyncGenerator<readonly Row[]> {
  for await (const part of parts) {
    count(part.length)
    yield part
  }
}

/** Ends after what was done when everything had been given, so that who has the whole file finds it written down. */
async function* finishing(file: AsyncIterable<Buffer>, done: () => Promise<void>): AsyncGenerator<Buffer> {
  yield* file
  await done()
}
