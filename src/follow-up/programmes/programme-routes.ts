import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { actorOf } from '#platform/http/access.ts'
import { coverage, previewProgramme } from './preview.ts'
import { listProgrammes, programmeCard, programmeChoices, type ReadingParts } from './programme-reading.ts'
import {
  Coverage,
  CoverageQuery,
  NewProgramme,
  NextVersion,
  PreviewWish,
  ProgrammeCard,
  ProgrammeChoices,
  ProgrammeList,
  ProgrammePreview,
  StateWish,
  TakenUp,
  TakeUpOrder,
  TakeUpWish,
} from './programme-schema.ts'
import { createProgramme, moveProgramme, publishNextVersion } from './programme-service.ts'
import { foreseeTakeUp, takeUpDischarges } from './take-up.ts'

const Target = Type.Object({ id: Type.String({ format: 'uuid' }) })

/** Programmes: who is followed up, about what, when (requirements C04, G05, G14, G15, G22, H11). Counts alone, no patient. */
export const programmeRoutes: FastifyPluginAsyncTypebox<ReadingParts> = async (server, parts) => {
  const { db } = parts
  const reading = { access: 'programme.read' } as const
  const config = { access: 'programme.manage' } as const
  const one = '/api/programmes/:id'

  server.get('/api/programmes', { config: reading, schema: { response: { 200: ProgrammeList } } }, async () =>
    listProgrammes(parts),
  )

  server.get(
    '/api/programmes/coverage',
    { config: reading, schema: { querystring: CoverageQuery, response: { 200: Coverage } } },
    async (request) => coverage(db, request.query.days),
  )

  server.get(one, { config: reading, schema: { params: Target, response: { 200: ProgrammeCard } } }, async (request) =>
    programmeCard(parts, request.params.id),
  )

  server.get('/api/programmes/choices', { config, schema: { response: { 200: ProgrammeChoices } } }, async () =>
    programmeChoices(parts),
  )

  server.post(
    '/api/programmes/preview',
    { config, schema: { body: PreviewWish, response: { 200: ProgrammePreview } } },
    async (request) => previewProgramme(db, request.body),
  )

  server.post(
    '/api/programmes',
    { config, schema: { body: NewProgramme, response: { 200: Type.Object({ id: Type.String() }) } } },
    async (request) => ({ id: await createProgramme(db, actorOf(request), request.body) }),
  )

  server.post(
    `${one}/versions`,
    {
      config,
      schema: { params: Target, body: NextVersion, response: { 200: Type.Object({ version: Type.Integer() }) } },
    },
    async (request) => {
      const wish = { programmeId: request.params.id, ...request.body }
      return { version: await publishNextVersion(db, actorOf(request), wish) }
    },
  )

  server.post(`${one}/state`, { config, schema: { params: Target, body: StateWish } }, async (request, reply) => {
    await moveProgramme(db, actorOf(request), { programmeId: request.params.id, ...request.body })
    return reply.code(204).send()
  })

  server.post(
    `${one}/take-up/foresee`,
    { config, schema: { params: Target, body: TakeUpWish, response: { 200: TakenUp } } },
    async (request) => foreseeTakeUp(db, { programmeId: request.params.id, ...request.body }),
  )

  server.post(
    `${one}/take-up`,
    { config, schema: { params: Target, body: TakeUpOrder, response: { 200: TakenUp } } },
    async (request) => takeUpDischarges(db, actorOf(request), { programmeId: request.params.id, ...request.body }),
  )
}
