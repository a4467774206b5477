import { Worker } from 'node:worker_threads'
import { type ErrorParams, UserError } from '#platform/errors/errors.ts'
import type { HospitalWords } from './column-words.ts'
import type { ListEntry } from './discharge-list.ts'
import './intake-errors.ts'
import type { ListFile, ReadLimits } from './list-file.ts'

/** What the thread gets. */
export interface ListTask {
  readonly bytes: Uint8Array
  readonly words: HospitalWords
  /** 'YYYY-MM-DD', today in hospital time. */
  readonly today: string
  readonly areaCode?: string
  readonly sheet?: string
  readonly limits: ReadLimits
}

/** How the file was understood. */
export type ListFileFacts = Pick<ListFile, 'format' | 'encoding' | 'separator' | 'sheet' | 'otherSheets'>

/** What the thread says: entries in bites, then the facts; or an error of the caller's. */
export type ListAnswer =
  | { readonly type: 'entries'; readonly entries: readonly ListEntry[] }
  | { readonly type: 'done'; readonly file: ListFileFacts }
  | { readonly type: 'refused'; readonly code: string; readonly params: ErrorParams }

export interface ReadList {
  readonly file: ListFileFacts
  readonly entries: readonly ListEntry[]
}

/**
 * Reads and judges a list in a thread of its own. The process that places calls goes on meanwhile, and what a stranger's
 * file does to memory or time ends the thread alone.
 * @throws UserError as {@link readListFile}; IMPORT_SHEET_TOO_SLOW after `limits.readMs`
 */
export async function readListInThread(task: ListTask): Promise<ReadList> {
  const worker = new Worker(new URL('./list-worker.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: 2048 },
    // A library's warning must not end up in the report on stdout.
    stdout: true,
    stderr: true,
  })
  try {
    return await answerOf(worker, task.limits.readMs)
  } catch (error) {
    if (!isOutOfMemory(error)) throw error
    const limitMb = Math.ceil(task.limits.unpackedBytes / 1024 / 1024)
    throw new UserError('IMPORT_SHEET_TOO_BIG', { limitMb }, { cause: error })
  } finally {
    await worker.terminate()
  }
}

function answerOf(worker: Worker, readMs: number): Promise<ReadList> {
  return new Promise((resolve, reject) => {
    const entries: ListEntry[] = []
    const timer = setTimeout(() => {
      reject(new UserError('IMPORT_SHEET_TOO_SLOW', { limitSeconds: Math.ceil(readMs / 1000) }))
    }, readMs)
    const settled = (settle: () => void) => {
      clearTimeout(timer)
      settle()
    }
    worker.on('message', (answer: ListAnswer) => {
      if (answer.type === 'entries') for (const entry of answer.entries) entries.push(entry)
      else if (answer.type === 'done') settled(() => resolve({ file: answer.file, entries }))
      else settled(() => reject(new UserError(answer.code, answer.params)))
    })
    worker.once('error', (error) => settled(() => reject(error)))
    worker.once('exit', () => settled(() => reject(new UserError('IMPORT_SHEET_BROKEN'))))
  })
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}
