import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Ground } from '#platform/database/database.ts'
import { actorOf, requireRightAudited, sessionOf } from '#platform/http/access.ts'
import { sendFileRange } from '#platform/http/file-range.ts'
import { holdRecording, liftHold } from './recording-hold.ts'
import type { RecordingOpening } from './recording-opening.ts'
import { HoldWish, OpenedRecording, OpeningPolicy, OpeningWish } from './recording-schema.ts'
import '../contact-center-tables.ts'
import './recording-errors.ts'

const Target = Type.Object({ id: Type.String({ format: 'uuid' }) })
const Ticket = Type.Object({ ticket: Type.Optional(Type.String({ maxLength: 1_000 })) })

/**
 * Playback and download (requirements F02): two rights. A recording is opened with a purpose and a reason, which is when
 * the audit row is written; the file itself is had only with the ticket that this gives, in ranges as a player asks.
 */
export const recordingRoutes: FastifyPluginAsyncTypebox<{
  readonly opening: RecordingOpening
  readonly db: Ground
}> = async (server, { opening, db }) => {
  const play = { access: 'recording.play' } as const
  const download = { access: 'recording.download' } as const

  server.post(
    '/api/recordings/:id/open',
    { config: play, schema: { params: Target, body: OpeningWish, response: { 200: OpenedRecording } } },
    async (request) => {
      if (request.body.purpose === 'download') await requireRightAudited(request, 'recording.download')
      return opening.open(actorOf(request), request.params.id, request.body)
    },
  )

  server.get(
    '/api/recordings/:id/audio',
    { config: play, schema: { params: Target, querystring: Ticket } },
    async (request, reply) => {
      const file = await opening.file(actorOf(request), request.params.id, 'play', request.query.ticket)
      return sendFileRange(request, reply, file)
    },
  )

  server.get(
    '/api/recordings/:id/file',
    { config: download, schema: { params: Target, querystring: Ticket } },
    async (request, reply) => {
      const { id } = request.params
      const file = await opening.file(actorOf(request), id, 'download', request.query.ticket)
      return sendFileRange(request, reply, { ...file, saveAs: `recording-${id}.wav` })
    },
  )

  const hold = { config: { access: 'recording.hold' } as const, schema: { params: Target, body: HoldWish } }
  for (const [path, change] of [
    ['/api/recordings/:id/hold', holdRecording],
    ['/api/recordings/:id/hold/lift', liftHold],
  ] as const) {
    server.post(path, hold, async (request, reply) => {
      const actor = { ...actorOf(request), accountId: sessionOf(request).accountId }
      await change(db, { actor, recordingId: request.params.id, reason: request.body.reason.trim() })
      return reply.code(204).send()
    })
  }

  server.get(
    '/api/recordings/policy',
    { config: { access: 'account.read' }, schema: { response: { 200: OpeningPolicy } } },
    async () => opening.policy(),
  )

  server.put(
    '/api/recordings/policy',
    { config: { access: 'account.authorise' }, schema: { body: OpeningPolicy } },
    async (request, reply) => {
      await opening.setPolicy(actorOf(request), request.body)
      return reply.code(204).send()
    },
  )
}
