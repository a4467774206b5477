import { queryOptions, useQuery } from '@tanstack/react-query'
import type { PromptFacts, RecordedPrompt } from '#contact-center/prompts/own-prompt-schema.ts'
import type { QuestionnaireBoard, QuestionnaireCard } from '#follow-up/questionnaire/questionnaire-schema.ts'
import type { PushedEvent } from '#platform/realtime/protocol.ts'
import { offline, refused, request } from '../api/request.ts'
import { useBoardNews, useLiveEvents } from '../realtime/live-events.ts'
import { currentLanguage } from '../text/i18n.ts'

const boardQuery = queryOptions({
  queryKey: ['questionnaires'],
  queryFn: ({ signal }) => request<QuestionnaireBoard>('/api/questionnaires', { signal }),
})

const matters = new Set(['questionnaire.changed'])
const nothing = new Set<string>()

export function useQuestionnaires() {
  const board = useQuery(boardQuery)
  // Whoever writes saves every second: a list that is a little behind is no loss.
  const refetch = () => board.refetch()
  useBoardNews({ offset: board.data?.offset, atOnce: nothing, inTime: matters, everyMs: 2_000, refetch })
  return board
}

/** One questionnaire. @param onDraft told of every change of its draft: its revision, null where it is gone */
export function useQuestionnaire(id: string, onDraft: (revision: number | null) => void) {
  const card = useQuery({
    queryKey: ['questionnaire', id],
    queryFn: ({ signal }) => request<QuestionnaireCard>(`/api/questionnaires/${id}`, { signal }),
    // What is being written must not be taken from under the author's hands.
    refetchOnWindowFocus: false,
    // Nor may an editor begin with what the draft was when the page was last left.
    gcTime: 0,
  })
  const refetch = () => card.refetch()
  useLiveEvents({
    offset: card.data?.offset,
    matters,
    onEvents: (events) => {
      const revision = lastRevision(events, id)
      if (revision !== undefined) onDraft(revision)
    },
    onGap: () => void refetch(),
  })
  return { card, refetch }
}

function lastRevision(events: readonly PushedEvent[], id: string): number | null | undefined {
  const ours = events.findLast(({ payload }) => payload.questionnaireId === id)
  const revision = ours?.payload.revision
  return ours === undefined ? undefined : typeof revision === 'number' ? revision : null
}

export function speakPrompt(text: string): Promise<PromptFacts> {
  return request<PromptFacts>('/api/prompts/speak', { method: 'POST', body: { text } })
}

/** @throws RefusedError */
export async function recordPrompt(text: string, file: File): Promise<RecordedPrompt> {
  const form = new FormData()
  form.append('text', text)
  form.append('file', file, file.name)
  const headers = { 'x-suifang-console': '1', 'accept-language': currentLanguage() }
  const answer = await fetch('/api/prompts', { method: 'POST', headers, body: form }).catch(() => {
    throw offline()
  })
  const content: unknown = await answer.json().catch(() => null)
  if (!answer.ok || !isRecorded(content)) throw refused(content, answer.status)
  return content
}

function isRecorded(content: unknown): content is RecordedPrompt {
  return typeof content === 'object' && content !== null && 'prompt' in content && 'warnings' in content
}

let playing: HTMLAudioElement | null = null

/** One at a time: a second click on another is what the ear wants to hear. */
export function playPrompt(id: string): void {
  playing?.pause()
  playing = new Audio(`/api/prompts/${id}/sound`)
  // What cannot be played is told beside the prompt: it has no sound.
  playing.play().catch(() => undefined)
}
