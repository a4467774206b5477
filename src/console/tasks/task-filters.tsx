import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TaskChoices } from '#follow-up/tasks/worklist-schema.ts'
import { request } from '../api/request.ts'
import { ListFilters, named, namedAgents, OneOf } from '../app/list-filters.tsx'
import { callResults } from '../calls/call-search.ts'
import { word } from '../text/word.ts'
import type { TaskAddress } from './task-address.ts'
import { reasons, reasonWord } from './task-words.ts'

/** What the tasks are filtered by; group and state stand above the list. */
export function TaskFilters({
  address,
  patient,
  onSearch,
}: {
  readonly address: TaskAddress
  readonly patient: string
  readonly onSearch: (filters: TaskAddress, patient: string) => void
}) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState<TaskAddress>(address)
  const { data } = useQuery({
    queryKey: ['task-choices'],
    queryFn: ({ signal }) => request<TaskChoices>('/api/tasks/choices', { signal }),
  })
  const { group, state } = address
  const chosen = (all: readonly string[], own: string | undefined) =>
    own === undefined || all.includes(own) ? all : [...all, own]
  const lists = [
    ['departmentId', t('calls.department'), t('tasks.anyDepartment'), named(data?.departments)],
    ['programmeId', t('calls.programme'), t('calls.allProgrammes'), named(data?.programmes)],
    ['campaignId', t('calls.campaign'), t('calls.allCampaigns'), named(data?.campaigns)],
    [
      'reason',
      t('tasks.reason'),
      t('tasks.anyReason'),
      chosen(reasons, draft.reason).map((value) => ({ value, label: reasonWord(value) })),
    ],
    [
      'lastResult',
      t('tasks.lastResult'),
      t('tasks.anyLastResult'),
      [
        { value: 'none', label: t('tasks.never') },
        ...callResults.map((value) => ({ value, label: word('result', value) })),
      ],
    ],
    ['agentId', t('tasks.agent'), t('tasks.anyAgent'), namedAgents(data?.agents)],
  ] as const
  return (
    <ListFilters
      label={t('tasks.title')}
      dayLabels={[t('tasks.from'), t('tasks.to')]}
      days={draft}
      onDays={(days) => {
        const { from: _from, to: _to, ...rest } = draft
        setDraft({ ...rest, ...days })
      }}
      patient={patient}
      onSearch={(text) => {
        const { after: _after, group: _group, state: _state, ...filters } = draft
        onSearch(
          { ...filters, ...(group === undefined ? {} : { group }), ...(state === undefined ? {} : { state }) },
          text,
        )
      }}
      onReset={() => {
        setDraft({})
        onSearch({}, '')
      }}
    >
      {lists.map(([key, label, any, options]) => (
        <OneOf
          key={key}
          label={label}
          any={any}
          width={170}
          value={draft[key]}
          options={options}
          onChoose={(value) => {
            const { [key]: _old, ...rest } = draft
            setDraft(value === null ? rest : { ...rest, [key]: value })
          }}
        />
      ))}
    </ListFilters>
  )
}
