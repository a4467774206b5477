import type {} from '@fastify/multipart'
import type { FastifyPluginAsyncTypebox, TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Right } from '#platform/auth/rights.ts'
import { UserError } from '#platform/errors/errors.ts'
import { actorOf } from '#platform/http/access.ts'
import { sendFileRange } from '#platform/http/file-range.ts'
import '#platform/http/http-errors.ts'
import { PromptFacts, PromptTarget, RecordedPrompt, SpeechWish } from './own-prompt-schema.ts'
import type { PromptWorkshop } from './own-prompt-service.ts'
import { recordedLimits } from './recorded-sound.ts'

/** Where prompts are made and heard, and by whom. */
export interface PromptDoor {
  readonly at: '/api/prompts' | '/api/voice-prompts'
  readonly hear: Right
  readonly make: Right
}

/** The sounds of questionnaires: made, and heard. No patient's voice is among them. */
export const ownPromptRoutes: FastifyPluginAsyncTypebox<{ readonly workshop: PromptWorkshop }> = async (
  server,
  { workshop },
) => {
  openPromptDoor(server, workshop, { at: '/api/prompts', hear: 'questionnaire.read', make: 'questionnaire.manage' })
}

export function openPromptDoor(
  server: FastifyInstance,
  workshop: PromptWorkshop,
  { at, hear, make }: PromptDoor,
): void {
  const door = server.withTypeProvider<TypeBoxTypeProvider>()
  const config = { access: make }

  door.post(`${at}/speak`, { config, schema: { body: SpeechWish, response: { 200: PromptFacts } } }, async (request) =>
    workshop.speak(actorOf(request), request.body.text),
  )

  // Fields `text`, then `file`: in this order, since a stream tells only of what has come.
  door.post(
    at,
    { config, schema: { consumes: ['multipart/form-data'], response: { 200: RecordedPrompt } } },
    async (request) => workshop.record(actorOf(request), await recordingIn(request)),
  )

  door.get(
    `${at}/:name/sound`,
    { config: { access: hear }, schema: { params: PromptTarget } },
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
