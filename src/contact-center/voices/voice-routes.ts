import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { actorOf } from '#platform/http/access.ts'
import { sendFileRange } from '#platform/http/file-range.ts'
import { openPromptDoor } from '../prompts/own-prompt-routes.ts'
import type { PromptWorkshop } from '../prompts/own-prompt-service.ts'
import { VoiceBoard, VoiceTaken, VoiceTarget, VoiceWish } from './voice-schema.ts'
import type { Voices } from './voice-service.ts'

/** What the flows say, and in whose voice: looked at, heard, changed, taken back. */
export const voiceRoutes: FastifyPluginAsyncTypebox<{
  readonly voices: Voices
  readonly workshop: PromptWorkshop
}> = async (server, { voices, workshop }) => {
  openPromptDoor(server, workshop, { at: '/api/voice-prompts', hear: 'voice.read', make: 'voice.manage' })

  server.get('/api/voices', { config: { access: 'voice.read' }, schema: { response: { 200: VoiceBoard } } }, async () =>
    voices.board(),
  )

  server.get(
    '/api/voices/:prompt/shipped',
    { config: { access: 'voice.read' }, schema: { params: VoiceTarget } },
    async (request, reply) => sendFileRange(request, reply, await voices.shippedFile(request.params.prompt)),
  )

  server.put(
    '/api/voices/:prompt',
    {
      config: { access: 'voice.manage' },
      schema: { params: VoiceTarget, body: VoiceWish, response: { 200: VoiceTaken } },
    },
    async (request) => {
      const { reason, ...wish } = request.body
      const version = await voices.take(actorOf(request), request.params.prompt, { ...wish, reason: reason.trim() })
      return { version }
    },
  )
}
