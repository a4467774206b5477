import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { actorOf, sessionOf } from '#platform/http/access.ts'
import {
  AnswerBody,
  AnswerParams,
  DeskRecord,
  FormState,
  NoteBody,
  OutcomeBody,
  QuestionnaireBody,
  RespondentBody,
  ResultBody,
  SharerCard,
  SharerParams,
  TaskParams,
} from './desk-schema.ts'
import type { DeskForm } from './form-service.ts'
import type { PatientRecords } from './record-service.ts'

export interface DeskRoutesOptions {
  readonly records: PatientRecords
  readonly form: DeskForm
}

/** The record beside a call, and the form that the agent fills in it (requirements D). */
export const deskRoutes: FastifyPluginAsyncTypebox<DeskRoutesOptions> = async (server, { records, form }) => {
  const config = { access: 'seat.use' } as const
  const task = '/api/desk/tasks/:taskId'

  server.get(task, { config, schema: { params: TaskParams, response: { 200: DeskRecord } } }, async (request) =>
    records.open(request.params.taskId, sessionOf(request), actorOf(request)),
  )

  server.get(
    `${task}/shared/:patientId`,
    { config, schema: { params: SharerParams, response: { 200: SharerCard } } },
    async (request) => records.openSharer(request.params, sessionOf(request), actorOf(request)),
  )

  const answer = `${task}/answers/:questionId`
  server.put(
    answer,
    { config, schema: { params: AnswerParams, body: AnswerBody, response: { 200: FormState } } },
    async (request) => {
      const { taskId, questionId } = request.params
      return form.saveAnswer(taskId, sessionOf(request).accountId, questionId, request.body.value)
    },
  )

  server.delete(answer, { config, schema: { params: AnswerParams, response: { 200: FormState } } }, async (request) => {
    const { taskId, questionId } = request.params
    return form.clearAnswer(taskId, sessionOf(request).accountId, questionId)
  })

  server.put(
    `${task}/questionnaire`,
    { config, schema: { params: TaskParams, body: QuestionnaireBody } },
    async (request, reply) => {
      const { accountId } = sessionOf(request)
      await form.takeQuestionnaire(request.params.taskId, accountId, request.body.versionId, actorOf(request))
      return reply.code(204).send()
    },
  )

  server.put(
    `${task}/respondent`,
    { config, schema: { params: TaskParams, body: RespondentBody } },
    async (request, reply) => {
      await form.setRespondent(request.params.taskId, sessionOf(request).accountId, request.body.respondent)
      return reply.code(204).send()
    },
  )

  server.put(
    `${task}/outcome`,
    { config, schema: { params: TaskParams, body: OutcomeBody } },
    async (request, reply) => {
      const { callbackAt, ...said } = request.body
      const change = callbackAt === undefined ? said : { ...said, callbackAt: new Date(callbackAt) }
      await form.setOutcome(request.params.taskId, sessionOf(request).accountId, change, actorOf(request))
      return reply.code(204).send()
    },
  )

  server.put(`${task}/note`, { config, schema: { params: TaskParams, body: NoteBody } }, async (request, reply) => {
    await form.setNote(request.params.taskId, sessionOf(request).accountId, request.body.note, actorOf(request))
    return reply.code(204).send()
  })

  server.put(`${task}/result`, { config, schema: { params: TaskParams, body: ResultBody } }, async (request, reply) => {
    const { accountId } = sessionOf(request)
    await form.correctResult(request.params.taskId, accountId, request.body.result, actorOf(request))
    return reply.code(204).send()
  })
}
