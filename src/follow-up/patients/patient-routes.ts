import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { actorOf, sessionOf } from '#platform/http/access.ts'
import type { Secrets } from '#platform/secrets.ts'
import { countLookUp } from '../calls/masked-look-up.ts'
import { sightOf } from '../live/live-routes.ts'
import { liftDoNotCall } from './do-not-call.ts'
import { listRefusals, refuseNumber } from './do-not-call-list.ts'
import { NewEntry, Reasoned, RefusalPage, RefusalSearch } from './do-not-call-schema.ts'
import { clearFlags, listFlagged } from './flagged-numbers.ts'
import { FlaggedBatch, FlaggedPage, FlaggedSearch, UsableAgain } from './flagged-schema.ts'

const Target = Type.Object({ id: Type.String({ format: 'uuid' }) })

export interface PatientRoutesOptions {
  readonly db: Ground
  readonly secrets: Secrets
}

/** Who is not called and why, and how that is taken back, for whoever starts and stops campaigns (requirements C10, H31). */
export const patientRoutes: FastifyPluginAsyncTypebox<PatientRoutesOptions> = async (server, { db, secrets }) => {
  const config = { access: 'campaign.control' } as const

  /** What is found, or not, confirms a number that is masked elsewhere. */
  const confirming = async (request: FastifyRequest, number: string | undefined) => {
    if (number !== undefined && !sightOf(sessionOf(request)).clear) await countLookUp(db, actorOf(request), 'number')
  }

  server.post(
    '/api/do-not-call/search',
    { config, schema: { body: RefusalSearch, response: { 200: RefusalPage } } },
    async (request) => {
      const actor = actorOf(request)
      const { number, offset } = request.body
      await confirming(request, number)
      const page = await listRefusals({ db, secrets, ...sightOf(sessionOf(request)) }, request.body)
      const detail = { byNumber: number !== undefined, offset, total: page.total }
      await writeAudit(db, { actor, action: 'do_not_call.listed', outcome: 'ok', detail })
      return page
    },
  )

  server.post('/api/do-not-call', { config, schema: { body: NewEntry } }, async (request, reply) => {
    const { number, reason } = request.body
    await refuseNumber({ db, secrets }, { number, reason: reason.trim() }, actorOf(request))
    return reply.code(204).send()
  })

  server.post(
    '/api/do-not-call/:id/lift',
    { config, schema: { params: Target, body: Reasoned } },
    async (request, reply) => {
      await liftDoNotCall(db, request.params.id, actorOf(request), request.body.reason.trim())
      return reply.code(204).send()
    },
  )

  server.post(
    '/api/flagged-numbers/search',
    { config, schema: { body: FlaggedSearch, response: { 200: FlaggedPage } } },
    async (request) => {
      const { number, ...filter } = request.body
      await confirming(request, number)
      const page = await listFlagged({ db, secrets, ...sightOf(sessionOf(request)) }, request.body)
      const detail = { ...filter, byNumber: number !== undefined, total: page.total }
      await writeAudit(db, { actor: actorOf(request), action: 'number.flagged_listed', outcome: 'ok', detail })
      return page
    },
  )

  server.post(
    '/api/flagged-numbers/:id/clear',
    { config, schema: { params: Target, body: Reasoned, response: { 200: UsableAgain } } },
    async (request) => clearFlags({ db, secrets }, { id: request.params.id }, why(request, request.body)),
  )

  server.post(
    '/api/flagged-numbers/clear',
    { config, schema: { body: FlaggedBatch, response: { 200: UsableAgain } } },
    async (request) => {
      const { since, asOf, trunkId } = request.body
      const between = { since: new Date(since), asOf: new Date(asOf) }
      return clearFlags(
        { db, secrets },
        trunkId === undefined ? between : { ...between, trunkId },
        why(request, request.body),
      )
    },
  )
}

function why(request: FastifyRequest, { reason }: { readonly reason: string }) {
  return { actor: actorOf(request), reason: reason.trim() }
}
