import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Clock } from '#platform/clock.ts'
import { transacted } from '#platform/database/again.ts'
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
import { hospitalAreaCode } from './hospital-intake.ts'
import { type ImportReport, type LoadedAs, reportOf } from './import-report.ts'
import { waitForOtherImports } from './known-store.ts'
import { lanesOf } from './lanes.ts'
import './intake-errors.ts'
import { READ_LIMITS, type ReadLimits, refuseTooLarge } from './list-file.ts'
import { type ListFileFacts, type ReadList, readListInThread } from './list-thread.ts'
import { type ChunkOf, loadChunk, shareAmong } from './load-chunk.ts'
import { addRun, closeLostRuns, failRun, finishRun, siteOf } from './run-store.ts'

export interface IntakeParts {
  readonly db: Ground
  readonly secrets: Secrets
  readonly clock: Clock
  readonly log: Log
  /** The hospital's own words for columns. */
  readonly words?: HospitalWords
  /** For landlines written without one, such as `0752`; absent, what the hospital has set. */
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
const LANES = 2

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
  const fileName = nameOf(request.fileName)
  const run = { id: importId, siteId, fileName, startedBy: request.actor.accountId }
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

/** Without folders, and without what no database takes. */
function nameOf(file: string): string {
  return basename(file.replace(/\p{Cc}/gu, ''))
}

async function contentOf({ content }: ImportRequest, limits: ReadLimits): Promise<Uint8Array> {
  if ('bytes' in content) {
    refuseTooLarge(content.bytes.length, limits)
    return content.bytes
  }
  try {
    const { size } = await stat(content.path)
    refuseTooLarge(size, limits)
    return await readWithin(content.path, limits)
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error
    throw new UserError('IMPORT_FILE_MISSING', { file: content.path, reason: String(error.code) }, { cause: error })
  }
}

/** Pipes and devices tell no size, and some have no end. */
async function readWithin(path: string, limits: ReadLimits): Promise<Uint8Array> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of createReadStream(path)) {
    bytes += part.length
    refuseTooLarge(bytes, limits)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

async function readAndJudge(parts: IntakeParts, { sheet }: ImportRequest, bytes: Uint8Array): Promise<ReadList> {
  const { words = {}, limits = READ_LIMITS } = parts
  const areaCode = parts.areaCode ?? (await hospitalAreaCode(parts.db))
  const list = await readListInThread({
    bytes,
    words,
    limits,
    today: hospitalDay(parts.clock.now()),
    ...(sheet === undefined ? {} : { sheet }),
    ...(areaCode === null ? {} : { areaCode }),
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

type Loaded = ReadonlyMap<ListEntry, LoadedAs>

/**
 * Two lanes, since a row costs the database more than it costs us and a machine has two cores. A lane's chunk is a
 * transaction; a third one keeps other imports out meanwhile.
 */
async function loadAll(
  parts: IntakeParts,
  request: ImportRequest,
  list: Omit<ChunkOf, 'sheet'> & { readonly file: ListFileFacts; readonly entries: readonly ListEntry[] },
): Promise<Loaded> {
  const { importId, siteId, consent, file } = list
  const about = { importId, siteId, consent, sheet: file.sheet }
  const patientRows = list.entries.filter(({ verdict }) => verdict !== 'ignored')
  const lanes = lanesOf(patientRows, LANES)
  const loaded = new Map<ListEntry, LoadedAs>()
  for (let at = 0; lanes.some(({ length }) => length > at); at += CHUNK) {
    const chunks = lanes.map((lane) => lane.slice(at, at + CHUNK)).filter(({ length }) => length > 0)
    for (const [entry, as] of await alone(parts.db, () => loadChunks(parts, about, chunks))) loaded.set(entry, as)
  }
  await parts.db.transaction().execute(async (tx) => {
    await finishRun(tx, importId)
    const object = { kind: 'import', id: importId }
    const detail = { rows: patientRows.length }
    await writeAudit(tx, { actor: request.actor, action: 'import.uploaded', object, outcome: 'ok', detail })
    await tellDiallers(tx)
    await appendToStream(tx, 'live', [{ type: 'import.finished', payload: { importId } }])
  })
  return loaded
}

async function loadChunks(
  parts: IntakeParts,
  about: ChunkOf,
  chunks: readonly (readonly ListEntry[])[],
): Promise<readonly [ListEntry, LoadedAs][]> {
  const { db } = parts
  const shared = await db.transaction().execute((tx) => shareAmong(parts, tx, about.siteId, chunks.flat()))
  const written = await Promise.allSettled(
    chunks.map((chunk) => transacted(db, (tx) => loadChunk(parts, tx, { ...about, ...shared }, chunk))),
  )
  // All have ended, one way or the other, before another import is let in.
  return written.flatMap((result) => {
    if (result.status === 'rejected') throw result.reason
    return [...result.value]
  })
}

const queues = new WeakMap<Ground, Promise<unknown>>()

/**
 * One import writes at a time: within this process by a queue, so that waiting ones take no connections from the one at
 * work, and over all processes by a lock in the database.
 */
async function alone<Result>(db: Ground, act: () => Promise<Result>): Promise<Result> {
  const turn = (queues.get(db) ?? Promise.resolve()).then(() =>
    db.transaction().execute(async (holder) => {
      await waitForOtherImports(holder)
      return act()
    }),
  )
  queues.set(
    db,
    turn.catch(() => undefined),
  )
  return turn
}

function countsOf({ excluded, rejected, ...counts }: ImportReport) {
  return { ...counts, excluded: excluded.length, rejected: rejected.length }
}

function warningsOf(entries: readonly ListEntry[]) {
  return entries.flatMap((entry) =>
    'warnings' in entry && entry.warnings.length > 0 ? [{ at: entry.at, warnings: entry.warnings }] : [],
  )
}
