import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { actorOf, sessionOf } from '#platform/http/access.ts'
import { languageOf } from '#platform/http/language.ts'
import { sightOf } from '../live/live-routes.ts'
import type { ReportExports } from './export-service.ts'
import {
  AnswerReport,
  AnswerSearch,
  ExportWish,
  Report,
  ReportChoices,
  ReportSearch,
  RowPage,
  RowSearch,
  Trend,
  TrendSearch,
} from './report-schema.ts'
import type { Reports } from './report-service.ts'

export interface ReportRoutesOptions {
  readonly db: Ground
  readonly reports: Reports
  readonly exports: ReportExports
}

/** Figures of a period, the rows behind them, and both as files (requirements N02–N05, N11, G12, F08). */
export const reportRoutes: FastifyPluginAsyncTypebox<ReportRoutesOptions> = async (
  server,
  { db, reports, exports },
) => {
  const config = { access: 'report.read' } as const

  server.get('/api/reports/choices', { config, schema: { response: { 200: ReportChoices } } }, async () =>
    reports.choices(),
  )

  server.post(
    '/api/reports/figures',
    { config, schema: { body: ReportSearch, response: { 200: Report } } },
    async (request) => reports.report(request.body),
  )

  server.post(
    '/api/reports/trend',
    { config, schema: { body: TrendSearch, response: { 200: Trend } } },
    async (request) => reports.trend(request.body),
  )

  server.post(
    '/api/reports/answers',
    { config, schema: { body: AnswerSearch, response: { 200: AnswerReport } } },
    async (request) => reports.answers(request.body),
  )

  server.post(
    '/api/reports/rows',
    { config, schema: { body: RowSearch, response: { 200: RowPage } } },
    async (request) => {
      const sight = sightOf(sessionOf(request))
      const page = await reports.rows(request.body, sight)
      const detail = { ...request.body, clear: sight.clear, total: page.total }
      await writeAudit(db, { actor: actorOf(request), action: 'report.rows_listed', outcome: 'ok', detail })
      return page
    },
  )

  server.post(
    '/api/reports/export',
    { config: { access: 'report.export' }, schema: { body: ExportWish } },
    async (request, reply) => {
      const file = await exports.open(request.body, {
        actor: actorOf(request),
        sight: sightOf(sessionOf(request)),
        language: languageOf(request.headers['accept-language']),
      })
      return reply
        .type(file.type)
        .header('content-disposition', `attachment; filename="${file.name}"`)
        .header('x-export-rows', String(file.rows))
        .send(file.content)
    },
  )
}
