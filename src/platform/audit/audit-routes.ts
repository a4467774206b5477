import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Ground } from '#platform/database/database.ts'
import { actorOf } from '#platform/http/access.ts'
import { chainState, parseAnchor, verifyChain } from './audit-chain.ts'
import { auditActions, auditRows } from './audit-reading.ts'
import { AuditPage, AuditSearch, ChainQuestion, ChainStateView, ChainVerdictView } from './audit-schema.ts'
import { writeAudit } from './audit-store.ts'

/** The audit trail, for who alone may read it; that it was read stands in it too. */
export const auditRoutes: FastifyPluginAsyncTypebox<{ readonly db: Ground }> = async (server, { db }) => {
  const config = { access: 'audit.read' } as const

  server.post(
    '/api/audit/search',
    { config, schema: { body: AuditSearch, response: { 200: AuditPage } } },
    async (request) => {
      const search = request.body
      const rows = await auditRows(db, search)
      // The pages of one reading are one reading.
      if (search.before === undefined) {
        await writeAudit(db, { actor: actorOf(request), action: 'audit.listed', outcome: 'ok', detail: { ...search } })
      }
      return {
        rows: rows.map(({ actorName, at, ...row }) => ({ ...row, actor: actorName, at: at.toISOString() })),
        next: rows.length < search.limit ? null : (rows.at(-1)?.id ?? null),
      }
    },
  )

  server.get('/api/audit/chain', { config, schema: { response: { 200: ChainStateView } } }, async () => {
    const [{ anchor, unsealed, unsealedSince }, actions] = await Promise.all([chainState(db), auditActions(db)])
    return { anchor, unsealed, unsealedSince: unsealedSince?.toISOString() ?? null, actions: [...actions] }
  })

  server.post(
    '/api/audit/verify',
    { config, schema: { body: ChainQuestion, response: { 200: ChainVerdictView } } },
    async (request) => {
      const { anchor } = request.body
      const verdict = await verifyChain(db, anchor === undefined ? null : parseAnchor(anchor))
      await writeAudit(db, {
        actor: actorOf(request),
        action: 'audit.verified',
        outcome: verdict.broken === null ? 'ok' : 'failed',
        detail: { rows: verdict.rows, broken: verdict.broken, anchor: verdict.anchor },
      })
      return verdict
    },
  )
}
