import { useQuery } from '@tanstack/react-query'
import { InputNumber, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallChoices } from '#follow-up/calls/call-schema.ts'
import { request } from '../api/request.ts'
import { ListFilters, named, namedAgents, OneOf } from '../app/list-filters.tsx'
import { word } from '../text/word.ts'
import { type CallAddress, callResults } from './call-search.ts'

/** What the calls are filtered by. */
export function CallFilters({
  address,
  patient,
  onSearch,
}: {
  readonly address: CallAddress
  readonly patient: string
  readonly onSearch: (filters: CallAddress, patient: string) => void
}) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState<CallAddress>(address)
  const { data } = useQuery({
    queryKey: ['call-choices'],
    queryFn: ({ signal }) => request<CallChoices>('/api/calls/choices', { signal }),
  })
  const put = <K extends keyof CallAddress>(key: K, value: CallAddress[K] | null) => {
    const { [key]: _old, ...rest } = draft
    setDraft(value === undefined || value === null ? rest : { ...rest, [key]: value })
  }
  const bounds = [
    ['minSeconds', t('calls.atLeast')],
    ['maxSeconds', t('calls.atMost')],
  ] as const
  const [shortest, longest] = bounds.map(([key, label]) => (
    <InputNumber
      key={key}
      aria-label={`${t('calls.seconds')} ${label}`}
      placeholder={label}
      min={0}
      max={86_400}
      precision={0}
      controls={false}
      style={{ width: 76 }}
      value={draft[key] ?? null}
      onChange={(value) => put(key, value)}
    />
  ))
  return (
    <ListFilters
      label={t('calls.title')}
      dayLabels={[t('calls.from'), t('calls.to')]}
      days={draft}
      onDays={(days) => {
        const { from: _from, to: _to, ...rest } = draft
        setDraft({ ...rest, ...days })
      }}
      patient={patient}
      onSearch={(text) => {
        const { before: _before, ...filters } = draft
        onSearch(filters, text)
      }}
      onReset={() => {
        setDraft({})
        onSearch({}, '')
      }}
    >
      <OneOf
        label={t('calls.agent')}
        any={t('calls.allAgents')}
        width={150}
        value={draft.agentId}
        options={namedAgents(data?.agents)}
        onChoose={(value) => put('agentId', value)}
      />
      <OneOf
        label={t('calls.programme')}
        any={t('calls.allProgrammes')}
        width={180}
        value={draft.programmeId}
        options={named(data?.programmes)}
        onChoose={(value) => put('programmeId', value)}
      />
      <OneOf
        label={t('calls.campaign')}
        any={t('calls.allCampaigns')}
        width={180}
        value={draft.campaignId}
        options={named(data?.campaigns)}
        onChoose={(value) => put('campaignId', value)}
      />
      <OneOf
        label={t('calls.result')}
        any={t('calls.allResults')}
        width={140}
        value={draft.result}
        options={callResults.map((value) => ({ value, label: word('result', value) }))}
        onChoose={(value) => put('result', value)}
      />
      <Select
        mode="multiple"
        aria-label={t('calls.rating')}
        placeholder={t('calls.anyRating')}
        allowClear
        maxTagCount="responsive"
        style={{ width: 150 }}
        value={draft.ratings ?? []}
        onChange={(values: number[]) => put('ratings', values.length === 0 ? null : values)}
        options={[1, 2, 3, 4, 5, 0].map((value) => ({
          value,
          label: value === 0 ? t('calls.notRated') : t('calls.ratingOf', { value }),
        }))}
      />
      <fieldset className="filter-length" aria-label={t('calls.seconds')}>
        <span className="muted">{t('calls.seconds')}</span>
        {shortest}
        <span aria-hidden>–</span>
        {longest}
      </fieldset>
    </ListFilters>
  )
}
