import type {} from '@fastify/multipart'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { UserError } from '#platform/errors/errors.ts'
import { actorOf } from '#platform/http/access.ts'
import { sendFileRange } from '#platform/http/file-range.ts'
import '#platform/http/http-errors.ts'
import { PromptFacts, PromptTarget, RecordedPrompt, SpeechWish } from './own-prompt-schema.ts'
import type { PromptWorkshop } from './own-prompt-service.ts'
import { recordedLimits } from './recorded-sound.ts'

/** The sounds of questionnaires: made, and heard. No patient's voice is among them. */
export const ownPromptRoutes: FastifyPluginAsyncTypebox<{ readonly workshop: PromptWorkshop }> = async (
  server,
  { workshop },
) => {
  const config = { access: 'questionnaire.manage' } as const

  server.post(
    '/api/prompts/speak',
    { config, schema: { body: SpeechWish, response: { 200: PromptFacts } } },
    async (request) => workshop.speak(actorOf(request), request.body.text),
  )

  // Fields `text`, then `file`: in this order, since a stream tells only of what has come.
  server.post(
    '/api/prompts',
    { config, schema: { consumes: ['multipart/form-data'], response: { 200: RecordedPrompt } } },
    async (request) => workshop.record(actorOf(request), await recordingIn(request)),
  )

  server.get(
    '/api/prompts/:name/sound',
    { config: { access: 'questionnaire.read' }, schema: { params: PromptTarget } },
    async (request, reply) => sendFileRange(request, reply, await workshop.file(request.params.name)),
  )
}

/** @throws UserError UPLOAD_MISSING, PROMPT_TOO_BIG */
async function recordingIn(request: FastifyRequest): Promise<{ readonly text: string; readonly bytes: Uint8Array }> {
  try {
    const part = await request.file({ limits: { fileSize: recordedLimits.bytes } })
    if (part === undefined || part.filename === '') throw new UserError('UPLOAD_MISSING')
    const bytes = await part.toBuffer()
    const { text } = part.fields
    const written = text !== undefined && 'value' in text && typeof text.value === 'string' ? text.value : ''
    return { text: written, bytes }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'FST_REQ_FILE_TOO_LARGE') {
      throw new UserError('PROMPT_TOO_BIG', { megabytes: recordedLimits.bytes / 1024 / 1024 }, { cause: error })
    }
    if (code === 'FST_INVALID_MULTIPART_CONTENT_TYPE') throw new UserError('UPLOAD_MISSING', {}, { cause: error })
    throw error
  }
}
