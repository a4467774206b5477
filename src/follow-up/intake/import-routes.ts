import type {} from '@fastify/multipart'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { writeAudit } from '#platform/audit/audit-store.ts'
import { codeOf, UserError } from '#platform/errors/errors.ts'
import { actorOf, sessionOf } from '#platform/http/access.ts'
import '#platform/http/http-errors.ts'
import { languageOf } from '#platform/http/language.ts'
import { sightOf } from '../live/live-routes.ts'
import type { Sight } from '../live/live-service.ts'
import { maskName, maskRecordNumber } from '../live/person-mask.ts'
import type { HospitalWords } from './column-words.ts'
import { ImportRecords } from './import-records.ts'
import { ImportReceipt, ImportReport, ImportRun, NumberlessPatient } from './import-schema.ts'
import { type ImportDone, type IntakeParts, importDischargeList } from './intake-service.ts'
import { READ_LIMITS } from './list-file.ts'
import { warningWords } from './row-codes.ts'

const runsShown = 100
const numberlessShown = 500

const Target = Type.Object({ id: Type.String({ format: 'uuid' }) })

const Wish = Type.Object({
  /** Of a workbook: this sheet and no other. */
  sheet: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
})

export interface ImportRoutesOptions {
  readonly intake: IntakeParts
  /** The hospital's own words for columns, read at each upload: whoever changes them need not start the house anew. */
  readonly words: () => Promise<HospitalWords>
}

/** Discharge lists by upload; what became of them; who cannot be called. */
export const importRoutes: FastifyPluginAsyncTypebox<ImportRoutesOptions> = async (server, { intake, words }) => {
  const { db } = intake
  const records = new ImportRecords(intake)

  server.post(
    '/api/imports',
    {
      config: { access: 'import.write' },
      schema: { consumes: ['multipart/form-data'], querystring: Wish, response: { 200: ImportReceipt } },
    },
    async (request) => {
      const actor = actorOf(request)
      try {
        const { sheet } = request.query
        const uploaded = await uploadedFile(request)
        const done = await importDischargeList(
          { ...intake, words: await words() },
          {
            ...uploaded,
            actor,
            language: languageOf(request.headers['accept-language']),
            ...(sheet === undefined ? {} : { sheet }),
          },
        )
        return receiptOf(done)
      } catch (error) {
        // What came in whole is written down by the import itself.
        await writeAudit(db, { actor, action: 'import.uploaded', outcome: 'failed', detail: { code: codeOf(error) } })
        throw error
      }
    },
  )

  const read = { config: { access: 'import.read' } } as const

  server.get(
    '/api/imports',
    { ...read, schema: { response: { 200: Type.Object({ runs: Type.Array(ImportRun) }) } } },
    async () => ({ runs: await records.runs(runsShown) }),
  )

  server.get(
    '/api/imports/numberless',
    { ...read, schema: { response: { 200: Type.Object({ patients: Type.Array(NumberlessPatient) }) } } },
    async (request) => {
      const sight = sightOf(sessionOf(request))
      const patients = await records.numberless({ limit: numberlessShown })
      return { patients: patients.map((patient) => asSeen(patient, sight)) }
    },
  )

  server.get(
    '/api/imports/:id',
    { ...read, schema: { params: Target, response: { 200: ImportReport } } },
    async (request) => records.report(request.params.id),
  )

  // The rows as they came, names and numbers in the clear: for who may import them.
  server.get(
    '/api/imports/:id/errors',
    { config: { access: 'import.write' }, schema: { params: Target } },
    async (request, reply) => {
      const { id } = request.params
      const file = await records.errorFile(id)
      await writeAudit(db, {
        actor: actorOf(request),
        action: 'import.errors_downloaded',
        object: { kind: 'import', id },
        outcome: 'ok',
      })
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="rejected-${id}.csv"`)
        .send(file)
    },
  )
}

function receiptOf({ importId, file, warnings }: ImportDone): ImportReceipt {
  const counts = new Map<keyof typeof warningWords, number>()
  for (const { warnings: told } of warnings) for (const one of told) counts.set(one, (counts.get(one) ?? 0) + 1)
  return {
    id: importId,
    sheet: file.sheet,
    otherSheets: [...file.otherSheets],
    warnings: [...counts].map(([code, rows]) => ({ code, words: warningWords[code], rows })),
  }
}

function asSeen(patient: NumberlessPatient, { clear }: Sight): NumberlessPatient {
  const { name, recordNumber } = patient
  if (clear) return patient
  return {
    ...patient,
    name: name === null ? null : maskName(name),
    recordNumber: recordNumber === null ? null : maskRecordNumber(recordNumber),
  }
}

/** @throws UserError UPLOAD_MISSING, UPLOAD_TOO_BIG */
async function uploadedFile(request: FastifyRequest) {
  try {
    const part = await request.file()
    if (part === undefined || part.filename === '') throw new UserError('UPLOAD_MISSING')
    return { fileName: part.filename, content: { bytes: await part.toBuffer() } }
  } catch (error) {
    if (error instanceof UserError) throw error
    if (hasCode(error, 'FST_REQ_FILE_TOO_LARGE')) {
      throw new UserError('UPLOAD_TOO_BIG', { megabytes: READ_LIMITS.fileBytes / 1024 / 1024 }, { cause: error })
    }
    if (hasCode(error, 'FST_INVALID_MULTIPART_CONTENT_TYPE'))
      throw new UserError('UPLOAD_MISSING', {}, { cause: error })
    throw error
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
