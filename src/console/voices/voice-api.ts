import { queryOptions, useQuery } from '@tanstack/react-query'
import type { VoiceBoard, VoiceSound } from '#contact-center/voices/voice-schema.ts'
import { request } from '../api/request.ts'
import type { PromptDoor } from '../prompts/prompt-sounds.ts'
import { useBoardNews } from '../realtime/live-events.ts'

const boardQuery = queryOptions({
  queryKey: ['voices'],
  queryFn: ({ signal }) => request<VoiceBoard>('/api/voices', { signal }),
})

const matters = new Set(['voice.changed'])
const nothing = new Set<string>()

export function useVoices() {
  const board = useQuery(boardQuery)
  const refetch = () => board.refetch()
  useBoardNews({ offset: board.data?.offset, atOnce: matters, inTime: nothing, everyMs: 2_000, refetch })
  return board
}

export const promptDoor: PromptDoor = '/api/voice-prompts'

/** Where a sound is heard: of a prompt, the hospital's own or the shipped one. */
export function soundPath(prompt: string, own: VoiceSound['own']): string {
  return own === null ? `/api/voices/${prompt}/shipped` : `${promptDoor}/${own}/sound`
}
