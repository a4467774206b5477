import { queryOptions, useQuery } from '@tanstack/react-query'
import type {
  Coverage,
  ProgrammeCard,
  ProgrammeChoices,
  ProgrammeList,
} from '#follow-up/programmes/programme-schema.ts'
import { request } from '../api/request.ts'
import { useBoardNews } from '../realtime/live-events.ts'

/** What is asked for anew after any change of a programme. */
export const programmeQueries = ['programmes', 'programme', 'programme-coverage', 'programme-choices'] as const

const atOnce = new Set(['programme.changed', 'campaign.changed', 'calling.changed', 'trunk.changed', 'import.finished'])
/** Counts of tasks, and what keeps them. */
const inTime = new Set(['task.changed', 'tasks.claimed', 'why_not.changed', 'disk.changed'])

export function useProgrammes() {
  const list = useQuery({
    queryKey: ['programmes'],
    queryFn: ({ signal }) => request<ProgrammeList>('/api/programmes', { signal }),
  })
  useBoardNews({ offset: list.data?.offset, atOnce, inTime, everyMs: 10_000, refetch: () => list.refetch() })
  return list
}

export function useProgramme(id: string) {
  const card = useQuery(cardQuery(id))
  useBoardNews({ offset: card.data?.offset, atOnce, inTime, everyMs: 5_000, refetch: () => card.refetch() })
  return card
}

export const cardQuery = (id: string) =>
  queryOptions({
    queryKey: ['programme', id],
    queryFn: ({ signal }) => request<ProgrammeCard>(`/api/programmes/${id}`, { signal }),
  })

export const choicesQuery = queryOptions({
  queryKey: ['programme-choices'],
  queryFn: ({ signal }) => request<ProgrammeChoices>('/api/programmes/choices', { signal }),
})

export const coverageDays = 30

/** Judged over every discharge of a month: asked for once when the list is opened and after changes, not with every task. */
export const coverageQuery = queryOptions({
  queryKey: ['programme-coverage', coverageDays],
  queryFn: ({ signal }) => request<Coverage>(`/api/programmes/coverage?days=${coverageDays}`, { signal }),
})
