import { Worker } from 'node:worker_threads'
import { UserError } from '#platform/errors/errors.ts'
import type { RawRecord } from './cell.ts'
import './intake-errors.ts'

/** A worksheet's filled rows; `at.row` is the sheet's row number, first row 1. */
export interface Sheet {
  readonly name: string
  readonly hidden: boolean
  readonly records: readonly RawRecord[]
}

export interface SpreadsheetLimits {
  readonly rows: number
  readonly unpackedBytes: number
  readonly readMs: number
}

/** What the worker answers with. */
export type SheetAnswer =
  | { readonly ok: true; readonly sheets: readonly Sheet[] }
  | { readonly ok: false; readonly code: 'IMPORT_SHEET_BROKEN' | 'IMPORT_SHEET_ENCRYPTED' | 'IMPORT_SHEET_TOO_BIG' }
  | { readonly ok: false; readonly code: 'IMPORT_TYPE_UNKNOWN'; readonly found: string }

/**
 * Reads a workbook (.xlsx, .xls, a web page or XML saved as .xls) in a thread of its own: what a stranger's file does to
 * memory or time ends the thread, not the calls in progress.
 * @throws UserError IMPORT_SHEET_BROKEN, IMPORT_SHEET_ENCRYPTED, IMPORT_SHEET_TOO_BIG, IMPORT_SHEET_TOO_SLOW,
 *   IMPORT_TYPE_UNKNOWN
 */
export async function readSpreadsheet(bytes: Uint8Array, limits: SpreadsheetLimits): Promise<readonly Sheet[]> {
  const worker = new Worker(new URL('./spreadsheet-worker.ts', import.meta.url), {
    workerData: { bytes, limits },
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
    // The thread says nothing of its own; a library's warning must not end up in the report on stdout.
    stdout: true,
    stderr: true,
  })
  const limitMb = Math.ceil(limits.unpackedBytes / 1024 / 1024)
  try {
    const answer = await answerOf(worker, limits.readMs)
    if (answer.ok) return answer.sheets
    if (answer.code === 'IMPORT_TYPE_UNKNOWN') throw new UserError(answer.code, { found: answer.found })
    throw new UserError(answer.code, answer.code === 'IMPORT_SHEET_TOO_BIG' ? { limitMb } : {})
  } catch (error) {
    if (isOutOfMemory(error)) throw new UserError('IMPORT_SHEET_TOO_BIG', { limitMb }, { cause: error })
    throw error
  } finally {
    await worker.terminate()
  }
}

function answerOf(worker: Worker, readMs: number): Promise<SheetAnswer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new UserError('IMPORT_SHEET_TOO_SLOW', { limitSeconds: Math.ceil(readMs / 1000) }))
    }, readMs)
    const settled = (settle: () => void) => {
      clearTimeout(timer)
      settle()
    }
    worker.once('message', (answer: SheetAnswer) => settled(() => resolve(answer)))
    worker.once('error', (error) => settled(() => reject(error)))
    worker.once('exit', () => settled(() => reject(new UserError('IMPORT_SHEET_BROKEN'))))
  })
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}
