import { SearchOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Input, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TaskChoices } from '#follow-up/tasks/worklist-schema.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { DayRange } from '../app/day-range.tsx'
import { callResults } from '../calls/call-search.ts'
import { word } from '../text/word.ts'
import type { TaskAddress } from './task-address.ts'
import { reasons, reasonWord } from './task-words.ts'

/** What the list is filtered by; group and state stand above the list. Nothing is asked before "search" is pressed. */
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
  const seesClear = useRight('patient.clear')
  const [draft, setDraft] = useState<TaskAddress>(address)
  const [text, setText] = useState(patient)
  const { data } = useQuery({
    queryKey: ['task-choices'],
    queryFn: ({ signal }) => request<TaskChoices>('/api/tasks/choices', { signal }),
  })
  const put = (key: keyof TaskAddress, value: string | null | undefined) => {
    const { [key]: _old, ...rest } = draft
    setDraft(value === undefined || value === null ? rest : { ...rest, [key]: value })
  }
  const { group, state } = address
  const chosen = (all: readonly string[], own: string | undefined) =>
    own === undefined || all.includes(own) ? all : [...all, own]
  const lists = [
    ['departmentId', t('calls.department'), t('tasks.anyDepartment'), data?.departments],
    ['programmeId', t('calls.programme'), t('calls.allProgrammes'), data?.programmes],
    ['campaignId', t('calls.campaign'), t('calls.allCampaigns'), data?.campaigns],
  ] as const
  return (
    <form
      className="panel filters"
      aria-label={t('tasks.title')}
      onSubmit={(event) => {
        event.preventDefault()
        const { after: _after, group: _group, state: _state, ...filters } = draft
        onSearch(
          { ...filters, ...(group === undefined ? {} : { group }), ...(state === undefined ? {} : { state }) },
          text.trim(),
        )
      }}
    >
      <DayRange
        labels={[t('tasks.from'), t('tasks.to')]}
        days={draft}
        onChange={(days) => {
          const { from: _from, to: _to, ...rest } = draft
          setDraft({ ...rest, ...days })
        }}
      />
      {lists.map(([key, label, any, options]) => (
        <Select
          key={key}
          aria-label={label}
          placeholder={any}
          allowClear
          showSearch={{ optionFilterProp: 'label' }}
          style={{ width: 170 }}
          value={draft[key] ?? null}
          onChange={(value: string | null) => put(key, value)}
          options={(options ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        />
      ))}
      <Select
        aria-label={t('tasks.reason')}
        placeholder={t('tasks.anyReason')}
        allowClear
        style={{ width: 170 }}
        value={draft.reason ?? null}
        onChange={(value: string | null) => put('reason', value)}
        options={chosen(reasons, draft.reason).map((value) => ({ value, label: reasonWord(value) }))}
      />
      <Select
        aria-label={t('tasks.lastResult')}
        placeholder={t('tasks.anyLastResult')}
        allowClear
        style={{ width: 150 }}
        value={draft.lastResult ?? null}
        onChange={(value: string | null) => put('lastResult', value)}
        options={['none', ...callResults].map((value) => ({
          value,
          label: value === 'none' ? t('tasks.never') : word('result', value),
        }))}
      />
      <Select
        aria-label={t('tasks.agent')}
        placeholder={t('tasks.anyAgent')}
        allowClear
        showSearch={{ optionFilterProp: 'label' }}
        style={{ width: 160 }}
        value={draft.agentId ?? null}
        onChange={(value: string | null) => put('agentId', value)}
        options={(data?.agents ?? []).map(({ id, name, agentNo }) => ({ value: id, label: `${agentNo} ${name}` }))}
      />
      <Input
        aria-label={t('calls.patient')}
        placeholder={t(seesClear ? 'calls.patient' : 'calls.patientMasked')}
        allowClear
        maxLength={60}
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="primary" htmlType="submit" icon={<SearchOutlined aria-hidden />}>
        {t('calls.search')}
      </Button>
      <Button
        onClick={() => {
          setDraft({})
          setText('')
          onSearch({}, '')
        }}
      >
        {t('calls.reset')}
      </Button>
    </form>
  )
}
