import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { actorOf, sessionOf } from '#platform/http/access.ts'
import { decideConsent, liftConsent } from './consent.ts'
import { Reasoned } from './do-not-call-schema.ts'
import { openCard, type PeopleParts, searchPatients } from './patient-card.ts'
import { addNumber, notWrongPerson, orderNumbers, putNumberBack, removeNumber } from './patient-numbers.ts'
import {
  BackInPlan,
  ConsentBody,
  DeathBody,
  NewNumberBody,
  NumberOrderBody,
  PatientCard,
  PatientPage,
  PatientSearch,
  TakeBackBody,
} from './patient-schema.ts'
import { enterDeath, takeBack } from './take-back.ts'

const Target = Type.Object({ id: Type.String({ format: 'uuid' }) })
const Part = Type.Object({ id: Type.String({ format: 'uuid' }), partId: Type.String({ format: 'uuid' }) })

/** Patients, and what a person knows better of them than a list or a call did (requirements C10, D01–D06, H31, H32, §8.4). */
export const peopleRoutes: FastifyPluginAsyncTypebox<PeopleParts> = async (server, parts) => {
  const { db } = parts
  const reading = { access: 'patient.read' } as const
  const config = { access: 'patient.change' } as const
  const one = '/api/patients/:id'

  server.post(
    '/api/patients/search',
    { config: reading, schema: { body: PatientSearch, response: { 200: PatientPage } } },
    async (request) => searchPatients(parts, request.body, sessionOf(request), actorOf(request)),
  )

  server.get(one, { config: reading, schema: { params: Target, response: { 200: PatientCard } } }, async (request) =>
    openCard(parts, request.params.id, sessionOf(request), actorOf(request)),
  )

  server.post(`${one}/death`, { config, schema: { params: Target, body: DeathBody } }, async (request, reply) => {
    const { on = null } = request.body
    await enterDeath(db, { patientId: request.params.id, on }, decisionOf(request, request.body))
    return reply.code(204).send()
  })

  server.post(
    `${one}/take-back`,
    { config, schema: { params: Target, body: TakeBackBody, response: { 200: BackInPlan } } },
    async (request) => {
      const { kind } = request.body
      return takeBack(db, { patientId: request.params.id, kind }, decisionOf(request, request.body))
    },
  )

  server.post(`${one}/consents`, { config, schema: { params: Target, body: ConsentBody } }, async (request, reply) => {
    const { how, reason, words, declaredBy, ...said } = request.body
    const decided = { ...said, words: words.trim(), declaredBy: declaredBy.trim(), source: how }
    await decideConsent(db, { patientId: request.params.id, ...decided }, actorOf(request), reason.trim())
    return reply.code(204).send()
  })

  server.post(
    `${one}/consents/:partId/lift`,
    { config, schema: { params: Part, body: Reasoned } },
    async (request, reply) => {
      const { id: patientId, partId: id } = request.params
      await liftConsent(db, { id, patientId }, actorOf(request), request.body.reason.trim())
      return reply.code(204).send()
    },
  )

  server.post(`${one}/numbers`, { config, schema: { params: Target, body: NewNumberBody } }, async (request, reply) => {
    const { number, relation, contactName } = request.body
    const told = contactName?.trim() ?? ''
    const wanted = { patientId: request.params.id, number, relation, contactName: told === '' ? null : told }
    await addNumber(parts, wanted, decisionOf(request, request.body))
    return reply.code(204).send()
  })

  server.put(
    `${one}/numbers/order`,
    { config, schema: { params: Target, body: NumberOrderBody } },
    async (request, reply) => {
      const wanted = { patientId: request.params.id, order: request.body.order }
      await orderNumbers(db, wanted, decisionOf(request, request.body))
      return reply.code(204).send()
    },
  )

  for (const [verb, change] of [
    ['remove', removeNumber],
    ['put-back', putNumberBack],
    ['right-person', notWrongPerson],
  ] as const) {
    server.post(
      `${one}/numbers/:partId/${verb}`,
      { config, schema: { params: Part, body: Reasoned } },
      async (request, reply) => {
        const { id: patientId, partId: id } = request.params
        await change(db, { patientId, id }, decisionOf(request, request.body))
        return reply.code(204).send()
      },
    )
  }
}

function decisionOf(request: FastifyRequest, { reason }: { readonly reason: string }) {
  return { actor: actorOf(request), reason: reason.trim() }
}
