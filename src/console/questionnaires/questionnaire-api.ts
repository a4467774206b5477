import { queryOptions, useQuery } from '@tanstack/react-query'
import type { QuestionnaireBoard, QuestionnaireCard } from '#follow-up/questionnaire/questionnaire-schema.ts'
import type { PushedEvent } from '#platform/realtime/protocol.ts'
import { request } from '../api/request.ts'
import type { PromptDoor } from '../prompts/prompt-sounds.ts'
import { useBoardNews, useLiveEvents } from '../realtime/live-events.ts'

export const promptDoor: PromptDoor = '/api/prompts'

export function soundOf(prompt: string): string {
  return `${promptDoor}/${prompt}/sound`
}

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
