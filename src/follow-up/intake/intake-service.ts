import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Clock } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import { codeOf, UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import type { Log } from '#platform/log.ts'
import { logError } from '#platform/log.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import type { Secrets } from '#platform/secrets.ts'
import type { Purpose } from '../follow-up-tables.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import type { HospitalWords } from './column-words.ts'
import type { ListEntry } from './discharge-list.ts'
import { type ImportReport, type LoadedAs, reportOf } from './import-report.ts'
import './intake-errors.ts'
import { READ_LIMITS, type ReadLimits, refuseTooLarge } from './list-file.ts'
import { type ListFileFacts, type ReadList, readListInThread } from './list-thread.ts'
import { loadChunk } from './load-chunk.ts'
import { addRun, closeLostRuns, failRun, finishRun, siteOf } from './run-store.ts'

export interface IntakeParts {
  readonly db: Ground
  readonly secrets: Secrets
  readonly clock: Clock
  readonly log: Log
  /** The hospital's own words for columns. */
  readonly words?: HospitalWords
  /** Area code of the hospital, such as `0752`, for landlines written without one. */
  readonly areaCode?: string
  readonly limits?: ReadLimits
}

export interface ImportRequest {
  readonly fileName: string
  readonly content: { readonly bytes: Uint8Array } | { readonly path: string }
  readonly actor: Actor
  /** Said by whoever imports, for every row: patients agreed to calls of this purpose, by these words. */
  readonly declaredConsent?: { readonly purpose: Purpose; readonly words: string }
  /** Sheet to read in a workbook; absent, the one with the fullest header. */
  readonly sheet?: string
  /** Name or code of the site; absent, the first. */
  readonly site?: string
  /** Language of the messages in the report; default Chinese. */
  readonly language?: 'zh' | 'en'
}

export interface ImportDone {
  readonly importId: string
  readonly report: ImportReport
  /** For people: how the file was understood. */
  readonly file: ListFileFacts
  /** Rows that were read all the same although something was odd, with what. */
  readonly warnings: readonly Pick<ListEntry & { verdict: 'good' | 'excluded' | 'duplicate' }, 'at' | 'warnings'>[]
}

/** Rows in one transaction: enough to be quick, few enough to let calls and other imports in between. */
const CHUNK = 1_000

/**
 * Imports a discharge list. The file is read and judged to its end before anything is written, so that a file that
 * cannot be read changes nothing. The rows then go in by chunks, each a transaction with its patients, stays, tasks and
 * its lines in the run's record; a process that dies in between leaves whole chunks, and the same file again adds the
 * rest, since a row that is known already changes nothing.
 * @throws UserError IMPORT_*; OperationalError when the database is away
 * Source: requirements G02, G08, G09, G22
 */
export async function importDischargeList(parts: IntakeParts, request: ImportRequest): Promise<ImportDone> {
  const { db, log } = parts
  const importId = newId()
  const siteId = await siteOf(db, request.site ?? null)
  if (siteId === null) throw new UserError('IMPORT_NO_SITE')
  await closeLostRuns(db)
  const run = { id: importId, siteId, fileName: basename(request.fileName), startedBy: request.actor.accountId }
  try {
    const bytes = await contentOf(request, parts.limits ?? READ_LIMITS)
    const digest = { sha256: createHash('sha256').update(bytes).digest(), bytes: bytes.length }
    const read = await readAndJudge(parts, request, bytes).catch(async (error) => {
      await addRun(db, { ...run, ...digest, encoding: null, consent: null })
      throw error
    })
    const consent = consentOf(request)
    await addRun(db, { ...run, ...digest, encoding: read.file.encoding, consent })
    log.info({ importId, rows: read.entries.length, encoding: read.file.encoding }, 'import begins')
    const loaded = await loadAll(parts, request, { importId, siteId, consent, ...read })
    const report = reportOf(read.entries, (entry) => loaded.get(entry) ?? 'unchanged', request.language ?? 'zh')
    log.info({ importId, ...countsOf(report) }, 'import finished')
    return { importId, report, file: read.file, warnings: warningsOf(read.entries) }
  } catch (error) {
    await failRun(db, importId, codeOf(error)).catch((also) =>
      logError(log, also, 'the failed import is not marked as such'),
    )
    logError(log, error, 'import failed', { importId })
    throw error
  }
}

async function contentOf({ content }: ImportRequest, limits: ReadLimits): Promise<Uint8Array> {
  if ('bytes' in content) {
    refuseTooLarge(content.bytes.length, limits)
    return content.bytes
  }
  try {
    const { size } = await stat(content.path)
    refuseTooLarge(size, limits)
    return await readFile(content.path)
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error
    throw new UserError('IMPORT_FILE_MISSING', { file: content.path, reason: String(error.code) }, { cause: error })
  }
}

async function readAndJudge(parts: IntakeParts, { sheet }: ImportRequest, bytes: Uint8Array): Promise<ReadList> {
  const { areaCode, words = {}, limits = READ_LIMITS } = parts
  const list = await readListInThread({
    bytes,
    words,
    limits,
    today: hospitalDay(parts.clock.now()),
    ...(sheet === undefined ? {} : { sheet }),
    ...(areaCode === undefined ? {} : { areaCode }),
  })
  if (!list.entries.some(({ verdict }) => verdict !== 'ignored')) throw new UserError('IMPORT_NO_ROWS')
  return list
}

/** Today in hospital time. */
export function hospitalDay(now: Date): string {
  return new Date(now.getTime() + 8 * 3_600_000).toISOString().slice(0, 10)
}

function consentOf({ declaredConsent, actor }: ImportRequest) {
  if (!declaredConsent) return null
  return { ...declaredConsent, declaredBy: actor.name ?? 'suifang' }
}

async function loadAll(
  parts: IntakeParts,
  request: ImportRequest,
  list: Omit<Parameters<typeof loadChunk>[2], 'sheet'> & {
    readonly file: ListFileFacts
    readonly entries: readonly ListEntry[]
  },
): Promise<ReadonlyMap<ListEntry, LoadedAs>> {
  const { importId, file } = list
  const patientRows = list.entries.filter(({ verdict }) => verdict !== 'ignored')
  const loaded = new Map<ListEntry, LoadedAs>()
  for (let at = 0; at < patientRows.length; at += CHUNK) {
    const chunk = patientRows.slice(at, at + CHUNK)
    const isLast = at + CHUNK >= patientRows.length
    await parts.db.transaction().execute(async (tx) => {
      const became = await loadChunk(parts, tx, { ...list, sheet: file.sheet }, chunk)
      if (isLast) {
        await finishRun(tx, importId)
        const object = { kind: 'import', id: importId }
        await writeAudit(tx, {
          actor: request.actor,
          action: 'import.uploaded',
          object,
          outcome: 'ok',
          detail: { rows: patientRows.length },
        })
        await tellDiallers(tx)
        await appendToStream(tx, 'live', [{ type: 'import.finished', payload: { importId } }])
      }
      for (const [entry, as] of became) loaded.set(entry, as)
    })
  }
  return loaded
}

function countsOf({ excluded, rejected, ...counts }: ImportReport) {
  return { ...counts, excluded: excluded.length, rejected: rejected.length }
}

function warningsOf(entries: readonly ListEntry[]) {
  return entries.flatMap((entry) =>
    'warnings' in entry && entry.warnings.length > 0 ? [{ at: entry.at, warnings: entry.warnings }] : [],
  )
}
