import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { actorOf, sessionOf } from '#platform/http/access.ts'
import { languageOf } from '#platform/http/language.ts'
import {
  DraftChange,
  DraftDiscard,
  MadeQuestionnaire,
  NewQuestionnaire,
  PublishedAs,
  PublishWish,
  QuestionnaireBoard,
  QuestionnaireCard,
  QuestionnaireTarget,
  SavedDraft,
  Trial,
  TrialWish,
} from './questionnaire-schema.ts'
import type { Author, Questionnaires } from './questionnaire-service.ts'

/** Questionnaires: read, written, tried, published (requirements H21–H28, X03). */
export const questionnaireRoutes: FastifyPluginAsyncTypebox<{ readonly questionnaires: Questionnaires }> = async (
  server,
  { questionnaires },
) => {
  const reading = { access: 'questionnaire.read' } as const
  const config = { access: 'questionnaire.manage' } as const
  const one = '/api/questionnaires/:id'
  const params = QuestionnaireTarget

  server.get('/api/questionnaires', { config: reading, schema: { response: { 200: QuestionnaireBoard } } }, async () =>
    questionnaires.board(),
  )

  server.get(one, { config: reading, schema: { params, response: { 200: QuestionnaireCard } } }, async (request) =>
    questionnaires.card(request.params.id, asked(request)),
  )

  server.post(
    `${one}/try`,
    { config: reading, schema: { params, body: TrialWish, response: { 200: Trial } } },
    async (request) => questionnaires.try(request.params.id, request.body),
  )

  server.post(
    '/api/questionnaires',
    { config, schema: { body: NewQuestionnaire, response: { 200: MadeQuestionnaire } } },
    async (request) => ({ id: await questionnaires.create(authorOf(request), request.body) }),
  )

  server.post(`${one}/draft`, { config, schema: { params } }, async (request, reply) => {
    await questionnaires.takeUp(authorOf(request), request.params.id)
    return reply.code(204).send()
  })

  server.put(
    `${one}/draft`,
    { config, schema: { params, body: DraftChange, response: { 200: SavedDraft } } },
    async (request) => questionnaires.save(authorOf(request), request.params.id, request.body, asked(request)),
  )

  server.post(`${one}/draft/discard`, { config, schema: { params, body: DraftDiscard } }, async (request, reply) => {
    await questionnaires.discard(authorOf(request), request.params.id, request.body)
    return reply.code(204).send()
  })

  server.post(
    `${one}/draft/publish`,
    { config, schema: { params, body: PublishWish, response: { 200: PublishedAs } } },
    async (request) => {
      const { revision, reason } = request.body
      const wish = { revision, reason: reason.trim() }
      return { version: await questionnaires.publish(authorOf(request), request.params.id, wish) }
    },
  )
}

function authorOf(request: FastifyRequest): Author {
  return { ...actorOf(request), accountId: sessionOf(request).accountId }
}

function asked(request: FastifyRequest): 'zh' | 'en' {
  return languageOf(request.headers['accept-language'])
}
